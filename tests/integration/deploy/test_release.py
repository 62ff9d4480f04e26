"""The release script against a real proxy and real groups; `docker` alone is a stand-in that passes commands on."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.api.conftest import is_ready, wait_until

from .conftest import BLUE_GREEN, Clients, Site

# Knows the commands that the script sends, keeps what each group runs in a file, and refuses anything else.
DOCKER = """#!{python}
import json, os, subprocess, sys
from pathlib import Path

state = Path({state!r})
known = json.loads(state.read_text())
match sys.argv[1:]:
    case ["compose", "ps", "--all", "--quiet", service]:
        if service in known["images"]:
            print("container-" + service)
    case ["inspect", "--format", "{{{{.Config.Image}}}}", container]:
        print(known["images"][container.removeprefix("container-")])
    case ["compose", "up", "--detach", "--no-recreate", "--wait", "proxy"]:
        pass
    case ["compose", "up", "--detach", "--no-deps", "--force-recreate", service]:
        known["images"][service] = os.environ["BLUE_IMAGE" if service == "api-blue" else "GREEN_IMAGE"]
        known["seen"] = {{name: os.environ[name] for name in ("BLUE_IMAGE", "GREEN_IMAGE")}}
        state.write_text(json.dumps(known))
    case ["compose", "stop", service]:
        known["stopped"] = service
        state.write_text(json.dumps(known))
    case ["compose", "exec", "-T", "proxy", "switch", "failures", group] if known.get("failing"):
        known["failing"] += 1
        state.write_text(json.dumps(known))
        print(known["failing"])
    case ["compose", "exec", "-T", "proxy", "switch", *words]:
        sys.exit(subprocess.run([sys.executable, {switch!r}, "--wait", "2", *words]).returncode)
    case other:
        sys.exit("unexpected: " + " ".join(other))
"""


class Host:
    """Where the script runs, with its stand-in for Docker."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.state = site.folder / "docker.json"
        self.know(images={"api-blue": "ridescore:1"})
        folder = site.folder / "bin"
        folder.mkdir()
        switch = str(BLUE_GREEN / "switch.py")
        (folder / "docker").write_text(DOCKER.format(python=sys.executable, state=str(self.state), switch=switch))
        (folder / "docker").chmod(0o755)

    def know(self, **facts: object) -> None:
        self.state.write_text(json.dumps(facts))

    def known(self) -> dict[str, object]:
        facts: dict[str, object] = json.loads(self.state.read_text())
        return facts

    def release(self, *words: str) -> subprocess.CompletedProcess[str]:
        path = f"{self.site.folder}/bin:{os.environ['PATH']}"
        env = {**os.environ, **self.site.environment, "PATH": path, "WATCH_SECONDS": "1", "API_TOKEN": ""}
        script = [str(BLUE_GREEN / "release"), *words]
        return subprocess.run(script, env=env, capture_output=True, text=True, check=False)


@pytest.fixture
def host(site: Site) -> Host:
    return Host(site)


def test_a_release_and_a_rollback(host: Host, clients: Callable[[int, int], Clients]) -> None:
    running = clients(host.site.ports["rides"], 2)
    done = host.release("ridescore:2")
    assert done.returncode == 0, done.stderr
    assert "starting ridescore:2 as green" in done.stdout
    assert host.known()["seen"] == {"BLUE_IMAGE": "ridescore:1", "GREEN_IMAGE": "ridescore:2"}, "blue would be replaced"
    running.wait_for_answers_of(host.site.version("green"))
    status = host.release("--status").stdout
    assert "green: active" in status
    assert "blue: ridescore:1\ngreen: ridescore:2" in status
    assert host.release("--rollback").returncode == 0
    running.wait_for_answers_of(host.site.version("blue"))
    assert host.release("--retire").returncode == 0
    assert host.known()["stopped"] == "api-green", "never the group that answers"
    running.stop()
    assert running.failures == []


def test_a_release_that_is_not_ready_is_refused(host: Host, tmp_path: Path) -> None:
    host.site.groups["green"].stop()
    host.site.start_group("green", tmp_path / "no-models")
    wait_until(lambda: "green: idle, 0 ready" in host.site.switch("status").stdout, "the proxy has seen it")
    refused = host.release("ridescore:2")
    assert refused.returncode == 1
    assert "no instance of green is ready; blue goes on" in refused.stderr
    assert host.site.switch("idle").stdout == "green\n"


def test_a_release_whose_requests_fail_is_taken_back(host: Host) -> None:
    assert is_ready(host.site.groups["green"])
    host.know(images={"api-blue": "ridescore:1"}, failing=3)
    taken_back = host.release("ridescore:2")
    assert taken_back.returncode == 1
    assert "1 requests failed within 1 s; going back" in taken_back.stderr
    assert "blue: active" in host.site.switch("status").stdout


def test_without_an_image_it_says_how_it_is_used(host: Host) -> None:
    told = host.release()
    assert told.returncode == 2
    assert "release IMAGE" in told.stderr
    assert host.release("--nonsense").returncode == 2
