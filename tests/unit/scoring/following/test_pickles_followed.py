"""A pickle at MODEL_PATH: picked up when it changes, never half-written."""

import os
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LinearRegression

from scoring.errors import ModelCorrupt, ModelNotFound

from .conftest import POLL_SECONDS, RIDE, Watched

Watch = Callable[..., Watched]


def fitted(minutes_a_mile: float) -> tuple[DictVectorizer, LinearRegression]:
    rides = [{"PU_DO": f"{zone}_{zone + 1}", "trip_distance": zone / 7} for zone in range(1, 60)]
    rides.append({"PU_DO": "130_205", "trip_distance": 1.0})
    vectorizer = DictVectorizer()
    features = vectorizer.fit_transform(rides)
    return vectorizer, LinearRegression().fit(features, [minutes_a_mile * ride["trip_distance"] for ride in rides])


def pickled(minutes_a_mile: float) -> bytes:
    return pickle.dumps(fitted(minutes_a_mile))


def minutes(watched: Watched) -> float:
    """Minutes a mile as the model in force says, which has seen other things too."""
    return round(watched.following.current().score(RIDE, "one").duration / RIDE.trip_distance, 1)


def test_a_pickle_that_appears_and_changes_is_followed(watch: Watch, tmp_path: Path) -> None:
    file = tmp_path / "model.pkl"
    watched = watch(path=str(file))
    watched.look()
    with pytest.raises(ModelNotFound, match="there is no model file"):
        watched.following.current()
    file.write_bytes(pickled(2))
    assert watched.look() < POLL_SECONDS, "what is written in place is left to settle"
    with pytest.raises(ModelNotFound):
        watched.following.current()
    watched.look()
    assert minutes(watched) == 2
    file.write_bytes(pickled(3))
    watched.settle()
    assert minutes(watched) == 3
    assert watched.swaps == (2, 1)


def test_a_half_written_pickle_is_not_scored_with(watch: Watch, tmp_path: Path) -> None:
    file = tmp_path / "model.pkl"
    file.write_bytes(pickled(2))
    watched = watch(path=str(file))
    watched.look()
    content = pickled(3)
    with file.open("wb") as writing:
        for begin in range(0, len(content), 400):
            writing.write(content[begin : begin + 400])
            writing.flush()
            watched.look()
            assert minutes(watched) == 2
        assert watched.swaps == (0, 0), "while it grows, it is not even read"
    watched.settle()
    assert minutes(watched) == 3


def test_a_writer_that_stops_half_way_leaves_the_old_model_with_a_problem(watch: Watch, tmp_path: Path) -> None:
    file = tmp_path / "model.pkl"
    file.write_bytes(pickled(2))
    watched = watch(path=str(file))
    watched.look()
    file.write_bytes(pickled(3)[:-200])
    watched.settle()
    assert minutes(watched) == 2
    assert "is not a pickled model" in watched.problem
    file.write_bytes(pickled(3))
    watched.settle()
    assert minutes(watched) == 3
    assert watched.problem == ""


def test_a_file_that_changes_while_it_is_read_does_not_count(
    watch: Watch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "model.pkl"
    file.write_bytes(pickled(2))
    watched = watch(path=str(file))
    watched.look()
    file.write_bytes(pickled(3))
    watched.look()

    def overtaken(path: Path) -> None:
        path.write_bytes(pickled(4))
        raise ModelCorrupt("half of one and half of the other")

    with monkeypatch.context() as patch:
        patch.setattr("scoring.model_source.read_pickled_model", overtaken)
        assert watched.look() < POLL_SECONDS
    assert (minutes(watched), watched.problem, watched.swaps) == (2, "", (0, 0))
    watched.look()
    assert minutes(watched) == 4


def test_touching_or_copying_the_same_bytes_swaps_nothing(watch: Watch, tmp_path: Path) -> None:
    file = tmp_path / "model.pkl"
    file.write_bytes(pickled(2))
    watched = watch(path=str(file))
    watched.look()
    before = watched.following.current()
    os.utime(file, (1, 1))
    watched.settle()
    (tmp_path / "copy").write_bytes(file.read_bytes())
    (tmp_path / "copy").replace(file)
    watched.settle()
    assert watched.following.current() is before
    assert watched.swaps == (0, 0)


def test_a_file_that_is_removed_leaves_its_model_scoring(watch: Watch, tmp_path: Path) -> None:
    file = tmp_path / "model.pkl"
    content = pickled(2)
    file.write_bytes(content)
    watched = watch(path=str(file))
    watched.look()
    before = watched.following.current()
    file.unlink()
    watched.settle()
    assert watched.following.current() is before
    assert "there is no model file" in watched.problem
    file.write_bytes(content)
    watched.settle()
    assert (watched.following.current(), watched.problem) == (before, "")


def test_model_bin_and_dv_bin_are_followed_together(watch: Watch, tmp_path: Path) -> None:
    def write(minutes_a_mile: float, *, names: tuple[str, ...]) -> None:
        content = dict(zip(("dv.bin", "model.bin"), fitted(minutes_a_mile), strict=True))
        for name in names:
            (tmp_path / name).write_bytes(pickle.dumps(content[name]))

    write(2, names=("dv.bin", "model.bin"))
    watched = watch(path=str(tmp_path / "model.bin"))
    watched.look()
    first = watched.version
    write(3, names=("model.bin",))
    watched.look()
    write(3, names=("dv.bin",))
    assert watched.look() < POLL_SECONDS, "the second file has just been written: neither is read yet"
    assert watched.version == first
    watched.settle()
    assert minutes(watched) == 3


def test_model_path_may_become_a_registry(watch: Watch, tmp_path: Path) -> None:
    file = tmp_path / "model.pkl"
    file.write_text("not a model")
    watched = watch(path=str(file))
    watched.look()
    with pytest.raises(ModelCorrupt, match="is not a pickled model"):
        watched.following.current()
    file.unlink()
    file.mkdir()
    watched.look()
    with pytest.raises(ModelNotFound, match="neither a model version nor a registry"):
        watched.following.current()
