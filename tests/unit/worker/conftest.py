"""Records, scorers, and a client on the broker in memory whose producers and polls fail as a test tells them."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

import worker.worker as loop
from scoring.metrics import Metrics
from scoring.models.model import Model
from scoring.scorer import Scorer
from scoring.scorer_source import FixedScorer, ScorerSource
from scoring.settings.worker_settings import WorkerSettings
from worker.batch import Batch
from worker.clients.client import Consumer, Membership, Outgoing, Partition, Polled, Producer, Record, TopicPlan
from worker.clients.memory import MemoryClient
from worker.clients.memory_broker import MemoryBroker, MemoryRecord
from worker.state import WorkerState
from worker.watchdog import Watchdog

_WAIT_SECONDS = 20.0
MOMENT = datetime(2026, 11, 22, 14, 30, 5, tzinfo=UTC)

Failure = tuple[str, Exception]


@pytest.fixture(scope="session", autouse=True)
def no_pauses() -> Iterator[None]:
    """The worker's pauses are made for brokers that need time; the one in memory needs none."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "_FIRST_PAUSE_SECONDS", 0.001)
        patch.setattr(loop, "_LONGEST_PAUSE_SECONDS", 0.002)
        patch.setattr(loop, "_IDLE_SECONDS", 0.01)
        yield


@pytest.fixture(scope="session")
def ride_json() -> Callable[..., bytes]:
    """A ride's JSON: ``ride_json(ride_id="a", trip_distance=2.5)``."""

    def make(**fields: Any) -> bytes:
        return json.dumps({"PULocationID": 43, "DOLocationID": 151, "trip_distance": 1.8, **fields}).encode()

    return make


@pytest.fixture(scope="session")
def record(ride_json: Callable[..., bytes]) -> Callable[..., MemoryRecord]:
    """A record of rides-3 at offset 1042, or with any field otherwise."""

    def make(**fields: Any) -> MemoryRecord:
        usual = {
            "topic": "rides",
            "partition": 3,
            "offset": 1042,
            "timestamp": 1_600_000_000_000,
            "key": b"a key",
            "value": ride_json(),
            "headers": [],
        }
        return MemoryRecord(**(usual | fields))

    return make


@pytest.fixture(scope="session")
def batch_of() -> Callable[..., Batch]:
    """A batch of these records, read by a member in good standing."""

    def make(*records: MemoryRecord) -> Batch:
        return Batch(list(records), Membership("group", 1, "member"))

    return make


@pytest.fixture(scope="session")
def scorer(trained_model: Model) -> Scorer:
    """Scores with the small model, as version ``v1``, at one moment."""
    return Scorer(trained_model, "v1", lambda: MOMENT)


class WatchedProducer:
    """Notes every call; raises once where it is told to, and then refuses to be used again."""

    def __init__(self, inner: Producer, number: int, failure: Failure | None, calls: list[tuple[Any, ...]]) -> None:
        self._inner, self._number, self._failure, self._calls = inner, number, failure, calls
        self.failed = False
        self.closed = False

    def _step(self, name: str) -> None:
        assert not self.failed, f"{name} on a producer that has failed"
        assert not self.closed, f"{name} on a producer that is closed"
        self._calls.append(("producer", self._number, name))
        if self._failure is not None and self._failure[0] == name:
            self.failed = True
            raise self._failure[1]

    def begin(self) -> None:
        self._step("begin")
        self._inner.begin()

    def send(self, record: Outgoing) -> None:
        self._step("send")
        self._inner.send(record)

    def send_all(self, records: Sequence[Outgoing]) -> None:
        for record in records:
            self.send(record)

    def flush(self) -> None:
        self._step("flush")
        self._inner.flush()

    def send_offsets(self, offsets: Mapping[Partition, int], membership: Membership) -> None:
        self._step("send_offsets")
        self._inner.send_offsets(offsets, membership)

    def commit(self) -> None:
        self._step("commit")
        self._inner.commit()
        if self._failure is not None and self._failure[0] == "committed":  # it happened, and its answer got lost
            self.failed = True
            raise self._failure[1]

    def close(self, timeout_seconds: float) -> None:
        self._calls.append(("producer", self._number, "close"))
        self.closed = True
        self._inner.close(timeout_seconds)


class WatchedConsumer:
    """Notes polls, seeks and rewinds; raises at polls where it is told to."""

    def __init__(self, inner: Consumer, failures: Iterator[Exception | None], calls: list[tuple[Any, ...]]) -> None:
        self._inner, self._failures, self._calls = inner, failures, calls

    def poll(self, timeout_seconds: float, max_records: int) -> Polled:
        self._calls.append(("consumer", "poll"))
        error = next(self._failures, None)
        if error is not None:
            raise error
        return self._inner.poll(timeout_seconds, max_records)

    def seek(self, positions: Mapping[Partition, int]) -> None:
        self._calls.append(("consumer", "seek", dict(positions)))
        self._inner.seek(positions)

    def rewind(self) -> None:
        self._calls.append(("consumer", "rewind"))
        self._inner.rewind()

    def assignment(self) -> frozenset[Partition]:
        return self._inner.assignment()

    def end_offsets(self, partitions: Collection[Partition]) -> Mapping[Partition, int]:
        return self._inner.end_offsets(partitions)

    def close(self, timeout_seconds: float) -> None:
        self._calls.append(("consumer", "close"))
        self._inner.close(timeout_seconds)


