"""docs/performance.md's part on the HTTP door, and its plot, from the findings of one run."""

from pathlib import Path
from typing import Final

from bench.http.contestants import BARE_GRANIAN, CEILING, OURS
from bench.http.findings import Findings
from bench.http.tables import (
    BATCHES,
    FOOTPRINT,
    KILLS,
    LATENCY,
    RATES,
    batch_rows,
    footprint_rows,
    kill_facts,
    kill_rows,
    latency_rows,
    rate_rows,
)
from bench.http.targets import verdicts
from bench.page import NOT_MEASURED, broken, joined, made, meanings, plot, plot_path, table, write_part
from bench.verdict import TARGETS, target_rows

_METHOD: Final = """\
**What is timed.** One server at a time, on one core, and wrk with 16 connections on the other, one server after the
other, several rounds. wrk asks for 64 rides in turn, and its script compares every answer with the core's number: bit
for bit where the server names the ride that it answers, within 1e-6 minutes where scikit-learn computes. Only right
answers count. Every server also answers each of the 64 rides alone, rightly, before and after. Two seconds of load warm
it up. Ratios are medians of the ratios within each round. Processor time is the server's own, all its processes; where
other work shares the machine it says more than the rate does.

**Response times** are at half of the server's own peak rate, sent at a constant rate by wrk over up to 64 connections,
each answer checked, and timed from when each request was due, so that a server that stalls is not asked less. wrk's
timers have whole milliseconds: what is due within one is sent together; what wrk itself was late is in the times and
told. **Batches**: two connections, each always busy, every duration of every answer compared. Of both every round is
shown, and the median of the rounds is the one that counts. **Start** runs from starting the process to its first right
answer, five times. RSS is a process's resident memory; PSS counts what processes share by halves.
"""


def write_page(findings: Findings) -> list[Path]:
    """Write the page and the plot; other parts of the page stay as they are."""
    where = "16 connections, server and wrk on a core each"
    title = "Right answers a second to POST /predict, one worker process"
    return write_part("http", part_of(findings), plot(findings, title, where, _kind, CEILING))


def part_of(findings: Findings) -> str:
    """The page's part, as Markdown."""
    return joined(
        [
            "## The HTTP door: one worker process",
            f"![Requests a second by server]({plot_path('http').name})",
            table(RATES, rate_rows(findings)),
            made(findings, f"{findings.rounds} rounds, {findings.seconds} s of load on each"),
            _METHOD,
            "### Targets of the HTTP door",
            table(TARGETS, target_rows(verdicts(findings))),
            "### Response times at half of the peak rate",
            table(LATENCY, latency_rows(findings)),
            "### Batches over HTTP",
            table(BATCHES, batch_rows(findings)),
            "### Start and memory of a server",
            table(FOOTPRINT, footprint_rows(findings)),
            "### Workers killed under load",
            *_kills(findings),
            "### What each server is",
            meanings(findings),
            *broken(findings, "### What broke over HTTP"),
        ]
    )


def _kills(findings: Findings) -> list[str]:
    run = findings.kill_run
    if run is None:
        return [NOT_MEASURED]
    facts = "; ".join(f"{name}: {value}" for name, value in kill_facts(run).items())
    how = (
        "Workers are ended by SIGKILL, one at a time, the next when the last one is back; nothing is sent twice. "
        "A client that tries again, as `api.client` does, sees none of these failures."
    )
    return [f"{facts[0].upper()}{facts[1:]}. {how}", table(KILLS, kill_rows(run))]


def _kind(name: str) -> str:
    if name.startswith(OURS):
        return "ours"
    return "ceiling" if name in (CEILING, BARE_GRANIAN) else "peer"
