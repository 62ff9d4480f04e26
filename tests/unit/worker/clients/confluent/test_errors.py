"""Each of librdkafka's errors becomes the one of ours that says what to do."""

import pytest
from confluent_kafka import KafkaError, KafkaException

from scoring.errors import BrokerError, BrokerUnavailable, Fenced, TransactionLost
from worker.clients.confluent.errors import Complaints, error_of, in_transaction, reaching

FENCING = ["_FENCED", "PRODUCER_FENCED", "INVALID_PRODUCER_EPOCH", "FENCED_INSTANCE_ID"]
REFUSALS = [
    "_AUTHENTICATION",
    "_INVALID_ARG",
    "TOPIC_AUTHORIZATION_FAILED",
    "GROUP_AUTHORIZATION_FAILED",
    "TRANSACTIONAL_ID_AUTHORIZATION_FAILED",
    "CLUSTER_AUTHORIZATION_FAILED",
]


def told(name: str) -> KafkaException:
    return KafkaException(KafkaError(getattr(KafkaError, name), "as told"))


@pytest.mark.parametrize(
    ("names", "ours"),
    [
        (FENCING, Fenced),
        (REFUSALS, BrokerError),
        (["_TIMED_OUT", "_STATE", "ILLEGAL_GENERATION", "UNKNOWN_MEMBER_ID", "_MSG_TIMED_OUT"], TransactionLost),
    ],
)
def test_inside_a_transaction(names: list[str], ours: type[BrokerError]) -> None:
    for name in names:
        with pytest.raises(BrokerError, match="as told") as found, in_transaction("send", Complaints()):
            raise told(name)
        assert type(found.value) is ours, name


@pytest.mark.parametrize(
    ("names", "ours"),
    [
        (FENCING, Fenced),
        ([*REFUSALS, "MSG_SIZE_TOO_LARGE", "UNKNOWN_TOPIC_OR_PART", "_UNKNOWN_PARTITION"], BrokerError),
        (["_TIMED_OUT", "_TRANSPORT", "_ALL_BROKERS_DOWN", "COORDINATOR_NOT_AVAILABLE"], BrokerUnavailable),
    ],
)
def test_outside_of_one(names: list[str], ours: type[BrokerError]) -> None:
    for name in names:
        with pytest.raises(BrokerError, match="as told") as found, reaching("here:9092", "poll", Complaints()):
            raise told(name)
        assert type(found.value) is ours, name


def test_an_unavailable_broker_is_named_with_what_was_told_of_it() -> None:
    complaints = Complaints()
    complaints(KafkaError(KafkaError._RESOLVE, "no such host"))
    wanted = r"here:9092.*no such host.*KAFKA_BOOTSTRAP_SERVERS"
    with pytest.raises(BrokerUnavailable, match=wanted), reaching("here:9092", "poll", complaints):
        raise told("_TIMED_OUT")


def test_a_refusal_told_on_the_side_explains_a_timeout_though_others_follow() -> None:
    complaints = Complaints()
    complaints(KafkaError(KafkaError._AUTHENTICATION, "wrong password"))
    complaints(KafkaError(KafkaError._ALL_BROKERS_DOWN, "all down"))
    for context in (reaching("here:9092", "poll", complaints), in_transaction("send", complaints)):
        with pytest.raises(BrokerError, match="wrong password") as found, context:
            raise told("_TIMED_OUT")
        assert type(found.value) is BrokerError


def test_an_exception_without_an_error_is_an_error_too() -> None:
    assert error_of(KafkaException("odd")).code() == KafkaError._FAIL
    assert "odd" in str(error_of(KafkaException("odd")))


def test_other_exceptions_pass() -> None:
    with pytest.raises(ZeroDivisionError), in_transaction("send", Complaints()):
        raise ZeroDivisionError
