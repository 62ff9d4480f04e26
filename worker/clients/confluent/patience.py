"""Waiting for answers: for a first one a step at a time, as librdkafka tells of a wrong password only between its
calls; for others no longer than they were told to take, as some of its calls outlive their own timeouts.
"""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from confluent_kafka import KafkaError, KafkaException

from worker.clients.confluent.configuration import CONNECT_SECONDS
from worker.clients.confluent.errors import Complaints, error_of

T = TypeVar("T")

_STEP_SECONDS = 1.0
_NO_ANSWER = frozenset({KafkaError._TIMED_OUT, KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN})


def first_answer(
    call: Callable[[float], T],
    serve: Callable[[], object],
    complaints: Complaints,
    seconds: float = CONNECT_SECONDS,
) -> T:
    """Call until it answers.

    Args:
        call: takes a timeout in seconds; may be called again after it has run out.
        serve: has librdkafka tell its complaints.
        complaints: where it tells them; a refusal ends the waiting.
        seconds: in all.

    Raises:
        KafkaException: the call's own, the last one where none came in time.
    """
    ends = time.monotonic() + seconds
    while True:
        try:
            return call(_STEP_SECONDS)
        except KafkaException as exception:
            serve()
            error = error_of(exception)
            waits = error.retriable() or error.code() in _NO_ANSWER
            if not waits or complaints.refusal is not None or time.monotonic() >= ends:
                raise


def bounded(call: Callable[[], object], seconds: float, what: str) -> None:
    """Call in a thread of its own and wait that long for it.

    What has not come back by then is left to itself, and keeps no process alive: its producer must not be used again.

    Raises:
        KafkaException: the call's own, or that it did not come back.
    """
    raised: list[BaseException] = []

    def run() -> None:
        try:
            call()
        except BaseException as error:  # noqa: BLE001  # raised below, in the caller's thread
            raised.append(error)

    thread = threading.Thread(target=run, name=what, daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT, f"{what} did not come back in {seconds:g} s"))
    if raised:
        raise raised[0]
