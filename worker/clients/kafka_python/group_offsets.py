"""How far the worker's group has come, asked of the broker without joining the group."""

from typing import Any

from kafka import KafkaConsumer, TopicPartition

from worker.clients.client import GroupOffset, Partition
from worker.clients.kafka_python.errors import reaching


def read_group_offsets(topic: str, servers: str, options: dict[str, Any]) -> dict[Partition, GroupOffset]:
    """Committed and end offsets of each partition of a topic; none where there is no such topic.

    Args:
        topic: whose.
        servers: for messages.
        options: kafka-python's, with the group.

    Raises:
        BrokerUnavailable: no broker answered.
    """
    with reaching(servers, f"read the offsets of {topic}"):
        consumer = KafkaConsumer(**options)
        try:
            partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
            consumer.assign(partitions)
            ends = consumer.end_offsets(partitions)
            return {
                Partition(topic, each.partition): GroupOffset(consumer.committed(each), ends[each])
                for each in sorted(partitions)
            }
        finally:
            consumer.close(autocommit=False, timeout_ms=2_000)
