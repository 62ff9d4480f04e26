"""One transaction: begin, send, flush, offsets, commit, in this order and no other.

Offsets are sent only after every record has been acknowledged: kafka-python would commit the offsets of a record that
timed out. Whatever goes wrong, the caller closes the producer and never uses it again.
"""

from collections.abc import Callable, Mapping, Sequence

from scoring.errors import TransactionLost
from worker.clients.client import Membership, Outgoing, Partition, Producer


def commit_transaction(
    producer: Producer,
    outgoing: Sequence[Outgoing],
    next_offsets: Mapping[Partition, int],
    membership: Membership,
    reached: Callable[[str], None] = lambda _phase: None,
) -> None:
    """Write records and offsets together.

    Args:
        producer: idle.
        outgoing: the records.
        next_offsets: what the group reads next.
        membership: under which the input was read.
        reached: is told of each phase before it begins, for a watchdog.

    Raises:
        TransactionLost: it did not commit, or nobody can tell; read on from what the group has committed.
        RecordsTooLarge: it did not commit, and those records will never be taken.
        Fenced: another process uses this slot.
    """
    if not membership.joined:
        raise TransactionLost(f"the consumer had left the group when it read (generation {membership.generation})")
    reached("begin")
    producer.begin()
    reached("send")
    producer.send_all(outgoing)
    reached("flush")
    producer.flush()
    reached("offsets")
    producer.send_offsets(next_offsets, membership)
    reached("commit")
    producer.commit()
    reached("idle")
