"""The findings as rows of text: the same for the terminal and for the page."""

import statistics
from collections.abc import Sequence

from bench.batch.contestants import CEILING, NOTEBOOK
from bench.batch.findings import Findings, Row

RACE: Sequence[str] = (
    "contestant",
    "rows",
    "rows/s",
    "min-max",
    "rows/s without start",
    "of ceiling",
    "by notebook",
    "CPU us/row",
    "memory MB",
)
MEMORY: Sequence[str] = ("rows", "peak MB")


def race_rows(findings: Findings) -> list[list[str]]:
    """A row a contestant; ratios are medians of the ratios within each round."""
    return [_race_row(findings, row) for row in findings.rows]


def memory_rows(findings: Findings) -> list[list[str]]:
    """A row a size of file."""
    return [[f"{each.rows:,}", f"{each.peak_bytes / 1e6:.0f}"] for each in findings.memory]


def _race_row(findings: Findings, row: Row) -> list[str]:
    if not row.finished:
        return [row.name, "broken", *["-"] * (len(RACE) - 2)]
    rows = row.finished[0].rows
    is_comparable = rows == findings.rows_read
    return [
        row.name,
        f"{rows:,}",
        f"{row.median_rate:,.0f}",
        "{:,.0f}-{:,.0f}".format(*row.spread),
        f"{statistics.median(each.work_per_second for each in row.finished):,.0f}",
        _share(findings.ratio(row.name, CEILING)) if is_comparable else "-",
        _times(findings.ratio_to_work(row.name, NOTEBOOK)) if is_comparable else "-",
        f"{row.cpu_microseconds:.3g}",
        f"{row.peak_bytes / 1e6:.0f}",
    ]


def _share(ratio: float | None) -> str:
    return "-" if ratio is None else f"{ratio:.0%}" if ratio >= 0.1 else f"{ratio:.1%}"


def _times(ratio: float | None) -> str:
    return "-" if ratio is None else f"{ratio:.3g}x"
