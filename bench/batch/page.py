"""docs/performance.md's part on the file door, and its plot, from the findings of one run."""

from pathlib import Path
from typing import Final

from bench.batch.findings import Findings
from bench.batch.tables import MEMORY, RACE, memory_rows, race_rows
from bench.batch.targets import verdicts
from bench.page import broken, joined, made, meanings, plot, plot_path, table, write_part
from bench.verdict import TARGETS, target_rows

_METHOD: Final = """\
**What is timed.** Every contestant is a command that reads the same file and writes its own, one after the other,
several rounds, from the start of its process to its end: rows/s includes imports and the loading of the model. "Without
start" is what each says of its work alone; the door digests its input in its start. The file is whole months of the
TLC, repeated, with all their columns and types, zstd, 1,048,576 rows a row group; it lies in the page cache. The
ceiling reads and writes on one thread, as a process of the door does. Only the door digests what it reads and writes,
and waits until it is on the disk. The notebook way and the forest read a smaller file of the same rides; beside the
notebook way stands its rate without its start, so that the smaller file is not held against it. Ratios are medians of
the ratios within each round.

**What is checked**, after every run, or it counts as broken: every row is in the output once, and its duration is the
core's, bit for bit from the door, within 1e-9 minutes from others. The core itself is compared with scikit-learn on
every ride of the months.

**Memory** is the kernel's high-water mark of each process, added up over all of a contestant's. Processor time is of
all its processes, too.
"""


def write_page(findings: Findings) -> list[Path]:
    """Write the page and the plot; other parts of the page stay as they are."""
    where = f"{findings.machine.get('cores', '?')} cores, cold start included"
    title = "Rows scored a second from one parquet file"
    return write_part("batch", part_of(findings), plot(findings, title, where, _kind, "bare pyarrow"))


def part_of(findings: Findings) -> str:
    """The page's part, as Markdown."""
    how = (
        f"{findings.rounds} rounds; a file of {findings.rows_read:,} rows, {findings.file_bytes / 1e6:.0f} MB, made of "
        f"{findings.months}"
    )
    return joined(
        [
            "## The file door: rows a second, cold start included",
            f"![Rows a second by contestant]({plot_path('batch').name})",
            table(RACE, race_rows(findings)),
            made(findings, how),
            _METHOD,
            "### Targets of the file door",
            table(TARGETS, target_rows(verdicts(findings))),
            "### Memory of the file door as the file grows",
            table(MEMORY, memory_rows(findings)),
            "### What each contestant does",
            meanings(findings),
            *broken(findings, "### What broke of the file door"),
        ]
    )


def _kind(name: str) -> str:
    if name.startswith("ridescore"):
        return "ours"
    return "ceiling" if name.startswith("bare pyarrow") else "peer"
