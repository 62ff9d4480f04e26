"""The file door's benchmark end to end on small files: every contestant of our own, its output checked."""

from pathlib import Path

import pytest

from bench.batch.findings import Findings
from bench.batch.session import Plan, course_of, measure
from bench.batch.targets import verdicts
from training import sample_rides


@pytest.fixture(scope="module")
def findings() -> Findings:
    plan = Plan([Path(sample_rides.JANUARY)], 7_000, 2_000, 1_000, False, True, 1, memory_steps=(1_000, 7_000))
    found = Findings("command", "day", {}, (0.0, 0.0), plan.rounds)
    with course_of(plan) as made:
        measure(plan, found, made)
    return found


def test_every_contestant_finished_and_was_right(findings: Findings) -> None:
    assert findings.problems == []
    assert [row.finished[0].rows for row in findings.rows] == [7_000, 7_000, 7_000, 7_000, 2_000, 1_000, 1_000]


def test_figures_are_of_the_whole_command_and_of_its_work(findings: Findings) -> None:
    for row in findings.rows:
        (found,) = row.finished
        assert 0 < found.whole.work_seconds < found.whole.wall_seconds
        assert found.whole.cpu_seconds > 0
        assert found.whole.peak_bytes > 10_000_000


def test_memory_and_the_difference_from_scikit_learn_are_measured(findings: Findings) -> None:
    assert [each.rows for each in findings.memory] == [1_000, 7_000]
    judged = {each.target: each for each in verdicts(findings)}
    assert judged["the core's durations beside scikit-learn's"].met is True
    assert [each.measured for each in judged.values() if "bit for bit" in each.target] == ["3 of 3 runs"]
