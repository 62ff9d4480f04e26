"""Where a fault happens: a broker, a broker behind a proxy, one on a small disk, or three nodes."""

import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from local_services import KafkaProcess
from local_services.java import find_java
from local_services.kafka_jars import kafka_jars
from local_services.ports import LOCALHOST, free_port
from tests.chaos.cluster import Cluster
from tests.chaos.proxy import Proxy
from tests.chaos.small_disk import SmallDisk

# The broker's own defaults wait longer than a suite of faults can: sessions of 6 s at least, and a look every 10 s for
# transactions that have timed out.
PROPERTIES = {
    "group.min.session.timeout.ms": "1000",
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "500",
}
# Brokers here live for a minute or two: what the second compiler does for them costs more than it saves.
JAVA_OPTIONS = ("-XX:TieredStopAtLevel=1",)


class CannotBeMade(Exception):
    """This machine cannot have the place; the fault is skipped with this reason."""


@dataclass(frozen=True)
class Place:
    """A running Kafka.

    Attributes:
        servers: for workers.
        direct: for the checker; the same unless faults stand between.
        replication: of topics.
        broker: where it is one.
    """

    servers: str
    direct: str
    replication: int = 1
    broker: KafkaProcess | None = None
    proxy: Proxy | None = None
    cluster: Cluster | None = None
    disk: SmallDisk | None = None

    def restore(self) -> None:
        """Make it whole again for the next client, whatever the last one's fault has left."""
        if self.proxy is not None:
            self.proxy.restore()
        if self.cluster is not None:
            self.cluster.start()
        if self.broker is not None:
            self.broker.start()


OpenPlace = Callable[[], AbstractContextManager[Place]]


@contextmanager
def own_broker(properties: Mapping[str, str] | None = None) -> Iterator[Place]:
    """A broker that the fault may hurt."""
    with KafkaProcess.temporary(properties={**PROPERTIES, **(properties or {})}, java_options=JAVA_OPTIONS) as broker:
        yield Place(broker.bootstrap_servers, broker.bootstrap_servers, broker=broker)


@contextmanager
def authorizing_broker() -> Iterator[Place]:
    """A broker that heeds access rules, of which there are none yet."""
    properties = {
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "allow.everyone.if.no.acl.found": "true",
    }
    with own_broker(properties) as place:
        yield place


@contextmanager
def proxied_broker() -> Iterator[Place]:
    """A broker whose workers' listener is told to them as the proxy's address; it reaches itself by another."""
    port = free_port()
    inner, controller = free_port(other_than=port), free_port(other_than=port)
    proxy = Proxy(port)
    properties = {
        **PROPERTIES,
        "controller.quorum.voters": f"1@{LOCALHOST}:{controller}",
        "listeners": (
            f"PLAINTEXT://{LOCALHOST}:{inner},WORKERS://{LOCALHOST}:{port},CONTROLLER://{LOCALHOST}:{controller}"
        ),
        "advertised.listeners": f"PLAINTEXT://{LOCALHOST}:{inner},WORKERS://{LOCALHOST}:{proxy.port}",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,WORKERS:PLAINTEXT",
    }
    with ExitStack() as stack:
        stack.callback(proxy.close)
        broker = _broker_in(_folder(stack), properties)
        broker.port = inner
        stack.callback(broker.stop)
        broker.start()
        yield Place(f"{LOCALHOST}:{proxy.port}", broker.bootstrap_servers, broker=broker, proxy=proxy)


@contextmanager
def three_nodes() -> Iterator[Place]:
    """Three nodes; everything has three copies, two of which must have a record before it counts as written."""
    with Cluster.temporary(PROPERTIES, JAVA_OPTIONS) as cluster:
        yield Place(cluster.servers, cluster.servers, replication=3, cluster=cluster)


@contextmanager
def broker_on_small_disk() -> Iterator[Place]:
    """A broker whose records are on a file system of their own, small enough to be filled."""
    with ExitStack() as stack:
        folder = _folder(stack)
        records = folder / "records"  # where such a broker keeps them
        records.mkdir()
        try:
            disk = stack.enter_context(SmallDisk.mounted(records))
        except (OSError, subprocess.CalledProcessError) as error:
            raise CannotBeMade(f"no tmpfs can be mounted here ({error})") from error
        broker = _broker_in(folder, PROPERTIES)
        stack.callback(broker.stop)
        broker.start()
        yield Place(broker.bootstrap_servers, broker.bootstrap_servers, broker=broker, disk=disk)


def _folder(stack: ExitStack) -> Path:
    return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ridescore-kafka-", ignore_cleanup_errors=True)))


def _broker_in(folder: Path, properties: Mapping[str, str]) -> KafkaProcess:
    return KafkaProcess(find_java(), kafka_jars(lambda _line: None), folder, properties, JAVA_OPTIONS)
