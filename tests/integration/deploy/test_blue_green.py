"""Two groups of real servers behind a real HAProxy, switched and switched back while requests run."""

import json
import socket
import time
from collections.abc import Callable
from http.client import HTTPResponse
from pathlib import Path

from scoring.rides.ride import Ride
from tests.integration.api.conftest import RIDE, WAIT_SECONDS, Taught, is_ready, wait_until

from .conftest import Clients, Site

Start = Callable[[int, int], Clients]


def answering_version(site: Site, port: str = "rides") -> str:
    return str(site.behind(port).post("/predict", RIDE).json()["model_version"])


def test_no_request_fails_while_the_groups_are_switched_and_switched_back(site: Site, clients: Start) -> None:
    running = clients(site.ports["rides"], 4)
    running.wait_for_answers_of(site.version("blue"))
    for group in ("green", "blue", "green", "blue"):
        done = site.switch("to", group)
        assert done.returncode == 0, done.stderr
        switched = time.monotonic()
        running.wait_for_answers_of(site.version(group))
        late = {version for asked, version in running.answers if asked > switched}
        assert late == {site.version(group)}, "asked after the switch, answered by the group before"
    running.stop()
    assert running.failures == []
    assert {version for _asked, version in running.answers} == {site.version("blue"), site.version("green")}


def test_a_release_and_its_rollback_fail_no_request(site: Site, clients: Start, registries: dict[str, Path]) -> None:
    running = clients(site.ports["rides"], 4)
    running.wait_for_answers_of(site.version("blue"))
    assert site.groups["green"].stop() == 0
    site.start_group("green")  # the new release, where the idle group was
    assert site.switch("to", "green").returncode == 0
    running.wait_for_answers_of(site.version("green"))
    assert site.groups["blue"].stop() == 0, "what is idle may be stopped"
    running.wait_for_answers_of(site.version("green"))
    site.start_group("blue")
    back = site.switch("back")
    assert back.returncode == 0, back.stderr
    running.wait_for_answers_of(site.version("blue"))
    running.stop()
    assert running.failures == []
    assert site.switch("failures", "green").stdout == site.switch("failures", "blue").stdout == "0\n"


def test_a_request_in_flight_is_finished_by_the_group_that_began_it(site: Site, taught: Taught) -> None:
    body = json.dumps(RIDE).encode()
    with socket.create_connection(("127.0.0.1", site.ports["rides"]), timeout=WAIT_SECONDS) as slow:
        head = f"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
        slow.sendall(f"{head}\r\n\r\n".encode() + body[:10])
        wait_until(lambda: "blue: active, 4 ready, 1 requests" in site.switch("status").stdout, "it is in flight")
        done = site.switch("--wait", "0", "to", "green")
        assert "blue still answers 1 requests" in done.stdout
        assert answering_version(site) == site.version("green")
        slow.sendall(body[10:])
        response = HTTPResponse(slow)
        response.begin()
        answer = json.loads(response.read())
    assert response.status == 200
    assert answer["model_version"] == site.version("blue")
    assert answer["duration"] == taught.scorer.model.score_ride(Ride(10, 20, 3.5))[0]


def test_a_group_without_a_model_is_refused_and_the_other_goes_on(site: Site, tmp_path: Path) -> None:
    site.groups["green"].stop()
    site.start_group("green", tmp_path / "no-models")
    wait_until(lambda: "green: idle, 0 ready" in site.switch("status").stdout, "the proxy has seen it")
    refused = site.switch("--wait", "1", "to", "green")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "no instance of green is ready; blue goes on" in refused.stderr
    assert answering_version(site) == site.version("blue")


def test_a_group_that_refuses_a_ride_is_refused(site: Site) -> None:
    site.groups["green"].stop()
    server = site.start_group("green", API_TOKEN="secret")
    wait_until(lambda: is_ready(server), "green is ready")
    refused = site.switch("to", "green")
    assert refused.returncode == 1
    assert "answers a ride with 401" in refused.stderr
    assert answering_version(site) == site.version("blue")
    assert site.switch("to", "green", API_TOKEN="secret").returncode == 0


def test_the_preview_is_the_idle_group(site: Site) -> None:
    assert answering_version(site, "preview") == site.version("green")
    assert site.switch("idle").stdout == "green\n"
    assert site.switch("to", "green").returncode == 0
    assert answering_version(site, "preview") == site.version("blue")
    assert site.switch("idle").stdout == "blue\n"


def test_the_choice_outlives_the_proxy(site: Site) -> None:
    assert site.switch("to", "green").returncode == 0
    site.stop_proxy()
    site.start_proxy()
    assert "green: active" in site.switch("status").stdout
    wait_until(lambda: answering_version(site) == site.version("green"), "green answers")


def test_without_a_group_the_proxy_asks_clients_to_wait(site: Site) -> None:
    site.groups["blue"].stop()
    wait_until(lambda: "blue: active, 0 ready" in site.switch("status").stdout, "the proxy has seen it")
    answer = site.behind("rides").post("/predict", RIDE)
    assert (answer.status, answer.json()["code"]) == (503, "busy")
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) > 0


def test_without_a_proxy_the_switch_says_so(tmp_path: Path, registries: dict[str, Path]) -> None:
    site = Site(tmp_path, registries, dict.fromkeys(("rides", "preview", "blue", "green"), 1))
    refused = site.switch("status")
    assert refused.returncode == 1
    assert "is it running?" in refused.stderr
