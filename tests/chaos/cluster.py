"""Three KRaft nodes on this machine, each a broker and a controller, built of local_services' single one."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from local_services import KafkaProcess
from local_services.java import find_java
from local_services.kafka_jars import kafka_jars
from local_services.ports import LOCALHOST, free_port

_NODES = (1, 2, 3)
_START_SECONDS = 240.0
_REPLICATED = {
    "offsets.topic.replication.factor": "3",
    "transaction.state.log.replication.factor": "3",
    "transaction.state.log.min.isr": "2",
    "default.replication.factor": "3",
    "min.insync.replicas": "2",
    # A dead leader is noticed when its session is over; the default, 9 s, is long to wait. See KafkaProcess.
    "broker.session.timeout.ms": "4000",
    "broker.heartbeat.interval.ms": "500",
    "controller.quorum.election.timeout.ms": "1000",
    "controller.quorum.fetch.timeout.ms": "2000",
}


class Cluster:
    """Nodes by their number.

    Attributes:
        nodes: 1, 2 and 3.
    """

    def __init__(self, nodes: Mapping[int, KafkaProcess]) -> None:
        self.nodes = nodes

    @classmethod
    @contextmanager
    def temporary(cls, properties: Mapping[str, str], java_options: Sequence[str] = ()) -> Iterator["Cluster"]:
        """Started nodes; at the end they are stopped and their folders removed."""
        java, jars = find_java(), kafka_jars(lambda _line: None)
        ports = _ports(2 * len(_NODES))
        clients, controllers = dict(zip(_NODES, ports, strict=False)), dict(zip(_NODES, ports[3:], strict=True))
        voters = ",".join(f"{node}@{LOCALHOST}:{port}" for node, port in controllers.items())
        with tempfile.TemporaryDirectory(prefix="ridescore-cluster-", ignore_cleanup_errors=True) as folder:
            nodes = {}
            for node in _NODES:
                own = Path(folder, f"node-{node}")
                own.mkdir()
                listeners = f"PLAINTEXT://{LOCALHOST}:{clients[node]},CONTROLLER://{LOCALHOST}:{controllers[node]}"
                nodes[node] = KafkaProcess(
                    java,
                    jars,
                    own,
                    {
                        **properties,
                        **_REPLICATED,
                        "node.id": str(node),
                        "controller.quorum.voters": voters,
                        "listeners": listeners,
                        "advertised.listeners": f"PLAINTEXT://{LOCALHOST}:{clients[node]}",
                    },
                    java_options,
                )
                nodes[node].port = clients[node]
            cluster = cls(nodes)
            try:
                cluster.start()
                yield cluster
            finally:
                cluster._stop()

    @property
    def servers(self) -> str:
        """All nodes, separated by commas."""
        return ",".join(node.bootstrap_servers for node in self.nodes.values())

    def start(self) -> None:
        """Start all nodes that do not run, together: none is ready before a majority is there."""
        with ThreadPoolExecutor(len(self.nodes)) as pool:
            list(pool.map(lambda node: node.start(_START_SECONDS), self.nodes.values()))

    def _stop(self) -> None:
        # A node that is told to stop first hands its leaderships over, which the last ones cannot.
        for node in self.nodes.values():
            node.kill()


def _ports(count: int) -> list[int]:
    ports: list[int] = []
    while len(ports) < count:
        port = free_port()
        if port not in ports:
            ports.append(port)
    return ports
