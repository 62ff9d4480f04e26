"""The Open Inference Protocol over a socket, as clients of MLServer, KServe and Triton ask."""

import json
import re
import socket
import struct
from collections.abc import Callable
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from .conftest import WAIT_SECONDS, Answer, Server, Taught, wait_until

REQUEST = {
    "id": "42",
    "inputs": [
        {"name": "PULocationID", "shape": [2], "datatype": "INT64", "data": [10, 11]},
        {"name": "DOLocationID", "shape": [2], "datatype": "INT64", "data": [20, 265]},
        {"name": "trip_distance", "shape": [2], "datatype": "FP64", "data": [3.5, 1.8]},
    ],
}


@pytest.fixture(scope="session")
def model(taught: Taught) -> str:
    """The path of the model."""
    return f"/v2/models/{taught.scorer.model_name}"


@pytest.fixture(scope="session")
def version(model: str, taught: Taught) -> str:
    """The path of its version."""
    return f"{model}/versions/{taught.scorer.model_version}"


def told(answer: Answer) -> str:
    """The message of an error in the protocol's form."""
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert list(body) == ["error"]
    return str(body["error"])


@pytest.mark.parametrize("path", ["/v2", "/v2/"])
def test_server_metadata(server: Server, path: str) -> None:
    answer = server.get(path)
    assert answer.status == 200
    metadata = answer.json()
    assert set(metadata) == {"name", "version", "extensions"}
    assert metadata["extensions"] == ["binary_tensor_data"]


def test_health(server: Server, model: str, version: str, taught: Taught) -> None:
    assert server.get("/v2/health/live").json() == {"live": True}
    assert server.get("/v2/health/ready").json() == {"live": True, "ready": True}
    for path in (model, version):
        assert server.get(f"{path}/ready").json() == {"name": taught.scorer.model_name, "ready": True}


def test_model_metadata(server: Server, model: str, version: str, taught: Taught) -> None:
    metadata = server.get(model).json()
    assert metadata == server.get(version).json()
    assert metadata["name"] == taught.scorer.model_name
    assert metadata["versions"] == [taught.scorer.model_version]
    assert {each["name"]: each["datatype"] for each in metadata["inputs"]} == {
        "PULocationID": "INT64",
        "DOLocationID": "INT64",
        "trip_distance": "FP64",
        "ride_id": "BYTES",
    }
    assert all(each["shape"] == [-1] for each in metadata["inputs"] + metadata["outputs"])


def test_inference_with_and_without_version(server: Server, model: str, version: str, taught: Taught) -> None:
    answer = server.post(f"{model}/infer", REQUEST, {"X-Request-ID": "mine"})
    assert answer.status == 200, answer.body
    assert answer.headers["content-type"] == "application/json"
    inferred = answer.json()
    assert (inferred["id"], inferred["model_version"]) == ("42", taught.scorer.model_version)
    duration, known_route, ride_id = inferred["outputs"]
    assert known_route["data"] == [True, False]
    assert ride_id["data"] == ["mine_0", "mine_1"]
    single = [server.post("/predict", ride).json() for ride in rides_of(REQUEST)]
    assert duration["data"] == [each["duration"] for each in single]
    assert server.post(f"{version}/infer", REQUEST, {"X-Request-ID": "mine"}).json() == inferred


def rides_of(request: dict[str, Any]) -> list[dict[str, Any]]:
    names = [tensor["name"] for tensor in request["inputs"]]
    return [
        dict(zip(names, row, strict=True)) for row in zip(*(each["data"] for each in request["inputs"]), strict=True)
    ]


def test_binary_tensors_in_and_out(server: Server, model: str) -> None:
    columns = [np.array([10, 11], "<i8"), np.array([20, 265], "<i8"), np.array([3.5, 1.8], "<f8")]
    inputs = [
        {"name": each["name"], "shape": [2], "datatype": each["datatype"], "parameters": {"binary_data_size": 16}}
        for each in REQUEST["inputs"]
        if isinstance(each, dict)
    ]
    content = json.dumps({"inputs": inputs, "outputs": [{"name": "duration", "parameters": {"binary_data": True}}]})
    headers = {
        "Content-Type": "application/octet-stream",
        "Inference-Header-Content-Length": str(len(content)),
    }
    answer = server.post(f"{model}/infer", content.encode() + b"".join(each.tobytes() for each in columns), headers)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/octet-stream")
    length = int(answer.headers["inference-header-content-length"])
    durations = struct.unpack("<2d", answer.body[length:])
    assert json.loads(answer.body[:length])["outputs"][0]["parameters"] == {"binary_data_size": 16}
    assert list(durations) == server.post(f"{model}/infer", REQUEST).json()["outputs"][0]["data"]


