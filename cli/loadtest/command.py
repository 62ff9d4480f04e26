"""The command: starts what is needed, shows progress and results."""

import statistics
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import click

from cli.exit_codes import ExitCode
from cli.loadtest.locust_run import LoadPlan, LoadResult, require_locust, run_locust
from cli.loadtest.resources import Resources, watched
from cli.loadtest.server import running_target, started_target
from cli.output import json_option, show_facts, show_json
from cli.progress import progress
from scoring.settings.settings import read_settings


@click.command()
@click.option("--url", help="Load this server in place of one that is started for it.")
@click.option("--remote", is_flag=True, help="Allow a --url on another machine, which is yours.")
@click.option("--users", type=click.IntRange(1, 1_000), default=16, show_default=True, help="That ask at a time.")
@click.option("--seconds", type=click.IntRange(1, 600), default=20, show_default=True)
@click.option(
    "--rate",
    type=click.FloatRange(min=0, min_open=True, max=100_000),
    help="Requests a second of all users together.  [default: as fast as they get answers]",
)
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Of the started server.")
@click.option(
    "--html",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    default=Path("loadtest.html"),
    show_default=True,
    help="Where Locust's report goes.",
)
@json_option
def loadtest(
    url: str | None, remote: bool, users: int, seconds: int, rate: float | None, workers: int, html: Path, as_json: bool
) -> None:
    """Put a server under load with Locust: response times, requests a second, failures, and what the server used.

    Starts `ridescore serve` with your model on a free port, or asks the server at --url, which must be on this machine
    unless --remote is given.
    Locust runs on the same machine and takes a core of it. Exits with 8 if any request failed.

    \b
    Examples:
      ridescore loadtest --users 32 --seconds 30
      ridescore loadtest --url http://localhost:9696 --rate 200
    """
    require_locust()
    settings = read_settings()
    plan = LoadPlan(users, seconds, rate)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ridescore-loadtest-")))
        if url:
            target = running_target(url, remote)
        else:
            target = stack.enter_context(started_target(settings, workers, lambda line: click.echo(line, err=True)))
        bar = stack.enter_context(progress())
        task = bar.add_task(f"{users} users on {target.url}", total=seconds)
        used = stack.enter_context(watched(target.pid)) if target.pid else None
        result = run_locust(
            target.url, plan, html, folder, lambda passed: bar.update(task, completed=min(passed, seconds))
        )
    told = _told(result, used, plan, target.url, html)
    if as_json:
        show_json(told)
    else:
        _show(told, result)
    if result.failures:
        raise click.exceptions.Exit(ExitCode.SERVER)


def _told(result: LoadResult, used: Resources | None, plan: LoadPlan, url: str, html: Path) -> dict[str, Any]:
    server = None
    if used and used.cpu_percent:
        server = {
            "cpu_percent": {"mean": statistics.mean(used.cpu_percent), "peak": max(used.cpu_percent)},
            "memory_bytes": {"mean": statistics.mean(used.memory_bytes), "peak": max(used.memory_bytes)},
            "loopback_bytes_per_second": used.loopback_bytes / max(used.seconds, 1e-9),
            "processes": used.processes,
        }
    return {
        "url": url,
        "users": plan.users,
        "seconds": plan.seconds,
        "requests": result.requests,
        "failures": result.failures,
        "failure_share": result.failure_share,
        "requests_per_second": result.requests_per_second,
        "response_ms": result.response_ms,
        "errors": result.errors,
        "server": server,
        "report": str(html),
    }


def _show(told: dict[str, Any], result: LoadResult) -> None:
    facts = {
        "requests": f"{result.requests:,} by {told['users']} users in {told['seconds']} s",
        "requests a second": f"{result.requests_per_second:,.0f}",
        "failures": f"{result.failures:,} ({result.failure_share:.2%})",
        "response time": ", ".join(f"{name} {taken:,.0f} ms" for name, taken in result.response_ms.items()),
    }
    if server := told["server"]:
        cpu, memory = server["cpu_percent"], server["memory_bytes"]
        facts |= {
            "server's processor": f"{cpu['mean']:.0f}% of a core, at most {cpu['peak']:.0f}%",
            "server's memory": f"{memory['mean'] / 1e6:.0f} MB, at most {memory['peak'] / 1e6:.0f} MB, "
            f"{server['processes']} processes",
            "network": f"{server['loopback_bytes_per_second'] / 1e6:.2f} MB/s over loopback, all programs together",
        }
    facts |= {error: f"{count:,} times" for error, count in result.errors.items()}
    show_facts(f"Load on {told['url']}", {**facts, "Locust's report": told["report"]})
