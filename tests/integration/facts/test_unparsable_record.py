"""Fact: a record that kafka-python cannot parse makes `poll` raise once, and then never return.

A header name that is not UTF-8, which no broker refuses, or a batch whose checksum is wrong: kafka-python takes the
rest of what it gave up for records about to come, and asks it for some again and again, within one call, past every
timeout. librdkafka gives a record without any of its headers, and for a broken batch the same error again and again.
So our clients look again (ADR 0013): each record at fault becomes a dead letter, and every other record is scored.
"""

import struct
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaProducer

from local_services import KafkaProcess
from scoring.settings.kafka_settings import KafkaSettings
from scoring.settings.worker_settings import WorkerSettings
from tests.chaos.proxy import Proxy
from tests.raw_names import RawName
from worker.clients.client import Place, TopicPlan, all_records
from worker.clients.confluent.client import ConfluentClient
from worker.clients.kafka_python.client import KafkaPythonClient

NEWER = "kafka-python has changed: its poll comes back after a record that it cannot parse"
POLLS_FOR_EVER = """
import sys
from kafka import KafkaConsumer, TopicPartition
servers, topic = sys.argv[1:]
consumer = KafkaConsumer(bootstrap_servers=servers, group_id=None, enable_auto_commit=False)
partition = TopicPartition(topic, 0)
consumer.assign([partition])
consumer.seek_to_beginning(partition)
while True:
    try:
        offsets = [record.offset for part in consumer.poll(timeout_ms=500).values() for record in part]
        if offsets:
            print("offsets", *offsets)
        elif consumer.position(partition) > 3:
            print("passed")
    except Exception as error:
        print(type(error).__name__)
"""
SECONDS = 15.0  # thirty times what a poll was given
CLIENTS = [KafkaPythonClient, ConfluentClient]
HEADERS_BYTES, LENGTHS_BYTES = 61, 12


def test_kafka_python_never_returns_after_a_header_name_that_is_no_text(
    topic: str, servers: str, program: Callable[..., subprocess.Popen[str]]
) -> None:
    publish(servers, topic, 6, unreadable={3})
    assert what_it_printed(program(POLLS_FOR_EVER, servers, topic)) == ["offsets 0 1 2", "CorruptRecordError"], NEWER


def test_kafka_python_never_returns_after_a_batch_with_a_wrong_checksum(
    broker: KafkaProcess, topic: str, servers: str, program: Callable[..., subprocess.Popen[str]]
) -> None:
    publish(servers, topic, 3)
    publish(servers, topic, 3)
    publish(servers, topic, 1)
    damage(broker, topic, 3)
    assert what_it_printed(program(POLLS_FOR_EVER, servers, topic)) == ["offsets 0 1 2", "CorruptRecordError"], NEWER


def test_librdkafka_gives_no_header_of_such_a_record_and_does_not_pass_a_broken_batch(
    broker: KafkaProcess, topic: str, servers: str
) -> None:
    """It tells both, by an exception of its headers and by errors among the messages."""
    from confluent_kafka import Consumer, KafkaError
    from confluent_kafka import TopicPartition as Theirs

    publish(servers, topic, 2, unreadable={1})
    publish(servers, topic, 3)
    publish(servers, topic, 1)
    damage(broker, topic, 2)
    consumer = Consumer({"bootstrap.servers": servers, "group.id": topic, "check.crcs": True})
    consumer.assign([Theirs(topic, 0, 0)])
    messages: list[Any] = []
    deadline = time.monotonic() + 60
    while sum(message.error() is not None for message in messages) < 10:
        messages += consumer.consume(10, 0.5)
        assert time.monotonic() < deadline, f"only {len(messages)} messages came"
    consumer.close()
    assert [message.offset() for message in messages if message.error() is None] == [0, 1], "and not 5"
    errors = {(message.error().code(), message.offset()) for message in messages if message.error()}
    assert errors == {(KafkaError._BAD_MSG, 2)}
    with pytest.raises((SystemError, UnicodeDecodeError)):
        messages[1].headers()


@pytest.mark.parametrize("kind", CLIENTS)
def test_ours_give_every_offset_once_and_tell_those_at_fault(
    kind: Any, broker: KafkaProcess, topic: str, servers: str, settings: tuple[KafkaSettings, WorkerSettings]
) -> None:
    publish(servers, topic, 6, unreadable={0, 4})
    publish(servers, topic, 50)
    publish(servers, topic, 5)
    damage(broker, topic, 6, at=HEADERS_BYTES + 40)  # in a record, so that most can still be made out
    damage(broker, topic, 56, at=23)  # in the head: where the batch ends
    publish(servers, topic, 2)
    found, faults = read(kind(*settings), 63, most=7)
    assert [record.offset for record in found] == list(range(63))
    assert {place.offset for place in faults} == {0, 4, *range(6, 61)}
    whole = [record for record in found if Place(topic, 0, record.offset) not in faults]
    assert [record.value for record in whole] == [str(number).encode() for number in (1, 2, 3, 5, 0, 1)]


