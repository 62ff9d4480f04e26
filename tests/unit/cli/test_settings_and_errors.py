"""Settings, help and errors of the whole command line."""

import json
import socket
from pathlib import Path

import click
import pytest

from cli.exit_codes import ExitCode, exit_code_of
from cli.main import ridescore
from scoring import errors

from .conftest import Run


def closed_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def test_settings_tell_where_each_value_is_from(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKER_BATCH_RIDES", "123")
    monkeypatch.setenv("KAFKA_SASL_PASSWORD", "hunter2")
    rows = {row["name"]: row for row in json.loads(run("settings", "--json").out)}
    assert (rows["WORKER_BATCH_RIDES"]["value"], rows["WORKER_BATCH_RIDES"]["source"]) == ("123", "environment")
    assert (rows["WORKER_GROUP"]["value"], rows["WORKER_GROUP"]["source"]) == ("ridescore", "default")
    assert rows["KAFKA_SASL_PASSWORD"]["value"] == "********"
    assert "hunter2" not in run("settings").out


def test_a_misspelt_setting_is_refused_before_any_work(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKER_INPUT_TOPC", "x")
    ended = run("worker")
    assert ended.code == ExitCode.USAGE
    assert "did you mean WORKER_INPUT_TOPIC?" in ended.err


@pytest.mark.parametrize(
    "words",
    [("topics", "create"), ("publish", "-"), ("tail",), ("dead-letters", "list")],
    ids=lambda words: words[0],
)
def test_a_dead_broker_is_named_with_what_to_set(
    run: Run, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    address = f"127.0.0.1:{closed_port()}"
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", address)
    ended = run(*words)
    assert ended.code == ExitCode.BROKER
    assert f"no Kafka broker answered at {address}" in ended.err
    assert "set KAFKA_BOOTSTRAP_SERVERS" in ended.err
    assert "Traceback" not in ended.err


def test_a_worker_without_a_model_says_how_to_get_one(run: Run) -> None:
    ended = run("worker")
    assert ended.code == ExitCode.MODEL
    assert "ridescore train --data FILE --registry models --activate" in ended.err


def test_a_model_path_that_leads_nowhere_is_named(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MODEL_PATH", "absent.pkl")
    assert "there is no model file absent.pkl" in run("worker").err
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("MODEL_PATH", "empty")
    assert "neither a model version nor a registry" in run("worker").err


def every_command(group: click.Group, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = []
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            found += every_command(command, (*path, name))
        else:
            found.append((*path, name))
    return found


@pytest.mark.parametrize("words", every_command(ridescore), ids=" ".join)
def test_every_command_has_help_with_an_example(run: Run, words: tuple[str, ...]) -> None:
    ended = run(*words, "--help")
    assert ended.code == 0
    assert "Example" in ended.out
    assert f"ridescore {' '.join(words)}" in ended.out


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.SettingsError("x"), ExitCode.USAGE),
        (errors.ModelCorrupt("x"), ExitCode.MODEL),
        (errors.InvalidRide("x", "y"), ExitCode.RIDES),
        (errors.RideFileError("x"), ExitCode.RIDES),
        (errors.BrokerUnavailable("x"), ExitCode.BROKER),
        (errors.TransactionLost("x"), ExitCode.BROKER),
        (errors.Fenced("x"), ExitCode.FENCED),
        (errors.DownloadError("x"), ExitCode.DOWNLOAD),
        (errors.ClientError("x"), ExitCode.SERVER),
        (errors.RidescoreError("x"), ExitCode.UNEXPECTED),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_error_has_its_exit_code(error: errors.RidescoreError, code: ExitCode) -> None:
    assert exit_code_of(error) is code
