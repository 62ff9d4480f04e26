"""kafka-python's ceiling: the same bytes from one topic to another in transactions, with the worker's options.

Run with `headers` before the usual arguments, it writes records as the worker does: with their time and two headers.
"""

import sys
import time

from kafka import KafkaConsumer, KafkaProducer, OffsetAndMetadata

from scoring.settings.settings import read_settings
from worker.clients.kafka_python.configuration import consumer_options, producer_options


def main(kind: str, _servers: str, source: str, output: str, group: str, _model: str) -> None:
    """Run until a signal."""
    place, version = source.encode(), ("ridescore.model-version", b"a version's name")
    settings = read_settings()
    limits = settings.worker
    consumer = KafkaConsumer(source, **consumer_options(settings.kafka, limits))
    producer = KafkaProducer(**producer_options(settings.kafka, limits, f"pass-{group}"))
    producer.init_transactions()
    while True:
        batch = consumer.poll(timeout_ms=500)
        count = sum(map(len, batch.values()))
        if not count:
            continue
        ends = time.monotonic() + limits.batch_seconds
        parts = list(batch.items())
        while count < limits.batch_rides and (left := ends - time.monotonic()) > 0:
            more = consumer.poll(timeout_ms=int(left * 1000), max_records=limits.batch_rides - count)
            parts += more.items()
            count += sum(map(len, more.values()))
        producer.begin_transaction()
        for partition, records in parts:
            number = partition.partition
            for record in records:
                if kind == "headers":
                    headers = [("ridescore.source", b"%b-%d-%d" % (place, number, record.offset)), version]
                    producer.send(output, record.value, record.key, headers, number, record.timestamp)
                else:
                    producer.send(output, record.value, record.key, partition=number)
        producer.flush()
        offsets = {partition: OffsetAndMetadata(records[-1].offset + 1) for partition, records in parts}
        producer.send_offsets_to_transaction(offsets, consumer.group_metadata())
        producer.commit_transaction()


if __name__ == "__main__":
    main(*sys.argv[1:])
