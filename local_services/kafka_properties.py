"""The broker's properties, the same from jars and in a container: one node that is broker and controller."""

from local_services.ports import LOCALHOST

__all__ = ["CLUSTER_ID", "KAFKA_VERSION", "broker_properties"]

KAFKA_VERSION = "4.1.1"
CLUSTER_ID = "cmlkZXNjb3JlLWxvY2FsMA"


def broker_properties(port: int, controller_port: int, bind: str = LOCALHOST) -> dict[str, str]:
    """Properties of a broker that clients, and the broker itself, reach at 127.0.0.1 and this port."""
    return {
        "node.id": "1",
        "process.roles": "broker,controller",
        "controller.quorum.voters": f"1@{LOCALHOST}:{controller_port}",
        "listeners": f"PLAINTEXT://{bind}:{port},CONTROLLER://{LOCALHOST}:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://{LOCALHOST}:{port}",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAINTEXT",
        # A topic that nobody created is a mistake to be seen, not a topic with defaults.
        "auto.create.topics.enable": "false",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "4",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "group.initial.rebalance.delay.ms": "0",
        # The default takes 128 MB of the heap for compaction that a demo never sees.
        "log.cleaner.dedupe.buffer.size": "4194304",
    }
