"""librdkafka itself refuses to commit a transaction of which a record was not taken, whoever looked at its report: why
it is enough to be told of failures (ADR 0010).
"""

from collections.abc import Callable

import pytest

from scoring.settings.kafka_settings import KafkaSettings
from scoring.settings.worker_settings import WorkerSettings
from worker.clients.client import TopicPlan
from worker.clients.kafka_python.client import KafkaPythonClient


@pytest.mark.kafka
@pytest.mark.parametrize("watched", [True, False], ids=["told", "without a report"])
def test_a_transaction_of_which_a_record_was_refused_cannot_be_committed(
    watched: bool, kafka_servers: str, unique_name: Callable[[str], str]
) -> None:
    confluent_kafka = pytest.importorskip("confluent_kafka", reason="the extra `fast` is not installed")
    from worker.clients.confluent.configuration import producer_options

    topic = unique_name("refused")
    kafka = KafkaSettings(bootstrap_servers=kafka_servers)
    client = KafkaPythonClient(kafka, WorkerSettings(input_topic=topic, group=topic))
    client.create_topics([TopicPlan(topic, 2, 1, {"max.message.bytes": "10000"})])
    told: list[int] = []

    def note(error: object, _message: object) -> None:
        told.append(error.code())  # type: ignore[attr-defined]

    producer = confluent_kafka.Producer(producer_options(kafka, WorkerSettings(), topic))
    try:
        producer.init_transactions(30)
        producer.begin_transaction()
        report = note if watched else None
        for partition, value in ((0, b"small"), (1, b"x" * 20_000), (0, b"small too")):
            producer.produce(topic, value, None, partition, report)
        assert producer.flush(30) == 0, "nothing is owed any more"
        with pytest.raises(confluent_kafka.KafkaException) as refused:
            producer.commit_transaction(30)
        assert refused.value.args[0].txn_requires_abort()
        failures = [confluent_kafka.KafkaError.MSG_SIZE_TOO_LARGE]
        assert told == (failures if watched else []), "the records that were taken are not told of"
        producer.abort_transaction(30)
    finally:
        client.delete_topics([topic])
