"""The client on a scripted server: what it sends, what it makes of answers, and what it tries again."""

import socket
import subprocess
import sys
import time
from email.utils import formatdate

import msgspec
import pyarrow as pa
import pytest

from api.client import (
    Busy,
    Client,
    ClientError,
    InvalidRequest,
    RefusedRide,
    Ride,
    ServerFailed,
    Unauthorized,
    UnexpectedAnswer,
    Unreachable,
)
from api.client.arrow import stream_of

from .conftest import Answer, Asked, ScriptedServer, prediction, problem, told

RIDE = Ride(43, 151, 1.8)


def test_a_ride_goes_out_as_the_course_notes_write_it_and_comes_back_typed(scripted: ScriptedServer) -> None:
    scripted.answers = [told(prediction("r1", 12.25))]
    with Client(scripted.url, token="secret") as client:
        found = client.predict(RIDE, request_id="mine")
    assert (found.ride_id, found.duration, found.model_version, found.known_route) == ("r1", 12.25, "v1", True)
    (asked,) = scripted.asked
    assert (asked.method, asked.path) == ("POST", "/predict")
    assert msgspec.json.decode(asked.body) == {"PULocationID": 43, "DOLocationID": 151, "trip_distance": 1.8}
    assert asked.headers["authorization"] == "Bearer secret"
    assert asked.headers["x-request-id"] == "mine"
    assert asked.headers["content-type"] == "application/json"


def test_a_mapping_goes_out_as_it_is(scripted: ScriptedServer) -> None:
    scripted.answers = [told(prediction())]
    with Client(scripted.url) as client:
        client.predict({"PULocationID": "43", "extra": None})
    assert msgspec.json.decode(scripted.asked[0].body) == {"PULocationID": "43", "extra": None}
    assert "authorization" not in scripted.asked[0].headers


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InvalidRequest),
        (413, InvalidRequest),
        (422, InvalidRequest),
        (401, Unauthorized),
        (403, Unauthorized),
        (500, ServerFailed),
    ],
    ids=str,
)
def test_a_problem_is_raised_once_with_all_that_it_says(
    scripted: ScriptedServer, status: int, kind: type[InvalidRequest]
) -> None:
    scripted.answers = [problem(status, "some-code")]
    with Client(scripted.url) as client, pytest.raises(kind, match="what was found") as raised:
        client.predict(RIDE)
    error = raised.value
    assert (error.status, error.code, error.title, error.detail) == (status, "some-code", "The title", "what was found")
    assert error.errors == ({"field": "trip_distance", "reason": "is missing"},)
    assert error.request_id == "req-7"
    assert len(scripted.asked) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_asked_again_after_as_long_as_it_says(scripted: ScriptedServer, status: int) -> None:
    scripted.answers = [problem(status, "busy", **{"Retry-After": "1"}), told(prediction())]
    began = time.monotonic()
    with Client(scripted.url) as client:
        assert client.predict(RIDE).duration == 9.5
    assert time.monotonic() - began >= 1
    assert len(scripted.asked) == 2


def test_a_retry_after_that_is_a_date_is_honoured(scripted: ScriptedServer) -> None:
    date = formatdate(time.time() + 2, usegmt=True)
    scripted.answers = [problem(503, "busy", **{"Retry-After": date}), told(prediction())]
    began = time.time()
    with Client(scripted.url) as client:
        client.predict(RIDE)
    assert time.time() >= int(began + 2)


def test_a_wait_that_would_end_too_late_is_not_begun(scripted: ScriptedServer) -> None:
    scripted.answers = [problem(503, "busy", **{"Retry-After": "3600"})]
    with Client(scripted.url, total_seconds=20) as client, pytest.raises(Busy) as raised:
        client.predict(RIDE)
    assert raised.value.code == "busy"
    assert len(scripted.asked) == 1


def test_a_server_that_stays_busy_is_given_up_in_bounded_time(scripted: ScriptedServer) -> None:
    scripted.answers = [problem(429, "busy")]
    with Client(scripted.url, total_seconds=1) as client, pytest.raises(Busy):
        client.predict(RIDE)
    assert 2 <= len(scripted.asked) <= 20


def test_a_connection_that_a_restarting_worker_closed_is_tried_again(scripted: ScriptedServer) -> None:
    scripted.answers = [Answer(hang_up=True), Answer(hang_up=True), told(prediction())]
    with Client(scripted.url) as client:
        assert client.predict(RIDE).duration == 9.5
    assert len(scripted.asked) == 3


def test_no_server_is_said_with_what_to_do() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with Client(url, total_seconds=0.2) as client, pytest.raises(Unreachable, match="ridescore serve") as raised:
            client.predict(RIDE)
    assert url in str(raised.value)


def test_a_server_that_is_slow_is_asked_once(scripted: ScriptedServer) -> None:
    def slow(_asked: Asked) -> Answer:
        time.sleep(1)
        return told(prediction())

    scripted.answers = [slow]
    with Client(scripted.url, timeout_seconds=0.2) as client, pytest.raises(Unreachable, match="in time"):
        client.predict(RIDE)
    assert len(scripted.asked) == 1


