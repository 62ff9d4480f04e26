"""The topics as a client outside of the stack sees them, and the judgement of what is on them."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, cycle, islice
from threading import Event, Thread

import msgspec

from scoring.prediction import Prediction
from scoring.rides.decoder import decode_ride
from scoring.scorer import Scorer
from scoring.settings.kafka_settings import KafkaSettings
from scoring.settings.worker_settings import WorkerSettings
from training import sample_rides
from worker.clients.choose import build_client
from worker.clients.client import Client, Writer
from worker.predictions_feed import FedDeadLetter, fed_dead_letter, fed_prediction, records
from worker.publisher import publish
from worker.ride_events import RideEvent, events_of_file

WORKER = WorkerSettings()


@dataclass
class Topics:
    """Publishes real rides under ids that no other publishing has, and reads what came of them.

    Attributes:
        kafka: how the broker is reached.
        published: the value of every ride event, by its id.
    """

    kafka: KafkaSettings
    published: dict[str, bytes]

    @classmethod
    def at(cls, port: int, **settings: str) -> "Topics":
        """Of a broker on this machine. The client that was told of a record's delivery never doubles it."""
        return cls(KafkaSettings(**{"bootstrap_servers": f"localhost:{port}", "client": "confluent", **settings}), {})

    @property
    def client(self) -> Client:
        return build_client(self.kafka, WORKER, lambda: None)

    def publish(self, rides: int) -> list[str]:
        """Publish real rides of the bundled March; their ids."""
        writer = self.client.writer()
        try:
            return self._publish(writer, rides)
        finally:
            writer.close()

    def _publish(self, writer: Writer, rides: int, rate: float | None = None) -> list[str]:
        source = cycle(list(events_of_file(str(sample_rides.MARCH))))
        numbers = count(len(self.published))
        events = [_named(event, f"e2e-{next(numbers)}") for event in islice(source, rides)]
        publish(writer, WORKER.input_topic, events, rate)
        self.published |= {event.key.decode(): event.value for event in events}
        return [event.key.decode() for event in events]

    def send(self, events: Iterable[RideEvent]) -> None:
        writer = self.client.writer()
        try:
            publish(writer, WORKER.input_topic, events)
        finally:
            writer.close()

    @contextmanager
    def feeding(self, rate: float) -> Iterator[None]:
        """Publish at a rate while the block runs, with one writer, as a running client has it; AssertionError where the
        broker did not take a ride."""
        writer = self.client.writer()
        stopping = Event()
        failed: list[Exception] = []

        def feed() -> None:
            while not stopping.is_set():
                try:
                    self._publish(writer, int(rate), rate)
                except Exception as error:  # noqa: BLE001  # judged by whoever stops the feeding
                    failed.append(error)
                    return

        thread = Thread(target=feed, name="feeding")
        thread.start()
        try:
            yield
        finally:
            stopping.set()
            thread.join()
            writer.close()
        assert not failed, failed

    def predictions(self) -> list[Prediction]:
        """All that were committed."""
        reader = self.client.reader(WORKER.output_topic, from_beginning=True)
        try:
            return [fed.prediction for record in records(reader, to_end=True) if (fed := fed_prediction(record))]
        finally:
            reader.close()

    def dead_letters(self) -> list[FedDeadLetter]:
        """All that were committed."""
        reader = self.client.reader(WORKER.dead_letter_topic, from_beginning=True)
        try:
            return [fed_dead_letter(record) for record in records(reader, to_end=True)]
        finally:
            reader.close()

    def lag(self) -> int:
        return sum(each.lag for each in self.client.group_offsets().values())

    def committed(self) -> dict[int, int | None]:
        """The group's next offset of each partition."""
        return {part.number: each.committed for part, each in self.client.group_offsets().items()}

    def verdict(self) -> dict[str, int]:
        """How many of the published rides have no prediction, and how many have more than one."""
        seen = Counter(each.ride_id for each in self.predictions())
        return {
            "published": len(self.published),
            "lost": sum(ride not in seen for ride in self.published),
            "doubled": sum(times > 1 for ride, times in seen.items() if ride in self.published),
        }


def expected_minutes(scorer: Scorer, value: bytes) -> float:
    """What the core makes of a ride event, in this process."""
    return scorer.score(decode_ride(value), "nowhere").duration


def unnamed(value: bytes) -> RideEvent:
    """An event as somebody else would send it: no ride id, an empty key."""
    return RideEvent(b"", value)


def _named(event: RideEvent, name: str) -> RideEvent:
    ride = {**msgspec.json.decode(event.value), "ride_id": name}
    return RideEvent(name.encode(), msgspec.json.encode(ride))
