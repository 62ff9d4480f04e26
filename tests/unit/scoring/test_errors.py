"""The tree of errors: whole, as documented, and able to cross a process border."""

import inspect
import pickle
import re

import pytest

from scoring import errors
from scoring.errors import InvalidRide, RideError, RidescoreError


def drawn_parents() -> dict[str, str]:
    """Each error in the module's drawing with the one above it; those that live "in" another package are left out."""
    parents: dict[str, str] = {}
    path: list[str] = []
    for line in inspect.getdoc(errors).splitlines():
        match = re.match(r"^( {4}(?:[│├└ ] )*)([A-Z]\w+)(?! +in )\b", line)
        if match:
            depth = (len(match[1]) - 4) // 2
            path = [*path[:depth], match[2]]
            parents[match[2]] = path[depth - 1] if depth else "Exception"
    return parents


def defined() -> dict[str, type[Exception]]:
    """Every class that the module itself defines."""
    return {
        name: found
        for name, found in vars(errors).items()
        if inspect.isclass(found) and found.__module__ == errors.__name__
    }


def test_all_names_every_class_and_nothing_else() -> None:
    assert errors.__all__ == sorted(defined())


def test_the_tree_is_as_the_module_draws_it() -> None:
    assert drawn_parents() == {name: found.__base__.__name__ for name, found in defined().items()}


def test_every_error_is_a_ridescore_error() -> None:
    assert all(issubclass(found, RidescoreError) for found in defined().values())


@pytest.mark.parametrize(
    ("name", "parent"),
    [
        ("SettingsError", "RidescoreError"),
        ("ModelError", "RidescoreError"),
        ("ModelNotFound", "ModelError"),
        ("ModelCorrupt", "ModelError"),
        ("ModelIncompatible", "ModelError"),
        ("ModelFailed", "ModelError"),
        ("RideError", "RidescoreError"),
        ("UndecodableRide", "RideError"),
        ("InvalidRide", "RideError"),
        ("DeadLetterLimitExceeded", "RidescoreError"),
        ("BrokerError", "RidescoreError"),
        ("BrokerUnavailable", "BrokerError"),
        ("TransactionLost", "BrokerError"),
        ("Fenced", "BrokerError"),
    ],
)
def test_callers_can_rely_on_where_an_error_hangs(name: str, parent: str) -> None:
    assert defined()[name].__base__ is defined()[parent]


def test_every_error_says_when_it_is_raised() -> None:
    assert all(found.__doc__ for found in defined().values())


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_an_invalid_ride_pickles_with_its_field_and_reason(protocol: int) -> None:
    copy = pickle.loads(pickle.dumps(InvalidRide("trip_distance", "is missing"), protocol))
    assert type(copy) is InvalidRide
    assert (copy.field, copy.reason, str(copy)) == ("trip_distance", "is missing", "trip_distance: is missing")
    assert isinstance(copy, RideError)
