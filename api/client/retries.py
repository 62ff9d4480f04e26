"""Which failures are tried again, and when: only those in which trying again cannot do harm, in bounded time.

No connection, a connection that the server closed (a worker that restarts), 429 and 503. Never an answer that is slow:
asking twice would only add to what the server is slow with.
"""

import email.utils
import random
import time
from typing import Final

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_before_delay

from api.client.errors import Busy

_FIRST_SECONDS: Final = 0.05
_LONGEST_SECONDS: Final = 5.0


class AskedToWait(Exception):
    """429 or 503: the problem, and for how long the server asks to wait (None: it does not say)."""

    def __init__(self, problem: Busy, seconds: float | None) -> None:
        super().__init__(str(problem))
        self.problem = problem
        self.seconds = seconds


RETRIED: Final = (
    AskedToWait,
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.ReadError,
    httpx.WriteError,
    httpx.RemoteProtocolError,
)


def retrying(total_seconds: float) -> Retrying:
    """Tries for so long; a wait that would end later is not begun, and the last failure is raised as it is."""
    return Retrying(
        retry=retry_if_exception_type(RETRIED),
        wait=_wait_seconds,
        stop=stop_before_delay(total_seconds),
        reraise=True,
    )


def retry_after_seconds(value: str | None) -> float | None:
    """Read a Retry-After header, seconds or a date; None where there is none to go by."""
    if not value:
        return None
    if value.strip().isdecimal():
        return float(value)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


def _wait_seconds(state: RetryCallState) -> float:
    """What the server asks for plus some jitter, so that all who were sent away do not come back at once."""
    grown: float = min(_LONGEST_SECONDS, _FIRST_SECONDS * 2 ** (state.attempt_number - 1))
    failure = state.outcome.exception() if state.outcome else None
    if isinstance(failure, AskedToWait) and failure.seconds is not None:
        return failure.seconds + random.uniform(0, grown)  # noqa: S311 - spreads load, keeps no secret
    return random.uniform(grown / 2, grown)  # noqa: S311
