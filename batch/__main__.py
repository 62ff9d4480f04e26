"""`python -m batch` is `ridescore batch`, for where the script is not on the path."""

import sys

from cli.main import exit_of

if __name__ == "__main__":
    sys.exit(exit_of(["batch", *sys.argv[1:]]))
