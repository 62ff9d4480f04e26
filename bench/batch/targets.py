"""What the file door is to reach, and whether this run says that it did."""

from collections.abc import Iterator
from typing import Final

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
from bench.batch.correctness import TOLERANCE_MINUTES
from bench.batch.findings import Findings
from bench.verdict import Verdict, at_least, words

_FLAT: Final = 1.1
_MOST_BYTES: Final = 500e6
_PEERS: Final = ("Ray Data", "Dask")


def verdicts(findings: Findings) -> list[Verdict]:
    """Every target, in a fixed order."""
    return [*_ceilings(findings), *_others(findings), *_memory(findings), *_right(findings)]


def _ceilings(findings: Findings) -> Iterator[Verdict]:
    for ceiling, how in ((CEILING, "by the same writer options"), (CEILING_DEFAULTS, "by its defaults")):
        yield at_least(f"one process beside bare pyarrow, {how}", 0.85, findings.ratio(OURS, ceiling))
        yield at_least(f"the same, {how}, both without their start", 0.85, findings.work_ratio(OURS, ceiling))


def _others(findings: Findings) -> Iterator[Verdict]:
    yield at_least("one process beside the notebook way", 15.0, findings.ratio_to_work(OURS, NOTEBOOK))
    yield at_least("two processes beside one", 1.7, findings.ratio(OURS_TWO, OURS))
    for peer in _PEERS:
        ratio = findings.ratio(OURS_TWO, f"{peer}, {SKLEARN}")
        yield at_least(f"two processes beside {peer} with the same model", 5.0, ratio)
        ratio = findings.ratio(OURS_TWO, f"{peer}, {LOOKUP}")
        if ratio is not None:
            yield Verdict(f"the same, {peer}'s model an array look-up", "no bound", words(ratio, "{:.3g}x"), None)
    yield at_least("random forest beside its own predict", 0.95, findings.work_ratio(OURS_FOREST, FOREST))


def _memory(findings: Findings) -> Iterator[Verdict]:
    first, last = (findings.memory[0], findings.memory[-1]) if findings.memory else (None, None)
    if first is None or last is None:
        yield Verdict("memory of one process as the file grows", "within 10%", "not measured", None)
        yield Verdict("memory of one process", "<= 500 MB", "not measured", None)
        return
    grown, most_bytes = last.peak_bytes / first.peak_bytes, max(each.peak_bytes for each in findings.memory)
    yield Verdict(
        f"memory of one process from {first.rows:,} to {last.rows:,} rows",
        "within 10%",
        f"{first.peak_bytes / 1e6:.0f} to {last.peak_bytes / 1e6:.0f} MB",
        grown <= _FLAT if last.rows > first.rows else None,
    )
    yield Verdict("memory of one process", "<= 500 MB", f"{most_bytes / 1e6:.0f} MB at most", most_bytes <= _MOST_BYTES)


def _right(findings: Findings) -> Iterator[Verdict]:
    """A run whose output is not right is broken, not slow: what is left is how many were."""
    ours = [row for row in findings.rows if row.name.startswith("ridescore")]
    runs, finished = sum(len(row.rounds) for row in ours), sum(len(row.finished) for row in ours)
    yield Verdict(
        "every row of the file in the output once, its duration the core's bit for bit, in every run of the door",
        "always",
        f"{finished} of {runs} runs",
        finished == runs if runs else None,
    )
    found = findings.difference_minutes
    yield Verdict(
        "the core's durations beside scikit-learn's",
        f"<= {TOLERANCE_MINUTES:.0e} minutes",
        words(found, "{:.1e} minutes"),
        None if found is None else found <= TOLERANCE_MINUTES,
    )
