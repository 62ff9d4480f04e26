"""The HTTP door beside its ceiling, the course notes' app and other model servers, all in one run.

    python -m bench.http [--peers] [--rounds N] [--seconds N] [--json FILE] [--write-docs]

Needs wrk and, for the course notes' app and with --peers, what `python -m bench.http.peers` installs.
"""

import shutil
from pathlib import Path
from typing import Final

import click

from bench.command import command_line, end_on_sigterm, output_options, say, today, write_out
from bench.http.findings import Findings
from bench.http.page import write_page
from bench.http.peers.environments import COURSE_NOTES, ENVIRONMENTS
from bench.http.session import Plan, measure, trained
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
from bench.machine import busy, machine_facts
from bench.verdict import TARGETS, target_rows
from cli.output import show_facts, show_table

_LIBRARIES: Final = ("uvloop", "httptools", "granian", "flask", "msgspec", "scikit-learn")


@click.command()
@click.option("--seconds", type=click.IntRange(1, 600), default=8, show_default=True, help="Of load on each.")
@click.option("--peers", is_flag=True, help="Measure MLServer, LitServe and BentoML too (make bench-peers first).")
@click.option("--rounds", type=click.IntRange(1, 50), default=3, show_default=True)
@click.option("--latency/--no-latency", default=True, show_default=True)
@click.option("--batches/--no-batches", default=True, show_default=True)
@click.option("--footprint/--no-footprint", default=True, show_default=True)
@click.option("--kill-seconds", type=click.IntRange(0, 600), default=60, show_default=True, help="0: no kills.")
@output_options
def main(
    seconds: int,
    peers: bool,
    rounds: int,
    latency: bool,
    batches: bool,
    footprint: bool,
    kill_seconds: int,
    json_file: Path | None,
    write_docs: bool,
) -> None:
    """Measure, and show it all."""
    end_on_sigterm()
    if shutil.which("wrk") is None:
        raise click.ClickException("wrk is not installed; on Debian and Ubuntu: apt-get install wrk")
    ENVIRONMENTS.install(COURSE_NOTES)
    plan = Plan(peers, seconds, rounds, latency, batches, footprint, kill_seconds)
    load = busy()
    versions = ENVIRONMENTS.versions()
    wanted = set(ENVIRONMENTS.packages.values()) if peers else {ENVIRONMENTS.packages[COURSE_NOTES]}
    facts = machine_facts(_LIBRARIES) | {name: version for name, version in versions.items() if name in wanted}
    command = command_line("bench.http", json_file)
    findings = Findings(command, today(), facts, (load, load), rounds, seconds=seconds)
    with trained() as (models, model, folder):
        measure(plan, findings, models, model, folder)
    findings.busy = (load, busy())
    _show(findings)
    write_out(findings, json_file, (lambda: write_page(findings)) if write_docs else None)


def _show(findings: Findings) -> None:
    title = f"POST /predict: medians of {findings.rounds} rounds in turn"
    show_table(title, RATES, rate_rows(findings), numbers=RATES[1:])
    if findings.latencies:
        show_table("At half of its peak rate", LATENCY, latency_rows(findings), numbers=LATENCY[1:])
    if findings.batches:
        show_table("POST /predict/batch", BATCHES, batch_rows(findings), numbers=BATCHES[1:])
    if findings.footprints:
        show_table("Start and memory", FOOTPRINT, footprint_rows(findings), numbers=FOOTPRINT[1:])
    if findings.kill_run:
        show_facts("Workers killed under load", kill_facts(findings.kill_run))
        show_table("Failures by cause", KILLS, kill_rows(findings.kill_run), numbers=KILLS[1:])
    show_table("Targets", TARGETS, target_rows(verdicts(findings)))
    for problem in findings.problems:
        say(f"broken: {problem}")


if __name__ == "__main__":
    main()
