"""The findings as rows of text: the same for the terminal and for the page."""

import statistics
from collections.abc import Sequence

from bench.http.contestants import CEILING, COURSE_NOTES, OURS
from bench.http.findings import Findings, Row
from bench.http.killing import KillRun

RATES: Sequence[str] = (
    "server",
    "requests/s",
    "min-max",
    "of ceiling",
    "by course notes",
    "CPU us/request",
    "of ceiling by CPU",
    "p99 ms, all busy",
    "wrong or failed",
)
LATENCY: Sequence[str] = (
    "server",
    "requests/s",
    "p50 ms",
    "p99 ms",
    "longest ms",
    "sender late p99 ms",
    "answered",
    "failed",
)
BATCHES: Sequence[str] = ("form", "rides/s", "batches of 1,000", "wrong")
FOOTPRINT: Sequence[str] = (
    "server",
    "start to first answer, s",
    "min-max",
    "worker RSS MB",
    "worker PSS MB",
    "all PSS MB",
)
KILLS: Sequence[str] = ("failures by cause", "rides")


def rate_rows(findings: Findings) -> list[list[str]]:
    """A row a contestant; ratios are medians of the ratios within each round."""
    return [_rate_row(findings, row) for row in findings.rows]


def latency_rows(findings: Findings) -> list[list[str]]:
    """A row a contestant and round."""
    return [
        [
            each.contestant,
            f"{each.rate:,.0f}",
            f"{each.p50_ms:.2f}",
            f"{each.p99_ms:.2f}",
            f"{each.longest_ms:.1f}",
            f"{each.sent_late_p99_ms:.2f}",
            f"{each.answered:,}",
            f"{each.failed:,}",
        ]
        for each in sorted(findings.latencies, key=lambda each: each.contestant != OURS)
    ]


def batch_rows(findings: Findings) -> list[list[str]]:
    """A row a form and round."""
    return [
        [each.form, f"{each.rides_per_second:,.0f}", f"{each.batches:,}", f"{each.wrong:,}"]
        for each in sorted(findings.batches, key=lambda each: each.form, reverse=True)
    ]


def footprint_rows(findings: Findings) -> list[list[str]]:
    """A row a server."""
    return [
        [
            name,
            f"{statistics.median(each.ready_seconds):.2f}",
            f"{min(each.ready_seconds):.2f}-{max(each.ready_seconds):.2f}",
            *(f"{size / 1e6:.0f}" for size in (each.worker_rss_bytes, each.worker_pss_bytes, each.all_pss_bytes)),
        ]
        for name, each in findings.footprints.items()
    ]


def kill_facts(run: KillRun) -> dict[str, str]:
    """What the run was, and what came of it."""
    result = run.result
    failed = len(result.failures)
    return {
        "rides sent": f"{result.sent:,} at {result.rate:,.0f}/s to {run.workers} workers",
        "answered rightly": f"{result.answered:,}",
        "failed": f"{failed:,} ({failed / max(1, result.sent):.4%})",
        "response time": f"p50 {result.p50_ms:.1f} ms, p99 {result.p99_ms:.1f} ms, longest {result.longest_ms:.0f} ms",
        "workers killed": f"{len(run.kills)}, each back within {run.slowest_back_seconds:.2f} s",
    }


def kill_rows(run: KillRun) -> list[list[str]]:
    """A row a cause."""
    return [[cause, f"{count:,}"] for cause, count in run.causes.items()] or [["none", "0"]]


def _rate_row(findings: Findings, row: Row) -> list[str]:
    if not row.finished:
        return [row.name, "broken", *["-"] * (len(RATES) - 2)]
    beside_notes = findings.ratio(row.name, COURSE_NOTES)
    return [
        row.name,
        f"{row.median_rate:,.0f}",
        "{:,.0f}-{:,.0f}".format(*row.spread),
        _share(findings.ratio(row.name, CEILING)),
        "-" if beside_notes is None else f"{beside_notes:.3g}x",
        f"{row.cpu_microseconds:.3g}",
        _share(findings.cpu_ratio(row.name, CEILING)),
        f"{statistics.median(each.p99_ms for each in row.finished):.1f}",
        f"{row.not_right:,}",
    ]


def _share(ratio: float | None) -> str:
    return "-" if ratio is None else f"{ratio:.0%}" if ratio >= 0.1 else f"{ratio:.1%}"
