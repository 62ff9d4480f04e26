"""Logs: one JSON object a line, whatever is logged."""

import io
import json
import logging
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from scoring.logs import CONTEXT, JsonLines, configure_logs


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Where the logs of this process go meanwhile."""
    root = logging.getLogger()
    ours = [logging.getLogger(name) for name in ("scoring", "worker", "training", "cli")]
    handlers, levels = root.handlers[:], [(logger, logger.level) for logger in [root, *ours]]
    written = io.StringIO()
    configure_logs("INFO", written)
    yield written
    root.handlers[:] = handlers
    for logger, level in levels:
        logger.setLevel(level)
    logging.captureWarnings(False)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_one_object_with_time_level_logger_and_event(stream: io.StringIO) -> None:
    before = datetime.now(UTC)
    logging.getLogger("scoring.registry").info("loaded %s of %d", "a version", 3)
    (line,) = lines(stream)
    moment = datetime.fromisoformat(line.pop("time"))
    assert line == {"level": "INFO", "logger": "scoring.registry", "event": "loaded a version of 3"}
    assert moment.utcoffset() is not None
    assert abs((moment - before).total_seconds()) < 60


def test_a_message_of_several_lines_stays_one(stream: io.StringIO) -> None:
    logging.getLogger("scoring").warning('first\nsecond\r\n"third" é \x00')
    assert len(stream.getvalue().splitlines()) == 1
    assert lines(stream)[0]["event"] == 'first\nsecond\r\n"third" é \x00'


def test_context_that_a_caller_names_is_logged_with_its_type(stream: io.StringIO) -> None:
    context = {"topic": "rides", "partition": 3, "offset": 1042, "seconds": 0.25, "partitions": [0, 1], "reason": None}
    logging.getLogger("worker").info("committed", extra=context)
    assert lines(stream)[0] | context == lines(stream)[0]


@pytest.mark.parametrize("name", CONTEXT)
def test_each_name_of_the_context_can_be_given(stream: io.StringIO, name: str) -> None:
    logging.getLogger("worker").info("event", extra={name: "x"})
    assert lines(stream)[0][name] == "x"


def test_what_is_not_of_the_context_is_left_out(stream: io.StringIO) -> None:
    logging.getLogger("worker").info("committed", extra={"password": "open sesame", "payload": "{}"})
    assert set(lines(stream)[0]) == {"time", "level", "logger", "event"}


def test_an_exception_is_one_field_of_its_line(stream: io.StringIO) -> None:
    try:
        int("no number")
    except ValueError:
        logging.getLogger("cli").exception("failed")
    (line,) = lines(stream)
    assert line["level"] == "ERROR"
    assert line["exception"].startswith("Traceback (most recent call last):\n")
    assert line["exception"].endswith("ValueError: invalid literal for int() with base 10: 'no number'")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Path("models/ACTIVE"), "models/ACTIVE"),
        (ValueError("of this kind"), "of this kind"),
        (3 + 4j, "(3+4j)"),
        (float("nan"), None),
        (float("inf"), None),
        (2**80, 2**80),
        ({3}, [3]),
        ({1: {"deep": Path("x")}}, {"1": {"deep": "x"}}),
        (datetime(2021, 1, 1, tzinfo=UTC), "2021-01-01T00:00:00Z"),
    ],
)
def test_values_that_json_does_not_have_are_logged_all_the_same(
    stream: io.StringIO, value: object, shown: object
) -> None:
    logging.getLogger("worker").info("event", extra={"error": value})
    assert lines(stream)[0]["error"] == shown


def test_the_level_holds_for_our_own_logs(stream: io.StringIO) -> None:
    configure_logs("WARNING", stream)
    for name in ("scoring.scorer", "worker", "training.train", "cli"):
        logging.getLogger(name).info("quiet")
        logging.getLogger(name).warning("loud")
    assert [line["event"] for line in lines(stream)] == ["loud"] * 4


def test_debug_of_ours_brings_none_of_the_libraries(stream: io.StringIO) -> None:
    configure_logs("DEBUG", stream)
    logging.getLogger("scoring").debug("ours")
    logging.getLogger("kafka.conn").info("theirs")
    logging.getLogger("kafka.conn").warning("their warning")
    assert [line["event"] for line in lines(stream)] == ["ours", "their warning"]


def test_configuring_again_writes_no_line_twice(stream: io.StringIO) -> None:
    configure_logs("INFO", stream)
    configure_logs("INFO", stream)
    logging.getLogger("worker").info("once")
    assert len(lines(stream)) == 1


def test_warnings_of_libraries_are_lines_too(stream: io.StringIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(False)
        logging.captureWarnings(True)
        warnings.warn("old news", DeprecationWarning, stacklevel=1)
    (line,) = lines(stream)
    assert line["logger"] == "py.warnings"
    assert "DeprecationWarning: old news" in line["event"]


def test_logs_go_to_standard_error_by_default(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("INFO")
    logging.getLogger("worker").info("here")
    written = capsys.readouterr()
    assert json.loads(written.err)["event"] == "here"
    assert written.out == ""


def test_milliseconds_have_three_digits() -> None:
    record = logging.LogRecord("x", logging.INFO, "x.py", 1, "event", None, None)
    record.created, record.msecs = 1_609_459_200.007, 7.0
    assert json.loads(JsonLines().format(record))["time"] == "2021-01-01T00:00:00.007Z"
