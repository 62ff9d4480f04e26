"""One run: topics, rides, the fault, the drain by healthy workers, and the judgement."""

import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from kafka.errors import KafkaError

from local_services import WayFailed
from tests.chaos.broker_view import found_dead_letter, found_prediction
from tests.chaos.checker import judge
from tests.chaos.fault import Fault
from tests.chaos.feeder import Feeder
from tests.chaos.outcome import Outcome
from tests.chaos.patience import GaveUp, Patience, Stopped
from tests.chaos.places import CannotBeMade, Place
from tests.chaos.publisher import PublishError
from tests.chaos.recovery import Recovery
from tests.chaos.reference_model import ReferenceModel
from tests.chaos.site import Site
from tests.chaos.workload import Workload

_AFTER_SHARE = 0.1  # of the rides is published after the fault, so that recovery can be seen
_DRAIN_SECONDS = 240.0
_LEAVE_SECONDS = 60.0
_CLOSING_SECONDS = 40.0
_KILLED, _TERMINATED = 137, 143


@dataclass(frozen=True)
class How:
    """What all runs share.

    Attributes:
        rides: to publish in each, at least; the backlog of a long fault is kept up with more.
        seed: of all that is chosen at random.
        full: whether faults repeat as often as in the full suite.
        keep_logs: of good runs too.
    """

    rides: int
    seed: int
    full: bool
    keep_logs: bool = False


class Run:
    """Runs one fault on one client.

    Args:
        fault: to inject.
        client: KAFKA_CLIENT.
        how: rides, seed and repetitions.
        model: registered, with scikit-learn's answers.
        patience: ends early on Ctrl-C.
        place: gives the broker, which is started when the first run asks for it.
        say: is told what happens now.
    """

    def __init__(
        self,
        fault: Fault,
        client: str,
        how: How,
        model: ReferenceModel,
        patience: Patience,
        place: Callable[[], Place],
        say: Callable[[str], None],
    ) -> None:
        self._fault, self._client, self._how = fault, client, how
        self._rides = how.rides
        self._seed = f"{how.seed}-{fault.name}"
        self._model, self._patience, self._place, self._say = model, patience, place, say

    def run(self) -> Outcome:
        """Do it; the folder with the workers' logs stays where the verdict is bad."""
        outcome = Outcome(self._fault.name, self._client)
        folder = Path(tempfile.mkdtemp(prefix=f"ridescore-chaos-{self._fault.name}-"))
        began = time.monotonic()
        try:
            with ExitStack() as stack:
                self._say("waiting for the fault's broker" if self._fault.place else "waiting for the shared broker")
                place = self._place()
                place.restore()
                site = self._site(place, folder)
                stack.callback(site.crew.close)
                try:
                    self._run(site, outcome)
                except (GaveUp, PublishError, KafkaError, WayFailed, OSError) as error:
                    outcome.problems.append(f"{type(error).__name__}: {error}")
                outcome.problems += site.evidence.failures
                outcome.evidence = str(site.evidence)
                if not outcome.good:
                    outcome.problems += [f"{each.name}:\n{each.tail()}" for each in site.crew.logs[-3:]]
                    if place.broker is not None:
                        shutil.copy(place.broker.log, folder / "broker.log")
        except CannotBeMade as error:
            outcome.skipped = str(error)
        except Stopped:
            outcome.skipped = "the suite was stopped"
            raise
        finally:
            outcome.seconds = time.monotonic() - began
            if outcome.good and not self._how.keep_logs:
                shutil.rmtree(folder, ignore_errors=True)
            else:
                outcome.folder = folder
        return outcome

    def _site(self, place: Place, folder: Path) -> Site:
        fault = self._fault
        oversized, unreadable = fault.oversized_rides / self._rides, fault.unreadable_rides / self._rides
        workload = Workload(self._model.rides, self._seed, fault.poison_share, oversized, unreadable)
        return Site(
            f"{fault.name}.{self._client}",
            self._client,
            place,
            folder,
            self._model.registry,
            workload,
            self._rides,
            fault.settings,
            self._patience,
            self._seed,
            full=self._how.full,
        )

    def _run(self, site: Site, outcome: Outcome) -> None:
        self._say(f"publishing {self._rides:,} rides")
        site.create_topics(self._fault.predictions, self._fault.dead_letters)
        site.publish_more(round(self._rides * (1 - _AFTER_SHARE)))
        self._say("injecting")
        feeder = Feeder(site.left_at_least, site.publish_more, site.batch_rides)
        try:
            self._fault.inject(site)
            ended = time.monotonic()
        finally:
            feeder.close()
        site.evidence.require(not feeder.failure, f"publishing during the fault failed: {feeder.failure}")
        self._say("draining")
        site.unpace()
        site.crew.refill()
        watch = Recovery(site.place.direct, [site.output, site.dead_letters], ended)
        try:
            site.publish_more(round(self._rides * _AFTER_SHARE))
            # A group that does not come to the end is judged too: the table must say what was lost.
            at_end = site.patience.happens(site.at_end, _DRAIN_SECONDS, every=1.0)  # each look costs a new client
            site.evidence.require(at_end, f"the rides were not all scored {_DRAIN_SECONDS:.0f} s after the fault")
            site.patience.happens(lambda: watch.seconds is not None, 10)
        finally:
            watch.close()
        outcome.recovery_seconds = watch.seconds
        self._dismiss(site)
        self._say("judging")
        self._judge(site, outcome)

    def _dismiss(self, site: Site) -> None:
        """Healthy workers leave when they are asked to; all others have ended as the fault allows."""
        allowed = {0, _KILLED, *self._fault.exits}
        for name, code in site.crew.dismiss(_LEAVE_SECONDS).items():
            fresh = code == _TERMINATED and not site.crew.posts[name].worker.reached_loop
            late = code in self._fault.exits  # what the fault did to it came out only now
            site.evidence.require(code == 0 or fresh or late, f"{name} ended with {code} on SIGTERM, not with 0")
        for code, times in site.crew.exits.items():
            site.evidence.require(code in allowed, f"{times} workers ended with exit code {code}")
            if code not in {0, _KILLED}:
                site.evidence.note(f"exits with {code}", times)

    def _judge(self, site: Site, outcome: Outcome) -> None:
        view, evidence = site.view, site.evidence
        topics = [site.output, site.dead_letters]
        still: list[str] = []

        def none_open() -> bool:
            still[:] = view.open_transactions(site.transactional_prefix, topics)
            return not still

        closed = site.patience.happens(none_open, _CLOSING_SECONDS, every=0.5)
        evidence.require(closed, f"transactions are left open: {'; '.join(still)}")
        ends = view.ends(site.input, committed=False)
        offsets = view.group_offsets(site.group, site.input)
        evidence.require(offsets == ends, f"the group stands at {offsets}, where the input ends at {ends}")
        published = len(site.publisher.published)
        evidence.require(
            sum(ends.values()) == published, f"the input holds {sum(ends.values())} records, not {published}"
        )
        committed = [*map(found_prediction, view.read(site.output, committed=True))]
        committed += map(found_dead_letter, view.read(site.dead_letters, committed=True))
        outcome.judgement = judge(site.publisher.published, committed, self._model.version)
        if self._fault.aborts:
            everything = sum(len(view.read(topic, committed=False)) for topic in topics)
            evidence.note("uncommitted records", everything - len(committed))
            evidence.require_count("uncommitted records", 1)
        evidence.require(outcome.recovery_seconds is not None, "no newly committed record was seen after the fault")
