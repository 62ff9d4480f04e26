"""`/live`, `/ready` and `/metrics` on the worker's own port, by the standard library's server in one thread."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from scoring.errors import SettingsError
from worker.state import WorkerState


@contextmanager
def serve_probes(port: int, state: WorkerState, registry: CollectorRegistry) -> Iterator[int]:
    """Answer probes while the block runs.

    Args:
        port: 0 takes any free one.
        state: what is told.
        registry: the metrics.

    Returns:
        The port.

    Raises:
        SettingsError: the port is taken.
    """

    class Probes(BaseHTTPRequestHandler):
        server_version = "ridescore"
        sys_version = ""
        timeout = 10

        def do_GET(self) -> None:
            match self.path.partition("?")[0]:
                case "/live":
                    self._tell(state.live())
                case "/ready":
                    self._tell(state.ready())
                case "/metrics":
                    self._send(200, CONTENT_TYPE_LATEST, generate_latest(registry))
                case _:
                    self._send(404, "text/plain", b"see /live, /ready and /metrics\n")

        def _tell(self, well: bool) -> None:
            body = {
                "status": "ok" if well else "unavailable",
                "model_version": state.model_version,
                "partitions": state.partitions,
            }
            self._send(200 if well else 503, "application/json", json.dumps(body).encode())

        def _send(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Probes come every few seconds; they are not logged."""

    try:
        server = ThreadingHTTPServer(("", port), Probes)
    except OSError as error:
        raise SettingsError(f"cannot listen on WORKER_PORT {port}: {error.strerror}; 0 takes any free port") from error
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, name="probes", daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
