"""`ridescore train`: files of past rides to a registered model version."""

import click
from rich.console import Console

from cli.columns import column_option, parse_columns
from cli.output import json_option, show_json, show_table
from cli.registry import announce_active, open_registry, registry_option
from scoring.features import DEFAULT_FEATURE_SET, FEATURE_SETS
from scoring.registry.manifest import Manifest


@click.command()
@click.option("--data", "training", multiple=True, required=True, metavar="FILE", help="Parquet or CSV to learn from.")
@click.option("--validate", "validation", multiple=True, metavar="FILE", help="Parquet or CSV to measure on.")
@registry_option
@click.option(
    "--model",
    "algorithm",
    default="linear",
    show_default=True,
    help="linear, ridge, lasso, random-forest or hist-gradient-boosting.",
)
@click.option("--param", "parameters", multiple=True, metavar="NAME=VALUE", help="For the regressor. May be repeated.")
@click.option(
    "--features",
    type=click.Choice(tuple(FEATURE_SETS)),
    default=DEFAULT_FEATURE_SET,
    show_default=True,
    help="What the model is told of a ride.",
)
@click.option("--max-miles", type=click.FloatRange(min=0, min_open=True), help="Leave longer rides out of training.")
@column_option
@click.option("--activate", is_flag=True, help="Make the new version the active one.")
@json_option
def train(
    training: tuple[str, ...],
    validation: tuple[str, ...],
    location: str | None,
    algorithm: str,
    parameters: tuple[str, ...],
    features: str,
    max_miles: float | None,
    columns: tuple[str, ...],
    activate: bool,
    as_json: bool,
) -> None:
    """Train a model version on past rides and register it.

    Rides of 1 to 60 minutes count, bounds included. --data and --validate may be repeated.

    \b
    Example:
      ridescore train --data green_tripdata_2021-01.parquet \\
        --validate green_tripdata_2021-02.parquet --activate
    """
    from training.algorithms import parse_parameter
    from training.train import TrainingPlan, train_version

    registry = open_registry(location)
    plan = TrainingPlan(
        training,
        validation,
        algorithm,
        dict(parse_parameter(each) for each in parameters),
        features,
        parse_columns(columns),
        max_miles,
    )
    with Console(stderr=True).status("training") as status:
        manifest = train_version(plan, registry, status.update)
        if activate:
            announce_active(registry.activate(manifest.version))
    if as_json:
        show_json({"manifest": manifest, "active": activate, "registry": registry.location})
        return
    show_training(manifest)
    if activate:
        click.echo(f"{manifest.version} is active in {registry.location}")
    else:
        click.echo(f"registered in {registry.location}; make it score: ridescore models activate {manifest.version}")


def show_training(manifest: Manifest) -> None:
    """Print rows and errors of a training run."""
    show_table(
        f"Model version {manifest.version}: {manifest.algorithm} on {manifest.features}",
        ("files", "rows read", "rows kept", "RMSE", "MAE", "bias"),
        (
            (
                f"{name}: {', '.join(file.name for file in files)}",
                f"{sum(file.rows_read for file in files):,}",
                f"{sum(file.rows_kept for file in files):,}",
                f"{manifest.metrics[name].rmse_minutes:.4f}",
                f"{manifest.metrics[name].mae_minutes:.4f}",
                f"{manifest.metrics[name].bias_minutes:+.4f}",
            )
            for name, files in (("training", manifest.training), ("validation", manifest.validation))
            if files
        ),
        numbers=("rows read", "rows kept", "RMSE", "MAE", "bias"),
    )
