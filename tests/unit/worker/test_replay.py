"""Replaying dead letters on the broker in memory: originals, each once, by reason."""

import itertools
from collections import Counter
from collections.abc import Iterable

import pytest

from scoring.errors import BrokerError, BrokerUnavailable, InvalidRide, ModelFailed, RidescoreError
from scoring.settings.worker_settings import WorkerSettings
from worker.clients import memory
from worker.clients.client import Outgoing, Polled, Record
from worker.clients.memory import MemoryClient, MemoryConsumer, MemoryReader
from worker.clients.memory_broker import MemoryBroker, MemoryRecord
from worker.dead_letter import Reason, Tombstone, dead_letter
from worker.predictions_feed import records
from worker.replay import Replayed, Waiting, look, replay, replay_settings

SETTINGS = WorkerSettings()
INVALID, FAILED = InvalidRide("trip_distance", "is missing"), ModelFailed("x")


@pytest.fixture
def broker() -> MemoryBroker:
    broker = MemoryBroker()
    broker.create("rides", 3)
    broker.create(SETTINGS.dead_letter_topic, 2)
    return broker


def ride(offset: int, partition: int = 1, value: bytes | None = b"{}", key: bytes | None = b"k") -> MemoryRecord:
    return MemoryRecord(
        "rides", partition, offset, 1_000 + offset, key, value, [("trace", b"t"), ("ridescore.x", b"o")]
    )


def bury(broker: MemoryBroker, letters: Iterable[tuple[MemoryRecord, RidescoreError]]) -> None:
    broker.append(dead_letter(record, error, SETTINGS.dead_letter_topic) for record, error in letters)


def run(broker: MemoryBroker, reason: Reason, *, dry_run: bool = False) -> Replayed:
    mine = replay_settings(SETTINGS, reason)
    client = MemoryClient(broker, mine.input_topic, mine.group)
    return replay(client, mine, reason, waiting(client, mine, reason), dry_run=dry_run)


def waiting(client: MemoryClient, mine: WorkerSettings, reason: Reason) -> Waiting:
    letters = records(client.reader(mine.input_topic, from_beginning=True), to_end=True)
    return look(letters, lambda _reason: client.group_offsets()).get(reason, Waiting({}, Replayed(Counter(), 0)))


class SilentConsumer(MemoryConsumer):
    """Has its partitions, and gives nothing for its first polls: a broker that is busy, or waits for a transaction."""

    silent_polls = 6

    def poll(self, timeout_seconds: float, max_records: int) -> Polled:
        if self.silent_polls:
            self.silent_polls -= 1
            return super().poll(0, 0)
        return super().poll(timeout_seconds, max_records)


class MutedConsumer(SilentConsumer):
    silent_polls = 1_000_000


def sent_back(broker: MemoryBroker) -> list[Record]:
    return MemoryReader(broker, "rides", from_beginning=True).read(0)


def test_an_original_comes_back_as_it_was(broker: MemoryBroker) -> None:
    bury(broker, [(ride(7, value=b'{"a": 1}'), INVALID)])
    assert run(broker, Reason.INVALID_RIDE).sent == {"rides": 1}
    (record,) = sent_back(broker)
    assert (record.partition, record.timestamp, record.key, record.value) == (1, 1_007, b"k", b'{"a": 1}')
    assert list(record.headers) == [("trace", b"t")]


def test_each_is_sent_once_however_often_it_is_replayed(broker: MemoryBroker) -> None:
    bury(broker, [(ride(offset), INVALID) for offset in range(5)])
    assert run(broker, Reason.INVALID_RIDE).sent == {"rides": 5}
    assert run(broker, Reason.INVALID_RIDE) == Replayed(run(broker, Reason.INVALID_RIDE).sent, 0)
    bury(broker, [(ride(9), INVALID)])
    assert run(broker, Reason.INVALID_RIDE).sent == {"rides": 1}
    assert len(sent_back(broker)) == 6


def test_a_replay_of_one_reason_leaves_the_others_for_theirs(broker: MemoryBroker) -> None:
    bury(broker, [(ride(0), INVALID), (ride(1), FAILED), (ride(2), INVALID)])
    assert run(broker, Reason.MODEL_FAILED).sent == {"rides": 1}
    assert run(broker, Reason.INVALID_RIDE).sent == {"rides": 2}
    assert len(sent_back(broker)) == 3


def test_a_dry_run_counts_and_sends_nothing(broker: MemoryBroker) -> None:
    bury(broker, [(ride(0), INVALID), (ride(1), INVALID)])
    assert run(broker, Reason.INVALID_RIDE, dry_run=True).sent == {"rides": 2}
    assert sent_back(broker) == []
    assert run(broker, Reason.INVALID_RIDE).sent == {"rides": 2}


