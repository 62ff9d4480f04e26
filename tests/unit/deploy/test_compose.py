"""Compose files are held to the code: images, settings, times, and what .env.example offers."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from local_services.kafka_properties import KAFKA_VERSION
from scoring.settings.settings import GROUPS, environment_name, read_settings

ROOT = Path(__file__).parents[3]
FILES = [ROOT / "docker-compose.yml", *sorted((ROOT / "deploy" / "compose").glob("*.yml"))]
OURS = ("model", "topics", "worker", "api", "flows", "batch", "publisher", "loadtest", "dask-scheduler", "dask-worker")


@pytest.fixture(scope="module")
def services() -> Any:
    return yaml.safe_load(FILES[0].read_text(encoding="utf-8"))["services"]


def seconds(text: str) -> float:
    return float(text.removesuffix("s"))


def test_images_are_those_of_the_tests(services: Any) -> None:
    assert services["kafka"]["image"] == f"apache/kafka:${{KAFKA_VERSION:-{KAFKA_VERSION}}}"
    assert services["redis"]["image"] == "redis:${REDIS_VERSION:-8}"


def test_what_our_containers_are_given_are_settings(services: Any) -> None:
    names = {environment_name(group, field) for group in GROUPS for field in group.model_fields}
    others = {"TMPDIR", "DO_NOT_TRACK"}
    for service in OURS:
        given = {name for name in services[service]["environment"] if not name.startswith("PREFECT_")}
        assert given <= names | others, service


def test_a_stop_leaves_time_to_drain(services: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WORKER_SHUTDOWN_SECONDS", "API_SHUTDOWN_SECONDS", "API_DRAIN_SECONDS"):
        monkeypatch.delenv(name, raising=False)
    settings = read_settings()
    assert seconds(services["worker"]["stop_grace_period"]) > settings.worker.shutdown_seconds
    drain = settings.api.drain_seconds + settings.api.shutdown_seconds
    assert seconds(services["api"]["stop_grace_period"]) > drain


def test_every_container_is_locked_down_bounded_and_logs_little(services: Any) -> None:
    blue_green = yaml.safe_load((ROOT / "deploy/blue-green/compose.yaml").read_text(encoding="utf-8"))["services"]
    for name, service in {**services, **blue_green}.items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["mem_limit"], name
        assert service["pids_limit"], name
        assert service["logging"]["options"]["max-size"], name
        assert service["restart"] in {"unless-stopped", "no"}, name


def test_ports_are_published_to_this_machine_unless_somebody_says_otherwise(services: Any) -> None:
    published = [port for service in services.values() for port in service.get("ports", ())]
    assert len(published) == 5
    assert all(port.startswith("${BIND_ADDRESS:-127.0.0.1}:") for port in published)


def test_env_example_offers_what_the_files_read() -> None:
    read = {name for file in FILES for name in re.findall(r"(?<!\$)\$\{([A-Z_0-9]+)", file.read_text(encoding="utf-8"))}
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    offered = set(re.findall(r"^#?([A-Z_0-9]+)=", example, re.MULTILINE))
    rarely = {
        "BUILD_NETWORK",
        "GRAFANA_VERSION",
        "KAFKA_2_PORT",
        "KAFKA_3_PORT",
        "KAFKA_CLUSTER_ID",
        "KAFKA_HEAP_OPTS",
        "KAFKA_HOST",
        "KAFKA_VERSION",
        "PROMETHEUS_RETENTION",
        "PROMETHEUS_VERSION",
        "PYTHON_VERSION",
        "REDIS_VERSION",
        "RIDESCORE_EXTRAS_IMAGE",
        "TOPIC_REPLICATION",
        "WORKER_GROUP",
    }
    assert offered == read - rarely
    page = (ROOT / "docs" / "compose.md").read_text(encoding="utf-8")
    assert {name for name in rarely if f"`{name}`" not in page} == set()