@pytest.mark.parametrize("kind", CLIENTS)
def test_ours_see_nothing_of_an_aborted_transaction(
    kind: Any,
    topic: str,
    servers: str,
    bare_producer: Callable[..., Any],
    settings: tuple[KafkaSettings, WorkerSettings],
) -> None:
    producer = bare_producer(f"{topic}-slot")
    for number, commits in enumerate([False, True, False]):
        producer.begin_transaction()
        for _ in range(2):
            producer.send(topic, str(number).encode(), partition=0, headers=[(RawName("caf\udce9"), b"")])
        producer.commit_transaction() if commits else (producer.flush(30), producer.abort_transaction())
    publish(servers, topic, 1)
    found, faults = read(kind(*settings), 3)
    assert [record.value for record in found] == [b"1", b"1", b"0"]
    assert [place.offset for place in faults] == [record.offset for record in found[:2]]


def test_a_byte_that_flips_on_the_wire_is_fetched_again_and_no_dead_letter(
    kafka_on_a_bad_wire: tuple[str, str, Proxy], unique_name: Callable[[str], str]
) -> None:
    direct, through, proxy = kafka_on_a_bad_wire
    topic = unique_name("wire")
    worker = WorkerSettings(input_topic=topic, group=topic)
    client = KafkaPythonClient(KafkaSettings(bootstrap_servers=through), worker)
    client.create_topics([TopicPlan(topic, 1, 1, {})])
    for kind in CLIENTS:
        publish(direct, topic, 5, value=b"a ride to be garbled")
        proxy.garble(b"a ride to be garbled", times=1)
        group = worker.model_copy(update={"group": f"{topic}-{kind.__name__}"})
        found, faults = read(kind(KafkaSettings(bootstrap_servers=through), group), 5)
        assert proxy.counts["garbled"] >= 1
        assert {record.value for record in found} == {b"a ride to be garbled"}
        assert faults == {}
        proxy.counts["garbled"] = 0


def publish(
    servers: str, topic: str, count: int, unreadable: frozenset[int] | set[int] = frozenset(), value: bytes = b""
) -> None:
    """One batch; values are the records' numbers in it."""
    producer = KafkaProducer(bootstrap_servers=servers, linger_ms=2_000, batch_size=1 << 20)
    sent = []
    for number in range(count):
        name = RawName("caf\udce9") if number in unreadable else "trace"
        sent.append(producer.send(topic, value or str(number).encode(), b"key", [(name, b"1")], 0))
    producer.flush(60)
    producer.close()
    assert len({future.value.offset - place for place, future in enumerate(sent)}) == 1


def damage(broker: KafkaProcess, topic: str, base_offset: int, at: int = HEADERS_BYTES + 6) -> None:
    """Flip a bit of a batch where the broker keeps it, as a failing disk would; brokers do not look when they serve."""
    log = broker.folder / "records" / f"{topic}-0" / "00000000000000000000.log"
    position = position_of(log, base_offset)
    with log.open("r+b") as segment:
        segment.seek(position + at)
        (byte,) = segment.read(1)
        segment.seek(position + at)
        segment.write(bytes([byte ^ 1]))


def position_of(log: Path, base_offset: int) -> int:
    content, position = log.read_bytes(), 0
    while True:
        base, length = struct.unpack_from(">qi", content, position)
        if base == base_offset:
            return position
        position += LENGTHS_BYTES + int(length)


def what_it_printed(polls: subprocess.Popen[str]) -> list[str]:
    """Its lines until it has printed none for a while; it polls for ever, or hangs."""
    try:
        polls.communicate(timeout=2 * SECONDS)
    except subprocess.TimeoutExpired:
        polls.kill()
    out, _errors = polls.communicate()
    return out.splitlines()


def read(client: Any, count: int, most: int = 100) -> tuple[list[Any], dict[Place, str]]:
    consumer = client.consumer()
    found: list[Any] = []
    faults: dict[Place, str] = {}
    deadline = time.monotonic() + 60
    try:
        while len(found) < count:
            polled = consumer.poll(0.5, most)
            found += all_records(polled)
            faults |= polled.faults
            assert time.monotonic() < deadline, f"only {len(found)} of {count} records came"
        assert not list(all_records(consumer.poll(0.5, most)))
    finally:
        consumer.close(2)
    return found, faults
