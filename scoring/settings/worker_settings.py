"""How the stream door reads, scores and commits."""

import itertools
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator
from pydantic_settings import SettingsConfigDict

from scoring.settings.group import SettingsGroup

Topic = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,249}$")]
Seconds = Annotated[float, Field(gt=0, le=3600)]


class WorkerSettings(SettingsGroup):
    """Settings `WORKER_*`."""

    model_config = SettingsConfigDict(env_prefix="WORKER_")

    input_topic: Topic = "rides"
    """The topic of ride events."""

    output_topic: Topic = "predictions"
    """The topic of predictions; it needs as many partitions as the input."""

    dead_letter_topic: Topic = "rides.dead-letters"
    """The topic of rides that could not be scored, each with its reason."""

    group: Annotated[str, StringConstraints(min_length=1, max_length=200)] = "ridescore"
    """The consumer group; workers of one group share the input's partitions."""

    slot: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{0,200}$")] = ""
    """This worker's stable name: its successor under the same name takes over at once. Default: the host's name and the
    lowest number free on it."""

    port: Annotated[int, Field(ge=0, le=65535)] = 0
    """The port of `/live`, `/ready` and `/metrics`; 0 takes any free one, which is logged."""

    batch_rides: Annotated[int, Field(ge=1, le=100_000)] = 5_000
    """The most rides in one transaction."""

    batch_bytes: Annotated[int, Field(ge=1_000, le=1 << 30)] = 8 << 20
    """The most bytes of rides in one transaction; a single larger ride makes one of its own."""

    batch_seconds: Annotated[float, Field(ge=0, le=60)] = 0.1
    """How long a transaction waits for more rides after its first, in seconds."""

    assignor: Literal["range", "roundrobin", "cooperative-sticky"] = "range"
    """How the group shares out partitions: `range`, `roundrobin` or `cooperative-sticky`; its workers must agree."""

    static_membership: bool = False
    """Whether a worker keeps its partitions over a restart shorter than its session; needs a stable slot."""

    dead_letter_limit: Annotated[float, Field(ge=0, le=1)] | None = None
    """The largest share of dead letters, 0 to 1, among the latest rides; over it the worker stops without a commit.
    Default: any share passes."""

    dead_letter_window_rides: Annotated[int, Field(ge=100, le=100_000_000)] = 10_000
    """Over how many of the latest rides that share is taken."""

    transaction_timeout_seconds: Seconds = 30.0
    """After how long the broker aborts a transaction that its worker left open."""

    delivery_timeout_seconds: Seconds = 45.0
    """After how long a prediction that no broker took fails its transaction."""

    session_timeout_seconds: Seconds = 45.0
    """After how long without heartbeat a worker's partitions go to others."""

    max_poll_interval_seconds: Seconds = 300.0
    """After how long without a poll a worker is taken for stuck."""

    shutdown_seconds: Seconds = 20.0
    """How long a worker that is told to stop may take to finish its batch and leave."""

    @model_validator(mode="after")
    def _timeouts_nest(self) -> "WorkerSettings":
        nested = (
            ("WORKER_BATCH_SECONDS", self.batch_seconds),
            ("WORKER_TRANSACTION_TIMEOUT_SECONDS", self.transaction_timeout_seconds),
            ("WORKER_DELIVERY_TIMEOUT_SECONDS", self.delivery_timeout_seconds),
            ("WORKER_MAX_POLL_INTERVAL_SECONDS", self.max_poll_interval_seconds),
        )
        for (inner, shorter), (outer, longer) in itertools.pairwise(nested):
            if shorter >= longer:
                raise ValueError(f"{inner} ({shorter:g}) must be less than {outer} ({longer:g})")
        topics = {self.input_topic, self.output_topic, self.dead_letter_topic}
        if len(topics) != 3:
            raise ValueError("WORKER_INPUT_TOPIC, WORKER_OUTPUT_TOPIC and WORKER_DEAD_LETTER_TOPIC must differ")
        return self
