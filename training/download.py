"""A month of the TLC's public trip records, fetched whole or not at all.

A file gets its name only after its length, its digest where one is known, and its parquet footer have been checked.
"""

import hashlib
import re
from dataclasses import dataclass
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Final

import httpx
import pyarrow as pa
import pyarrow.parquet as pq

from scoring.errors import DownloadError, SettingsError
from training.partial_file import PartialFile, open_partial
from training.transfer import Arrival, NotThere, OnBytes, Retries, fetch_into

TLC_TRIP_RECORDS: Final = "https://d37ci6vzurychx.cloudfront.net/trip-data"
KINDS: Final = ("green", "yellow", "fhv", "fhvhv")
_MONTH: Final = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
_SHA256: Final = re.compile(r"[0-9a-fA-F]{64}")
_MD5_ETAG: Final = re.compile(r'"?([0-9a-fA-F]{32})"?')  # one of many parts ends in a hyphen and their number
_TIMEOUT: Final = httpx.Timeout(60.0, connect=15.0)


@dataclass(frozen=True, slots=True)
class Download:
    """A file that is whole.

    Attributes:
        path: of it.
        size_bytes: its length.
        sha256: of its bytes, in hexadecimal.
        resumed_from_bytes: how many of them an earlier run had left.
        already_there: whether it was there under its name, so that nothing was fetched.
    """

    path: Path
    size_bytes: int
    sha256: str
    resumed_from_bytes: int
    already_there: bool


def month_file_name(kind: str, month: str) -> str:
    """The TLC's name for a month of trips.

    Raises:
        SettingsError: there is no such kind, or the month is not written as the TLC writes it.

    >>> month_file_name("green", "2021-01")
    'green_tripdata_2021-01.parquet'
    """
    if kind not in KINDS:
        raise SettingsError(f"the TLC publishes no trips of kind {kind!r}; choose one of {', '.join(KINDS)}")
    if not _MONTH.fullmatch(month):
        raise SettingsError(f"{month!r} is no month; write the year and the month's two digits, such as 2021-01")
    return f"{kind}_tripdata_{month}.parquet"


def download_month(
    kind: str,
    month: str,
    folder: Path,
    *,
    base_url: str = TLC_TRIP_RECORDS,
    sha256: str | None = None,
    force: bool = False,
    on_bytes: OnBytes = lambda _done, _total: None,
    retries: Retries | None = None,
) -> Download:
    """Fetch a month of trips into a folder, or find it there.

    Args:
        kind: one of :data:`KINDS`.
        month: as ``YYYY-MM``.
        folder: where the file goes; made where there is none.
        base_url: of the folder that has the TLC's files, without the file's name.
        sha256: that the file must have, in hexadecimal. It decides alone: without it an ETag that looks like an MD5
            digest must be the file's.
        force: fetch it though a whole file is there; that one stays until the new one is whole.
        on_bytes: is told of bytes done and bytes in all (None where the server does not say). Bytes done can fall to 0:
            the server's file changed, or it cannot resume.
        retries: of transient failures.

    Returns:
        The file under its name. One that is there already is checked, and fetched again only where it is damaged or not
        the one of the given digest.

    Raises:
        SettingsError: the kind, the month, the address or the digest is not written as one; nothing was fetched.
        DownloadError: the month is not published, the server failed too often, the disk is full (in these what arrived
            is kept for the next run), or what arrived is not the file (and is removed).
    """
    name = month_file_name(kind, month)
    if sha256 is not None and not _SHA256.fullmatch(sha256):
        raise SettingsError(f"{sha256!r} is no sha256; give its 64 hexadecimal digits")
    if not base_url.startswith(("http://", "https://")):
        raise SettingsError(f"{base_url!r} is no address; give one that begins with http:// or https://")
    target = folder / name
    try:
        if not force and target.is_file() and _fault(target, sha256) is None:
            return Download(target, target.stat().st_size, _digest(target, "sha256"), 0, already_there=True)
    except OSError as error:
        raise DownloadError(
            f"cannot read {target}: {error.strerror}; name another folder, or mend its rights"
        ) from error
    try:
        with open_partial(target) as partial, _client() as client:
            return _fetched(partial, target, f"{base_url.rstrip('/')}/{name}", client, sha256, on_bytes, retries)
    except NotThere as error:
        raise DownloadError(
            f"{kind} {month} is not published: {error}. Months appear about two months late; name an earlier one, or "
            "another address"
        ) from error


def _fetched(
    partial: PartialFile,
    target: Path,
    url: str,
    client: httpx.Client,
    sha256: str | None,
    on_bytes: OnBytes,
    retries: Retries | None,
) -> Download:
    left_bytes = partial.size_bytes
    lowest_bytes = left_bytes

    def watched(done_bytes: int, total_bytes: int | None) -> None:
        nonlocal lowest_bytes
        lowest_bytes = min(lowest_bytes, done_bytes)
        on_bytes(done_bytes, total_bytes)

    arrival = fetch_into(partial, url, client, watched, retries)
    fault = _fault(partial.path, sha256, _md5(partial, arrival))
    if fault is not None and arrival.joined:  # the beginning and the rest may be of two files: once more, in one piece
        partial.restart(None)
        lowest_bytes = 0
        arrival = fetch_into(partial, url, client, watched, retries)
        fault = _fault(partial.path, sha256, _md5(partial, arrival))
    if fault is not None:
        partial.discard()
        raise DownloadError(f"what {url} gave is not the file: {fault}")
    digest = _digest(partial.path, "sha256")
    partial.keep()
    resumed_bytes = left_bytes if lowest_bytes == left_bytes else 0
    return Download(target, partial.size_bytes, digest, resumed_bytes, already_there=False)


def _client() -> httpx.Client:
    headers = {"Accept-Encoding": "identity", "User-Agent": f"ridescore/{installed_version('ridescore')}"}
    return httpx.Client(headers=headers, timeout=_TIMEOUT, follow_redirects=True)


def _md5(partial: PartialFile, arrival: Arrival) -> str | None:
    """The MD5 that the server promised, in hexadecimal, where its ETag is one."""
    etag = _MD5_ETAG.fullmatch((partial.origin and partial.origin.etag) or "")
    encrypted = "kms" in arrival.headers.get("x-amz-server-side-encryption", "")  # then it is of what is stored
    return etag[1].lower() if etag and not encrypted else None


def _fault(path: Path, sha256: str | None, md5: str | None = None) -> str | None:
    """What is wrong with a file that should be whole; None where nothing is."""
    try:
        with path.open("rb") as file:
            head = file.read(60)
        if not head.startswith(b"PAR1"):
            return f"it is not parquet, it begins {head!r}; a proxy or a login page may have answered in its place"
        pq.read_metadata(path)
    except (pa.ArrowException, OSError) as error:
        return f"it is not whole ({(str(error).splitlines() or ['no footer'])[0]}); run it again"
    if sha256 is not None:
        found = _digest(path, "sha256")
        return None if found == sha256.lower() else f"its sha256 is {found}, not {sha256.lower()}"
    if md5 is not None and (found := _digest(path, "md5")) != md5:
        return (
            f"its MD5 is {found}, its ETag says {md5}; run it again, or give its sha256 if this server's ETags are "
            "no MD5"
        )
    return None


def _digest(path: Path, algorithm: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.new(algorithm, usedforsecurity=False)).hexdigest()
