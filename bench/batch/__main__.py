"""The file door beside its ceiling, the notebook way, a forest's own predict and peers, on the same file in one run.

    python -m bench.batch [MONTH...] [--rows N] [--peers] [--rounds N] [--long] [--json FILE] [--write-docs]

MONTH: parquet files of past rides to train on and to repeat; the bundled sample by default. Needs Linux and, with
--peers, what `python -m bench.batch.peers` installs.
"""

from pathlib import Path
from typing import Final

import click

from bench.batch.findings import Findings
from bench.batch.page import write_page
from bench.batch.peers.environments import ENVIRONMENTS
from bench.batch.session import LONG_STEPS, STEPS, Plan, course_of, measure
from bench.batch.tables import MEMORY, RACE, memory_rows, race_rows
from bench.batch.targets import verdicts
from bench.command import command_line, end_on_sigterm, output_options, say, today, write_out
from bench.machine import busy, machine_facts
from bench.verdict import TARGETS, target_rows
from cli.output import show_table
from training import sample_rides

_LIBRARIES: Final = ("pyarrow", "numpy", "pandas", "scikit-learn")
_COUNT: Final = click.IntRange(1_000, 1_000_000_000)


@click.command()
@click.argument("months", nargs=-1, metavar="[MONTH]...", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--rows", type=_COUNT, default=10_000_000, show_default=True, help="Of the file that is scored.")
@click.option("--notebook-rows", type=_COUNT, default=1_000_000, show_default=True, help="Of the notebook way's file.")
@click.option("--forest-rows", type=_COUNT, default=200_000, show_default=True, help="Of the forest's file.")
@click.option("--peers", is_flag=True, help="Measure Ray Data and Dask too (make bench-peers first).")
@click.option("--rounds", type=click.IntRange(1, 50), default=3, show_default=True)
@click.option("--forest/--no-forest", default=True, show_default=True)
@click.option("--memory/--no-memory", default=True, show_default=True)
@click.option("--long", is_flag=True, help="Memory up to 50 million rows in place of 10 million.")
@output_options
def main(
    months: tuple[Path, ...],
    rows: int,
    notebook_rows: int,
    forest_rows: int,
    peers: bool,
    rounds: int,
    forest: bool,
    memory: bool,
    long: bool,
    json_file: Path | None,
    write_docs: bool,
) -> None:
    """Measure, and show it all."""
    end_on_sigterm()
    steps = () if not memory else LONG_STEPS if long else STEPS
    chosen = months or sample_rides.MONTHS
    plan = Plan(
        chosen, rows, min(notebook_rows, rows), min(forest_rows, rows), peers, forest, rounds, memory_steps=steps
    )
    load = busy()
    facts = machine_facts(_LIBRARIES) | (ENVIRONMENTS.versions() if peers else {})
    command = command_line("bench.batch", json_file)
    for path in months:
        command = command.replace(str(path), path.name)
    findings = Findings(command, today(), facts, (load, load), rounds)
    with course_of(plan) as made:
        measure(plan, findings, made)
    findings.busy = (load, busy())
    _show(findings)
    write_out(findings, json_file, (lambda: write_page(findings)) if write_docs else None)


def _show(findings: Findings) -> None:
    title = f"Rows a second, cold start included: medians of {findings.rounds} rounds in turn"
    show_table(title, RACE, race_rows(findings), numbers=RACE[1:])
    if findings.memory:
        show_table("Memory of one process as the file grows", MEMORY, memory_rows(findings), numbers=MEMORY)
    show_table("Targets", TARGETS, target_rows(verdicts(findings)))
    for problem in findings.problems:
        say(f"broken: {problem}")


if __name__ == "__main__":
    main()
