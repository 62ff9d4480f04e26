"""Verdicts on the HTTP door: a target that was missed, or not measured, never reads as met."""

import pytest

from bench.http.contestants import BARE_GRANIAN, CEILING, COURSE_NOTES, OURS
from bench.http.findings import Findings, Row
from bench.http.measures import Batches, Footprint, Latency, Rate
from bench.http.page import part_of
from bench.http.tables import RATES, latency_rows, rate_rows
from bench.http.targets import verdicts
from bench.verdict import Verdict, target_rows

MLSERVER, LITSERVE = "MLServer, scikit-learn", "LitServe, scikit-learn"


def row(name: str, *rates: float, wrong: int = 0) -> Row:
    return Row(name, "meaning", [Rate(rate, wrong, 0, 5.0, 1e6 / rate) for rate in rates])


@pytest.fixture
def findings() -> Findings:
    rows = [
        row(OURS, 10_000, 9_000),
        row(CEILING, 40_000, 30_000),
        row(BARE_GRANIAN, 20_000, 15_000),
        row(COURSE_NOTES, 1_000, 500),
        row(MLSERVER, 400, 500),
        row(LITSERVE, 100, 100),
    ]
    return Findings("command", "day", {"cores": "2"}, (0.0, 0.0), 2, rows, seconds=5)


def verdict(findings: Findings, words: str) -> Verdict:
    (found,) = [each for each in verdicts(findings) if words in each.target]
    return found


def test_ratios_are_within_rounds_and_beside_the_best_peer(findings: Findings) -> None:
    assert verdict(findings, MLSERVER)[2:] == ("21.5x", True)
    assert verdict(findings, "course notes")[2:] == ("14x", True)
    assert verdict(findings, "granian")[2:] == ("55%", False)
    assert verdict(findings, "same loop")[2:] == ("28%", None)


def test_what_was_left_out_is_not_measured(findings: Findings) -> None:
    for words in ("p99", "JSON", "Arrow", "start to", "memory"):
        assert verdict(findings, words)[2:] == ("not measured", None)
    findings.rows = findings.rows[:3]
    assert verdict(findings, "best of the peers")[2:] == ("not measured", None)


def test_a_fast_p99_with_failed_requests_is_missed(findings: Findings) -> None:
    findings.latencies = [Latency(OURS, 5_000, 0.2, 1.0, 2.0, 0.1, 25_000, 1)]
    assert verdict(findings, "p99").met is False
    findings.latencies = [Latency(OURS, 5_000, 0.2, 1.0, 2.0, 0.1, 25_000, 0)]
    assert verdict(findings, "p99").met is True


def test_of_several_rounds_the_median_counts(findings: Findings) -> None:
    findings.latencies = [
        Latency(name, 5_000, 0.2, p99_ms, 9.0, 0.1, 25_000, 0)
        for name, p99_ms in ((OURS, 9.0), (CEILING, 7.0), (OURS, 2.5), (OURS, 1.5))
    ]
    findings.batches = [Batches("Arrow", rate, 500, 0) for rate in (1e6, 2.5e6, 3e6)]
    assert verdict(findings, "p99")[2:] == ("2.50 ms", True)
    assert verdict(findings, "Arrow")[2:] == ("2,500,000 rides/s", True)
    assert [(row[0], row[3]) for row in latency_rows(findings)] == [
        *((OURS, p99_ms) for p99_ms in ("9.00", "2.50", "1.50")),
        (CEILING, "7.00"),
    ]


def test_fast_batches_with_a_wrong_one_are_missed(findings: Findings) -> None:
    findings.batches = [Batches("JSON", 400_000, 500, 0), Batches("Arrow", 3_000_000, 500, 1)]
    assert (verdict(findings, "JSON").met, verdict(findings, "Arrow").met) == (True, False)


def test_start_and_memory(findings: Findings) -> None:
    findings.footprints = {OURS: Footprint([0.5, 0.9, 3.0], 81_000_000, 40_000_000, 90_000_000)}
    assert verdict(findings, "start to").met is True
    assert verdict(findings, "memory").met is False


def test_one_wrong_answer_of_any_round_is_told(findings: Findings) -> None:
    assert verdict(findings, "bit for bit").met is True
    findings.rows[0] = row(OURS, 10_000, 10_000, wrong=1)
    assert verdict(findings, "bit for bit").met is False


def test_a_server_that_broke_is_a_row_and_the_page_says_why(findings: Findings) -> None:
    findings.rows.append(Row("BentoML, scikit-learn", "meaning", [None, None], "did not start"))
    findings.problems = ["BentoML, scikit-learn, round 1: did not start\n    | its log"]
    assert rate_rows(findings)[-1] == ["BentoML, scikit-learn", "broken", *["-"] * (len(RATES) - 2)]
    page = part_of(findings)
    assert "- BentoML, scikit-learn, round 1: did not start\n" in f"{page}\n"
    assert "its log" not in page
    for cells in target_rows(verdicts(findings)):
        assert f"| {' | '.join(cells)} |" in page
