"""The worker's client on confluent-kafka (librdkafka): the fast one, installed by the extra `fast`."""
