"""The stream door beside its ceilings and peers, all in one run.

    python -m bench.stream [--clients kafka-python,confluent] [--peers] [--rounds N] [--json FILE] [--write-docs]

Needs a Kafka (its jars, Docker or KAFKA_BOOTSTRAP_SERVERS, a single broker without TLS) and, with --peers, what
`make bench-peers` installs.
"""

from pathlib import Path

import click

from bench.command import command_line, end_on_sigterm, output_options, say, today, write_out
from bench.machine import busy, machine_facts
from bench.stream.contestants import CLIENTS
from bench.stream.findings import Findings
from bench.stream.memory import LONG_STEPS, STEPS
from bench.stream.page import write_page
from bench.stream.peers.environments import versions
from bench.stream.session import Plan, course_of, measure
from bench.stream.tables import LATENCY, MEMORY, RACE, latency_rows, memory_rows, race_rows
from bench.stream.targets import verdicts
from bench.verdict import TARGETS, target_rows
from cli.output import show_table

_COUNT = click.IntRange(20_000, 50_000_000)


@click.command()
@click.option("--rides", type=_COUNT, default=2_000_000, show_default=True, help="On the topic.")
@click.option("--seconds", type=click.FloatRange(1, 600), default=8.0, show_default=True, help="That each is timed.")
@click.option("--clients", default=",".join(CLIENTS), show_default=True, help="Of the worker.")
@click.option("--peers", is_flag=True, help="Race Quix Streams and Faust too (make bench-peers first).")
@click.option("--rounds", type=click.IntRange(1, 50), default=3, show_default=True)
@click.option("--latency/--no-latency", default=True, show_default=True)
@click.option("--memory/--no-memory", default=True, show_default=True)
@click.option("--long", is_flag=True, help="Memory up to 10 million rides in place of 1 million.")
@output_options
def main(
    rides: int,
    seconds: float,
    clients: str,
    peers: bool,
    rounds: int,
    latency: bool,
    memory: bool,
    long: bool,
    json_file: Path | None,
    write_docs: bool,
) -> None:
    """Race, measure latency and memory, and show it all."""
    end_on_sigterm()
    chosen = [client.strip() for client in clients.split(",")]
    if unknown := set(chosen) - set(CLIENTS):
        raise click.BadParameter(f"{', '.join(sorted(unknown))}: use {', '.join(CLIENTS)}", param_hint="--clients")
    steps = () if not memory else LONG_STEPS if long else STEPS
    plan = Plan(chosen, peers, rides, seconds, rounds, latency, steps)
    load = busy()
    with course_of(plan) as (course, broker, folder):
        facts = machine_facts() | (versions() if peers else {})
        command = command_line("bench.stream", json_file)
        findings = Findings(command, today(), facts, (load, load), rounds, broker=broker, rides=rides, seconds=seconds)
        measure(plan, findings, course, folder)
        findings.busy = (load, busy())
    _show(findings)
    write_out(findings, json_file, (lambda: write_page(findings)) if write_docs else None)


def _show(findings: Findings) -> None:
    show_table(
        f"Rides a second: medians of {findings.rounds} rounds in turn, broker: {findings.broker}",
        RACE,
        race_rows(findings),
        numbers=RACE[1:-1],
    )
    if findings.latencies:
        show_table("From publish to committed prediction", LATENCY, latency_rows(findings), numbers=LATENCY[1:])
    if findings.memory:
        show_table("Memory of the worker", MEMORY, memory_rows(findings), numbers=MEMORY[1:])
    show_table("Targets", TARGETS, target_rows(verdicts(findings)))
    for problem in findings.problems:
        say(f"broken: {problem}")


if __name__ == "__main__":
    main()
