"""`ridescore predict` by the model on this machine: one ride, files of every kind, and what goes wrong."""

import io
import json
import sys
from pathlib import Path

import pytest

from cli.exit_codes import ExitCode
from local_services.ports import free_port
from scoring.model_source import load_scorer
from scoring.models.model import Model
from scoring.registry.registry import Registry
from scoring.rides.ride import Ride
from scoring.settings.model_settings import ModelSettings
from training import sample_rides
from training.train import TrainingPlan, train_version

from .conftest import Run

RIDE = ("--pu", "43", "--do", "151", "--distance", "1.8")


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    found = Registry(str(tmp_path_factory.mktemp("predict") / "models"))
    found.activate(train_version(TrainingPlan([str(sample_rides.JANUARY)]), found).version)
    return found


@pytest.fixture
def model(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> Model:
    monkeypatch.setenv("MODEL_REGISTRY", registry.location)
    return load_scorer(ModelSettings(registry=registry.location)).model


def test_one_ride_is_the_cores_number(run: Run, model: Model) -> None:
    ended = run("predict", *RIDE, "--json")
    told = json.loads(ended.out)
    assert ended.code == 0
    assert (told["duration"], told["known_route"]) == model.score_ride(Ride(43, 151, 1.8))
    assert f"{told['duration']:.2f} minutes by {told['model_version']}" in run("predict", *RIDE).out


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        (("--pu", "266"), "PULocationID"),
        (("--do", "0"), "DOLocationID"),
        (("--distance", "nan"), "trip_distance"),
        (("--distance", "-1"), "trip_distance"),
    ],
    ids=" ".join,
)
def test_a_ride_that_breaks_a_rule_is_refused_by_its_field(
    run: Run, model: Model, changed: tuple[str, str], field: str
) -> None:
    ended = run("predict", *RIDE, *changed)
    assert (ended.code, ended.out) == (ExitCode.RIDES, "")
    assert field in ended.err


@pytest.mark.parametrize(
    "words", [(), ("--pu", "1"), ("rides.jsonl", *RIDE), (*RIDE, "--url", "localhost:9696")], ids=" ".join
)
def test_half_a_ride_or_two_things_at_a_time_is_wrong_usage(run: Run, words: tuple[str, ...]) -> None:
    assert run("predict", *words).code == ExitCode.USAGE


def test_no_model_says_how_to_get_one(run: Run) -> None:
    ended = run("predict", *RIDE)
    assert ended.code == ExitCode.MODEL
    assert "ridescore train" in ended.err


def test_a_parquet_file_is_predicted_whole_and_in_order(run: Run, model: Model) -> None:
    ended = run("predict", sample_rides.FEBRUARY, "--json")
    lines = [json.loads(line) for line in ended.out.splitlines()]
    scored = [line for line in lines if "duration" in line]
    assert [line["ride_id"] for line in lines] == [f"green_2021-02_{row}" for row in range(len(lines))]
    assert f"{len(scored):,} predicted, {len(lines) - len(scored):,} refused" in ended.err
    assert len(scored) >= 1_000


LINES = b"""\
{"PULocationID": 43, "DOLocationID": 151, "trip_distance": 1.8}
{"PULocationID": 43, "DOLocationID": 151, "trip_distance": "1.8", "ride_id": "mine"}
nonsense
{"PULocationID": 43.0, "DOLocationID": 151, "trip_distance": 2, "ride_id": "last"}
"""


@pytest.mark.parametrize("from_stdin", [False, True])
def test_a_bad_ride_spoils_no_other_and_is_told_by_the_exit_code(
    run: Run, model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, from_stdin: bool
) -> None:
    (tmp_path / "rides.jsonl").write_bytes(LINES)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(LINES)))
    name = "stdin" if from_stdin else "rides"
    ended = run("predict", "-" if from_stdin else "rides.jsonl", "--json")
    first, mine, third, last = [json.loads(line) for line in ended.out.splitlines()]
    assert ended.code == ExitCode.RIDES
    assert (first["ride_id"], first["duration"]) == (f"{name}_0", model.score_ride(Ride(43, 151, 1.8))[0])
    assert mine["ride_id"] == "mine"
    assert "trip_distance" in mine["error"]
    assert third["ride_id"] == f"{name}_2"
    assert "error" in third
    assert (last["ride_id"], last["duration"]) == ("last", model.score_ride(Ride(43, 151, 2.0))[0])
    assert "2 predicted, 2 refused" in ended.err


def test_a_table_names_every_ride_and_what_is_wrong(run: Run, model: Model, tmp_path: Path) -> None:
    (tmp_path / "rides.jsonl").write_bytes(LINES)
    lines = run("predict", "rides.jsonl").out.splitlines()
    assert lines[0].startswith("rides_0 ")
    assert " min  " in lines[0]
    assert "trip_distance: must be a finite number" in lines[1]


def test_a_csv_file_with_columns_of_its_own(run: Run, model: Model, tmp_path: Path) -> None:
    (tmp_path / "rides.csv").write_text("from,DOLocationID,trip_distance\n43,151,1.8\n")
    assert run("predict", "rides.csv").code == ExitCode.RIDES
    ended = run("predict", "rides.csv", "--column", "PULocationID=from", "--json")
    assert json.loads(ended.out)["duration"] == model.score_ride(Ride(43, 151, 1.8))[0]


def test_a_file_that_is_not_there(run: Run, model: Model) -> None:
    ended = run("predict", "absent.parquet")
    assert ended.code == ExitCode.RIDES
    assert "there is no file absent.parquet" in ended.err


def test_a_server_that_is_not_there_is_named(run: Run) -> None:
    unused_port = free_port()
    ended = run("predict", *RIDE, "--url", f"http://127.0.0.1:{unused_port}", "--timeout", "0.3")
    assert ended.code == ExitCode.SERVER
    assert f"127.0.0.1:{unused_port}" in ended.err
    assert "Traceback" not in ended.err
