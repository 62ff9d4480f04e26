"""What a user names becomes files: files, folders, globs, URLs."""

from pathlib import Path

import fsspec
import pytest

from batch.inputs import expand, stamp
from scoring.errors import RideFileError
from scoring.rides.file_bytes import digest_and_size


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.parquet", "a.csv", "c.pq", "notes.txt", ".hidden.parquet", "_temporary.parquet"):
        (tmp_path / name).write_text(name)
    (tmp_path / "within").mkdir()
    (tmp_path / "within" / "d.parquet").write_text("d")
    return tmp_path


def test_a_folder_stands_for_its_files_by_name(folder: Path) -> None:
    assert [Path(each).name for each in expand([str(folder)])] == ["a.csv", "b.parquet", "c.pq"]


def test_a_glob_stands_for_what_matches(folder: Path) -> None:
    assert [Path(each).name for each in expand([f"{folder}/*.p*"])] == ["_temporary.parquet", "b.parquet", "c.pq"]
    assert [Path(each).name for each in expand([f"{folder}/**/d.parquet"])] == ["d.parquet"]


def test_each_file_is_named_once_in_the_order_given(folder: Path) -> None:
    named = [f"{folder}/c.pq", str(folder), f"{folder}/c.pq"]
    assert [Path(each).name for each in expand(named)] == ["c.pq", "a.csv", "b.parquet"]


def test_a_file_whose_name_looks_like_a_glob_is_that_file(tmp_path: Path) -> None:
    (tmp_path / "rides[1].parquet").write_text("x")
    assert expand([f"{tmp_path}/rides[1].parquet"]) == [f"{tmp_path}/rides[1].parquet"]


@pytest.mark.parametrize("named", ["nothing-*.parquet", "."])
def test_what_stands_for_no_file_is_an_error(named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RideFileError, match="no file matches"):
        expand([named])


def test_urls_are_files_folders_and_globs_too(empty_memory: None) -> None:
    files = fsspec.filesystem("memory")
    for name in ("b.parquet", "a.csv", "notes.txt"):
        files.pipe_file(f"/landing/{name}", name.encode())
    assert expand(["memory://landing"]) == ["memory:///landing/a.csv", "memory:///landing/b.parquet"]
    assert expand(["memory://landing/*.parquet"]) == ["memory:///landing/b.parquet"]
    assert expand(["memory://landing/b.parquet"]) == ["memory://landing/b.parquet"]
    assert digest_and_size("memory://landing/b.parquet") == digest_and_size("memory:///landing/b.parquet")


def test_a_protocol_that_nobody_knows_is_an_error() -> None:
    with pytest.raises(RideFileError, match="cannot open nobody://x"):
        expand(["nobody://x"])


@pytest.mark.parametrize("path", ["missing.parquet", "memory://missing.parquet"])
def test_a_file_that_is_not_there_has_no_stamp_and_no_digest(path: str, empty_memory: None) -> None:
    with pytest.raises(RideFileError, match="there is no file"):
        stamp(path)
    with pytest.raises(RideFileError, match="there is no file"):
        digest_and_size(path)


def test_a_stamp_tells_that_a_file_was_written_even_where_size_and_time_are_as_they_were(tmp_path: Path) -> None:
    import os

    path = tmp_path / "a.parquet"
    path.write_bytes(b"one")
    before, times = stamp(str(path)), path.stat()
    path.write_bytes(b"two")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert stamp(str(path)) != before


def test_the_stamp_of_an_object_tells_that_it_was_written(empty_memory: None) -> None:
    files = fsspec.filesystem("memory")
    files.pipe_file("/a.parquet", b"one")
    before = stamp("memory://a.parquet")
    files.rm_file("/a.parquet")
    files.pipe_file("/a.parquet", b"two")
    assert stamp("memory://a.parquet") != before
