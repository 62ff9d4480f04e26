"""`ridescore models`: what the registry holds, and which version scores."""

from pathlib import Path

import click

from cli.exit_codes import ExitCode
from cli.output import json_option, show_facts, show_json, show_table
from cli.registry import announce_active, open_registry, registry_option
from scoring.errors import ModelError
from scoring.registry.active import Active
from scoring.registry.manifest import Manifest


@click.group()
def models() -> None:
    """List, inspect, activate, roll back and verify model versions."""


@models.command("list")
@registry_option
@json_option
def list_(location: str | None, as_json: bool) -> None:
    """List the versions, oldest first; the active one is marked.

    \b
    Example: ridescore models list --registry models
    """
    registry = open_registry(location)
    active = registry.active()
    rows = []
    for version in registry.versions():
        try:
            rows.append(_row(registry.manifest(version)))
        except ModelError as error:
            rows.append({"version": version, "damaged": str(error)})
    if as_json:
        show_json({"active": active, "versions": rows})
        return
    show_table(
        f"Model versions in {registry.location}",
        ("", "version", "algorithm", "kind", "features", "rides", "RMSE", "measured on"),
        (
            (
                "active" if active and row["version"] == active.version else "",
                row["version"],
                row.get("algorithm", f"damaged: {row.get('damaged', '')}"),
                row.get("kind", ""),
                row.get("features", ""),
                row.get("rides", ""),
                row.get("rmse", ""),
                row.get("measured_on", ""),
            )
            for row in rows
        ),
        numbers=("rides", "RMSE"),
    )
    if active is None:
        click.echo("no version is active; choose one: ridescore models activate VERSION", err=True)


def _row(manifest: Manifest) -> dict[str, str]:
    measured_on = "validation" if "validation" in manifest.metrics else "training"
    metrics = manifest.metrics.get(measured_on)
    return {
        "version": manifest.version,
        "algorithm": manifest.algorithm,
        "kind": manifest.kind,
        "features": manifest.features,
        "created": manifest.created,
        "rides": f"{metrics.rides}" if metrics else "",
        "rmse": f"{metrics.rmse_minutes:.4f}" if metrics else "",
        "measured_on": measured_on if metrics else "",
    }


@models.command()
@click.argument("version", required=False)
@registry_option
@json_option
def show(version: str | None, location: str | None, as_json: bool) -> None:
    """Show a version's manifest; the active one's by default.

    \b
    Example: ridescore models show 20261122-145631-6032e9
    """
    registry = open_registry(location)
    if version is None:
        version = registry.load_active().manifest.version
    manifest = registry.manifest(version)
    if as_json:
        show_json(manifest)
        return
    facts = {
        "version": manifest.version,
        "created": manifest.created,
        "algorithm": f"{manifest.algorithm} ({manifest.kind}) on {manifest.features}",
        "parameters": ", ".join(f"{name}={value}" for name, value in manifest.parameters.items()) or "defaults",
    }
    for kind, files in (("trained on", manifest.training), ("validated on", manifest.validation)):
        for file in files:
            facts[f"{kind} {file.name}"] = f"{file.rows_kept:,} of {file.rows_read:,} rows, sha256 {file.sha256[:12]}"
    for name, metrics in manifest.metrics.items():
        facts[f"{name} minutes"] = (
            f"RMSE {metrics.rmse_minutes:.4f}, MAE {metrics.mae_minutes:.4f}, bias {metrics.bias_minutes:+.4f} "
            f"on {metrics.rides:,} rides"
        )
    for artefact in manifest.artefacts:
        facts[artefact.name] = f"{artefact.size_bytes:,} bytes, sha256 {artefact.sha256[:12]}"
    facts["libraries"] = ", ".join(f"{name} {installed}" for name, installed in manifest.libraries.items())
    show_facts(f"Model version {version}", facts)


@models.command()
@click.argument("version")
@registry_option
@json_option
def activate(version: str, location: str | None, as_json: bool) -> None:
    """Verify a version and make it the active one.

    \b
    Example: ridescore models activate 20261122-145631-6032e9
    """
    active = open_registry(location).activate(version)
    announce_active(active)
    _show_active(active, as_json)


@models.command()
@registry_option
@json_option
def rollback(location: str | None, as_json: bool) -> None:
    """Verify the version that was active before, and make it active again.

    \b
    Example: ridescore models rollback
    """
    active = open_registry(location).rollback()
    announce_active(active)
    _show_active(active, as_json)


def _show_active(active: Active, as_json: bool) -> None:
    if as_json:
        show_json(active)
    else:
        click.echo(f"{active.version} is active" + (f"; before it was {active.previous}" if active.previous else ""))


@models.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@registry_option
@click.option("--activate", "activated", is_flag=True, help="Make the new version the active one.")
@json_option
def import_(file: Path, location: str | None, activated: bool, as_json: bool) -> None:
    """Register a notebook's model: a pickled (DictVectorizer, regressor), or model.bin with dv.bin beside it.

    \b
    Example: ridescore models import model.pkl --activate
    """
    from training.imported import import_pickle

    registry = open_registry(location)
    manifest = import_pickle(file, registry)
    if activated:
        announce_active(registry.activate(manifest.version))
    if as_json:
        show_json({"manifest": manifest, "active": activated, "registry": registry.location})
    else:
        click.echo(f"{manifest.version} registered in {registry.location}{' and active' if activated else ''}")


@models.command()
@registry_option
@json_option
def first(location: str | None, as_json: bool) -> None:
    """Train a linear model on the bundled rides and activate it, where the registry is empty.

    It is the notebooks' (DictVectorizer, Ridge): small, read in milliseconds, and a start, as it is of few rides. A
    registry with an active version stays as it is, so this may run before every start.

    \b
    Example: ridescore models first --registry models
    """
    from training.first_model import ensure_first_model

    registry = open_registry(location)
    trained = ensure_first_model(registry)
    manifest = trained or registry.load_active().manifest
    if as_json:
        facts = {"version": manifest.version, "algorithm": manifest.algorithm, "kind": manifest.kind}
        show_json({**facts, "trained": trained is not None, "registry": registry.location})
        return
    what = f"({manifest.algorithm}, {manifest.kind})"
    if trained:
        rides = sum(file.rows_kept for file in trained.training)
        click.echo(f"{manifest.version} trained on {rides:,} bundled rides {what} and active in {registry.location}")
    else:
        click.echo(f"{manifest.version} {what} is active already in {registry.location}")


@models.command()
@click.argument("version", required=False)
@registry_option
@json_option
def verify(version: str | None, location: str | None, as_json: bool) -> None:
    """Verify sizes, digests and golden rides of a version, or of all, and that ACTIVE names one that is there.

    \b
    Example: ridescore models verify
    Exits with 3 if any version, or ACTIVE, is damaged.
    """
    registry = open_registry(location)
    problems: dict[str, str | None] = {}
    if version is None:
        try:
            registry.verify_active()
        except ModelError as error:
            problems["ACTIVE"] = str(error)
    for each in [version] if version else registry.versions():
        try:
            registry.load(each)
            problems[each] = None
        except ModelError as error:
            problems[each] = str(error)
    if as_json:
        show_json([{"version": each, "sound": not problem, "problem": problem} for each, problem in problems.items()])
    else:
        for each, problem in problems.items():
            click.echo(f"{each}: {problem or 'sound'}")
        if not problems:
            click.echo(f"there are no versions in {registry.location}", err=True)
    if any(problems.values()):
        raise click.exceptions.Exit(ExitCode.MODEL)
