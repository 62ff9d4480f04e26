"""Logs as JSON lines by the standard library: what happened, and of which ride, request, topic, offset and version.

Only what a caller names in `extra` is logged beside the message: never a payload or a secret by accident.
"""

import logging
import sys
import time
from typing import Final, TextIO

import msgspec

CONTEXT: Final = (
    "ride_id",
    "request_id",
    "topic",
    "partition",
    "offset",
    "model_version",
    "previous_version",
    "reason",
    "group",
    "slot",
    "rides",
    "dead_letters",
    "partitions",
    "seconds",
    "port",
    "address",
    "error",
    "sha256",
    "method",
    "route",
    "status",
    "duration",
    "ride",
    "skipped",
    "pid",
    "processes",
    "host",
    "file",
    "files",
    "part",
    "run_id",
    "quarantined",
    "runs",
)


class JsonLines(logging.Formatter):
    """Formats a record as one line of JSON: time (RFC 3339, UTC), level, logger, event, and its context."""

    def format(self, record: logging.LogRecord) -> str:
        """Format one record."""
        moment = time.gmtime(record.created)
        line: dict[str, object] = {
            "time": f"{time.strftime('%Y-%m-%dT%H:%M:%S', moment)}.{int(record.msecs):03d}Z",
            "level": record.levelname,
            "logger": record.name,
            "event": record.getMessage(),
        }
        line.update({name: getattr(record, name) for name in CONTEXT if hasattr(record, name)})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        try:
            return msgspec.json.encode(line, enc_hook=str).decode()
        except (
            UnicodeEncodeError
        ):  # a lone surrogate, from a file's name or a foreign message: the line must not be lost
            shown = {name: str(value).encode("utf-8", "backslashreplace").decode() for name, value in line.items()}
            return msgspec.json.encode(shown).decode()


def configure_logs(level: str, stream: TextIO | None = None) -> None:
    """Send the logs of this process, libraries' included, to a stream as JSON lines.

    Args:
        level: the least level of our own logs; libraries' are kept to warnings.
        stream: standard error by default, so that standard output stays for results.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for ours in ("scoring", "worker", "batch", "api", "training", "cli", "flows"):
        logging.getLogger(ours).setLevel(level)
    logging.captureWarnings(True)
