"""The findings as rows of text: the same for the terminal and for the page."""

from collections.abc import Sequence

from bench.stream.contestants import QUIX_LOOKUP, QUIX_SKLEARN
from bench.stream.findings import Findings, Row

RACE: Sequence[str] = (
    "contestant",
    "rides/s",
    "min-max",
    "of ceiling",
    "by Quix, sklearn",
    "by Quix, dict",
    "CPU us/ride",
    "memory MB",
    "equal",
)
LATENCY: Sequence[str] = ("contestant", "rides/s", "p50 ms", "p99 ms", "longest ms", "measured", "missing")
MEMORY: Sequence[str] = ("contestant", "rides", "peak MB", "then MB")


def race_rows(findings: Findings) -> list[list[str]]:
    """A row a contestant; ratios are medians of the ratios within each round."""
    return [_race_row(findings, row) for row in findings.rows]


def latency_rows(findings: Findings) -> list[list[str]]:
    """A row a contestant and rate."""
    return [
        [
            each.contestant,
            f"{each.rate:,}",
            f"{each.p50_ms:.0f}",
            f"{each.p99_ms:.0f}",
            f"{each.longest_ms:.0f}",
            f"{each.measured:,}",
            f"{each.missing:,}",
        ]
        for each in findings.latencies
    ]


def memory_rows(findings: Findings) -> list[list[str]]:
    """A row a contestant and count of rides."""
    return [
        [each.contestant, f"{each.rides:,}", f"{each.peak_bytes / 1e6:.0f}", f"{each.now_bytes / 1e6:.0f}"]
        for each in findings.memory
    ]


def _race_row(findings: Findings, row: Row) -> list[str]:
    if not row.finished:
        return [row.name, "broken", *["-"] * (len(RACE) - 2)]
    ceiling = findings.ratio(row.name, row.ceiling) if row.ceiling else None
    return [
        row.name,
        f"{row.median_rate:,.0f}",
        "{:,.0f}-{:,.0f}".format(*row.spread),
        "-" if ceiling is None else f"{ceiling:.0%}",
        _times(findings.ratio(row.name, QUIX_SKLEARN)),
        _times(findings.ratio(row.name, QUIX_LOOKUP)),
        f"{row.cpu_microseconds:.3g}",
        f"{row.peak_bytes / 1e6:.0f}",
        _equality(row),
    ]


def _equality(row: Row) -> str:
    if not row.unequal:
        return "yes"
    return f"no ({row.unequal}/{len(row.finished)})"


def _times(ratio: float | None) -> str:
    return "-" if ratio is None else f"{ratio:.3g}x"
