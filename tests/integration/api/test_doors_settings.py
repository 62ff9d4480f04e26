"""What settings change: the token, the limit of requests in flight, the log."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from .conftest import RIDE, Server, wait_until

TOKEN = "open sesame"


@pytest.mark.parametrize("fast", ["0", "1"])
def test_a_token_is_asked_for_on_all_routes_but_probes(serve: Callable[..., Server], fast: str) -> None:
    server = serve(API_TOKEN=TOKEN, API_FAST_PATH=fast)
    for path in ("/health", "/live", "/ready", "/metrics"):
        assert server.get(path).status == 200
    for headers in (
        {},
        {"Authorization": TOKEN},
        {"Authorization": "Bearer"},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": f"Basic {TOKEN}"},
    ):
        for path in ("/predict", "/predict/batch", "/nowhere"):
            answer = server.post(path, RIDE, headers)
            assert (answer.status, answer.json()["code"]) == (401, "unauthorized")
            assert answer.headers["www-authenticate"].startswith("Bearer")
    assert server.post("/predict", RIDE, {"Authorization": f"Bearer {TOKEN}"}).status == 200
    assert server.post("/predict", RIDE, {"Authorization": f"bearer  {TOKEN}"}).status == 200
    assert TOKEN not in server.log.read_text()


@pytest.mark.parametrize("limit", ["1", "20"])  # fewer, and more, than the threads that answer
def test_more_requests_than_may_wait_are_told_to_come_again(serve: Callable[..., Server], limit: str) -> None:
    server = serve(API_MAX_IN_FLIGHT=limit)
    batch = json.dumps({"rides": [RIDE] * 10_000}).encode()
    with ThreadPoolExecutor(40) as pool:
        statuses: list[int] = []
        while 503 not in statuses:
            answers = list(pool.map(lambda _: server.post("/predict/batch", batch), range(80)))
            statuses += [answer.status for answer in answers]
            busy = [answer for answer in answers if answer.status == 503]
            assert set(statuses) <= {200, 503}
    assert busy[0].json()["code"] == "busy"
    assert busy[0].headers["retry-after"] == "1"
    assert server.get("/health").status == 200
    assert server.post("/predict", RIDE).status == 200, "the place is free again"


def requests_logged(server: Server, expected: int) -> list[dict[str, Any]]:
    def found() -> list[dict[str, Any]]:
        return [line for line in server.lines() if line["logger"] == "api.access" and line["route"] == "/predict"]

    server.get("/metrics")  # lines are written beside the requests; this sees to it
    wait_until(lambda: len(found()) >= expected, "the line is there")
    return found()


@pytest.mark.parametrize("fast", ["0", "1"])
def test_each_prediction_is_logged_while_the_second_has_lines(serve: Callable[..., Server], fast: str) -> None:
    server = serve(API_FAST_PATH=fast, API_ACCESS_LOG_PER_SECOND="1000", API_LOG_RIDES_SHARE="1")
    answer = server.post("/predict", {**RIDE, "ride_id": "r-1", "passenger": "Ada"}, {"X-Request-ID": "q-1"})
    (line,) = requests_logged(server, 1)
    assert line["request_id"] == "q-1"
    assert (line["method"], line["status"], line["ride_id"]) == ("POST", 200, "r-1")
    assert (line["duration"], line["model_version"]) == (answer.json()["duration"], answer.json()["model_version"])
    assert line["ride"]["PULocationID"] == RIDE["PULocationID"]
    assert "Ada" not in server.log.read_text()


def test_without_a_share_no_ride_is_logged(serve: Callable[..., Server]) -> None:
    server = serve(API_ACCESS_LOG_PER_SECOND="1000")
    server.post("/predict", RIDE)
    (line,) = requests_logged(server, 1)
    assert "ride" not in line


def test_the_log_is_sampled(serve: Callable[..., Server]) -> None:
    server = serve(API_ACCESS_LOG_PER_SECOND="0")
    for _ in range(30):
        assert server.post("/predict", RIDE).status == 200
    assert requests_logged(server, 0) == []


@pytest.mark.parametrize("fast", ["0", "1"])
def test_metrics_count_what_was_answered(serve: Callable[..., Server], fast: str) -> None:
    server = serve(API_FAST_PATH=fast)
    for ride in (RIDE, {**RIDE, "trip_distance": 200.0}, {**RIDE, "PULocationID": 200}, {**RIDE, "DOLocationID": 0}):
        server.post("/predict", ride)
    server.post("/predict/batch", {"rides": [RIDE, RIDE, {}]})
    server.get("/no/such/route")
    server.ask("BREW", "/predict")
    wanted = {
        'ridescore_rides_total{door="http",outcome="scored"} 5.0',
        'ridescore_rides_total{door="http",outcome="refused"} 2.0',
        'ridescore_unknown_routes_total{door="http"} 1.0',
        'ridescore_suspect_rides_total{reason="distance"} 1.0',
        'ridescore_predicted_minutes_count{door="http"} 5.0',
        'ridescore_score_seconds_count{door="http"} 4.0',
        'ridescore_request_seconds_count{route="/predict",status="200"} 3.0',
        'ridescore_request_seconds_count{route="/predict",status="400"} 1.0',
        'ridescore_request_seconds_count{route="/predict/batch",status="200"} 1.0',
        'ridescore_request_seconds_count{route="other",status="404"} 1.0',
    }

    def missing() -> set[str]:
        return wanted - set(server.get("/metrics").body.decode().splitlines())

    wait_until(lambda: not missing(), f"all is counted; missing {missing()}")
