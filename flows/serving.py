"""Serves all deployments: registers them, starts a process for each run that is due, and stops in order.

Schedules belong to the Prefect server and stand while nobody serves. What a stop or a crash has interrupted
is scheduled again.
"""

import asyncio
import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from types import FrameType
from typing import Final
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.runner import Runner
from prefect.settings import PREFECT_API_URL

from flows.interrupted import schedule_abandoned_claims, schedule_interrupted_runs
from flows.registration import register
from flows.server import SERVER_ERRORS, check_server, unavailable
from scoring.errors import FlowServerUnavailable, SettingsError, first_line
from scoring.settings.settings import Settings

log = logging.getLogger(__name__)

_STOP_SECONDS: Final = 45.0  # the runner itself gives a run 30 s to end
_PAUSE_SECONDS: Final = 10.0
_TIDY_SECONDS: Final = 60.0
_INTERRUPTED: Final = 130


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or Ctrl-C; a second Ctrl-C ends it at once.

    Raises:
        SettingsError: a schedule is none, or no Prefect server is named.
        FlowServerUnavailable: the server does not answer at the start; later outages are waited out.
    """
    address = PREFECT_API_URL.value()
    if not address:
        raise SettingsError(
            "schedules need a Prefect server: start one with `prefect server start` and set "
            "PREFECT_API_URL=http://localhost:4200/api"
        )
    stopping = threading.Event()
    _stop_on_signals(stopping.set)
    serving = Serving(settings, address)
    serving.start()
    try:
        while not stopping.wait(0.5):
            serving.tidy()
            if serving.has_ended and not stopping.wait(_PAUSE_SECONDS):
                serving = _started_again(settings, address, serving)
    finally:
        serving.stop()
    log.info("flows no longer served", extra={"address": address})


def _started_again(settings: Settings, address: str, ended: "Serving") -> "Serving":
    serving = Serving(settings, address)
    try:
        serving.start()
    except FlowServerUnavailable as error:
        log.warning("the Prefect server does not answer", extra={"address": address, "error": str(error)})
        return ended
    return serving


class Serving:
    """A runner of Prefect's on a thread of its own, so that signals stay ours.

    Args:
        settings: of the schedules.
        address: of the Prefect server.
    """

    def __init__(self, settings: Settings, address: str) -> None:
        self._settings = settings
        self._address = address
        self._runner = Runner(name="ridescore", pause_on_shutdown=False, limit=1)
        self._ids: list[UUID] = []
        self._tidy_at = 0.0
        self._thread = threading.Thread(target=self._run, name="flows", daemon=True)

    @property
    def has_ended(self) -> bool:
        """Whether it ended without being told to."""
        return not self._thread.is_alive()

    def start(self) -> None:
        """Register the deployments, tidy up after whoever served before, and begin.

        Raises:
            FlowServerUnavailable: the server does not answer.
        """
        check_server()
        try:
            self._ids = register(self._runner, self._settings.flows)
            with get_client(sync_client=True) as client:
                schedule_interrupted_runs(client, self._ids)
        except SERVER_ERRORS as error:
            raise unavailable(error) from error
        self._thread.start()
        log.info("flows served", extra={"address": self._address, "pid": os.getpid()})

    def tidy(self) -> None:
        """Now and then, schedule again what some runner claimed and never began."""
        if time.monotonic() < self._tidy_at:
            return
        self._tidy_at = time.monotonic() + _TIDY_SECONDS
        with suppress(*SERVER_ERRORS), get_client(sync_client=True) as client:  # one that is away is told elsewhere
            schedule_abandoned_claims(client, self._ids)

    def stop(self) -> None:
        """End runs in flight and schedule them again; schedules stand."""
        if self.has_ended:
            return
        begun = datetime.now(UTC)
        try:
            self._wait_until_it_can_stop()
            self._runner.execute_in_background(self._runner.astop).result(_STOP_SECONDS)
            self._thread.join(_STOP_SECONDS)
            with get_client(sync_client=True) as client:
                schedule_interrupted_runs(client, self._ids, stopped_since=begun)
        except Exception as error:  # noqa: BLE001  # a server that is down must not keep us from ending
            log.warning("flows were not stopped in order", extra={"error": first_line(error)})

    def _wait_until_it_can_stop(self) -> None:
        """A runner that is told to stop in its first moments would neither stop nor say so."""
        ends = time.monotonic() + _STOP_SECONDS
        while not (self._runner.started or self.has_ended) and time.monotonic() < ends:
            time.sleep(0.05)

    def _run(self) -> None:
        try:
            asyncio.run(self._runner.start())
        except Exception as error:  # noqa: BLE001  # whatever it is, serving is tried again
            log.warning("serving flows failed and is tried again", extra={"error": first_line(error)})


def _stop_on_signals(stop: Callable[[], None]) -> None:
    told = threading.Event()

    def on_signal(number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGINT and told.is_set():
            os._exit(_INTERRUPTED)  # runs in flight are scheduled again by whoever serves next
        told.set()
        stop()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
