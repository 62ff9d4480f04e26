"""Ending librdkafka clients in bounded time: their own ends wait for brokers that may be gone."""

import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)


def end_within(seconds: float, end: Callable[[], object], what: str) -> bool:
    """Call `end` in a thread of its own and wait that long for it; whether it came to its end by then.

    What has not ended by then goes on in the background, and keeps no process alive.
    """

    def run() -> None:
        try:
            end()
        except Exception as error:  # noqa: BLE001  # whatever it is, it is being closed
            log.warning("did not close cleanly", extra={"what": what, "error": str(error)})

    thread = threading.Thread(target=run, name=f"close {what}", daemon=True)
    thread.start()
    thread.join(max(0.0, seconds))
    if thread.is_alive():
        log.warning("did not close in time", extra={"what": what, "seconds": seconds})
    return not thread.is_alive()