def test_a_body_without_a_type_is_read(server: Server, model: str) -> None:
    """KServe's and Triton's clients send none."""
    assert server.post(f"{model}/infer", REQUEST, {"Content-Type": ""}).status == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v2/models/other", 404),
        ("/v2/models/other/ready", 404),
        ("/v2/models/other/infer", 405),
        ("/v2/models/{name}/versions/1", 404),
        ("/v2/models/{name}/versions/1/ready", 404),
        ("/v2/models", 404),
        ("/v2/nothing", 404),
    ],
)
def test_what_there_is_not(server: Server, taught: Taught, path: str, status: int) -> None:
    answer = server.get(path.format(name=taught.scorer.model_name))
    assert (answer.status, bool(told(answer))) == (status, True)


def test_refusals_have_the_protocols_form(server: Server, model: str) -> None:
    infer = f"{model}/infer"
    assert (server.post("/v2/models/other/infer", REQUEST).status, server.post(infer, b"{").status) == (404, 400)
    assert "not an inference request" in told(server.post(infer, b"{"))
    broken = json.loads(json.dumps(REQUEST))
    broken["inputs"][0]["data"][1] = 266
    answer = server.post(infer, broken)
    assert (answer.status, told(answer)) == (
        422,
        "ride 1: PULocationID: must be a whole number from 1 to 265, not 266",
    )
    assert (answer := server.post(infer, REQUEST, {"Content-Type": "text/plain"})).status == 415, told(answer)
    assert (answer := server.post(infer, REQUEST, {"Content-Encoding": "gzip"})).status == 415, told(answer)
    assert "NaN" not in told(server.post(infer, json.dumps(REQUEST).replace("3.5", "NaN").encode()))


def test_a_body_of_16_mebibytes_is_read_and_a_larger_one_is_not(server: Server, model: str) -> None:
    request = json.dumps(REQUEST).encode()
    assert server.post(f"{model}/infer", request + b" " * ((16 << 20) - len(request))).status == 200
    with socket.create_connection(("127.0.0.1", server.port), timeout=WAIT_SECONDS) as connection:
        head = f"POST {model}/infer HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        connection.sendall(
            f"{head}Content-Length: {(16 << 20) + 1}\r\n\r\n".encode()
        )  # and no body: nothing waits for it
        response = HTTPResponse(connection)
        response.begin()
        assert (response.status, list(json.loads(response.read()))) == (413, ["error"])


def test_rides_are_counted_as_at_every_route(server: Server, model: str) -> None:
    def counted(outcome: str) -> float:
        text = server.get("/metrics").body.decode()
        found = re.search(rf'^ridescore_rides_total{{door="http",outcome="{outcome}"}} (\S+)$', text, re.MULTILINE)
        return float(found[1]) if found else 0.0

    scored, refused = counted("scored"), counted("refused")
    broken = json.loads(json.dumps(REQUEST))
    broken["inputs"][2]["data"] = [-1, 1.8]
    assert [server.post(f"{model}/infer", each).status for each in (REQUEST, broken)] == [200, 422]
    assert (counted("scored") - scored, counted("refused") - refused) == (2, 1)


def answers(server: Server) -> bool:
    try:
        return server.get("/live").status == 200
    except OSError:
        return False


def test_without_a_model_health_says_so(serve: Callable[..., Server], tmp_path: Path) -> None:
    server = serve(registry=tmp_path / "none", ready=False)
    wait_until(lambda: answers(server), "the server answers")
    assert server.get("/v2/health/live").status == 200
    ready = server.get("/v2/health/ready")
    assert (ready.status, ready.json()) == (503, {"live": True, "ready": False})
    assert server.get("/v2/models/ride-duration/ready").json() == {"name": "ride-duration", "ready": False}
    answer = server.post("/v2/models/ride-duration/infer", REQUEST)
    assert (answer.status, answer.headers["retry-after"].isdigit()) == (503, True)
    assert "registry" in told(answer)


def test_a_charset_does_not_matter(server: Server, model: str) -> None:
    assert server.post(f"{model}/infer", REQUEST, {"Content-Type": "application/json; charset=utf-8"}).status == 200
