"""Every error that ridescore raises on purpose, split by what the caller does about it.

    RidescoreError
    ├ SettingsError                 exit before any work
    ├ ModelError                    exit, or keep the version that is scoring
    │ ├ ModelNotFound
    │ ├ ModelCorrupt
    │ ├ ModelIncompatible
    │ └ ModelFailed                 the model itself failed on a ride: dead letter `model-failed`
    ├ RideError                     dead letter / 400 / quarantine
    │ ├ UndecodableRide
    │ └ InvalidRide(field, reason)
    ├ RideFileError                 a file of rides cannot be read: name another file or mend this one
    ├ OutputError                   predictions could not be committed: nothing was; mend what it names and run again
    │ └ OutputBusy                  another run writes there: wait for it, or name another output
    ├ DownloadError                 a file could not be fetched: run it again, it resumes
    ├ ClientError                   a server of ours gave no answer, or refused; api.client draws the kinds
    ├ FlowServerUnavailable         no Prefect server answers: start it, or run without one
    ├ ServiceUnavailable            in local_services: no Kafka or Redis could be had; says what was tried
    ├ RedisUnavailable              go on without: Redis is never needed
    ├ DeadLetterLimitExceeded       stop, no commit
    └ BrokerError
      ├ BrokerUnavailable           retry
      ├ TransactionLost             rebuild the producer, go back to what the group has committed
      ├ RecordsTooLarge(places)     as TransactionLost; then those records become dead letters `too-large`
      └ Fenced                      exit: another process has taken this slot

Messages say what was found and what to do next. This module imports nothing of ours.
"""

__all__ = [
    "BrokerError",
    "BrokerUnavailable",
    "ClientError",
    "DeadLetterLimitExceeded",
    "DownloadError",
    "Fenced",
    "FlowServerUnavailable",
    "InvalidRide",
    "ModelCorrupt",
    "ModelError",
    "ModelFailed",
    "ModelIncompatible",
    "ModelNotFound",
    "OutputBusy",
    "OutputError",
    "RecordsTooLarge",
    "RedisUnavailable",
    "RideError",
    "RideFileError",
    "RidescoreError",
    "SettingsError",
    "TransactionLost",
    "UndecodableRide",
]


class RidescoreError(Exception):
    """Base of every error that ridescore raises on purpose."""


class SettingsError(RidescoreError):
    """A setting is missing, misspelt or out of range; nothing has been started."""


class ModelError(RidescoreError):
    """A model version cannot be used; the version that is scoring stays."""


class ModelNotFound(ModelError):
    """No such registry, version or model file."""


class ModelCorrupt(ModelError):
    """An artefact is damaged: digest, size, structure or golden rides disagree with the manifest."""


class ModelIncompatible(ModelError):
    """The artefact is whole, but this release or this environment cannot score with it."""


class ModelFailed(ModelError):
    """The model raised, or gave a duration that is not finite, for a ride that is valid."""


class RideError(RidescoreError):
    """A ride that cannot be scored, whatever the model."""


class UndecodableRide(RideError):
    """The bytes are not one JSON object in UTF-8."""


class InvalidRide(RideError):
    """A well-formed ride breaks a rule.

    Attributes:
        field: the wire name of the field at fault, such as ``trip_distance``.
        reason: what is wrong with it, without the field's name.
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason

    def __reduce__(self) -> tuple[type["InvalidRide"], tuple[str, str]]:
        return type(self), (self.field, self.reason)


class RideFileError(RidescoreError):
    """A file of rides is missing, is not of its kind, or lacks a column."""


class OutputError(RidescoreError):
    """Predictions could not be written or are damaged; what was committed before stands, nothing of this run does."""


class OutputBusy(OutputError):
    """Another run holds the output; one of the two goes on, and it is not this one."""


class DownloadError(RidescoreError):
    """A file could not be fetched whole; what arrived is kept for the next try."""


class ClientError(RidescoreError):
    """A call to a ridescore server failed; ``api.client`` raises its kinds."""


class FlowServerUnavailable(RidescoreError):
    """The Prefect server does not answer; no flow was run."""


class RedisUnavailable(RidescoreError):
    """Redis did not answer in time; whoever asked goes on without it."""


class DeadLetterLimitExceeded(RidescoreError):
    """Too large a share of recent rides became dead letters; the batch was not committed."""


class BrokerError(RidescoreError):
    """Kafka did not do what was asked."""


class BrokerUnavailable(BrokerError):
    """No broker answered in time; trying again may help."""


class TransactionLost(BrokerError):
    """The transaction did not commit, or nobody can tell: what to read again is what the group has not committed."""


class RecordsTooLarge(BrokerError):
    """Records are larger than the client or the broker takes; their transaction did not commit.

    Attributes:
        places: which of the transaction's records, counted from 0 in the order they were sent.
    """

    def __init__(self, places: frozenset[int]) -> None:
        super().__init__(f"{len(places)} records are larger than the broker takes")
        self.places = places


class Fenced(BrokerError):
    """Another process uses this worker's slot; this one must stop."""


def first_line(error: BaseException) -> str:
    """The first line of an error's message, for one of ours; its type where it says nothing."""
    return (str(error).splitlines() or [""])[0] or type(error).__name__
