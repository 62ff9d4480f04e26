"""docs/performance.md: a part and a plot for each door, written by its own benchmark; others stay as they are."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from bench.bar_chart import Bar, bar_chart
from bench.findings import Findings
from bench.running import ROOT

_PAGE: Final = ROOT / "docs" / "performance.md"
_TITLE: Final = "# Performance\n\nEach figure stands beside its ceiling or its peer from the same run.\n\n"
NOT_MEASURED: Final = "Not measured in this run."


def plot_path(door: str) -> Path:
    """Where a door's plot is."""
    return _PAGE.with_name(f"performance-{door}.svg")


def write_part(door: str, part: str, plot: str) -> list[Path]:
    """Write a door's part of the page and its plot."""
    begin = f"<!-- {door}: written by `python -m bench.{door} --write-docs`; edit bench/{door}/page.py instead -->"
    end = f"<!-- end of {door} -->"
    plot_path(door).write_text(plot)
    text = _PAGE.read_text() if _PAGE.is_file() else _TITLE
    part = f"{begin}\n{part}\n{end}\n"
    if begin in text and end in text:
        before, _, rest = text.partition(begin)
        text = before + part + rest.partition(end)[2].lstrip("\n")
    else:
        text = f"{text.rstrip()}\n\n{part}"
    _PAGE.write_text(text)
    return [_PAGE, plot_path(door)]


def made(findings: Findings[Any], how: str) -> str:
    """When, by what and on what machine; `how` says how often and how long."""
    facts = ", ".join(f"{name} {value}" for name, value in findings.machine.items())
    before, after = findings.busy
    return (
        f"Made on {findings.date} by `{findings.command}`: {how}. Machine: {facts}. Load when it began {before:.1f}, "
        f"when it ended {after:.1f}: the run alone makes about 2 on two cores, so what is above that was other work in "
        "its way."
    )


def meanings(findings: Findings[Any]) -> str:
    """What each row is, as a list."""
    return "\n".join(f"- **{row.name}**: {row.meaning}." for row in findings.rows)


def broken(findings: Findings[Any], heading: str) -> list[str]:
    """A section on what broke; none where nothing did."""
    problems = "\n".join(f"- {problem.splitlines()[0]}" for problem in findings.problems)
    return [heading, problems] if problems else []


def joined(parts: Sequence[str]) -> str:
    """Paragraphs, as Markdown."""
    return "\n\n".join(part.strip() for part in parts)


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; says that it was not measured where there are no rows."""
    if not rows:
        return NOT_MEASURED
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def plot(findings: Findings[Any], title: str, where: str, kind: Callable[[str], str], ceiling: str) -> str:
    """A bar for every contestant that finished, in the table's order.

    Args:
        findings: of the run.
        title: of the plot.
        where: what shares the machine, for the subtitle.
        kind: a bar's colour by its contestant's name, see :class:`bench.bar_chart.Bar`.
        ceiling: what the ceiling is, in the legend.
    """
    bars = []
    for row in findings.rows:
        if row.finished:
            low, high = row.spread
            bars.append(Bar(row.name, row.median_rate, low, high, f"{row.median_rate:,.0f}", kind(row.name)))
    return bar_chart(title, f"Median of {findings.rounds} rounds, thin line: range; {where}", bars, ceiling)
