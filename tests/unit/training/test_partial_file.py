"""What has arrived stays until it is of no use: full disks, killed runs, two runs at once."""

import os
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scoring.errors import DownloadError
from training.download import Download, download_month
from training.partial_file import open_partial
from training.transfer import Retries

Fetch = Callable[..., Download]
NAME = "green_tripdata_2021-01.parquet"


def test_what_came_from_another_address_is_not_added_to(half_there: Fetch, file_server: Any, tmp_path: Path) -> None:
    mirror = file_server.url.replace("/trip-data", "/mirror")
    download_month("green", "2021-01", tmp_path / "rides", base_url=mirror)
    assert file_server.ranges_asked() == [None]


@pytest.mark.parametrize("note", [None, b"", b"{", b"[]", b'{"url": "http://127.0.0.1:1/another"}', b"\xff"])
def test_bytes_of_unknown_origin_are_not_added_to(
    fetch: Fetch,
    file_server: Any,
    tmp_path: Path,
    note: bytes | None,
    content: bytes,
    names_left: Callable[[], list[str]],
) -> None:
    (tmp_path / "rides").mkdir()
    (tmp_path / "rides" / f"{NAME}.part").write_bytes(b"something else" * 100)
    if note is not None:
        (tmp_path / "rides" / f"{NAME}.part.json").write_bytes(note)
    done = fetch()
    assert done.path.read_bytes() == content
    assert done.resumed_from_bytes == 0
    assert file_server.ranges_asked() == [None]
    assert names_left() == [NAME]


def test_a_run_killed_before_the_rename_costs_no_byte_again(
    fetch: Fetch, file_server: Any, tmp_path: Path, content: bytes
) -> None:
    file_server.answers = [file_server.cut(len(content) - 1)]
    with pytest.raises(DownloadError):
        fetch(retries=Retries(tries=1))
    with (tmp_path / "rides" / f"{NAME}.part").open("ab") as file:
        file.write(content[-1:])
    done = fetch()
    assert done.path.read_bytes() == content
    assert done.resumed_from_bytes == len(content)
    assert file_server.ranges_asked()[-1] == f"bytes={len(content)}-"


def test_more_bytes_than_the_server_has_are_dropped(
    half_there: Fetch, file_server: Any, tmp_path: Path, content: bytes
) -> None:
    with (tmp_path / "rides" / f"{NAME}.part").open("ab") as file:
        file.write(b"x" * len(content))
    assert half_there().path.read_bytes() == content
    assert len(file_server.requests) == 2


def test_where_there_is_no_room_what_arrived_is_kept_and_resumed(fetch: Fetch, tmp_path: Path, content: bytes) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(content) // 3, hard))
    try:
        with pytest.raises(DownloadError, match=r"there is no room for .*free some and run it again: it resumes"):
            fetch()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    kept = (tmp_path / "rides" / f"{NAME}.part").read_bytes()
    assert kept == content[: len(content) // 3]
    assert fetch().resumed_from_bytes == len(kept)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the kernel's device that is always full")
def test_a_full_disk_is_named(fetch: Fetch, file_server: Any, tmp_path: Path) -> None:
    (tmp_path / "rides").mkdir()
    (tmp_path / "rides" / f"{NAME}.part").symlink_to("/dev/full")
    with pytest.raises(DownloadError, match=r"no room for .*No space left on device"):
        fetch()
    assert len(file_server.requests) == 1


def test_a_folder_that_cannot_be_made_is_named(file_server: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DownloadError, match="cannot write"):
        download_month("green", "2021-01", tmp_path / "file" / "rides", base_url=file_server.url)
    assert file_server.requests == []


def test_a_second_run_beside_the_first_is_refused(
    fetch: Fetch, file_server: Any, tmp_path: Path, content: bytes
) -> None:
    with (
        open_partial(tmp_path / "rides" / NAME),
        pytest.raises(DownloadError, match=f"another process is fetching .*{NAME};"),
    ):
        fetch()
    assert file_server.requests == []
    assert fetch().path.read_bytes() == content


def test_an_interrupted_run_keeps_what_arrived(fetch: Fetch, tmp_path: Path, content: bytes) -> None:
    def interrupt(done: int, total: int | None) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(on_bytes=interrupt)
    kept = (tmp_path / "rides" / f"{NAME}.part").stat().st_size
    assert 0 < kept < len(content)
    assert fetch().resumed_from_bytes == kept


def test_what_is_fetched_may_be_read_by_others_as_the_umask_says(fetch: Fetch) -> None:
    before = os.umask(0o022)
    try:
        mode = fetch().path.stat().st_mode & 0o777
    finally:
        os.umask(before)
    assert mode == 0o644
