"""Verdicts on the file door: a target that was missed, or not measured, never reads as met."""

import pytest

from bench.batch.contestants import (
    CEILING,
    CEILING_DEFAULTS,
    FOREST,
    LOOKUP,
    NOTEBOOK,
    OURS,
    OURS_FOREST,
    OURS_TWO,
    SKLEARN,
)
from bench.batch.findings import Findings, Row
from bench.batch.page import part_of
from bench.batch.race import Memory, Result
from bench.batch.tables import RACE, race_rows
from bench.batch.targets import verdicts
from bench.batch.whole_run import WholeRun
from bench.verdict import Verdict, target_rows

MB = 1_000_000


def row(name: str, *seconds: tuple[float, float], rows: int = 1_000) -> Row:
    """Rounds by their seconds in all and of work alone."""
    return Row(name, "meaning", [Result(rows, WholeRun(whole, work, whole, 90 * MB)) for whole, work in seconds])


@pytest.fixture
def findings() -> Findings:
    rows = [
        row(OURS, (2.0, 1.6), (4.0, 3.0)),
        row(CEILING, (1.8, 1.2), (3.0, 2.7)),
        row(CEILING_DEFAULTS, (2.0, 1.6), (4.0, 3.0)),
        row(OURS_TWO, (1.0, 0.8), (2.5, 1.8)),
        row(NOTEBOOK, (10.0, 4.0), (10.0, 4.0), rows=100),
    ]
    memory = [Memory(1_000_000, 200 * MB), Memory(10_000_000, 210 * MB)]
    return Findings(
        "command", "day", {"cores": "2"}, (0.0, 0.0), 2, rows, rows_read=1_000, difference_minutes=1e-12, memory=memory
    )


def verdict(findings: Findings, words: str) -> Verdict:
    (found,) = [each for each in verdicts(findings) if words in each.target]
    return found


def test_ratios_are_within_rounds_with_and_without_the_start(findings: Findings) -> None:
    assert verdict(findings, "beside bare pyarrow, by the same")[2:] == ("82%", False)
    assert verdict(findings, "the same, by the same writer options, both without")[2:] == ("82%", False)
    assert verdict(findings, "beside bare pyarrow, by its defaults")[2:] == ("100%", True)
    assert verdict(findings, "two processes beside one")[2:] == ("1.8x", True)


def test_the_notebook_ways_start_is_not_held_against_it(findings: Findings) -> None:
    assert verdict(findings, "notebook way")[2:] == ("15x", True)


def test_each_peer_has_a_target_and_a_look_up_none(findings: Findings) -> None:
    assert verdict(findings, "Dask with the same model")[2:] == ("not measured", None)
    findings.rows += [row(f"Dask, {SKLEARN}", (4.9, 4.0), (12.0, 9.0)), row(f"Dask, {LOOKUP}", (3.0, 2.0), (3.0, 2.0))]
    assert verdict(findings, "Dask with the same model")[2:] == ("4.85x", False)
    assert verdict(findings, "Dask's model an array look-up")[1:] == ("no bound", "2.1x", None)
    assert verdict(findings, "Ray Data with the same model")[2:] == ("not measured", None)


def test_the_forest_stands_beside_its_predict_without_the_starts(findings: Findings) -> None:
    assert verdict(findings, "random forest").met is None
    findings.rows += [row(OURS_FOREST, (9.0, 1.0), (9.0, 1.0)), row(FOREST, (2.0, 0.96), (2.0, 0.96))]
    assert verdict(findings, "random forest")[2:] == ("96%", True)


@pytest.mark.parametrize(
    ("sizes", "flat", "small"),
    [((200, 210, 219), True, True), ((200, 210, 221), False, True), ((480, 490, 501), True, False)],
)
def test_memory_from_the_first_to_the_last_size_and_at_most(
    findings: Findings, sizes: tuple[int, ...], flat: bool, small: bool
) -> None:
    findings.memory = [Memory(10**place, size * MB) for place, size in enumerate(sizes, 6)]
    grown, most = (each for each in verdicts(findings) if each.target.startswith("memory"))
    assert (grown.met, most.met) == (flat, small)


def test_one_size_of_file_says_nothing_of_growth(findings: Findings) -> None:
    findings.memory = findings.memory[:1]
    assert verdict(findings, "memory of one process from").met is None
    findings.memory = []
    assert [each.met for each in verdicts(findings) if each.target.startswith("memory")] == [None, None]


def test_a_broken_run_of_the_door_is_told(findings: Findings) -> None:
    assert verdict(findings, "bit for bit")[2:] == ("4 of 4 runs", True)
    findings.rows[0].rounds[1] = None
    assert verdict(findings, "bit for bit")[2:] == ("3 of 4 runs", False)


def test_the_difference_from_scikit_learn(findings: Findings) -> None:
    assert verdict(findings, "scikit-learn's").met is True
    findings.difference_minutes = 1.1e-9
    assert verdict(findings, "scikit-learn's").met is False
    findings.difference_minutes = None
    assert verdict(findings, "scikit-learn's")[2:] == ("not measured", None)


def test_rows_of_the_table(findings: Findings) -> None:
    findings.rows.append(Row("Dask, scikit-learn", "meaning", [None, None], "broke"))
    rows = race_rows(findings)
    assert rows[0] == [OURS, "1,000", "375", "250-500", "479", "82%", "15x", "3e+03", "90"]
    assert rows[4][5:7] == ["-", "-"]  # another file: its rate stands in no ratio of whole runs
    assert rows[-1] == ["Dask, scikit-learn", "broken", *["-"] * (len(RACE) - 2)]


def test_the_page_has_every_verdict_and_the_first_line_of_what_broke(findings: Findings) -> None:
    findings.problems = ["Dask, scikit-learn, round 1: did not start\n    | its log"]
    page = part_of(findings)
    for cells in target_rows(verdicts(findings)):
        assert f"| {' | '.join(cells)} |" in page
    assert "- Dask, scikit-learn, round 1: did not start\n" in f"{page}\n"
    assert "its log" not in page
