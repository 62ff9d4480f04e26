"""The registry over HTTP: who may change it, what is refused, and that a changed model is followed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scoring.registry.registry import Registry
from training.imported import import_pickle

from .conftest import RIDE, Server, Taught, wait_until

TOKEN = "a-token"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
Serve = Callable[..., Server]


@pytest.fixture
def shelf(taught: Taught, tmp_path: Path) -> tuple[Registry, str, str]:
    """A registry of this test's own with two versions, the first of them active."""
    registry = Registry(str(tmp_path / "registry"))
    first = import_pickle(taught.pickle, registry).version
    second = import_pickle(taught.pickle, registry).version
    assert first != second
    registry.activate(first)
    return registry, first, second


def scoring(server: Server) -> str:
    answer = server.post("/predict", RIDE, BEARER)
    assert answer.status == 200
    return str(answer.json()["model_version"])


def test_versions_are_listed(serve: Serve, shelf: tuple[Registry, str, str]) -> None:
    registry, first, second = shelf
    listed = serve(registry=registry.location).get("/models")
    assert listed.status == 200
    told = listed.json()
    assert told["active"] == {"version": first, "previous": None, "generation": 1}
    assert told["scoring"] == first
    assert {row["version"]: row["active"] for row in told["versions"]} == {first: True, second: False}
    assert [row["kind"] for row in told["versions"]] == ["linear", "linear"]


def test_an_activation_and_a_rollback_are_followed_at_once(serve: Serve, shelf: tuple[Registry, str, str]) -> None:
    registry, first, second = shelf
    server = serve(registry=registry.location, API_TOKEN=TOKEN, MODEL_POLL_SECONDS="3600")
    answer = server.post(f"/models/{second}/activate", {}, BEARER)
    assert answer.status == 200
    told = answer.json()
    assert told["active"] == {"version": second, "previous": first, "generation": 2}
    assert told["announced"] is False
    assert "no REDIS_URL is set" in told["detail"]
    wait_until(lambda: scoring(server) == second, "the process that was asked follows without a poll")
    assert server.post("/models/rollback", {}, BEARER).json()["active"]["version"] == first
    wait_until(lambda: scoring(server) == first, "and back")
    page = server.get("/metrics").body.decode()
    assert 'ridescore_model_swaps_total{result="swapped"} 2.0' in page
    assert f'ridescore_model_info{{version="{first}"}} 1.0' in page
    assert f'ridescore_model_info{{version="{second}"}} 0.0' in page


@pytest.mark.parametrize("path", ["/models/rollback", "/models/whatever/activate"])
def test_writes_are_off_without_a_token(serve: Serve, shelf: tuple[Registry, str, str], path: str) -> None:
    server = serve(registry=shelf[0].location)
    for headers in ({}, BEARER):
        answer = server.post(path, {}, headers)
        assert (answer.status, answer.json()["code"]) == (403, "writes-off")
        assert "API_TOKEN" in answer.json()["detail"]


def test_writes_need_the_right_token(serve: Serve, shelf: tuple[Registry, str, str]) -> None:
    registry, first, second = shelf
    server = serve(registry=registry.location, API_TOKEN=TOKEN)
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}):
        answer = server.post(f"/models/{second}/activate", {}, headers)
        assert (answer.status, answer.json()["code"]) == (401, "unauthorized")
    active = registry.active()
    assert active is not None
    assert active.version == first


def test_what_cannot_be_activated_is_refused_and_changes_nothing(
    serve: Serve, shelf: tuple[Registry, str, str]
) -> None:
    registry, first, second = shelf
    server = serve(registry=registry.location, API_TOKEN=TOKEN)
    for version in ("20260101-000000-abcdef", "..%2f..%2fetc", "%00"):
        answer = server.post(f"/models/{version}/activate", {}, BEARER)
        assert answer.status == 404
    assert server.post("/models/rollback", {}, BEARER).json()["code"] == "model-not-found"
    artefact = next(Path(registry.location).glob(f"versions/{second}/*.npz"))
    artefact.write_bytes(artefact.read_bytes()[:-1])
    answer = server.post(f"/models/{second}/activate", {}, BEARER)
    assert (answer.status, answer.json()["code"]) == (409, "model-refused")
    assert "bytes, its manifest says" in answer.json()["detail"]
    assert scoring(server) == first
    assert server.get("/health").json()["status"] == "healthy"


def test_a_server_with_model_path_has_no_registry(serve: Serve, taught: Taught) -> None:
    server = serve(MODEL_PATH=str(taught.pickle), API_TOKEN=TOKEN)
    for answer in (server.get("/models", **BEARER), server.post("/models/rollback", {}, BEARER)):
        assert (answer.status, answer.json()["code"]) == (409, "no-registry")


def test_a_model_that_appears_later_is_picked_up(serve: Serve, taught: Taught, tmp_path: Path) -> None:
    file = tmp_path / "later.pkl"
    server = serve(ready=False, MODEL_PATH=str(file), MODEL_POLL_SECONDS="0.2")
    wait_until(lambda: _answers(server), "the server answers")
    health = server.get("/health")
    assert (health.status, health.json()["status"]) == (503, "unavailable")
    assert "there is no model file" in health.json()["dependencies"]["model"]["detail"]
    answer = server.post("/predict", RIDE)
    assert (answer.status, answer.json()["code"]) == (503, "model-unavailable")
    file.write_bytes(taught.pickle.read_bytes())
    wait_until(lambda: server.get("/ready").status == 200, "the model was picked up")
    assert server.get("/health").json()["status"] == "healthy"
    assert server.post("/predict", RIDE).json()["duration"] == pytest.approx(_minutes(taught), rel=0, abs=1e-9)


def test_a_damaged_active_version_degrades_health_and_nothing_else(
    serve: Serve, shelf: tuple[Registry, str, str]
) -> None:
    registry, first, _ = shelf
    server = serve(registry=registry.location, MODEL_POLL_SECONDS="0.2")
    (Path(registry.location) / "ACTIVE").write_bytes(b"{")
    wait_until(lambda: server.get("/health").json()["status"] == "degraded", "the problem is told")
    health = server.get("/health")
    assert health.status == 200
    assert "ACTIVE is damaged" in health.json()["dependencies"]["model"]["detail"]
    assert server.get("/ready").status == 200
    assert server.post("/predict", RIDE).json()["model_version"] == first


def test_health_tells_of_redis(serve: Serve, redis_url: str) -> None:
    def state(server: Server) -> Any:
        return server.get("/health").json()["dependencies"]["redis"]["status"]

    assert state(serve()) == "not configured"
    with_redis = serve(REDIS_URL=redis_url)
    wait_until(lambda: state(with_redis) == "up", "it listens")
    assert with_redis.get("/health").json()["status"] == "healthy"
    nowhere = serve(REDIS_URL="redis://:hunter2@127.0.0.1:1/0")
    wait_until(lambda: state(nowhere) == "down", "nobody answers")
    health = nowhere.get("/health")
    assert (health.status, health.json()["status"]) == (200, "degraded")
    assert nowhere.post("/predict", RIDE).status == 200
    nowhere.stop()
    assert "Redis does not answer" in nowhere.log.read_text()
    assert "hunter2" not in nowhere.log.read_text()


def _answers(server: Server) -> bool:
    try:
        return server.get("/live").status == 200
    except OSError:
        return False


def _minutes(taught: Taught) -> float:
    from scoring.rides.ride import Ride

    return taught.scorer.score(Ride(RIDE["PULocationID"], RIDE["DOLocationID"], RIDE["trip_distance"]), "x").duration  # type: ignore[arg-type]
