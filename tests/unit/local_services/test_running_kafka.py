"""Kafka of the environment: taken where it answers, a clear error and no other way where it does not."""

import struct
from collections.abc import Callable

import pytest

import local_services
from local_services.errors import ServiceUnavailable

ANSWER = struct.pack(">iihi", 10, 7, 0, 0)


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RIDESCORE_SERVICES", "KAFKA_BOOTSTRAP_SERVERS", "KAFKA_SECURITY_PROTOCOL"):
        monkeypatch.delenv(name, raising=False)


def test_the_environment_comes_first(monkeypatch: pytest.MonkeyPatch, server: Callable[[bytes], str]) -> None:
    address = server(ANSWER)
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", address)
    said: list[str] = []
    with local_services.kafka(report=said.append) as running:
        assert running.bootstrap_servers == address
        assert running.origin == "environment"
        assert address in running.description
    assert len(said) == 1
    assert address in said[0]


def test_one_answering_broker_of_several_is_enough(
    monkeypatch: pytest.MonkeyPatch, server: Callable[[bytes], str], closed_port: str
) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", f"{closed_port}, {server(ANSWER)}")
    with local_services.kafka() as running:
        assert running.bootstrap_servers.startswith(closed_port)


def test_an_address_that_does_not_answer_is_an_error_and_nothing_else_is_tried(
    monkeypatch: pytest.MonkeyPatch, closed_port: str
) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", closed_port)
    said: list[str] = []
    with pytest.raises(ServiceUnavailable) as caught, local_services.kafka(report=said.append):
        pass
    assert [way for way, _ in caught.value.tried] == ["environment"]
    assert closed_port in str(caught.value)
    assert "unset KAFKA_BOOTSTRAP_SERVERS" in str(caught.value)
    assert said == []


def test_something_else_at_the_address_is_not_taken_for_kafka(
    monkeypatch: pytest.MonkeyPatch, server: Callable[[bytes], str]
) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", server(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    with pytest.raises(ServiceUnavailable, match="not a plain Kafka listener"), local_services.kafka():
        pass


def test_a_tls_listener_is_only_connected_to(monkeypatch: pytest.MonkeyPatch, silent_server: str) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", silent_server)
    monkeypatch.setenv("KAFKA_SECURITY_PROTOCOL", "SASL_SSL")
    with local_services.kafka() as running:
        assert running.origin == "environment"


def test_where_nothing_works_the_error_names_all_three_ways(
    monkeypatch: pytest.MonkeyPatch, command: Callable[[str, str], object], tmp_path: object
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no-engine.sock")
    with pytest.raises(ServiceUnavailable) as caught, local_services.kafka():
        pass
    assert [way for way, _ in caught.value.tried] == ["environment", "docker", "jars"]
    for part in ("KAFKA_BOOTSTRAP_SERVERS is not set", "no Docker engine answers", "no java", "install a Java"):
        assert part in str(caught.value)
