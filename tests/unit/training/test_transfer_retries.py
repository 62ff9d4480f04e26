"""Which failures are tried again, how often, and after which wait."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from scoring.errors import DownloadError
from training.download import Download, download_month
from training.transfer import Retries

Fetch = Callable[..., Download]
NAME = "green_tripdata_2021-01.parquet"


def test_503_twice_then_the_file_with_growing_waits(
    fetch: Fetch, file_server: Any, slept: list[float], content: bytes
) -> None:
    file_server.answers = [file_server.status(503), file_server.status(503)]
    assert fetch().path.read_bytes() == content
    assert slept == [1.0, 2.0]


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_transient_answers_are_tried_again_a_bounded_number_of_times(
    fetch: Fetch, file_server: Any, slept: list[float], status: int, names_left: Callable[[], list[str]]
) -> None:
    file_server.answers = [file_server.status(status)] * 9
    with pytest.raises(DownloadError, match=f"failed 4 times, at last: HTTP {status}"):
        fetch()
    assert len(file_server.requests) == 4
    assert slept == [1.0, 2.0, 4.0]
    assert names_left() == []


def test_retry_after_in_seconds_is_waited(fetch: Fetch, file_server: Any, slept: list[float]) -> None:
    file_server.answers = [file_server.status(429, Retry_After="17")]
    fetch()
    assert slept == [17.0]


def test_retry_after_as_a_date_is_waited(fetch: Fetch, file_server: Any, slept: list[float]) -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    file_server.answers = [file_server.status(503, Retry_After=moment)]
    fetch()
    assert len(slept) == 1
    assert 30 < slept[0] <= 100


@pytest.mark.parametrize("text", ["soon", "", "-5", "Sat, 99 Foo 2021 00:00:00 GMT", "Fri, 01 Jan 2021 00:00:00 GMT"])
def test_a_retry_after_that_says_no_wait_leaves_the_usual_one(
    fetch: Fetch, file_server: Any, slept: list[float], text: str
) -> None:
    file_server.answers = [file_server.status(429, Retry_After=text)]
    fetch()
    assert slept == [1.0]


def test_a_retry_after_beyond_patience_ends_the_run(fetch: Fetch, file_server: Any, slept: list[float]) -> None:
    file_server.answers = [file_server.status(429, Retry_After="3600")]
    with pytest.raises(DownloadError, match="asks to wait 3600 seconds: run it again then"):
        fetch()
    assert slept == []


def test_waits_are_bounded_and_jitter_halves_them_at_most() -> None:
    longest = Retries(jitter=lambda: 0.0)
    shortest = Retries(jitter=lambda: 1.0)
    assert [longest.wait_seconds(n, 0.0) for n in range(1, 8)] == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
    assert [shortest.wait_seconds(n, 0.0) for n in range(1, 8)] == [0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0]
    assert longest.wait_seconds(1, 40.0) == 40.0
    assert all(0.5 <= Retries().wait_seconds(1, 0.0) <= 1.0 for _ in range(100))


def test_a_server_that_is_not_there_is_tried_again_then_said(tmp_path: Path, slept: list[float]) -> None:
    with pytest.raises(DownloadError, match=r"failed 2 times, at last: ConnectError: .*0 bytes are kept"):
        download_month(
            "green",
            "2021-01",
            tmp_path,
            base_url="http://127.0.0.1:1",
            retries=Retries(tries=2, sleep=slept.append),
        )
    assert len(slept) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("status", [400, 401, 405, 206, 416])
def test_any_other_answer_is_no_file(fetch: Fetch, file_server: Any, status: int) -> None:
    file_server.answers = [file_server.status(status)]
    with pytest.raises(DownloadError, match=f"answers HTTP {status}, not a file; check the address"):
        fetch()
    assert len(file_server.requests) == 1


def test_redirects_are_followed(fetch: Fetch, file_server: Any, content: bytes) -> None:
    file_server.answers = [file_server.status(302, Location=f"/elsewhere/{NAME}")]
    assert fetch().path.read_bytes() == content
    assert file_server.requests[1][0] == f"/elsewhere/{NAME}"


def test_redirects_in_a_circle_are_an_error(fetch: Fetch, file_server: Any) -> None:
    file_server.answers = [file_server.status(302, Location=f"/trip-data/{NAME}")] * 50
    with pytest.raises(DownloadError, match="cannot fetch"):
        fetch()
