"""The image alone, run as platforms run it: locked down, under any user id, with a model inside."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_services.ports import free_port
from tests.e2e.conftest import Figures
from tests.e2e.engine import ROOT, run
from tests.e2e.stack import ask, wait_until

RIDE = {"PULocationID": 43, "DOLocationID": 151, "trip_distance": 1.8}


def in_image(image: str, script: str) -> str:
    return run("docker", "run", "--rm", "--network", "none", "--entrypoint", "sh", image, "-c", script).strip()


@pytest.fixture
def served(image: str, request: pytest.FixtureRequest) -> Iterator[tuple[str, int]]:
    """`docker run -p PORT:9696 ridescore` with a test's options: the container and the port."""
    port = free_port()
    options = getattr(request, "param", [])
    container = run("docker", "run", "--detach", "-p", f"127.0.0.1:{port}:9696", *options, image).strip()
    yield container, port
    run("docker", "rm", "--force", "--volumes", container)


def test_size_and_packages_are_reported_and_no_installer_is_left(image: str, figures: Figures) -> None:
    (about,) = json.loads(run("docker", "image", "inspect", image))
    own = int(in_image(image, "du -sm /venv | cut -f1"))
    bill = json.loads(in_image(image, "cat /sbom.json"))
    figures.add(
        f"image: {about['Size'] / 1e6:,.0f} MB, {own} MB of them our environment of {len(bill['components'])} packages"
    )
    assert about["Config"]["User"] == "10001:0"
    assert about["Config"]["Labels"]["org.opencontainers.image.title"] == "ridescore"
    for tool in ("pip", "gcc", "cc", "make", "git", "curl"):
        assert in_image(image, f"command -v {tool} || true") == "", tool
    assert "No module named pip" in in_image(image, "python3 -m pip 2>&1 || true")


def test_the_image_holds_what_the_lock_file_names_and_its_bill_of_materials_says_so(image: str) -> None:
    locked = dict(re.findall(r"^([a-z0-9_.-]+)==(\S+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE))
    bill = json.loads(in_image(image, "cat /sbom.json"))
    held = {re.sub(r"[-_.]+", "-", each["name"]).lower(): each["version"] for each in bill["components"]}
    held.pop("ridescore", None)
    assert len(held) > 40
    for name, version in held.items():
        assert locked.get(name) == version, f"{name} {version} is not locked"


def test_every_module_of_ours_and_what_they_read_files_with_imports(image: str) -> None:
    """What is taken out of the packages is missed by nobody."""
    failed = json.loads(in_image(image, f"python3 - <<'END'\n{_IMPORT_ALL}\nEND").splitlines()[-1])
    extras = {"deltalake", "locust", "gevent"}  # requirements-extras.txt brings them
    assert {module: reason for module, reason in failed.items() if reason not in extras} == {}


@pytest.mark.parametrize(
    "served",
    [
        pytest.param([], id="as it is"),
        pytest.param(["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"], id="locked down"),
        pytest.param(["--read-only", "--user", "54321:54321"], id="any user"),
        pytest.param(["-e", "PORT=9696", "--memory", "512m", "--pids-limit", "100"], id="a small machine"),
    ],
    indirect=True,
)
def test_it_answers_at_once_with_the_model_inside_and_ends_on_sigterm(served: tuple[str, int]) -> None:
    container, port = served
    wait_until("the API", lambda: ask(f"http://127.0.0.1:{port}/ready")[0] == 200)
    status, answer = ask(f"http://127.0.0.1:{port}/predict", RIDE)
    assert status == 200, answer
    assert 1 < answer["duration"] < 60
    run("docker", "exec", container, "python3", "-I", "-S", "/probe.py")
    began = time.monotonic()
    run("docker", "stop", "--time", "25", container)
    assert time.monotonic() - began < 25, "it had to be killed"
    (about,) = json.loads(run("docker", "inspect", container))
    assert about["State"]["ExitCode"] == 0


def test_a_registry_or_a_model_that_is_mounted_wins_over_the_one_inside(image: str, tmp_path: Path) -> None:
    inside = run("docker", "run", "--rm", image, "models", "list", "--json")
    tmp_path.chmod(0o777)
    mounted = ["--volume", f"{tmp_path}:/models"]
    first = json.loads(run("docker", "run", "--rm", *mounted, image, "models", "first", "--json"))["version"]
    assert first not in inside
    listed = json.loads(run("docker", "run", "--rm", *mounted, image, "models", "list", "--json"))
    assert [each["version"] for each in listed["versions"]][-1] >= first
    elsewhere = ["--volume", f"{tmp_path}:/elsewhere:ro", "-e", "MODEL_PATH=/elsewhere"]
    told = run(
        "docker",
        "run",
        "--rm",
        *elsewhere,
        image,
        "predict",
        "--pu",
        "43",
        "--do",
        "151",
        "--distance",
        "1.8",
        "--json",
    )
    assert json.loads(told)["model_version"] == first


_IMPORT_ALL = """
import importlib, json, pkgutil
failed = {}
names = "pyarrow.csv pyarrow.dataset pyarrow.fs pyarrow.parquet distributed prefect.server.api.server".split()
for package in ("api", "batch", "cli", "flows", "local_services", "scoring", "training", "worker"):
    path = importlib.import_module(package).__path__
    names += [each.name for each in pkgutil.walk_packages(path, package + ".")]
for name in names:
    if name.endswith("__main__") or name == "api.wsgi":
        continue  # these begin to serve
    try:
        importlib.import_module(name)
    except ImportError as error:
        failed[name] = (error.name or str(error)).partition(".")[0]
print(json.dumps(failed))
"""
