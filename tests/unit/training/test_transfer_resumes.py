"""Bytes that are asked for from where the last ones ended, and only where they are of the same file."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from scoring.errors import DownloadError
from training.download import Download
from training.transfer import Retries

Fetch = Callable[..., Download]
NAME = "green_tripdata_2021-01.parquet"


def test_bytes_are_asked_for_as_they_are(fetch: Fetch, file_server: Any) -> None:
    fetch()
    assert file_server.requests[0][1]["accept-encoding"] == "identity"


def test_progress_rises_to_the_total(fetch: Fetch, content: bytes) -> None:
    told: list[tuple[int, int | None]] = []
    fetch(on_bytes=lambda done, total: told.append((done, total)))
    assert told[0] == (0, len(content))
    assert told[-1] == (len(content), len(content))
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_progress_says_none_where_the_server_does_not_tell_the_length(
    fetch: Fetch, file_server: Any, content: bytes
) -> None:
    def without_length(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        request.wfile.write(content)

    file_server.answers = [without_length]
    told: list[tuple[int, int | None]] = []
    assert fetch(on_bytes=lambda done, total: told.append((done, total))).size_bytes == len(content)
    assert {total for _, total in told} == {None}


def test_a_connection_cut_halfway_is_resumed_within_the_run(
    fetch: Fetch, file_server: Any, slept: list[float], content: bytes, half: int
) -> None:
    file_server.answers = [file_server.cut(half)]
    done = fetch()
    assert done.path.read_bytes() == content
    assert done.resumed_from_bytes == 0  # no earlier run left anything
    assert file_server.ranges_asked() == [None, f"bytes={half}-"]
    assert file_server.requests[1][1]["if-range"] == file_server.etag
    assert slept == [1.0]


@pytest.mark.parametrize("etag", ['"8b1a9953c4611296-12"', None, 'W/"weak"'])
def test_a_later_run_resumes_what_an_earlier_one_left(
    fetch: Fetch,
    file_server: Any,
    tmp_path: Path,
    etag: str | None,
    content: bytes,
    half: int,
    names_left: Callable[[], list[str]],
) -> None:
    file_server.etag = etag
    file_server.answers = [file_server.cut(half)]
    with pytest.raises(DownloadError, match=f"{half:,} bytes are kept: run it again to resume"):
        fetch(retries=Retries(tries=1))
    assert (tmp_path / "rides" / f"{NAME}.part").read_bytes() == content[:half]
    done = fetch()
    assert done.path.read_bytes() == content
    assert done.resumed_from_bytes == half
    validator = etag if etag and not etag.startswith("W/") else file_server.last_modified
    assert file_server.requests[1][1]["if-range"] == validator
    assert names_left() == [NAME]


def test_a_server_that_ignores_ranges_sends_all_of_it_again(
    half_there: Fetch, file_server: Any, content: bytes, half: int
) -> None:
    file_server.ranges = False
    told: list[int] = []
    done = half_there(on_bytes=lambda bytes_done, _total: told.append(bytes_done))
    assert done.path.read_bytes() == content
    assert done.resumed_from_bytes == 0
    assert told[0] == 0
    assert file_server.ranges_asked() == [f"bytes={half}-"]


def test_a_file_that_changed_on_the_server_is_begun_again(
    half_there: Fetch, file_server: Any, other_content: bytes
) -> None:
    file_server.serve(other_content)
    file_server.last_modified = format_datetime(datetime.now(UTC), usegmt=True)
    done = half_there()
    assert done.path.read_bytes() == other_content
    assert done.resumed_from_bytes == 0


def test_the_rest_of_a_changed_file_is_refused_though_the_server_offers_it(
    half_there: Fetch, file_server: Any, other_content: bytes, half: int
) -> None:
    file_server.serve(other_content)

    def ignores_if_range(request: BaseHTTPRequestHandler) -> None:
        range_of = {"Content-Range": f"bytes {half}-{len(other_content) - 1}/{len(other_content)}"}
        file_server.send(request, 206, other_content[half:], range_of)

    file_server.answers = [ignores_if_range]
    assert half_there().path.read_bytes() == other_content
    assert file_server.ranges_asked() == [f"bytes={half}-", None]


def test_a_changed_file_is_found_by_its_etag_alone_where_no_digest_is_known(
    fetch: Fetch, file_server: Any, other_content: bytes, half: int
) -> None:
    file_server.etag = '"first-2"'
    file_server.answers = [file_server.cut(half)]
    with pytest.raises(DownloadError):
        fetch(retries=Retries(tries=1))
    file_server.content, file_server.etag = other_content, '"second-2"'
    range_of = {"Content-Range": f"bytes {half}-{len(other_content) - 1}/{len(other_content)}"}
    file_server.answers = [lambda request: file_server.send(request, 206, other_content[half:], range_of)]
    assert fetch().path.read_bytes() == other_content


def test_a_server_that_sends_less_than_was_asked_for_is_asked_again(
    half_there: Fetch, file_server: Any, content: bytes, half: int
) -> None:
    part = content[half : half + 1_000]
    range_of = {"Content-Range": f"bytes {half}-{half + 999}/{len(content)}"}
    file_server.answers = [lambda request: file_server.send(request, 206, part, range_of)]
    assert half_there().path.read_bytes() == content
    assert file_server.ranges_asked() == [f"bytes={half}-", f"bytes={half + 1_000}-"]


def test_halves_of_two_files_under_one_date_are_found_out_and_fetched_in_one_piece(
    fetch: Fetch, file_server: Any, other_content: bytes, half: int
) -> None:
    file_server.etag = None
    file_server.answers = [file_server.cut(half)]
    with pytest.raises(DownloadError):
        fetch(retries=Retries(tries=1))
    file_server.content = other_content
    done = fetch(sha256=hashlib.sha256(file_server.content).hexdigest())
    assert done.path.read_bytes() == file_server.content
    assert done.resumed_from_bytes == 0


@pytest.mark.parametrize("content_range", ["bytes 0-9/10", "", "items 5-9/10", "bytes 1-9/10"])
def test_a_rest_that_begins_elsewhere_is_not_added(
    half_there: Fetch, file_server: Any, content_range: str, content: bytes, half: int
) -> None:
    headers = {"Content-Range": content_range} if content_range else {}
    file_server.answers = [lambda request: file_server.send(request, 206, content[half:], headers)]
    assert half_there().path.read_bytes() == content
