"""`ridescore evaluate`: model versions measured side by side on the same past rides."""

import click

from cli.columns import column_option, parse_columns
from cli.output import json_option, show_json, show_table
from cli.registry import open_registry, registry_option


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--version", "versions", multiple=True, metavar="VERSION", help="Default: the active one. May be repeated."
)
@registry_option
@column_option
@json_option
def evaluate(
    files: tuple[str, ...], versions: tuple[str, ...], location: str | None, columns: tuple[str, ...], as_json: bool
) -> None:
    """Measure versions on files of past rides: RMSE, MAE and bias in minutes, on the same rides for each.

    Rides of 1 to 60 minutes count, as in training. The active version is marked.

    \b
    Example:
      ridescore evaluate green_tripdata_2021-03.parquet \\
        --version 20261122-145631-6032e9 --version 20261201-040012-91ab03
    """
    from training.comparison import compare

    registry = open_registry(location)
    active = registry.active()
    loaded = [registry.load(version) for version in versions] or [registry.load_active()]
    measured = compare([each.model for each in loaded], files, parse_columns(columns))
    rows = [
        {"version": each.manifest.version, "active": active is not None and each.manifest.version == active.version}
        for each in loaded
    ]
    if as_json:
        show_json([{**row, "metrics": metrics} for row, metrics in zip(rows, measured, strict=True)])
        return
    show_table(
        f"Errors on {', '.join(files)}, in minutes",
        ("", "version", "rides", "RMSE", "MAE", "bias"),
        (
            (
                "active" if row["active"] else "",
                str(row["version"]),
                f"{metrics.rides:,}",
                f"{metrics.rmse_minutes:.4f}",
                f"{metrics.mae_minutes:.4f}",
                f"{metrics.bias_minutes:+.4f}",
            )
            for row, metrics in zip(rows, measured, strict=True)
        ),
        numbers=("rides", "RMSE", "MAE", "bias"),
    )
