"""A Kafka and a Redis for a demo or the tests, whichever way they can be had; everything started here is stopped here.

Each is looked for on its own: an address in the environment, Docker, then programs of this machine (Kafka's jars,
a redis-server). RIDESCORE_SERVICES=environment|docker|jars forces one way. Nothing happens at import, and no client
or Docker library is loaded by it.
"""

from local_services.errors import ServiceUnavailable, WayFailed
from local_services.kafka_process import KafkaProcess
from local_services.redis_server import RedisServer
from local_services.running_kafka import RunningKafka, kafka
from local_services.running_redis import RunningRedis, redis

__all__ = [
    "KafkaProcess",
    "RedisServer",
    "RunningKafka",
    "RunningRedis",
    "ServiceUnavailable",
    "WayFailed",
    "kafka",
    "redis",
]
