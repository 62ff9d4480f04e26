"""One transaction: begin, send, flush, offsets, commit, in this order and no other."""

from collections.abc import Mapping, Sequence

import pytest

from scoring.errors import BrokerUnavailable, Fenced, RecordsTooLarge, TransactionLost
from worker.clients.client import Membership, Outgoing, Partition
from worker.transaction import commit_transaction

MEMBERSHIP = Membership("group", 3, "member")
OFFSETS = {Partition("rides", 0): 7}
RECORDS = [Outgoing("predictions", 0, b"k", str(number).encode(), [], None) for number in range(3)]
STEPS = ["begin", "send", "flush", "send_offsets", "commit"]


class Journal:
    """A producer that notes what it is asked, and fails at one step."""

    def __init__(self, fails_at: str = "", error: Exception | None = None) -> None:
        self._fails_at, self._error = fails_at, error
        self.steps: list[object] = []

    def _note(self, step: str, *what: object) -> None:
        self.steps.append((step, *what) if what else step)
        if step == self._fails_at:
            assert self._error is not None
            raise self._error

    def begin(self) -> None:
        self._note("begin")

    def send(self, record: Outgoing) -> None:
        self._note("send", record)

    def send_all(self, records: Sequence[Outgoing]) -> None:
        for record in records:
            self.send(record)

    def flush(self) -> None:
        self._note("flush")

    def send_offsets(self, offsets: Mapping[Partition, int], membership: Membership) -> None:
        self._note("send_offsets", offsets, membership)

    def commit(self) -> None:
        self._note("commit")

    def close(self, timeout_seconds: float) -> None:
        self._note("close", timeout_seconds)


def test_the_order_of_a_transaction() -> None:
    producer = Journal()
    commit_transaction(producer, RECORDS, OFFSETS, MEMBERSHIP)
    assert producer.steps == [
        "begin",
        ("send", RECORDS[0]),
        ("send", RECORDS[1]),
        ("send", RECORDS[2]),
        "flush",
        ("send_offsets", OFFSETS, MEMBERSHIP),
        "commit",
    ]


def test_each_phase_is_told_before_it_begins() -> None:
    producer = Journal()
    told: list[tuple[str, int]] = []
    commit_transaction(producer, RECORDS, OFFSETS, MEMBERSHIP, lambda phase: told.append((phase, len(producer.steps))))
    assert told == [("begin", 0), ("send", 1), ("flush", 4), ("offsets", 5), ("commit", 6), ("idle", 7)]


@pytest.mark.parametrize(
    "error", [TransactionLost("x"), Fenced("x"), BrokerUnavailable("x"), RecordsTooLarge(frozenset({1}))]
)
@pytest.mark.parametrize("step", STEPS)
def test_nothing_follows_an_error(step: str, error: Exception) -> None:
    producer = Journal(step, error)
    with pytest.raises(type(error)) as raised:
        commit_transaction(producer, RECORDS, OFFSETS, MEMBERSHIP)
    assert raised.value is error
    names = [each if isinstance(each, str) else each[0] for each in producer.steps]
    assert names[-1] == step
    assert list(dict.fromkeys(names)) == STEPS[: STEPS.index(step) + 1]
    assert step != "send" or names.count("send") == 1


@pytest.mark.parametrize(
    "membership",
    [Membership("group", -1, ""), Membership("group", 0, "member"), Membership("group", 5, "")],
    ids=["lost", "not yet joined", "without a name"],
)
def test_a_membership_that_may_not_commit_is_refused_before_anything_is_sent(membership: Membership) -> None:
    """Kafka takes such offsets for a commit by hand and does not fence them."""
    producer = Journal()
    with pytest.raises(TransactionLost, match=f"generation {membership.generation}"):
        commit_transaction(producer, RECORDS, OFFSETS, membership)
    assert producer.steps == []
