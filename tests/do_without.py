"""What a test does where a service or a tool is missing."""

import os
from typing import NoReturn

import pytest


def do_without(reason: object) -> NoReturn:
    """A user without it sees every other test pass; CI must not skip in silence."""
    if os.environ.get("CI") == "true":
        pytest.fail(str(reason))
    pytest.skip(str(reason))
