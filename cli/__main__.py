"""`python -m cli` is `ridescore`, for where the script is not on the path."""

from cli.main import run

run()
