"""A damaged linear.npz is refused, whatever was damaged, and nothing in it is run."""

import io
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.errors import ModelCorrupt
from scoring.features import feature_set
from scoring.models.linear import LINEAR_FILE, LinearModel

FEATURES = feature_set("pu,do,distance")
Arrays = dict[str, Any]


def whole() -> Arrays:
    """The arrays of a model that loads."""
    return {
        "intercept_minutes": np.array([10.0]),
        "minutes_per_mile": np.array([2.5]),
        "PULocationID.codes": np.array([1, 130, 265]),
        "PULocationID.weights_minutes": np.array([0.5, 1.5, 2.5]),
        "DOLocationID.codes": np.array([2, 205]),
        "DOLocationID.weights_minutes": np.array([-1.0, 1.0]),
    }


def npz(arrays: Arrays) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def load(stored: bytes) -> LinearModel:
    return LinearModel.from_artefacts(FEATURES, {LINEAR_FILE: stored})


def changed(**arrays: Any) -> bytes:
    return npz(whole() | {name.replace("__", "."): array for name, array in arrays.items()})


def test_the_whole_file_loads() -> None:
    assert load(npz(whole())).weights_minutes.keys() == set(FEATURES.locations)


@pytest.mark.parametrize("name", whole())
def test_a_missing_array_is_named(name: str) -> None:
    arrays = whole()
    del arrays[name]
    with pytest.raises(ModelCorrupt, match=rf"^linear\.npz does not hold a linear model of pu,do,distance: '{name}'$"):
        load(npz(arrays))


@pytest.mark.parametrize(
    ("stored", "message"),
    [
        (
            changed(PULocationID__codes=np.array([1, 130, 266])),
            "codes of PULocationID are out of range or out of order",
        ),
        (changed(PULocationID__codes=np.array([-1, 130, 265])), "codes of PULocationID are out of range"),
        (
            changed(PULocationID__codes=np.array([130, 1, 265])),
            "codes of PULocationID are out of range or out of order",
        ),
        (changed(PULocationID__codes=np.array([1, 1, 265])), "codes of PULocationID are out of range or out of order"),
        (changed(DOLocationID__codes=np.array([2])), "codes and weights of DOLocationID are not two columns of one"),
        (changed(DOLocationID__codes=np.array([[2, 205]])), "codes and weights of DOLocationID are not two columns"),
        (changed(DOLocationID__codes=np.array([2.0, 205.0])), "codes and weights of DOLocationID are not two columns"),
        (changed(DOLocationID__codes=np.array([2, 205], np.int32)), "codes and weights of DOLocationID are not"),
        (changed(DOLocationID__codes=np.array([2, 205], ">i8")), "codes and weights of DOLocationID are not"),
        (changed(DOLocationID__weights_minutes=np.ones(2, np.float32)), "codes and weights of DOLocationID are not"),
        (changed(DOLocationID__weights_minutes=np.array(["a", "b"])), "codes and weights of DOLocationID are not"),
        (changed(DOLocationID__weights_minutes=np.array([1.0, np.nan])), "a weight of DOLocationID is not finite"),
        (changed(PULocationID__weights_minutes=np.array([1.0, np.inf, 1.0])), "a weight of PULocationID is not finite"),
        (changed(intercept_minutes=np.array([np.nan])), "the intercept or the distance coefficient is not finite"),
        (changed(minutes_per_mile=np.array([-np.inf])), "the intercept or the distance coefficient is not finite"),
        (changed(intercept_minutes=np.array([])), "does not hold a linear model"),
        (changed(intercept_minutes=np.float64(1)), "does not hold a linear model"),
        (changed(intercept_minutes=np.array([[1.0]])), "does not hold a linear model"),
        (changed(intercept_minutes=np.array(["many"])), "does not hold a linear model"),
        (b"", "does not hold a linear model"),
        (b"PK\x03\x04", "does not hold a linear model"),
        (pickle.dumps({"intercept_minutes": [1.0]}), "does not hold a linear model"),
    ],
)
def test_damage_is_said(stored: bytes, message: str) -> None:
    with pytest.raises(ModelCorrupt) as refused:
        load(stored)
    assert str(refused.value).startswith("linear.npz")
    assert message in str(refused.value)


def test_a_single_array_is_no_model() -> None:
    buffer = io.BytesIO()
    np.save(buffer, np.arange(3.0))
    with pytest.raises(ModelCorrupt, match="does not hold a linear model"):
        load(buffer.getvalue())


def test_a_version_without_the_file_is_corrupt() -> None:
    with pytest.raises(ModelCorrupt, match=r"linear\.npz"):
        LinearModel.from_artefacts(FEATURES, {})


class Touching:
    """Unpickled, it makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[[Path], None], tuple[Path]]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("name", whole())
def test_a_pickled_array_is_refused_and_not_run(name: str, tmp_path: Path) -> None:
    mark = tmp_path / "was-run"
    stored = npz(whole() | {name: np.array([Touching(mark)], dtype=object)})
    with pytest.raises(ModelCorrupt, match="Object arrays cannot be loaded"):
        load(stored)
    assert not mark.exists()
    pickle.loads(pickle.dumps(Touching(mark)))
    assert mark.exists()  # the trap works where pickles are run


@given(st.integers(0, len(npz(whole())) - 1))
def test_a_truncated_file_is_corrupt(length: int) -> None:
    with pytest.raises(ModelCorrupt):
        load(npz(whole())[:length])


@given(st.binary())
def test_other_bytes_are_corrupt(stored: bytes) -> None:
    with pytest.raises(ModelCorrupt):
        load(stored)


def test_one_flipped_bit_anywhere_is_corrupt_or_changes_nothing() -> None:
    stored = npz(whole())
    expected = load(stored).artefacts()
    refused = 0
    for place in range(len(stored)):
        damaged = bytearray(stored)
        damaged[place] ^= 1 << place % 8
        try:
            found = load(bytes(damaged)).artefacts()
        except ModelCorrupt:
            refused += 1
        else:
            assert found == expected  # as in a zip's time stamps, which mean nothing here
    assert refused > len(stored) / 2
