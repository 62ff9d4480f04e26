"""One process that answers: an event loop with its connections, until SIGTERM.

uvloop's loop; where that does not install, asyncio's own, which is slower and does the same. Imported in the process
that answers, not in its parent, which must fork.
"""

import asyncio
import gc
import logging
import signal
import socket
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from api.door import Door
from api.fast_path import FastPath
from api.serving.connections import Connections, quiet_about_clients
from api.serving.gateway import Gateway

if TYPE_CHECKING:
    from flask import Flask

log = logging.getLogger(__name__)

# How long a single ride waits where another thread computes, as for metrics or Flask; by default 5 ms (ADR 0027).
_SWITCH_SECONDS: Final = 0.0005


def run_worker_process(app: "Flask", listener: socket.socket, on_listening: Callable[[], None]) -> None:
    """Answer requests until SIGTERM; return when what was in flight is answered.

    Args:
        app: the application.
        listener: the socket that all processes share.
        on_listening: called when requests are taken.
    """
    door: Door = app.extensions["door"]
    settings = door.settings
    loop = _new_loop()
    quiet_about_clients(loop)
    fast = FastPath(door) if settings.fast_path else None
    gateway = Gateway(app.wsgi_app, door, fast, listener.getsockname()[1], loop)
    connections = Connections(loop, listener, gateway, settings)
    door.recorder.start()

    def drain() -> None:
        if not door.draining:
            door.draining = True
            loop.call_later(settings.drain_seconds, connections.stop)

    loop.add_signal_handler(signal.SIGTERM, drain)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole terminal group; the parent tells us
    connections.start()
    loop.call_soon(on_listening)
    # What is there now stays; requests make no cycles, and a full collection would hold up hundreds of them.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    sys.setswitchinterval(_SWITCH_SECONDS)
    loop.run_forever()
    gateway.close()
    door.recorder.flush()


def _new_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:  # not on Windows
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()
