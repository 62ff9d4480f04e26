"""The site of one run: its topics and group, its workers under a supervisor, and what a fault asks of them."""

import os
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.chaos.broker_view import BrokerView
from tests.chaos.evidence import Evidence
from tests.chaos.instruments import CLIENT, IN_TRANSACTION, PACE_FILE
from tests.chaos.patience import GaveUp, Patience
from tests.chaos.places import Place
from tests.chaos.publisher import Publisher
from tests.chaos.supervisor import Post, Supervisor
from tests.chaos.workload import Workload

PARTITIONS = 4
_BATCHES = 60  # that a run's rides make at least, so that faults find a transaction to land in
_LEAST_BATCH = 20
_OURS = ("WORKER_", "KAFKA_", "MODEL_", "LOG_", "CHAOS_")
_CATCH_SECONDS = 60.0
_TRIES = 50
_ARRIVAL_SECONDS = 0.03  # paced workers stand in a phase a little longer, while their records arrive
_WRITTEN = frozenset({"flush", "offsets", "commit"})  # records have been sent by then


class Site:
    """One fault on one client.

    Attributes:
        name: of the run; in the names of its topics and group.
        place: the broker.
        view: what the broker says.
        rides: how many are published in all.
        workload: where they come from.
        publisher: what has been published.
        crew: the workers.
        random: seeded for this fault.
        evidence: of what the fault did.
        batch_rides: in each transaction at most.
        full: whether this is the full suite, whose faults repeat more often.
    """

    def __init__(
        self,
        name: str,
        client: str,
        place: Place,
        folder: Path,
        registry: Path,
        workload: Workload,
        rides: int,
        settings: Mapping[str, str],
        patience: Patience,
        seed: str,
        *,
        full: bool,
    ) -> None:
        self.name = name
        self.place = place
        self.rides = rides
        self.workload = workload
        self.patience = patience
        self.full = full
        self.view = BrokerView(place.direct, patience)
        self.input, self.output, self.dead_letters = f"rides.{name}", f"predictions.{name}", f"dead-letters.{name}"
        self.group = f"group.{name}"
        self.publisher = Publisher(place.direct, self.input, PARTITIONS)
        self.random = random.Random(seed)
        self.evidence = Evidence()
        self.batch_rides = max(_LEAST_BATCH, rides // _BATCHES)
        self._pace_file = folder / "paced"
        self._pace_file.touch()
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
        environment = {
            "KAFKA_BOOTSTRAP_SERVERS": place.servers,
            "KAFKA_CLIENT": client,
            CLIENT: client,
            PACE_FILE: str(self._pace_file),
            "MODEL_REGISTRY": str(registry),
            "WORKER_INPUT_TOPIC": self.input,
            "WORKER_OUTPUT_TOPIC": self.output,
            "WORKER_DEAD_LETTER_TOPIC": self.dead_letters,
            "WORKER_GROUP": self.group,
            "WORKER_BATCH_RIDES": str(self.batch_rides),
            "WORKER_SESSION_TIMEOUT_SECONDS": "3",
            "WORKER_TRANSACTION_TIMEOUT_SECONDS": "10",
            "WORKER_DELIVERY_TIMEOUT_SECONDS": "15",
            "WORKER_MAX_POLL_INTERVAL_SECONDS": "60",
        }
        self.environment = inherited | environment | dict(settings)
        self.crew = Supervisor(folder, self.environment)

    @property
    def transactional_prefix(self) -> str:
        """What every transactional id of this run's workers begins with."""
        return f"ridescore-{self.group}"

    def create_topics(self, predictions: Mapping[str, str], dead_letters: Mapping[str, str]) -> None:
        """Make the three topics."""
        copies = self.place.replication
        durable = {"min.insync.replicas": "2"} if copies > 1 else {}
        self.view.create_topics(
            {
                self.input: (PARTITIONS, copies, durable),
                self.output: (PARTITIONS, copies, durable | dict(predictions)),
                self.dead_letters: (2, copies, durable | dict(dead_letters)),
            }
        )

    def publish_more(self, rides: int) -> None:
        """Publish so many rides."""
        self.publisher.publish(self.workload.take(rides))

    def left_at_least(self) -> int:
        """How many rides are left, without asking the broker: batches are full at most."""
        done = sum(worker.commits for worker in list(self.crew.logs)) * self.batch_rides
        return len(self.publisher.published) - done

    def committed(self) -> int:
        """How many rides the group has committed."""
        return sum(self.view.group_offsets(self.group, self.input).values())

    def at_end(self) -> bool:
        """Whether the group has committed every ride."""
        return self.committed() >= len(self.publisher.published)

    def unpace(self) -> None:
        """Let paced workers run as fast as they can."""
        self._pace_file.unlink(missing_ok=True)

    def catch_in_transaction(self, *posts: Post, phases: frozenset[str] = IN_TRANSACTION) -> Post:
        """Wait until one of these workers, warmed up, stands inside a transaction."""
        caught: list[Post] = []

        def look() -> bool:
            caught[:] = [
                post for post in posts if post.worker.runs and post.worker.commits and post.worker.phase in phases
            ]
            return bool(caught)

        self.patience.until(look, _CATCH_SECONDS, "a worker inside a transaction", every=0.004)
        return caught[0]

    def hold_in_transaction(self, *posts: Post, phases: frozenset[str] = _WRITTEN) -> Post:
        """SIGSTOP one of these workers inside a transaction with records, which the broker itself says is open."""
        for _ in range(_TRIES):
            post = self.catch_in_transaction(*posts, phases=phases)
            self.patience.pause(_ARRIVAL_SECONDS)
            if post.worker.pause() in phases and self._is_open(post):
                self.evidence.note("stops inside a transaction")
                return post
            post.worker.resume()
        raise GaveUp(f"in {_TRIES} tries no worker was stopped inside a transaction")

    def _is_open(self, post: Post) -> bool:
        ids = self.view.transactional_ids(self.transactional_prefix)
        return any(name.endswith(post.slot) and state == "Ongoing" for name, (_node, state) in ids.items())

    @contextmanager
    def open_transaction(self, *posts: Post) -> Iterator[None]:
        """While the block runs, one of these workers stands still inside an open transaction."""
        post = self.hold_in_transaction(*posts)
        try:
            yield
        finally:
            post.worker.resume()

    def wait_for_commits(self, post: Post, more: int, seconds: float = _CATCH_SECONDS) -> None:
        """Wait until the post's present or next workers have committed so many more transactions."""
        first, began = post.worker, post.worker.commits
        self.patience.until(
            lambda: post.worker.commits >= (began if post.worker is first else 0) + more,
            seconds,
            f"{more} more commits by {post.name}",
        )

    def wait_until_it_runs(self, post: Post) -> None:
        """Wait for the supervisor to fill a post."""
        self.patience.until(lambda: post.worker.runs, _CATCH_SECONDS, f"a restart of {post.name}")

    def kill(self, post: Post) -> None:
        """SIGKILL a post's worker, noting where it stood."""
        phase = post.worker.kill()
        self.evidence.note("kills")
        if post.worker.in_transaction:
            self.evidence.note("kills inside a transaction")
        self.evidence.note(f"killed at {phase}")
