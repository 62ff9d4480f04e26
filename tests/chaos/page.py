"""docs/faults.md: the table of one run of the suite, with what each fault does; written only when asked to."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from local_services.kafka_properties import KAFKA_VERSION
from tests.chaos.checker import Judgement
from tests.chaos.faults import ALL_FAULTS
from tests.chaos.outcome import Outcome

PAGE: Final = Path(__file__).parents[2] / "docs" / "faults.md"
_COLUMNS: Final = ("fault", "client", "rides", "lost", "duplicated", "misordered", "wrong", "recovery s", "verdict")
_INTRO: Final = """\
# Faults

What `make chaos` breaks around real workers, and what came of it. Written by
`python -m tests.chaos --write-docs`; edit tests/chaos/page.py instead.

Each run publishes rides, injects its fault into workers that are held inside open transactions, publishes more, and
lets healthy workers come to the end. A checker that shares no code with the worker (its own consumer, its own
scikit-learn model) then compares everything committed with everything published: each ride once, as the right
prediction or the right dead letter; source offsets rising within each partition; durations equal within 1e-9 minutes;
the group at the end of the input; no transaction left open. A run in which nothing broke is a bad one: kills and stops
must have landed inside transactions, and where a fault leaves transactions behind, there must be more uncommitted
records than committed ones. Recovery runs from the end of the fault to the first newly committed record.
"""


def write_page(outcomes: Sequence[Outcome], command: str, seconds: float) -> None:
    """Write the page from the outcomes of one run."""
    PAGE.write_text(page_of(outcomes, command, seconds), encoding="utf-8")


def page_of(outcomes: Sequence[Outcome], command: str, seconds: float) -> str:
    """The page, as Markdown."""
    bad = sum(not outcome.good for outcome in outcomes)
    skipped = sum(bool(outcome.skipped) for outcome in outcomes)
    judged = [outcome.judgement for outcome in outcomes if outcome.judgement]
    totals = (
        f"**{len(outcomes)} runs, {bad} bad, {skipped} skipped; of {sum(each.rides for each in judged):,} rides "
        f"{sum(each.lost for each in judged):,} were lost, {sum(each.duplicated for each in judged):,} duplicated, "
        f"{sum(each.misordered for each in judged):,} misordered.**"
    )
    made = (
        f"Made on {datetime.now(UTC):%Y-%m-%d} by `{command}` in {seconds / 60:.0f} minutes on {os.cpu_count()} cores: "
        f"Kafka {KAFKA_VERSION}, kafka-python {version('kafka-python')}, confluent-kafka {version('confluent-kafka')}."
    )
    seen = {outcome.fault for outcome in outcomes}
    about = [f"- **{fault.name}**: {fault.about}." for fault in ALL_FAULTS if fault.name in seen]
    evidence = [f"| {each.fault} | {each.client} | {each.skipped or each.evidence} |" for each in outcomes]
    parts = [
        _INTRO,
        totals,
        _table(_COLUMNS, [_row(outcome) for outcome in outcomes]),
        made,
        "## What each fault does",
        "\n".join(about),
        "## What happened in each run",
        "\n".join(["| fault | client | evidence |", "|---|---|---|", *evidence]),
    ]
    problems = [
        f"- {each.fault} on {each.client}: {_in_short(each)}." for each in outcomes if not (each.good or each.skipped)
    ]
    if problems:
        parts += ["## What is bad", "\n".join(problems)]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _in_short(outcome: Outcome) -> str:
    """What is wrong with a run, without the ends of its workers' logs."""
    told = [first for each in outcome.problems if not (first := each.splitlines()[0]).endswith(":")]
    judged = outcome.judgement or Judgement()
    counts = {
        "lost": judged.lost,
        "duplicated": judged.duplicated,
        "misordered": judged.misordered,
        "wrong": judged.wrong,
    }
    return "; ".join([*told, *(f"{count:,} rides {what}" for what, count in counts.items() if count)])


def _row(outcome: Outcome) -> Sequence[str]:
    judged = outcome.judgement or Judgement()
    counts = (judged.rides, judged.lost, judged.duplicated, judged.misordered, judged.wrong)
    numbers = [f"{count:,}" for count in counts] if outcome.judgement else ["-"] * len(counts)
    recovery = "-" if outcome.recovery_seconds is None else f"{outcome.recovery_seconds:.1f}"
    return (outcome.fault, outcome.client, *numbers, recovery, outcome.verdict)


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])
