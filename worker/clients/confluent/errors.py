"""From librdkafka's errors to ours, by what the caller must do."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from confluent_kafka import KafkaError, KafkaException

from scoring.errors import BrokerError, BrokerUnavailable, Fenced, TransactionLost
from worker.clients.rights import Denied, right_to_grant

log = logging.getLogger(__name__)

TOO_LARGE = frozenset({KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.RECORD_LIST_TOO_LARGE})
_FENCING = frozenset(
    {
        KafkaError._FENCED,
        KafkaError.PRODUCER_FENCED,
        KafkaError.INVALID_PRODUCER_EPOCH,
        KafkaError.FENCED_INSTANCE_ID,
    }
)
_REFUSALS = frozenset(
    {
        KafkaError._AUTHENTICATION,
        KafkaError._INVALID_ARG,
        KafkaError.SASL_AUTHENTICATION_FAILED,
        KafkaError.UNSUPPORTED_SASL_MECHANISM,
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
        KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    }
)
_DENIALS: dict[int, Denied] = {
    KafkaError.TOPIC_AUTHORIZATION_FAILED: "topic",
    KafkaError.GROUP_AUTHORIZATION_FAILED: "group",
    KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED: "transactional id",
    KafkaError.CLUSTER_AUTHORIZATION_FAILED: "cluster",
}
_NO_TOPIC = frozenset({KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC, KafkaError._UNKNOWN_PARTITION})


class Complaints:
    """What librdkafka tells of its connections, beside what its calls raise: it goes on trying whatever it meets, so
    that a wrong password looks like a slow network to the caller.

    Attributes:
        last: the newest, for messages.
        refusal: the newest of those that trying again does not mend.
    """

    def __init__(self) -> None:
        self.last: KafkaError | None = None
        self.refusal: KafkaError | None = None

    def __call__(self, error: KafkaError) -> None:
        """librdkafka's `error_cb`."""
        self.last = error
        if error.code() in _REFUSALS:
            self.refusal = error
        log.debug("librdkafka complains", extra={"error": str(error)})


def error_of(exception: KafkaException) -> KafkaError:
    """The error that an exception carries."""
    found = exception.args[0] if exception.args else None
    return found if isinstance(found, KafkaError) else KafkaError(KafkaError._FAIL, str(exception))


def lost(error: KafkaError, doing: str, complaints: Complaints) -> BrokerError:
    """Ours for an error inside a transaction: it is lost; only fencing and refusals are told apart."""
    if error.code() in _FENCING:
        return Fenced(f"another worker has taken this slot ({error}), or its transaction outlived its timeout")
    refusal = error if error.code() in _REFUSALS else complaints.refusal
    if refusal is not None:
        return BrokerError(f"the broker refuses to let this client {doing}: {_told(refusal)}")
    return TransactionLost(f"could not {doing}: {error}")


def unreached(error: KafkaError | Exception, servers: str, doing: str, complaints: Complaints) -> BrokerError:
    """Ours for an error outside a transaction: a broker that does not answer is unavailable, one that refuses is not
    worth asking again.
    """
    code = error.code() if isinstance(error, KafkaError) else None
    if code in _FENCING:
        return Fenced(f"another client has taken this one's place ({error})")
    if code in _NO_TOPIC:
        return BrokerError(f"could not {doing}: there is no such topic or partition at {servers} ({error})")
    refusal = error if code in _REFUSALS or code in TOO_LARGE else complaints.refusal
    if refusal is not None:
        return BrokerError(f"the broker at {servers} refuses to let this client {doing}: {_told(refusal)}")
    told = f"{error}; {complaints.last}" if complaints.last is not None else str(error)
    return BrokerUnavailable(
        f"could not {doing}: no Kafka broker answered at {servers} ({told}); start one, or set KAFKA_BOOTSTRAP_SERVERS"
    )


def _told(refusal: KafkaError | Exception) -> str:
    denied = _DENIALS.get(refusal.code()) if isinstance(refusal, KafkaError) else None
    return f"{refusal}{right_to_grant(denied)}"


@contextmanager
def in_transaction(doing: str, complaints: Complaints) -> Iterator[None]:
    """Translate what is raised inside a transaction.

    Raises:
        Fenced: another producer has this transactional id.
        BrokerError: the broker refuses this client, and trying again is of no use.
        TransactionLost: everything else.
    """
    try:
        yield
    except KafkaException as error:
        raise lost(error_of(error), doing, complaints) from error


@contextmanager
def reaching(servers: str, doing: str, complaints: Complaints) -> Iterator[None]:
    """Translate what is raised outside a transaction.

    Raises:
        BrokerUnavailable: says which address was tried and how to set another.
        BrokerError: the broker refuses this client.
    """
    try:
        yield
    except KafkaException as error:
        raise unreached(error_of(error), servers, doing, complaints) from error
    except (OSError, ValueError) as error:
        raise unreached(error, servers, doing, complaints) from error
