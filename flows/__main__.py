"""`python -m flows` is `ridescore flows serve`, for where the script is not on the path."""

import sys

from cli.main import exit_of

if __name__ == "__main__":
    sys.exit(exit_of(["flows", "serve"]))
