"""How large a topic's records may be, asked of the broker once.

librdkafka does not split a batch that the broker refuses as too large, as other clients do: all of its records fail,
and nothing says which is at fault. So batches are kept below the topic's limit; then a refused one holds one record.
"""

import logging
from collections.abc import Callable

from worker.clients.client import Outgoing
from worker.clients.confluent.configuration import BATCH_BYTES

log = logging.getLogger(__name__)

_BATCH_OVERHEAD_BYTES = 100
_RECORD_OVERHEAD_BYTES = 40
_HEADER_OVERHEAD_BYTES = 10


class TopicLimits:
    """What goes into one batch of each topic, shared by the producers of a client.

    Args:
        ask: a topic's ``max.message.bytes``; None where the broker does not tell.
    """

    def __init__(self, ask: Callable[[str], int | None]) -> None:
        self._ask = ask
        self._bytes: dict[str, int] = {}

    def batch_bytes(self, topic: str) -> int:
        """The most that a batch of a topic holds; a record that is larger by itself goes alone."""
        found = self._bytes.get(topic)
        if found is None:
            limit = self._ask(topic)
            found = BATCH_BYTES if limit is None else min(BATCH_BYTES, limit - _BATCH_OVERHEAD_BYTES)
            self._bytes[topic] = found
        return found

    def doubt(self, topic: str) -> None:
        """A batch within the limit was refused: ask again, and where nothing new is heard, send each record alone."""
        before = self._bytes.pop(topic, BATCH_BYTES)
        if self.batch_bytes(topic) >= before:
            self._bytes[topic] = 0
            log.warning(
                "records of this topic are sent one by one, as it takes less than its configuration says or this "
                "client may not read it (DESCRIBE_CONFIGS)",
                extra={"topic": topic},
            )


def largest_bytes(record: Outgoing) -> int:
    """No record takes more than this in a batch."""
    size = _RECORD_OVERHEAD_BYTES + len(record.key or b"") + len(record.value or b"")
    for name, value in record.headers:
        size += _HEADER_OVERHEAD_BYTES + 4 * len(name) + len(value or b"")
    return size