def test_what_becomes_a_dead_letter_again_meanwhile_is_for_the_next_replay(
    broker: MemoryBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that runs meanwhile sends them back as fast as they come; the replay must end all the same."""
    append = broker.append

    def append_and_bury_again(records: Iterable[Outgoing], *commit: object) -> None:
        written = list(records)
        append(written, *commit)  # type: ignore[arg-type]
        again = [(ride(100), INVALID) for each in written if each.topic == "rides"]
        append([dead_letter(record, error, SETTINGS.dead_letter_topic) for record, error in again])

    bury(broker, [(ride(offset), INVALID) for offset in range(3)])
    monkeypatch.setattr(broker, "append", append_and_bury_again)
    assert run(broker, Reason.INVALID_RIDE).sent == {"rides": 3}


def test_a_tombstone_comes_back_as_one_and_one_without_a_key_is_left(broker: MemoryBroker) -> None:
    bury(broker, [(ride(0, value=None), Tombstone("x")), (ride(1, value=None, key=None), Tombstone("x"))])
    replayed = run(broker, Reason.TOMBSTONE)
    assert (replayed.sent, replayed.left) == ({"rides": 1}, 1)
    assert [record.value for record in sent_back(broker)] == [None]


def test_a_topic_that_is_gone_is_named_and_nothing_is_committed(broker: MemoryBroker) -> None:
    bury(broker, [(ride(0), INVALID)])
    broker.delete("rides")
    with pytest.raises(BrokerError, match="there is no topic rides to send rides back to"):
        run(broker, Reason.INVALID_RIDE)
    broker.create("rides", 1)  # fewer partitions than it had: the key decides
    assert run(broker, Reason.INVALID_RIDE).sent == {"rides": 1}


def test_a_consumer_that_is_silent_for_a_while_is_not_taken_for_the_end(
    broker: MemoryBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "MemoryConsumer", SilentConsumer)
    bury(broker, [(ride(offset), INVALID) for offset in range(5)])
    assert run(broker, Reason.INVALID_RIDE).sent == {"rides": 5}


def test_a_silence_without_end_is_an_error_that_says_what_to_do(
    broker: MemoryBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "MemoryConsumer", MutedConsumer)
    bury(broker, [(ride(0), INVALID)])
    mine = replay_settings(SETTINGS, Reason.INVALID_RIDE)
    client = MemoryClient(broker, mine.input_topic, mine.group)
    ticks = itertools.count(0.0, 10.0)
    found = waiting(client, mine, Reason.INVALID_RIDE)
    with pytest.raises(BrokerUnavailable, match=r"no dead letter came for 90 s.*run the replay again"):
        replay(client, mine, Reason.INVALID_RIDE, found, dry_run=False, clock=lambda: next(ticks))


def test_what_another_replay_sends_back_meanwhile_is_not_waited_for(
    broker: MemoryBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Overtaken(MutedConsumer):
        def poll(self, timeout_seconds: float, max_records: int) -> Polled:
            polled = super().poll(timeout_seconds, max_records)
            for partition in self.assignment():
                broker.commit(polled.membership, {partition: broker.end(partition)})
            return polled

    monkeypatch.setattr(memory, "MemoryConsumer", Overtaken)
    bury(broker, [(ride(0), INVALID)])
    assert run(broker, Reason.INVALID_RIDE).sent == {}
    assert sent_back(broker) == []


def test_one_look_tells_what_waits_of_each_reason(broker: MemoryBroker) -> None:
    bury(broker, [(ride(0), INVALID), (ride(1), FAILED), (ride(2), INVALID)])
    assert run(broker, Reason.MODEL_FAILED).sent == {"rides": 1}
    bury(broker, [(ride(3), FAILED)])
    settings = {each: replay_settings(SETTINGS, each) for each in Reason}
    clients = {each: MemoryClient(broker, mine.input_topic, mine.group) for each, mine in settings.items()}
    letters = list(
        records(clients[Reason.INVALID_RIDE].reader(SETTINGS.dead_letter_topic, from_beginning=True), to_end=True)
    )
    asked: list[Reason] = []
    once = iter(letters)

    found = look(once, lambda each: asked.append(each) or clients[each].group_offsets())
    assert {each: what.counted.sent for each, what in found.items()} == {
        Reason.INVALID_RIDE: {"rides": 2},
        Reason.MODEL_FAILED: {"rides": 1},
    }
    assert sorted(asked) == sorted(found), "groups of reasons that are not there are not asked for: it needs a right"
