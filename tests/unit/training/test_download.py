"""A month fetched whole, checked and named: what counts as the file, and what is refused."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scoring.errors import DownloadError, SettingsError
from training.download import KINDS, TLC_TRIP_RECORDS, Download, download_month, month_file_name
from training.transfer import Retries

Fetch = Callable[..., Download]
NAME = "green_tripdata_2021-01.parquet"


def test_a_month_arrives_under_its_name_and_nothing_else_is_left(
    fetch: Fetch, file_server: Any, tmp_path: Path, content: bytes, names_left: Callable[[], list[str]]
) -> None:
    done = fetch()
    assert done == Download(
        tmp_path / "rides" / NAME, len(content), hashlib.sha256(content).hexdigest(), 0, already_there=False
    )
    assert done.path.read_bytes() == content
    assert names_left() == [NAME]
    assert [path for path, _ in file_server.requests] == [f"/trip-data/{NAME}"]


def test_a_whole_file_is_not_fetched_again(fetch: Fetch, file_server: Any) -> None:
    first = fetch()
    again = fetch()
    assert len(file_server.requests) == 1
    assert again == Download(first.path, first.size_bytes, first.sha256, 0, already_there=True)


def test_force_fetches_a_whole_file_again(fetch: Fetch, file_server: Any, other_content: bytes) -> None:
    fetch()
    file_server.serve(other_content)
    done = fetch(force=True)
    assert done.already_there is False
    assert done.path.read_bytes() == other_content


def test_a_forced_fetch_that_fails_leaves_the_whole_file(fetch: Fetch, file_server: Any, content: bytes) -> None:
    path = fetch().path
    file_server.content = b"<html>sign in</html>"
    with pytest.raises(DownloadError):
        fetch(force=True)
    assert path.read_bytes() == content


def test_a_damaged_file_under_the_name_is_fetched_again(fetch: Fetch, content: bytes, half: int) -> None:
    path = fetch().path
    path.write_bytes(content[:half])
    assert fetch().already_there is False
    assert path.read_bytes() == content


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_month_that_is_not_published_is_said_at_once(
    fetch: Fetch, file_server: Any, status: int, names_left: Callable[[], list[str]]
) -> None:
    file_server.answers = [file_server.status(status)]
    with pytest.raises(DownloadError, match=rf"green 2021-01 is not published: .*HTTP {status}.*about two months late"):
        fetch()
    assert len(file_server.requests) == 1
    assert names_left() == []


def test_a_wrong_md5_etag_is_refused_and_nothing_kept(
    fetch: Fetch, file_server: Any, other_content: bytes, names_left: Callable[[], list[str]]
) -> None:
    file_server.etag = file_server.md5_etag(other_content)
    with pytest.raises(DownloadError, match=r"its MD5 is .* its ETag says .*give its sha256"):
        fetch()
    assert names_left() == []


def test_a_given_sha256_decides_alone(fetch: Fetch, file_server: Any, content: bytes, other_content: bytes) -> None:
    file_server.etag = file_server.md5_etag(other_content)
    assert fetch(sha256=hashlib.sha256(content).hexdigest().upper()).path.read_bytes() == content


def test_an_etag_of_many_parts_is_no_md5(fetch: Fetch, file_server: Any, content: bytes) -> None:
    file_server.etag = '"' + "a" * 32 + '-3"'
    assert fetch().path.read_bytes() == content


def test_an_etag_of_an_encrypted_object_is_no_md5(fetch: Fetch, file_server: Any, content: bytes) -> None:
    file_server.etag = '"' + "a" * 32 + '"'
    encrypted = {"x-amz-server-side-encryption": "aws:kms"}
    file_server.answers = [lambda request: file_server.send(request, 200, content, encrypted)]
    assert fetch().path.read_bytes() == content


def test_a_wrong_sha256_is_refused_with_both_digests(
    fetch: Fetch, content: bytes, other_content: bytes, names_left: Callable[[], list[str]]
) -> None:
    wanted = hashlib.sha256(other_content).hexdigest()
    with pytest.raises(DownloadError, match=f"its sha256 is {hashlib.sha256(content).hexdigest()}, not {wanted}"):
        fetch(sha256=wanted)
    assert names_left() == []


def test_a_file_under_the_name_with_another_sha256_is_fetched_again(
    fetch: Fetch, file_server: Any, other_content: bytes
) -> None:
    path = fetch().path
    file_server.serve(other_content)
    assert fetch(sha256=hashlib.sha256(other_content).hexdigest()).already_there is False
    assert path.read_bytes() == other_content


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (
            lambda _: b"<!DOCTYPE html><title>Sign in</title>",
            "it is not parquet, it begins b'<!DOCTYPE html>.*login page",
        ),
        (lambda _: b"", "it is not parquet, it begins b''"),
        (lambda whole: whole[: len(whole) // 2], "it is not whole"),
        (lambda whole: whole[:-1], "it is not whole"),
        (lambda _: b"PAR1", "it is not whole"),
        (lambda _: b"PAR1" + b"\0" * 500 + b"PAR1", "it is not whole"),
    ],
)
def test_a_body_that_is_no_whole_parquet_file_is_refused(
    fetch: Fetch, file_server: Any, body: Callable[[bytes], bytes], reason: str, names_left: Callable[[], list[str]]
) -> None:
    file_server.content, file_server.etag = body(file_server.content), None
    with pytest.raises(DownloadError, match=reason):
        fetch()
    assert names_left() == []


def test_every_kind_has_its_own_name() -> None:
    assert [month_file_name(kind, "2023-12") for kind in KINDS] == [
        "green_tripdata_2023-12.parquet",
        "yellow_tripdata_2023-12.parquet",
        "fhv_tripdata_2023-12.parquet",
        "fhvhv_tripdata_2023-12.parquet",
    ]
    assert TLC_TRIP_RECORDS.startswith("https://")


@pytest.mark.parametrize("kind", ["blue", "Green", "", "green/../x"])
def test_an_unknown_kind_lists_those_there_are(kind: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="choose one of green, yellow, fhv, fhvhv"):
        download_month(kind, "2021-01", tmp_path)


@pytest.mark.parametrize(
    "month", ["2021-13", "2021-00", "21-1", "2021-1", "2021/01", "2021-01-01", "", "2021-01\n", "२०२१-०१"]
)
def test_a_month_of_another_form_is_shown_the_right_one(month: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="such as 2021-01"):
        download_month("green", month, tmp_path)


@pytest.mark.parametrize("url", ["", "ftp://127.0.0.1", "127.0.0.1:80", "s3://bucket"])
def test_an_address_that_is_not_http_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="begins with http"):
        download_month("green", "2021-01", tmp_path, base_url=url)


@pytest.mark.parametrize("url", ["http://", "http://[", "http://127.0.0.1:99999999"])
def test_an_address_that_cannot_be_reached_at_all_is_a_download_error(
    url: str, tmp_path: Path, slept: list[float]
) -> None:
    with pytest.raises(DownloadError):
        download_month("green", "2021-01", tmp_path, base_url=url, retries=Retries(tries=2, sleep=slept.append))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("digest", ["", "abc", "g" * 64, "a" * 63])
def test_a_sha256_that_is_none_is_refused(digest: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="64 hexadecimal digits"):
        download_month("green", "2021-01", tmp_path, sha256=digest)


def test_the_address_may_end_in_a_slash(file_server: Any, tmp_path: Path, content: bytes) -> None:
    file_server.content = content
    download_month("yellow", "2021-02", tmp_path, base_url=f"{file_server.url}/")
    assert file_server.requests[0][0] == "/trip-data/yellow_tripdata_2021-02.parquet"
