"""Stands between us and a program we start: when we die, even by SIGKILL, it ends the program and removes its folder.

Run as a script, never imported by the package. Watching our pid, rather than PR_SET_PDEATHSIG, because that signal
is Linux-only and comes when the *thread* that started the child ends; and the guardian is the program's own parent,
so the pid it kills cannot meanwhile belong to anyone else.
Called as: PARENT_PID FOLDER COMMAND...   (FOLDER goes when the parent is gone; empty: none)
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time

POLL_SECONDS = 0.1


def main(arguments: list[str]) -> int:
    """Run the command to its end, or to our parent's; returns its exit code, 128 + signal where a signal ended it."""
    parent, folder, command = int(arguments[0]), arguments[1], arguments[2:]
    asked_to_end: list[int] = []
    signal.signal(signal.SIGTERM, lambda signum, _: asked_to_end.append(signum))
    try:
        # A session of its own: Ctrl-C in the terminal must not reach it, we decide the order of stopping.
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sys.stderr, start_new_session=True)  # noqa: S603
    except OSError as error:
        sys.stderr.write(f"{command[0]} cannot be started: {error}\n")
        return 127
    with contextlib.suppress(BrokenPipeError):
        os.write(1, b"%d\n" % child.pid)
    while child.poll() is None:
        if os.getppid() != parent:
            # Nobody is left who could want a clean end.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            if folder:
                shutil.rmtree(folder, ignore_errors=True)
        elif asked_to_end:
            asked_to_end.clear()
            child.terminate()
        time.sleep(POLL_SECONDS)
    return 128 - child.returncode if child.returncode < 0 else child.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