class WatchedClient(MemoryClient):
    """Each failure goes to one producer, ``("create", error)`` to its making; producers after the last one work."""

    def __init__(
        self,
        broker: MemoryBroker,
        settings: WorkerSettings,
        producer_failures: Collection[Failure | None] = (),
        poll_failures: Collection[Exception | None] = (),
    ) -> None:
        super().__init__(broker, settings.input_topic, settings.group)
        self.calls: list[tuple[Any, ...]] = []
        self.producers: list[WatchedProducer] = []
        self._producer_failures = iter(producer_failures)
        self._poll_failures = iter(poll_failures)

    def consumer(self, instance: str = "") -> WatchedConsumer:
        return WatchedConsumer(super().consumer(instance), self._poll_failures, self.calls)

    def producer(self, transactional_id: str) -> WatchedProducer:
        failure = next(self._producer_failures, None)
        if failure is not None and failure[0] == "create":
            raise failure[1]
        producer = WatchedProducer(super().producer(transactional_id), len(self.producers), failure, self.calls)
        self.producers.append(producer)
        return producer


class Site:
    """Rides on a broker in memory, and workers that score them.

    Attributes:
        broker: with the three topics, three partitions each.
        settings: batches of seven rides, closed at once.
        metrics: of the last worker.
        state: of the last worker.
    """

    def __init__(self, scorer: Scorer, **settings: Any) -> None:
        usual = {"batch_rides": 7, "batch_seconds": 0.0, "group": "group"}
        self.settings = WorkerSettings(**(usual | settings))
        self.broker = MemoryBroker()
        self.client = WatchedClient(self.broker, self.settings)
        self.client.create_topics(
            TopicPlan(topic, 3, 1, {})
            for topic in (self.settings.input_topic, self.settings.output_topic, self.settings.dead_letter_topic)
        )
        self.metrics = Metrics(CollectorRegistry())
        self.state = WorkerState(slow_seconds=60)
        self.scorers: ScorerSource = FixedScorer(scorer)

    def publish(self, *values: bytes | None, headers: list[tuple[str, bytes]] | None = None) -> None:
        """Write rides to the partitions in turn, keyed by their number."""
        writer = self.client.writer()
        for number, value in enumerate(values):
            key = str(number).encode()
            writer.write(Outgoing(self.settings.input_topic, number % 3, key, value, headers or [], 1_000 + number))

    def worker(
        self, producer_failures: Collection[Failure | None] = (), poll_failures: Collection[Exception | None] = ()
    ) -> loop.Worker:
        """A new worker of one slot; its client is kept in `client`."""
        self.client = WatchedClient(self.broker, self.settings, producer_failures, poll_failures)
        self.metrics = Metrics(CollectorRegistry())
        self.state = WorkerState(slow_seconds=60)
        watchdog = Watchdog({})
        return loop.Worker(self.client, self.scorers, self.settings, "slot", self.metrics, self.state, watchdog)

    def run(self, worker: loop.Worker, rides: int) -> loop.Totals:
        """Run a worker until it has committed that many rides."""
        late = threading.Timer(_WAIT_SECONDS, worker.stop)
        late.start()

        def stop_when_done(totals: loop.Totals) -> None:
            if totals.predictions + totals.dead_letters >= rides:
                worker.stop()

        try:
            worker.run(stop_when_done)
        finally:
            late.cancel()
        totals = worker.totals
        assert totals.predictions + totals.dead_letters == rides, "the worker did not come to the end in time"
        return totals

    def written(self, topic: str) -> list[Record]:
        """Everything on a topic."""
        reader = self.client.reader(topic, from_beginning=True)
        return [] if reader.at_end() else reader.read(0)

    def sources(self) -> Counter[str]:
        """Where the rides of all predictions and dead letters were, each as often as it came out."""
        found: Counter[str] = Counter()
        for record in self.written(self.settings.output_topic):
            found[dict(record.headers)["ridescore.source"].decode()] += 1
        for record in self.written(self.settings.dead_letter_topic):
            headers = {name: value.decode() for name, value in record.headers}
            parts = (headers[f"__connect.errors.{name}"] for name in ("topic", "partition", "offset"))
            found["-".join(parts)] += 1
        return found

    def rides(self) -> Counter[str]:
        """Where every ride is, each once: what `sources` must be."""
        records = self.written(self.settings.input_topic)
        return Counter(f"{each.topic}-{each.partition}-{each.offset}" for each in records)


@pytest.fixture
def site(scorer: Scorer) -> Site:
    """A broker in memory with the three topics."""
    return Site(scorer)


@pytest.fixture(scope="session")
def new_site(scorer: Scorer) -> Callable[..., Site]:
    """Make one, with other settings or for each example of a property."""

    def make(other: Scorer = scorer, **settings: Any) -> Site:
        return Site(other, **settings)

    return make
