"""Verdicts: a target that was missed, or not measured, never reads as met."""

import pytest

from bench.stream.contestants import COURSE_NOTES, QUIX_LOOKUP, ceiling_name, worker_name
from bench.stream.findings import Findings, Row
from bench.stream.latency import Latency
from bench.stream.race import Result
from bench.stream.targets import verdicts
from bench.verdict import Verdict


@pytest.fixture
def findings() -> Findings:
    def row(name: str, *rates: float, predictions: int = 10) -> Row:
        return Row(name, "", [Result(rate, predictions, 10, 1, 1.0) for rate in rates], exactly_once=True)

    rows = [
        row(worker_name("confluent"), 60.0, 80.0),
        row(ceiling_name("confluent"), 100.0, 100.0),
        row(ceiling_name("confluent", "headers"), 75.0, 80.0),
        row(QUIX_LOOKUP, 10.0, 20.0),
        row(COURSE_NOTES, 1.0, 1.0),
    ]
    return Findings("command", "day", {}, (0.0, 0.0), 2, rows, broker="broker", rides=10, seconds=1.0)


def verdict(findings: Findings, words: str) -> Verdict:
    (found,) = [each for each in verdicts(findings) if words in each.target]
    return found


def test_met_and_missed(findings: Findings) -> None:
    assert verdict(findings, "confluent beside its own ceiling")[2:] == ("70%", False)
    assert verdict(findings, "confluent beside a pass-through that writes its headers")[2:] == ("90%", True)
    assert verdict(findings, "confluent beside Quix Streams, its model a dict")[2:] == ("5x", True)
    assert verdict(findings, "confluent beside the course notes")[2:] == ("70x", True)


def test_what_did_not_race_is_not_measured(findings: Findings) -> None:
    assert verdict(findings, "kafka-python beside its own ceiling")[2:] == ("not measured", None)
    assert verdict(findings, "p99")[2:] == ("not measured", None)


def test_a_fast_p99_with_missing_predictions_is_missed(findings: Findings) -> None:
    findings.latencies = [Latency(worker_name("confluent"), 5_000, 10.0, 20.0, 30.0, 1_000, 1)]
    assert verdict(findings, "p99").met is False


def test_one_run_with_other_predictions_than_rides_is_told(findings: Findings) -> None:
    findings.rows[0].rounds[0] = Result(70.0, 9, 10, 1, 1.0)
    assert verdict(findings, "predictions committed")[2:] == ("1 of 2 runs", False)
