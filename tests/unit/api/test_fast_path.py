"""The fast path and Flask's view: the same answer to every request, bytes and headers alike."""

import io
import json
import re
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from api.app import create_app
from api.door import Door
from api.fast_path import FastPath, in_front
from scoring.errors import ModelNotFound
from scoring.scorer import Scorer
from scoring.settings.settings import read_settings

from .rides import RIDES

Answer = tuple[int, dict[str, str], bytes]


def ask(application: Any, body: bytes, **more: str) -> Answer:
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/predict",
        "SERVER_NAME": "ridescore",
        "SERVER_PORT": "9696",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_X_REQUEST_ID": "q-1",
        **more,
    }
    told: list[Any] = []
    content = b"".join(application(environ, lambda status, headers, _error=None: told.extend((status, headers))))
    headers = {name.lower(): value for name, value in told[1]}
    return int(told[0][:3]), headers, re.sub(rb'"prediction_time":"[^"]+"', b"", content)


def both(app: Flask, body: bytes, **more: str) -> tuple[Answer, Answer]:
    door: Door = app.extensions["door"]
    fast, flask = (ask(each, body, **more) for each in (in_front(FastPath(door), app.wsgi_app), app.wsgi_app))
    if "content-length" in fast[1] and fast[0] == 200:  # the time may have another length, and is not compared
        for _status, headers, _content in (fast, flask):
            headers.pop("content-length")
    return fast, flask


@given(ride=RIDES)
def test_any_ride_is_answered_alike(app: Flask, ride: Any) -> None:
    fast, flask = both(app, json.dumps(ride).encode())
    assert fast == flask


@given(body=st.binary(max_size=40))
def test_any_bytes_are_answered_alike(app: Flask, body: bytes) -> None:
    fast, flask = both(app, body)
    assert fast == flask


@pytest.mark.parametrize(
    "more",
    [
        {"CONTENT_TYPE": "text/plain"},
        {"CONTENT_TYPE": "application/json; charset=utf-8"},
        {"CONTENT_TYPE": ""},
        {"CONTENT_LENGTH": "0"},
        {"CONTENT_LENGTH": "10"},
        {"REQUEST_METHOD": "GET"},
        {"REQUEST_METHOD": "OPTIONS"},
        {"PATH_INFO": "/predict/"},
        {"PATH_INFO": "/health"},
    ],
)
def test_what_is_unusual_is_answered_alike(app: Flask, more: dict[str, str]) -> None:
    fast, flask = both(app, b'{"PULocationID": 10, "DOLocationID": 20, "trip_distance": 3.5}', **more)
    assert fast == flask


def test_a_body_over_the_limit_is_answered_alike(app: Flask) -> None:
    fast, flask = both(app, b" " * ((1 << 20) + 1))
    assert (fast, fast[0]) == (flask, 413)


def test_a_missing_model_is_answered_alike() -> None:
    fast, flask = both(create_app(read_settings(), _Missing()), b"{}")
    assert (fast, fast[0]) == (flask, 503)
    assert fast[1]["retry-after"]


class _Missing:
    problem = "there is none"

    def current(self) -> Scorer:
        raise ModelNotFound(self.problem)


class _Broken:
    problem = ""

    def current(self) -> Scorer:
        raise RuntimeError("a secret of ours")


def test_a_bug_is_500_without_a_word_of_it_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    fast, flask = both(create_app(read_settings(), _Broken()), b"{}")
    assert (fast, fast[0]) == (flask, 500)
    assert b"secret" not in fast[2]
    assert json.loads(fast[2])["code"] == "internal"
    assert "a secret of ours" in caplog.text
    assert {each.request_id for each in caplog.records if each.levelname == "ERROR"} == {"q-1"}  # type: ignore[attr-defined]
