"""confluent-kafka's ceiling: the same bytes from one topic to another in transactions, with the worker's options.

Run with `headers` before the usual arguments, it writes records as the worker does: with their time and two headers.
"""

import sys

from confluent_kafka import Consumer, Producer, TopicPartition

from scoring.settings.settings import read_settings
from worker.clients.confluent.configuration import consumer_options, producer_options


def main(kind: str, _servers: str, source: str, output: str, group: str, _model: str) -> None:
    """Run until a signal."""
    place, version = source.encode(), ("ridescore.model-version", b"a version's name")
    settings = read_settings()
    limits = settings.worker
    consumer = Consumer(consumer_options(settings.kafka, limits))
    producer = Producer(producer_options(settings.kafka, limits, f"pass-{group}"))
    producer.init_transactions(30)
    consumer.subscribe([source])
    while True:
        batch = consumer.consume(limits.batch_rides, limits.batch_seconds)
        if not batch:
            continue
        producer.begin_transaction()
        next_offsets = {}
        for record in batch:
            partition = record.partition()
            if kind == "headers":
                headers = [("ridescore.source", b"%b-%d-%d" % (place, partition, record.offset())), version]
                time = record.timestamp()[1]
                producer.produce(output, record.value(), record.key(), partition, None, None, time, headers)
            else:
                producer.produce(output, record.value(), record.key(), partition)
            next_offsets[partition] = record.offset() + 1
        producer.flush()
        offsets = [TopicPartition(source, partition, offset) for partition, offset in next_offsets.items()]
        producer.send_offsets_to_transaction(offsets, consumer.consumer_group_metadata())
        producer.commit_transaction()


if __name__ == "__main__":
    main(*sys.argv[1:])
