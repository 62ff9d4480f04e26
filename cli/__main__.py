"""`python -m cli` is `ridescore`; both begin here, so that Ctrl-C ends in order while the rest is still imported."""

import sys


def run() -> None:
    """Run the command line of this process, and end it."""
    try:
        from cli.main import run as run_command_line
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        sys.exit(130)
    run_command_line()


if __name__ == "__main__":
    run()