@pytest.mark.parametrize(
    "answer",
    [Answer(404, b"<html>not here</html>"), Answer(200, b"<html>"), Answer(200, b"[]"), Answer(200, b"\xff")],
    ids=lambda answer: f"{answer.status} {answer.body!r}",
)
def test_what_is_no_ridescore_server_is_said(scripted: ScriptedServer, answer: Answer) -> None:
    scripted.answers = [answer]
    with Client(scripted.url) as client, pytest.raises(UnexpectedAnswer, match="/predict"):
        client.predict(RIDE)


def answer_rides(asked: Asked) -> Answer:
    """Zones above 265 are refused, as the server does it."""
    rides = msgspec.json.decode(asked.body)["rides"]
    return told(
        {
            "predictions": [
                prediction(ride["ride_id"], ride["trip_distance"])
                if ride["PULocationID"] <= 265
                else {"index": place, "error": "The ride breaks a rule", "code": "invalid-ride", "message": "too large"}
                for place, ride in enumerate(rides)
            ]
        }
    )


def test_a_batch_is_sent_in_parts_and_a_refused_ride_spoils_no_other(scripted: ScriptedServer) -> None:
    scripted.answers = [answer_rides]
    rides = [Ride(999 if place == 7 else 1, 2, float(place), f"r{place}") for place in range(10)]
    with Client(scripted.url, batch_rides=4) as client:
        found = list(client.predict_batch(iter(rides)))
    assert [len(msgspec.json.decode(asked.body)["rides"]) for asked in scripted.asked] == [4, 4, 2]
    assert found[7] == RefusedRide(7, "The ride breaks a rule", "invalid-ride", "too large")
    scored = [each for each in found if not isinstance(each, RefusedRide)]
    assert [(each.ride_id, each.duration) for each in scored] == [(f"r{n}", float(n)) for n in range(10) if n != 7]


def test_an_empty_batch_asks_nothing(scripted: ScriptedServer) -> None:
    with Client(scripted.url) as client:
        assert list(client.predict_batch([])) == []
    assert scripted.asked == []


def test_a_batch_with_another_number_of_answers_is_refused(scripted: ScriptedServer) -> None:
    scripted.answers = [told({"predictions": [prediction()]})]
    with Client(scripted.url) as client, pytest.raises(UnexpectedAnswer, match="1 rides of 2"):
        list(client.predict_batch([RIDE, RIDE]))


def test_a_table_goes_as_arrow_in_parts(scripted: ScriptedServer) -> None:
    def answer(asked: Asked) -> Answer:
        miles = pa.ipc.open_stream(asked.body).read_all().column("trip_distance")
        return Answer(200, stream_of(pa.table({"duration": miles})), {"Content-Type": asked.headers["content-type"]})

    scripted.answers = [answer]
    miles = [float(place) for place in range(7)]
    table = pa.table({"PULocationID": [1] * 7, "DOLocationID": [2] * 7, "trip_distance": miles})
    with Client(scripted.url, batch_rides=3) as client:
        found = client.predict_table(table)
    assert found.column("duration").to_pylist() == miles
    assert len(scripted.asked) == 3
    assert scripted.asked[0].headers["accept"] == "application/vnd.apache.arrow.stream"


def test_a_table_answered_with_another_form_is_refused(scripted: ScriptedServer) -> None:
    with Client(scripted.url) as client, pytest.raises(UnexpectedAnswer, match="Arrow"):
        client.predict_table(pa.table({"trip_distance": [1.0]}))


@pytest.mark.parametrize(("status", "word"), [(200, "healthy"), (503, "unavailable")])
def test_health_is_an_answer_even_where_it_is_bad(scripted: ScriptedServer, status: int, word: str) -> None:
    body = {"status": word, "service_up_since": "2026-11-22T14:30:05Z", "model_version": None, "redis": "off"}
    scripted.answers = [Answer(status, msgspec.json.encode(body))]
    with Client(scripted.url) as client:
        health = client.health()
    assert (health.status, health.model_version, health.details["redis"]) == (word, None, "off")
    assert len(scripted.asked) == 1


def test_models_are_told(scripted: ScriptedServer) -> None:
    scripted.answers = [told({"active": "v1", "versions": []})]
    with Client(scripted.url) as client:
        assert client.models()["active"] == "v1"
    assert (scripted.asked[0].method, scripted.asked[0].path) == ("GET", "/models")


@pytest.mark.parametrize(
    "given",
    [{"url": "localhost:9696"}, {"timeout_seconds": 0}, {"total_seconds": -1}, {"batch_rides": 10_001}],
    ids=str,
)
def test_what_makes_no_client_is_refused_at_once(given: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"must|address"):
        Client(**{"url": "http://127.0.0.1:1", **given})  # type: ignore[arg-type]


def test_every_error_is_one_of_ours() -> None:
    for kind in (Unreachable, UnexpectedAnswer, InvalidRequest, Unauthorized, Busy, ServerFailed):
        assert issubclass(kind, ClientError)


def test_importing_it_imports_no_server() -> None:
    heavy = (
        "flask",
        "werkzeug",
        "httptools",
        "uvloop",
        "numpy",
        "sklearn",
        "pandas",
        "pyarrow",
        "kafka",
        "pydantic",
        "redis",
    )
    code = f"import api.client, sys; print([name for name in {heavy!r} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "[]\n"
