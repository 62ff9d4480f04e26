"""The client that speaks is the one that the settings name."""

import sys

import pytest

from scoring.errors import SettingsError
from scoring.settings.kafka_settings import KafkaSettings
from scoring.settings.worker_settings import WorkerSettings
from worker.clients.choose import build_client


def test_kafka_python_speaks_unless_told_otherwise() -> None:
    assert type(build_client(KafkaSettings(), WorkerSettings())).__name__ == "KafkaPythonClient"


@pytest.mark.parametrize("name", ["confluent", "Confluent"])
def test_confluent_speaks_where_it_is_asked_for(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("confluent_kafka")
    monkeypatch.setenv("KAFKA_CLIENT", name)
    assert type(build_client(KafkaSettings(), WorkerSettings())).__name__ == "ConfluentClient"


def test_a_client_that_is_not_installed_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*sys.modules]:
        if name.startswith(("confluent_kafka", "worker.clients.confluent")):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "confluent_kafka", None)
    with pytest.raises(SettingsError, match=r"pip install ridescore\[fast\]"):
        build_client(KafkaSettings(client="confluent"), WorkerSettings())


def test_an_import_that_fails_for_another_reason_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*sys.modules]:
        if name.startswith("worker.clients.confluent"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "worker.clients.listener", None)
    with pytest.raises(ModuleNotFoundError, match="listener"):
        build_client(KafkaSettings(client="confluent"), WorkerSettings())
