"""docs/performance.md's part on the stream door, and its plot, from the findings of one run."""

from pathlib import Path
from typing import Final

from bench.page import broken, joined, made, meanings, plot, plot_path, table, write_part
from bench.stream.findings import Findings
from bench.stream.tables import LATENCY, MEMORY, RACE, latency_rows, memory_rows, race_rows
from bench.stream.targets import verdicts
from bench.verdict import TARGETS, target_rows

_METHOD: Final = """\
**What is timed.** Every contestant has a group and an output topic of its own and reads the same topic of rides (four
partitions, about 100 bytes of JSON a ride) from its beginning, one contestant after the other, several rounds. The
rate is read from the broker's log afterwards, so that no clock or reader runs beside the contestant: each prediction
counts when the commit marker of its transaction was written, and without transactions when the broker took it. The
clock starts at a contestant's first commit, whose own rides are not counted, so start-up is left out; it stops at the
commit that reaches the counted rides, with more still to read. With two processes only the time in which both were
committing counts. Ratios are medians of the ratios within each round. "equal" compares what the group's
offsets say is done with the predictions that a reader of committed records finds, after each run. Processor time is
the contestant's own, all its threads and processes, without the broker's. Broker, contestant and, for latency,
publisher and reader share the machine's cores.

**Latency** runs from a ride's timestamp, set when it is published, to when another process, reading committed
records, has its prediction; 15 seconds after a warm-up of 5. **Memory** is the kernel's high-water mark.
"""


def write_page(findings: Findings) -> list[Path]:
    """Write the page and the plot; other parts of the page stay as they are."""
    where = f"{findings.machine.get('cores', '?')} cores shared with the broker"
    title = "Rides scored a second from one Kafka topic"
    return write_part("stream", part_of(findings), plot(findings, title, where, _kind, "the client alone"))


def part_of(findings: Findings) -> str:
    """The page's part, as Markdown."""
    how = (
        f"{findings.rounds} rounds, each contestant timed for {findings.seconds:g} s of each, or for "
        f"{findings.rides:,} rides; broker: {findings.broker}"
    )
    return joined(
        [
            "## The stream door: rides a second, exactly once",
            f"![Rides a second by contestant]({plot_path('stream').name})",
            table(RACE, race_rows(findings)),
            made(findings, how),
            _METHOD,
            "### Targets",
            table(TARGETS, target_rows(verdicts(findings))),
            "### From publish to committed prediction",
            table(LATENCY, latency_rows(findings)),
            "### Memory of the worker",
            table(MEMORY, memory_rows(findings)),
            "### What each row does",
            meanings(findings),
            *broken(findings, "### What broke"),
        ]
    )


def _kind(name: str) -> str:
    if name.startswith("ridescore"):
        return "ours"
    return "ceiling" if name.startswith("pass-through") else "peer"
