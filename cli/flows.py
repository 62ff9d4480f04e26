"""`ridescore flows`: serve the Prefect flows on their schedules, or run one now."""

from typing import TYPE_CHECKING

import click

from cli.batch import show_report
from cli.output import json_option, show_facts, show_json
from scoring.logs import configure_logs
from scoring.settings.settings import Settings, read_settings

if TYPE_CHECKING:
    from training.challenge import Verdict


@click.group()
def flows() -> None:
    """Prefect flows: score what arrives, backfill months, train and compare."""


@flows.command()
def serve() -> None:
    """Serve every flow on the Prefect server at PREFECT_API_URL, on schedules, until told to stop.

    FLOWS_LANDING_CRON and FLOWS_TRAINING_CRON say when. Schedules stand while nobody serves; runs that are late then
    collapse to one. SIGTERM or Ctrl-C: runs in flight end, are scheduled again, and it exits with 0.

    \b
    Example:
      prefect server start &
      PREFECT_API_URL=http://localhost:4200/api ridescore flows serve
    """
    settings = _prepared()
    from flows.serving import serve as serve_flows

    serve_flows(settings)


@flows.command()
@click.argument("name")
@click.option("--param", "parameters", multiple=True, metavar="NAME=VALUE", help="For the flow. May be repeated.")
@json_option
def run(name: str, parameters: tuple[str, ...], as_json: bool) -> None:
    """Run the flow NAME now: score_files, score_landing, backfill or train_and_register.

    The run appears on the Prefect server at PREFECT_API_URL; where none is set, it needs none.

    \b
    Examples:
      ridescore flows run score_files --param files=green_tripdata_2021-01.parquet
      ridescore flows run backfill --param start=2021-01 --param end=2021-03 --param force=true
    """
    _prepared()
    from flows.run import run_flow

    returned = run_flow(name, parameters)
    if as_json:
        show_json(returned)
    elif name == "train_and_register":
        _show_verdict(returned)
    else:
        show_report(returned)


def _prepared() -> Settings:
    from flows.environment import prepare_environment

    settings = read_settings()
    configure_logs(settings.log.log_level)
    prepare_environment(settings.log.log_level)
    return settings


def _show_verdict(verdict: "Verdict") -> None:
    errors = {"challenger": verdict.measured} | (
        {"active before": verdict.champion_measured} if verdict.champion_measured else {}
    )
    facts = {"trained on": ", ".join(verdict.training), "measured on": ", ".join(verdict.validation)}
    for name, measured in errors.items():
        facts[f"{name} minutes"] = (
            f"RMSE {measured.rmse_minutes:.4f}, MAE {measured.mae_minutes:.4f}, bias {measured.bias_minutes:+.4f}"
        )
    facts["activated" if verdict.activated else "not activated"] = verdict.reason
    show_facts(f"Model version {verdict.version}", facts)
