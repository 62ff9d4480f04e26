"""A `ridescore worker` of a test's own."""

import json
import subprocess
import time
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final

import pytest

WAIT_SECONDS: Final = 60.0


@dataclass
class Running:
    """A `ridescore worker` that runs; its log goes to a file."""

    ended: subprocess.Popen[bytes]
    log: Path

    def started(self) -> dict[str, Any]:
        """Wait for the line that says so; it names slot and port."""
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            for line in self.log.read_text().splitlines():
                if '"worker started"' in line:
                    found: dict[str, Any] = json.loads(line)
                    return found
            assert self.ended.poll() is None, f"the worker ended at once: {self.log.read_text()}"
            assert time.monotonic() < deadline, f"the worker did not start: {self.log.read_text()}"
            time.sleep(0.02)

    def ask(self, path: str) -> tuple[int, str]:
        connection = HTTPConnection("127.0.0.1", self.started()["port"], timeout=10)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def stop(self, number: int) -> int:
        """Send a signal and wait; the exit code."""
        self.ended.send_signal(number)
        try:
            return self.ended.wait(WAIT_SECONDS)
        except subprocess.TimeoutExpired:
            pytest.fail(f"the worker did not stop: {self.log.read_text()}")
