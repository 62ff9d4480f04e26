"""Processes that score parts beside this one: how they are started and ended. Imports nothing heavy."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Final

Member = subprocess.Popen[bytes]
_LEAVE_SECONDS: Final = 5.0


def start_member() -> Member:
    """A process that waits for a plan and parts; it leaves when its pipes close."""
    # A session of its own: Ctrl-C in a terminal reaches this process, which then lets the others go.
    return subprocess.Popen(
        [sys.executable, "-m", "batch.crew_member"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        start_new_session=True,
    )


@contextlib.contextmanager
def ended(member: Member) -> Iterator[Member]:
    """End a member with the block."""
    try:
        yield member
    except BaseException:
        member.terminate()  # it has parts to give up, not to finish
        raise
    finally:
        end(member)


def end(member: Member) -> None:
    """Let a member go, and wait until it has."""
    with contextlib.suppress(OSError):
        member.stdin.close()  # type: ignore[union-attr]
    try:
        member.wait(_LEAVE_SECONDS)
    except subprocess.TimeoutExpired:
        member.kill()
        member.wait()
    member.stdout.close()  # type: ignore[union-attr]
