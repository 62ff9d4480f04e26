"""The whole suite: every fault on every client, a few at a time, on this machine's own brokers."""

import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from tests.chaos.fault import Fault
from tests.chaos.outcome import Outcome
from tests.chaos.patience import Patience
from tests.chaos.places import OpenPlace, Place, own_broker
from tests.chaos.reference_model import ReferenceModel, write_reference_model
from tests.chaos.run import How, Run

Say = Callable[[str, str], None]


class Suite:
    """Runs faults.

    Args:
        how: what all runs share.
        jobs: runs at a time; most of a run is waiting for timeouts.
        say: is told of each run what happens now.
    """

    def __init__(self, how: How, jobs: int, say: Say) -> None:
        self._how, self._jobs, self._say = how, jobs, say
        self._patience = Patience()

    def run(self, runs: Iterable[tuple[Fault, str]]) -> Iterator[Outcome]:
        """Give each outcome when it is there; on Ctrl-C everything is ended before that goes on."""
        with ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="ridescore-chaos-"))
            model = write_reference_model(Path(folder, "models"))
            shared = stack.enter_context(_opened_when_asked(own_broker))
            pool = stack.enter_context(ThreadPoolExecutor(self._jobs))
            stack.callback(self._patience.stop)
            left = {pool.submit(self._together, fault, clients, model, shared) for fault, clients in _grouped(runs)}
            stack.callback(lambda: [future.cancel() for future in left])
            yield from _as_they_end(left)

    def _together(
        self, fault: Fault, clients: list[str], model: ReferenceModel, shared: Callable[[], Place]
    ) -> list[Outcome]:
        """Runs of one fault, one after another; after a bad one the next has a new place."""
        outcomes = []
        with ExitStack() as stack:
            for client in clients:
                if fault.place is None:
                    place = shared
                elif not outcomes or not outcomes[-1].good:
                    stack.close()
                    place = stack.enter_context(_opened_when_asked(fault.place))
                say = partial(self._say, f"{fault.name} · {client}")
                outcomes.append(Run(fault, client, self._how, model, self._patience, place, say).run())
        return outcomes


def _grouped(runs: Iterable[tuple[Fault, str]]) -> list[tuple[Fault, list[str]]]:
    """Those that share a place together, as starting a broker costs more than most faults; longest first."""
    groups: list[tuple[Fault, list[str]]] = []
    for fault, client in runs:
        if fault.place is not None and groups and groups[-1][0] is fault:
            groups[-1][1].append(client)
        else:
            groups.append((fault, [client]))
    return sorted(groups, key=lambda group: group[0].place is None)


def _as_they_end(left: set[Future[list[Outcome]]]) -> Iterator[Outcome]:
    waiting = set(left)
    while waiting:
        done, waiting = wait(waiting, timeout=0.5, return_when=FIRST_COMPLETED)
        for future in done:
            yield from future.result()


@contextmanager
def _opened_when_asked(open_place: OpenPlace) -> Iterator[Callable[[], Place]]:
    """A place for several runs, opened when the first of them comes."""
    lock = threading.Lock()
    with ExitStack() as stack:
        places: list[Place] = []

        def place() -> Place:
            with lock:
                if not places:
                    places.append(stack.enter_context(open_place()))
                return places[0]

        yield place
