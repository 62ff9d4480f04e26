"""Building the Kafka client that the settings name, for every command that needs one."""

import logging
from collections.abc import Callable

from scoring.settings.settings import Settings
from worker.clients.client import Client


def open_client(settings: Settings, on_rebalance: Callable[[], None] = lambda: None) -> Client:
    """The client; it connects when it is used."""
    from worker.clients.choose import build_client

    return build_client(settings.kafka, settings.worker, on_rebalance)


def quiet_libraries() -> None:
    """Commands at a terminal say themselves what went wrong; a client's own log of each try would bury it."""
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    logging.getLogger("worker").addHandler(logging.NullHandler())
