"""Real workers on both clients, among records that their clients cannot parse, killed in their midst: each ride comes
out exactly once, those at fault as dead letters that say why.
"""

from collections.abc import Callable
from signal import SIGKILL, SIGTERM
from typing import Any

import pytest
from kafka import KafkaProducer

from tests.raw_names import RawName

Site = Any


@pytest.mark.kafka
@pytest.mark.parametrize("client", ["kafka-python", "confluent"])
def test_unreadable_records_become_dead_letters_and_no_other_ride_suffers(
    client: str, site: Callable[..., Site]
) -> None:
    here = site(KAFKA_CLIENT=client, WORKER_BATCH_RIDES="50")
    records = here.mixed(1_500)
    unreadable = set(range(0, 1_500, 37))
    for place in unreadable:
        if records[place]["value"] is None:
            continue
        headers = records[place]["headers"]
        headers[0] = ("kind", b"undecodable")
        headers.append((RawName("caf\udce9"), b"kept"))
    publish(here, records)
    for _ in range(2):
        worker = here.worker()
        before, _end = here.committed()
        here.wait_for_commits(lambda committed, end, before=before: committed > before + 100 or committed == end)
        worker.stop(SIGKILL)
    last = here.worker()
    here.wait_for_all()
    assert last.stop(SIGTERM) == 0
    judge(here, records)


def publish(here: Site, records: list[dict[str, Any]]) -> None:
    producer = KafkaProducer(bootstrap_servers=here.servers, acks="all", linger_ms=200)
    futures = [producer.send(here.rides, **record) for record in records]
    producer.flush(60)
    producer.close()
    assert all(future.succeeded() for future in futures)


def judge(here: Site, records: list[dict[str, Any]]) -> None:
    """The rides' topic cannot be read back by a plain consumer: what was sent says where each stands."""
    expected = {}
    ends = [0, 0, 0]
    for record in records:
        number = record["partition"]
        expected[f"{here.rides}-{number}-{ends[number]}"] = record
        ends[number] += 1
    found: dict[str, Any] = {}
    last: dict[tuple[str, int], int] = {}
    for topic in (here.predictions, here.letters):
        for out in here.read(topic):
            names = {name: (value or b"").decode() for name, value in out.headers}
            place = [names.get(f"__connect.errors.{name}", "") for name in ("topic", "partition", "offset")]
            source = names.get("ridescore.source") or "-".join(place)
            assert source not in found, f"{source} came out twice"
            found[source] = (topic, out, names)
            if topic == here.predictions:
                _topic, number, offset = source.rsplit("-", 2)
                assert last.get((number, out.partition), -1) < int(offset)
                last[number, out.partition] = int(offset)
    assert found.keys() == expected.keys()
    for source, record in expected.items():
        topic, out, names = found[source]
        kind = dict(record["headers"])["kind"].decode()
        assert names.get("ridescore.reason", "valid") == kind, source
        assert (out.key, out.timestamp) == (record["key"], record["timestamp_ms"])
        if len(record["headers"]) == 4:
            assert topic == here.letters
            assert out.value == record["value"]
            assert ("caf\\xe9", b"kept") in out.headers
            assert "is not UTF-8" in names["__connect.errors.exception.message"]
            assert names["__connect.errors.exception.class.name"] == "UnreadableRecord"
            assert names["__connect.errors.stage"] == "KAFKA_CONSUME"
