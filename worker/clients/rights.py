"""What a broker's access rules must let the worker do: said with every denial, in the same words for every client."""

from typing import Final, Literal

Denied = Literal["topic", "group", "transactional id", "cluster"]

# Readers have no group of their own; librdkafka names one to the broker all the same, which then asks for the right.
READER_GROUP: Final = "ridescore-reader"

_RIGHTS: Final[dict[Denied, str]] = {
    "topic": "READ on the topic of WORKER_INPUT_TOPIC, WRITE on those of WORKER_OUTPUT_TOPIC and "
    "WORKER_DEAD_LETTER_TOPIC, and DESCRIBE on all three",
    "group": f"READ and DESCRIBE on the group of WORKER_GROUP, or on {READER_GROUP} for what only reads topics",
    "transactional id": "WRITE and DESCRIBE on the transactional ids that begin with ridescore-<WORKER_GROUP>/",
    "cluster": "IDEMPOTENT_WRITE on the cluster to write, or CREATE and ALTER to make and delete topics",
}


def right_to_grant(denied: Denied | None) -> str:
    """The end of a message: which right its reader is to grant; empty where none was denied."""
    return f"; grant this login {_RIGHTS[denied]}" if denied else ""
