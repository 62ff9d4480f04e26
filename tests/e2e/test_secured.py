"""The overlay of TLS and logins: who has none is refused, each login may do what it needs and no more."""

import json
import socket
import ssl
from pathlib import Path

import pytest

from scoring.errors import BrokerError
from scoring.settings.kafka_settings import KafkaSettings
from tests.e2e.conftest import Figures
from tests.e2e.stack import Stack, wait_until
from tests.e2e.topics import WORKER, Topics
from worker.clients.choose import build_client
from worker.clients.client import Outgoing

OVERLAYS = ("deploy/compose/secured.yml",)
SETTINGS = {"KAFKA_WORKER_PASSWORD": "workersWord7", "KAFKA_CLIENT_PASSWORD": "clientsWord7"}
PARTS = ("kafka", "topics", "logins", "worker")


@pytest.fixture(scope="module")
def authority(stack: Stack, figures: Figures, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stack, up; the certificate of its authority, as a client gets it."""
    figures.add(f"with TLS, logins and access rules: healthy after {stack.up(*PARTS):.0f} s")
    file = tmp_path_factory.mktemp("secured") / "ca.pem"
    stack.compose("cp", "kafka:/etc/ridescore/certificates/ca.pem", str(file))
    return file


@pytest.fixture(scope="module")
def login(authority: Path) -> dict[str, str]:
    return {
        "security_protocol": "SASL_SSL",
        "ssl_cafile": str(authority),
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_username": "client",
        "sasl_password": SETTINGS["KAFKA_CLIENT_PASSWORD"],
    }


def test_a_client_with_its_login_publishes_and_reads_what_the_worker_scored(
    stack: Stack, login: dict[str, str]
) -> None:
    topics = Topics.at(stack.port("KAFKA_PORT"), **login)
    topics.publish(500)
    wait_until("predictions", lambda: topics.verdict()["lost"] == 0)
    assert topics.verdict() == {"published": 500, "lost": 0, "doubled": 0}


@pytest.mark.parametrize("client", ["kafka-python", "confluent"])
@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"sasl_password": "wrongWord7"}, id="a wrong password"),
        pytest.param({"sasl_username": "stranger"}, id="an unknown user"),
        pytest.param({"security_protocol": "PLAINTEXT"}, id="no TLS"),
        pytest.param({"security_protocol": "SSL"}, id="no login"),
    ],
)
def test_who_does_not_log_in_is_refused(
    client: str, changed: dict[str, str], stack: Stack, login: dict[str, str]
) -> None:
    settings = {"bootstrap_servers": f"localhost:{stack.port('KAFKA_PORT')}", **login, "client": client, **changed}
    with pytest.raises(BrokerError):
        build_client(KafkaSettings(**settings), WORKER).partition_counts([WORKER.input_topic])


def test_a_client_may_not_forge_predictions(stack: Stack, login: dict[str, str]) -> None:
    writer = Topics.at(stack.port("KAFKA_PORT"), **login).client.writer()

    def forge() -> None:
        writer.write(Outgoing(WORKER.output_topic, None, b"forged", b"{}", [], None))
        writer.flush()

    with pytest.raises(BrokerError, match=r"(?i)authori[sz]"):
        forge()
    writer.close()


def test_the_listener_without_a_login_is_out_of_everybodys_reach(stack: Stack) -> None:
    script = "import socket; s = socket.socket(); s.settimeout(3); print(s.connect_ex(('kafka', {port})))"
    for port, reached in ((9094, False), (9093, False), (19092, True)):
        said = stack.compose("exec", "worker", "python3", "-c", script.format(port=port)).strip()
        assert (said == "0") is reached, f"{port}: {said}"


def test_the_certificate_names_its_hosts_and_only_kafka_reads_its_key(stack: Stack, authority: Path) -> None:
    context = ssl.create_default_context(cafile=str(authority))
    with (
        socket.create_connection(("localhost", stack.port("KAFKA_PORT")), 5) as raw,
        context.wrap_socket(raw, server_hostname="localhost") as spoken,
    ):
        names = {name for _kind, name in spoken.getpeercert()["subjectAltName"]}  # type: ignore[index,misc]
    assert {"kafka", "localhost"} <= names
    tried = stack.compose("exec", "worker", "sh", "-c", "cat /certificates/broker.pem 2>&1 || true")
    assert "Permission denied" in tried
    kept = stack.compose("exec", "kafka", "ls", "/etc/ridescore/certificates")
    assert set(kept.split()) == {"broker.pem", "ca.pem"}, "the authority's key is thrown away"


def test_making_certificates_and_logins_again_changes_nothing(stack: Stack, authority: Path) -> None:
    before = authority.read_bytes()
    for service in ("certificates", "logins"):
        stack.compose("run", "--rm", "--no-deps", service)
    assert stack.compose("exec", "kafka", "cat", "/etc/ridescore/certificates/ca.pem").encode() == before
    states = stack.states()
    assert {state for name, (state, _health, _code) in states.items() if "-worker-" in name} == {"running"}, json.dumps(
        states
    )
