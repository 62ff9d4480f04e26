"""One process that answers: granian's server loop around the gateway, until SIGTERM.

granian's RSGI worker is driven without an event loop: what it would hand to one is called where it stands, in its one
Python thread. That costs two hops between threads a request instead of asyncio's several (about 5 times the rate).
These parts of granian are internal; the integration tests hold them.
"""

import gc
import importlib
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from api.door import Door
from api.fast_path import FastPath
from api.serving.gateway import Gateway
from api.serving.listener import BACKLOG

if TYPE_CHECKING:
    from flask import Flask

log = logging.getLogger(__name__)

# How long a single ride waits where another thread computes, as for metrics or Flask; by default 5 ms (ADR 0027).
_SWITCH_SECONDS: Final = 0.0005


class _NoLoop:
    """In place of an event loop: calls what it is given, at once."""

    def call_soon(self, callback: Callable[..., Any], *arguments: Any, context: Any = None) -> None:  # noqa: ARG002
        callback(*arguments)

    call_soon_threadsafe = call_soon


def run_worker_process(app: "Flask", listener: socket.socket, on_listening: Callable[[], None]) -> None:
    """Answer requests until SIGTERM; return when what was in flight is answered.

    Args:
        app: the application.
        listener: the socket that all processes share.
        on_listening: called when requests are taken.
    """
    from granian.http import HTTP1Settings

    granian: Any = importlib.import_module("granian._granian")  # internal: its type stub is not kept

    door: Door = app.extensions["door"]
    settings = door.settings
    fast = FastPath(door) if settings.fast_path else None
    gateway = Gateway(app.wsgi_app, door, fast, listener.getsockname()[1])
    door.recorder.start()
    stop, ended = granian.WorkerSignal(), threading.Event()
    stop.add_cb(ended.set)
    _stop_on_sigterm(door, stop.set)
    worker = granian.RSGIWorker(
        os.getpid(),  # its name in granian's log
        (None, _held(granian.SocketHolder, listener)),
        None,  # no channel to a parent: our own supervises
        1,  # threads of its network loop: one, of Rust
        1,  # and of its blocking tasks: it has none
        1,  # and of Python
        30,
        settings.max_connections,
        "1",  # HTTP/1.1 alone
        HTTP1Settings(header_read_timeout=int(settings.keep_alive_seconds * 1000), max_buffer_size=64 << 10),
        None,
        False,  # no websockets
        None,  # no static files
        False,  # no TLS: a load balancer's work
        None,
        None,
        None,
        "1.3",
        None,
        [],
        False,
        (None, None),
    )
    scheduler = granian.CallbackScheduler(_NoLoop(), None, None, None, None)
    scheduler._schedule_fn = gateway.take
    # What is there now stays; requests make no cycles, and a full collection would hold up hundreds of them.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    sys.setswitchinterval(_SWITCH_SECONDS)
    worker.serve_mtr(scheduler, _NoLoop(), stop)
    on_listening()
    while not ended.wait(1.0):
        gateway.reception.expire()
    gateway.close()
    door.recorder.flush()


def _held(holder: Any, listener: socket.socket) -> Any:
    try:
        return holder(listener.fileno(), False, BACKLOG)
    except TypeError:  # elsewhere than on Linux it takes no backlog
        return holder(listener.fileno(), False)


def _stop_on_sigterm(door: Door, stop: Callable[[], None]) -> None:
    def drain() -> None:
        threading.Event().wait(door.settings.drain_seconds)
        stop()

    def on_signal(_number: int, _frame: Any) -> None:
        if not door.draining:
            door.draining = True
            threading.Thread(target=drain, name="drain", daemon=True).start()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole terminal group; the parent tells us
