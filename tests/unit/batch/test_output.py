"""Where predictions go does what is asked of it, or says clearly what is wrong; local and URL alike."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from batch.output import Output, open_output
from scoring.errors import OutputBusy, OutputError


@pytest.fixture(params=["local", "memory"])
def place(request: pytest.FixtureRequest, tmp_path: Path, empty_memory: None) -> Output:
    return open_output(str(tmp_path / "out") if request.param == "local" else "memory://out")


def test_what_is_not_there_is_none(place: Output) -> None:
    assert place.read("manifests/x.json") is None
    assert place.size_bytes("x") is None
    assert place.names("manifests") == []
    place.remove("x")
    place.remove("folder/x")


def test_files_are_written_moved_listed_and_removed(place: Output) -> None:
    with place.create(".staging/k/a.parquet") as file:
        file.write(b"abc")
    place.write(".staging/k/1.json", b"{}")
    assert place.names(".staging") == ["k"]
    assert place.names(".staging/k") == ["1.json", "a.parquet"]
    place.sync(".staging/k/a.parquet")
    place.move(".staging/k/a.parquet", "predictions/a.parquet")
    assert place.size_bytes("predictions/a.parquet") == 3
    with place.open("predictions/a.parquet") as opened:
        assert opened.read() == b"abc"
    place.replace("predictions/a.parquet", b"other")
    assert place.read("predictions/a.parquet") == b"other"
    place.remove(".staging/k")
    assert place.names(".staging") == []
    assert place.age_seconds("predictions/a.parquet") < 60


def test_a_file_whose_writing_fails_does_not_appear(place: Output) -> None:
    def fail() -> None:
        with place.create("predictions/a.parquet") as file:
            file.write(b"half")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert place.names("predictions") == []


def test_a_file_that_cannot_be_opened_is_an_error(place: Output) -> None:
    with pytest.raises(OutputError, match="cannot read"):
        place.open("missing")


def test_one_run_at_a_time(tmp_path: Path) -> None:
    place = open_output(str(tmp_path / "out"))
    with place.hold(), pytest.raises(OutputBusy, match="another run is writing to"), place.hold():
        pass
    with place.hold():
        pass


@pytest.mark.parametrize(
    ("number", "told"),
    [(errno.ENOSPC, "the disk is full; make room"), (errno.EROFS, "read-only"), (errno.EACCES, "permission denied")],
)
def test_what_the_disk_refuses_is_told_with_what_to_do(tmp_path: Path, number: int, told: str) -> None:
    place = open_output(str(tmp_path))
    with pytest.raises(OutputError, match=told), place.create("a"):
        raise OSError(number, os.strerror(number))
    assert place.names("") == []


def test_a_file_in_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="it is a file, not a folder"), open_output(str(tmp_path / "file")).hold():
        pass
    below = open_output(str(tmp_path / "file" / "below"))
    with pytest.raises(OutputError, match="a part of that path is a file"), below.hold():
        pass


def test_a_protocol_that_nobody_knows_is_an_error() -> None:
    with pytest.raises(OutputError, match="cannot open the output nobody://x"):
        open_output("nobody://x")


def test_an_object_store_that_fails_is_told(empty_memory: None, monkeypatch: pytest.MonkeyPatch) -> None:
    place = open_output("memory://out")

    def fail(*_: Any, **__: Any) -> None:
        raise OSError("503 slow down")

    for name in ("cat_file", "ls", "info", "open", "pipe_file", "mv", "rm"):
        monkeypatch.setattr(f"fsspec.implementations.memory.MemoryFileSystem.{name}", fail)
    for call in (
        lambda: place.read("x"),
        lambda: place.names("x"),
        lambda: place.size_bytes("x"),
        lambda: place.open("x"),
        lambda: place.replace("x", b""),
        lambda: place.move("x", "y"),
        lambda: place.remove("x"),
        lambda: place.create("x").__enter__(),
    ):
        with pytest.raises(OutputError, match="503 slow down"):
            call()
