"""A Kafka for a demo or the tests: of the environment, of Docker, or of its own jars.

Asks in that order and stops at the end what it started, never what it found.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from local_services.container import running_container
from local_services.errors import AddressUnanswered, WayFailed
from local_services.kafka_probe import broker_answers, broker_is_ready, port_opens
from local_services.kafka_process import KafkaProcess
from local_services.kafka_properties import CLUSTER_ID, KAFKA_VERSION, broker_properties
from local_services.ports import LOCALHOST, free_port
from local_services.ways import Report, chosen_ways, first_working, say_nothing

__all__ = ["KAFKA_WAYS", "RunningKafka", "kafka"]

KAFKA_WAYS = ("environment", "docker", "jars")
_ADDRESS = "KAFKA_BOOTSTRAP_SERVERS"
_IMAGE = f"apache/kafka:{KAFKA_VERSION}"
_CONTROLLER_PORT = 9093
_ENVIRONMENT_SECONDS = 5.0
_PROBE_SECONDS = 1.0


@dataclass(frozen=True)
class RunningKafka:
    """A Kafka that answers.

    Attributes:
        bootstrap_servers: ``host:port``, several by commas where the environment names several.
        origin: ``environment``, ``docker`` or ``jars``.
        description: the same for a person, with the address.
    """

    bootstrap_servers: str
    origin: str
    description: str


def kafka(ways: Sequence[str] | None = None, report: Report | None = None) -> AbstractContextManager[RunningKafka]:
    """A Kafka for the length of a ``with``; `report` takes one line for each step.

    `ways` limits or reorders the search (``environment``, ``docker``, ``jars``); without it RIDESCORE_SERVICES may
    name one. Raises ServiceUnavailable where no way works, and where KAFKA_BOOTSTRAP_SERVERS is set but does not
    answer.
    """
    openers = {"environment": _from_environment, "docker": _from_docker, "jars": _from_jars}
    return first_working("Kafka", openers, chosen_ways(KAFKA_WAYS, ways), report or say_nothing)


@contextmanager
def _from_environment(report: Report) -> Iterator[RunningKafka]:
    servers = os.environ.get(_ADDRESS, "").strip()
    if not servers:
        raise WayFailed(f"{_ADDRESS} is not set", f"set {_ADDRESS} to host:port of a Kafka")
    check = port_opens if "SSL" in _transport() else broker_answers
    problems = []
    for server in servers.split(","):
        try:
            check(server, _ENVIRONMENT_SECONDS)
        except OSError as error:
            problems.append(f"{server.strip()}: {error}")
        else:
            break
    else:
        raise AddressUnanswered(
            f"{_ADDRESS} is set but no broker answers ({'; '.join(problems)})",
            f"start that Kafka, mend the address, or unset {_ADDRESS} to have one started here",
        )
    report(f"using the Kafka at {servers}, from {_ADDRESS}")
    yield RunningKafka(servers, "environment", f"Kafka at {servers}, from {_ADDRESS}")


def _transport() -> str:
    """``SSL`` where the listener speaks TLS, whose handshake a plain request would only disturb."""
    protocol = os.environ.get("KAFKA_SECURITY_PROTOCOL", "").strip().upper()
    return "SSL" if protocol in {"SSL", "SASL_SSL"} else "PLAINTEXT"


@contextmanager
def _from_docker(report: Report) -> Iterator[RunningKafka]:
    port = free_port()
    # The same port inside: the broker reaches itself, for transactions, at the address it advertises to us.
    properties = broker_properties(port, _CONTROLLER_PORT, bind="0.0.0.0")  # noqa: S104 - inside the container
    environment = {f"KAFKA_{name.upper().replace('.', '_')}": value for name, value in properties.items()}
    environment |= {"CLUSTER_ID": CLUSTER_ID, "KAFKA_HEAP_OPTS": "-Xms128m -Xmx512m"}
    server = f"{LOCALHOST}:{port}"
    with running_container(_IMAGE, {port: port}, environment, lambda: broker_is_ready(server, _PROBE_SECONDS), report):
        yield RunningKafka(server, "docker", f"Kafka {KAFKA_VERSION} in Docker at {server}")


@contextmanager
def _from_jars(report: Report) -> Iterator[RunningKafka]:
    with KafkaProcess.temporary(report) as broker:
        server = broker.bootstrap_servers
        yield RunningKafka(server, "jars", f"Kafka {KAFKA_VERSION} from its jars at {server}")
