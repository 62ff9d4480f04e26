"""Ends are waited for, and never for ever."""

import logging
import threading

import pytest

from worker.clients.confluent.closing import end_within


def test_an_end_in_time_is_told() -> None:
    done = threading.Event()
    assert end_within(30, done.set, "thing")
    assert done.is_set()


def test_an_end_that_hangs_keeps_nobody(caplog: pytest.LogCaptureFixture) -> None:
    release = threading.Event()
    with caplog.at_level(logging.WARNING):
        assert not end_within(0, lambda: release.wait(30), "thing")
    assert "did not close in time" in caplog.text
    left = [thread for thread in threading.enumerate() if thread.name == "close thing"]
    assert all(thread.daemon for thread in left), "it keeps no process alive"
    release.set()


def test_an_end_that_fails_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise RuntimeError("closed twice")

    with caplog.at_level(logging.WARNING):
        assert end_within(30, fail, "thing")
    assert "did not close cleanly" in caplog.text
