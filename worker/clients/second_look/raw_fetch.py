"""Fetching a partition's bytes as the broker keeps them, over the connection of a kafka-python consumer.

kafka-python gives parsed records only; its request classes and its connections are public in all but name, and what is
used of them is in this file.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import kafka.errors as theirs
from kafka import TopicPartition
from kafka.protocol.consumer import FetchRequest

from scoring.errors import BrokerUnavailable
from worker.clients.client import Partition

_ANSWER_MS: Final = 15_000
_READ_COMMITTED: Final = 1
_NO_SESSION: Final = -1
_LOWEST_VERSION, _HIGHEST_VERSION = 4, 12  # with transactions; before topics went by their ids

_Topic = FetchRequest.FetchTopic


@dataclass(frozen=True)
class Fetched:
    """What a broker holds from an offset on.

    Attributes:
        content: record batches; the first is whole, the last may be cut off.
        aborted: of transactions among them, whose they are and where each begins.
        end: the last stable offset, before which nothing is undecided.
    """

    content: bytes
    aborted: tuple[tuple[int, int], ...]
    end: int


Fetch = Callable[[Partition, int, int], Fetched]


class RawFetch:
    """Fetches; called with partition, offset and bytes at most.

    Args:
        consumer: a kafka-python consumer that is connected.
    """

    def __init__(self, consumer: Any) -> None:
        self._consumer = consumer

    def __call__(self, partition: Partition, offset: int, max_bytes: int) -> Fetched:
        """Fetch from the partition's leader; BrokerUnavailable where it gives no answer, or an error."""
        manager = self._consumer._client._manager
        try:
            leader = manager.cluster.leader_for_partition(TopicPartition(*partition))
            if leader is None or leader < 0:
                self._consumer.partitions_for_topic(partition.topic)  # asks the brokers
                leader = manager.cluster.leader_for_partition(TopicPartition(*partition))
            if leader is None or leader < 0:
                raise theirs.LeaderNotAvailableError(f"{partition.topic}-{partition.number} has no leader")
            request = _request(partition, offset, max_bytes)

            async def ask() -> Any:
                return await manager.wait_for(manager.send(request, node_id=leader), _ANSWER_MS)

            answer = manager.run(ask)
            (topic,) = answer.responses
            (found,) = topic.partitions
            if found.error_code:
                manager.cluster.request_update()  # it may have moved
                raise theirs.for_code(found.error_code)()
        except (theirs.KafkaError, OSError, ValueError) as error:
            place = f"{partition.topic}-{partition.number} from offset {offset}"
            raise BrokerUnavailable(f"could not fetch {place} again: {error}") from error
        aborted = tuple((each.producer_id, each.first_offset) for each in found.aborted_transactions or ())
        return Fetched(bytes(found.records or b""), aborted, found.last_stable_offset)


def _request(partition: Partition, offset: int, max_bytes: int) -> Any:
    wanted = _Topic.FetchPartition(
        partition=partition.number,
        current_leader_epoch=-1,
        fetch_offset=offset,
        last_fetched_epoch=-1,
        partition_max_bytes=max_bytes,
    )
    return FetchRequest(
        max_wait_ms=0,
        min_bytes=0,
        max_bytes=max_bytes,
        isolation_level=_READ_COMMITTED,
        session_id=0,
        session_epoch=_NO_SESSION,
        topics=[_Topic(topic=partition.topic, partitions=[wanted])],
        forgotten_topics_data=[],
        rack_id="",
        min_version=_LOWEST_VERSION,
        max_version=_HIGHEST_VERSION,
    )
