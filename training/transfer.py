"""Fetching one URL into a partial file by HTTP: resumed where the server's file is still the same, retried in bounds.

Says nothing of what the bytes mean; whoever asked judges them.
"""

import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import httpx

from scoring.errors import DownloadError
from training.partial_file import Origin, PartialFile

OnBytes = Callable[[int, int | None], None]
_BUSY: Final = frozenset({408, 425, 429})
_ABSENT: Final = frozenset({403, 404, 410})  # object stores say 403 where listing is not allowed
_LONGEST_ASKED_WAIT_SECONDS: Final = 300.0


@dataclass(frozen=True, slots=True)
class Retries:
    """How often a transient failure is tried again, and how long is waited before.

    Attributes:
        tries: the most requests that may fail.
        first_seconds: the wait after the first failure; doubled after each further one.
        longest_seconds: the most that is waited, unless the server asks for more.
        sleep: waits.
        jitter: 0 to 1; shortens each wait by up to half, so that many clients do not return at once.
    """

    tries: int = 6
    first_seconds: float = 1.0
    longest_seconds: float = 30.0
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random

    def wait_seconds(self, failures: int, asked_seconds: float) -> float:
        """How long to wait after so many failures: at least what the server asked for."""
        backoff = min(self.longest_seconds, self.first_seconds * 2.0 ** (failures - 1))
        return max(asked_seconds, backoff * (1.0 - self.jitter() / 2))


@dataclass(frozen=True, slots=True)
class Arrival:
    """How the bytes of a partial file arrived.

    Attributes:
        joined: whether the last answer gave only the rest, so that they came in more than one.
        headers: of the last answer.
    """

    joined: bool
    headers: Mapping[str, str]


class NotThere(DownloadError):
    """The server has no such file, or shows it to nobody."""


class _Transient(Exception):
    def __init__(self, reason: str, asked_seconds: float = 0.0) -> None:
        super().__init__(reason)
        self.asked_seconds = asked_seconds


class _OtherContent(Exception):
    """What the server has is not what the partial file holds the beginning of."""


def fetch_into(
    partial: PartialFile, url: str, client: httpx.Client, on_bytes: OnBytes, retries: Retries | None = None
) -> Arrival:
    """Fetch until the partial file is as long as the server says.

    Args:
        partial: is added to where it holds the beginning of what the server has, else begun again.
        url: to fetch.
        client: follows redirects and asks for bytes as they are.
        on_bytes: is told of the bytes there and in all (None where the server does not say), as they arrive.
        retries: of connection errors, timeouts, 408, 425, 429, 5xx and bodies cut short.

    Raises:
        NotThere: the server answers 403, 404 or 410.
        DownloadError: it answers anything else that is no file, or failed too often, or the disk is full; the partial
            file stays.
    """
    retries = retries or Retries()
    failures = 0
    while True:
        try:
            headers = _attempt(partial, url, client, on_bytes)
            return Arrival("content-range" in headers, headers)
        except _OtherContent:
            partial.restart(None)  # without bytes the next request asks for no range, so this cannot go on
        except _Transient as failure:
            failures += 1
            if failures >= retries.tries:
                raise DownloadError(
                    f"{url} failed {failures} times, at last: {failure}; {partial.size_bytes:,} bytes are kept: "
                    "run it again to resume"
                ) from failure
            if failure.asked_seconds > _LONGEST_ASKED_WAIT_SECONDS:
                raise DownloadError(
                    f"{url}: {failure}; the server asks to wait {failure.asked_seconds:.0f} seconds: run it again then"
                ) from failure
            retries.sleep(retries.wait_seconds(failures, failure.asked_seconds))


def _attempt(partial: PartialFile, url: str, client: httpx.Client, on_bytes: OnBytes) -> Mapping[str, str]:
    try:
        with client.stream("GET", url, headers=_range_headers(partial, url)) as response:
            total_bytes = _begin(partial, url, response)
            on_bytes(partial.size_bytes, total_bytes)
            if response.status_code != 416:
                for chunk in response.iter_raw():
                    partial.append(chunk)
                    on_bytes(partial.size_bytes, total_bytes)
            headers = dict(response.headers)
    except (httpx.UnsupportedProtocol, httpx.TooManyRedirects, httpx.InvalidURL) as error:
        raise DownloadError(f"cannot fetch {url}: {error}; give the address of a folder by http or https") from error
    except httpx.HTTPError as error:
        raise _Transient(f"{type(error).__name__}: {error}") from error
    if total_bytes is not None and partial.size_bytes < total_bytes:
        raise _Transient(f"{partial.size_bytes:,} of {total_bytes:,} bytes arrived")
    if total_bytes is not None and partial.size_bytes > total_bytes:
        raise _OtherContent
    return headers


def _range_headers(partial: PartialFile, url: str) -> dict[str, str]:
    origin = partial.origin
    if partial.size_bytes and origin and origin.url == url and origin.validator:
        return {"Range": f"bytes={partial.size_bytes}-", "If-Range": origin.validator}
    return {}


def _begin(partial: PartialFile, url: str, response: httpx.Response) -> int | None:
    """Look at an answer before its body: the number of bytes in all, None where the server does not say.

    Raises:
        NotThere, DownloadError, _Transient, _OtherContent: there is no body to take.
    """
    status = response.status_code
    asked = "range" in response.request.headers
    origin = Origin(url, response.headers.get("etag"), response.headers.get("last-modified"))
    if status == 200:
        partial.restart(origin)
        length = response.headers.get("content-length", "")
        return int(length) if length.isdecimal() else None
    if status in (206, 416) and asked:
        return _rest_of(partial, origin, response.headers.get("content-range", ""))
    if status in _ABSENT:
        raise NotThere(f"{url} is not there (HTTP {status})")
    if status in _BUSY or status >= 500:
        raise _Transient(f"HTTP {status}", _retry_after_seconds(response.headers.get("retry-after", "")))
    raise DownloadError(f"{url} answers HTTP {status}, not a file; check the address")


def _rest_of(partial: PartialFile, found: Origin, content_range: str) -> int | None:
    """The bytes in all of a file whose rest is offered; a 416 (``bytes */N``) offers none, since all N are there."""
    match = re.fullmatch(r"bytes (?:([0-9]+)-[0-9]+|\*)/([0-9]+|\*)", content_range)
    remembered = partial.origin
    if match is None or remembered is None:
        raise _OtherContent
    start, total = match.groups()
    changed = (found.etag is not None and found.etag != remembered.etag) or (
        found.last_modified is not None and found.last_modified != remembered.last_modified
    )
    if changed or (total if start is None else start) != str(partial.size_bytes):
        raise _OtherContent
    return None if total == "*" else int(total)


def _retry_after_seconds(text: str) -> float:
    """The wait that a Retry-After header asks for, in seconds or until a date; 0 where it says neither."""
    if text.isdecimal():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return 0.0
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
