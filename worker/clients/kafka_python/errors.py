"""From kafka-python's errors to ours, by what the caller must do."""

from collections.abc import Iterator
from contextlib import contextmanager
from gzip import BadGzipFile

import kafka.errors as theirs

from scoring.errors import BrokerError, BrokerUnavailable, Fenced, TransactionLost
from worker.clients.rights import Denied, right_to_grant

_FENCING = (theirs.ProducerFencedError, theirs.InvalidProducerEpochError, theirs.FencedInstanceIdError)
_REFUSALS = (
    theirs.AuthorizationError,
    theirs.SaslAuthenticationFailedError,
    theirs.UnsupportedSaslMechanismError,
    theirs.KafkaConfigurationError,
)
_DENIALS: tuple[tuple[type[Exception], Denied], ...] = (
    (theirs.TopicAuthorizationFailedError, "topic"),
    (theirs.GroupAuthorizationFailedError, "group"),
    (theirs.TransactionalIdAuthorizationFailedError, "transactional id"),
    (theirs.ClusterAuthorizationFailedError, "cluster"),
)
TOO_LARGE = (theirs.MessageSizeTooLargeError, theirs.RecordListTooLargeError)
"""No broker takes such a record, however often it is sent."""


@contextmanager
def in_transaction(doing: str) -> Iterator[None]:
    """Whatever goes wrong inside a transaction loses it; only fencing and refusals are told apart.

    Raises:
        Fenced: another producer has this transactional id.
        BrokerError: the broker refuses this client, and trying again is of no use.
        TransactionLost: everything else.
    """
    try:
        yield
    except _FENCING as error:
        raise Fenced(
            f"another worker has taken this slot ({error}), or its transaction outlived its timeout"
        ) from error
    except theirs.KafkaError as error:
        if _is_fencing(error):
            raise Fenced(f"another worker has taken this slot ({error})") from error
        refusal = _refusal(error)
        if refusal is not None:
            raise BrokerError(f"the broker refuses to let this client {doing}: {_told(refusal)}") from error
        raise TransactionLost(f"could not {doing}: {error}") from error


@contextmanager
def reaching(servers: str, doing: str) -> Iterator[None]:
    """Outside a transaction: a broker that does not answer is unavailable, one that refuses is an error.

    Raises:
        BrokerUnavailable: says which address was tried and how to set another.
        BrokerError: the broker refuses this client.
    """
    try:
        yield
    except (*_REFUSALS, *TOO_LARGE) as error:
        raise BrokerError(f"the broker at {servers} refuses to let this client {doing}: {_told(error)}") from error
    except (theirs.KafkaError, OSError, ValueError) as error:
        raise BrokerUnavailable(
            f"could not {doing}: no Kafka broker answered at {servers} ({error}); "
            "start one, or set KAFKA_BOOTSTRAP_SERVERS"
        ) from error


def is_of_parsing(error: Exception) -> bool:
    """Whether a poll failed because records could not be parsed: kafka-python's own errors of that, and whatever codecs
    and its parser let out, which is no error of Kafka at all.
    """
    if isinstance(error, theirs.KafkaError):
        unspecific = type(error) is theirs.KafkaError  # "no complete records were found"
        return unspecific or isinstance(error, (theirs.CorruptRecordError, theirs.UnsupportedCodecError))
    return not isinstance(error, OSError) or isinstance(error, BadGzipFile)


def _is_fencing(error: theirs.KafkaError) -> bool:
    """A later call in a fenced producer raises a plain error that only names, or carries, the first one."""
    return any(isinstance(part, _FENCING) or "ProducerFencedError" in str(part) for part in error.args)


def _refusal(error: theirs.KafkaError) -> Exception | None:
    """The error itself, or the one that it carries: after a first one, later calls say only that there was one."""
    return next((part for part in (error, *error.args) if isinstance(part, _REFUSALS)), None)


def _told(error: Exception) -> str:
    denied = next((name for kind, name in _DENIALS if isinstance(error, kind)), None)
    return f"{error}{right_to_grant(denied)}"
