"""Workers are killed: at every step of the transaction, at random, and asked to stop in the middle of a batch."""

from functools import partial

from tests.chaos.fault import Fault
from tests.chaos.instruments import CRASH_POINTS, IN_TRANSACTION, Instruments
from tests.chaos.site import Site

_PACE = Instruments(pace_seconds=0.06)
_LIFE_SECONDS = 90.0
_MOST_AT_RANDOM = 3.0
_TRANSACTION_SECONDS = 0.2  # of a paced worker, about


def _kill_at(site: Site, points: tuple[str, ...], times: int) -> None:
    """One worker, and its successors under the same slot, each dying at one of the points."""
    lives = [Instruments(point, site.random.randint(1, 3)) for point in points for _ in range(times)]
    # Every life reaches a producer and a first poll; later times of these two come only after a loss.
    lives = [Instruments(each.crash_at) if each.crash_at == "connect" else each for each in lives]
    site.random.shuffle(lives)
    post = site.crew.hire("worker", *lives)
    site.patience.until(
        lambda: len(post.ended) >= len(lives), _LIFE_SECONDS + 15 * len(lives), f"{len(lives)} crashes", every=0.1
    )
    died = [worker for worker in site.crew.logs if worker.exit_code == 137]
    site.evidence.note("kills", len(died))
    inside = sum(worker.phase in IN_TRANSACTION for worker in died)
    site.evidence.note("kills inside a transaction", inside)
    site.evidence.require_count("kills", len(lives))
    reached = {worker.phase for worker in died}
    named = {point for point in points if point not in {"in-commit", "committed"}}
    site.evidence.require(named <= reached, f"these crash points were not reached: {sorted(named - reached)}")


def _kill_at_every_step(site: Site) -> None:
    _kill_at(site, CRASH_POINTS, 1)
    site.evidence.require_count("kills inside a transaction", 5)


def _kill_at_one_step(site: Site, point: str) -> None:
    _kill_at(site, (point,), 5 if site.full else 2)


def _kill_at_random(site: Site) -> None:
    """Two workers; at any moment one of them is killed. The last kill is proved to leave records behind."""
    site.crew.default(_PACE)
    posts = [site.crew.hire(name) for name in ("left", "right")]
    kills = 30 if site.full else 8
    for number in range(kills):
        if number == kills - 1:  # all others may, by chance, have hit where nothing had been sent yet
            post = site.hold_in_transaction(*posts)
        elif number % 2:  # inside a transaction, as most of a real worker's time is
            post = site.catch_in_transaction(*posts)
            site.patience.pause(site.random.uniform(0, _TRANSACTION_SECONDS))
        else:
            post = site.random.choice(posts)
            site.patience.pause(site.random.uniform(0, _MOST_AT_RANDOM))
        site.wait_until_it_runs(post)
        site.kill(post)
    site.evidence.require_count("kills inside a transaction", 2)


def _terminate_mid_batch(site: Site) -> None:
    """SIGTERM inside a transaction: the batch is finished, the group left at once, and the exit code is 0."""
    site.crew.default(_PACE)
    post = site.crew.hire("worker")
    for _ in range(10 if site.full else 4):
        site.catch_in_transaction(post)
        worker, before = post.worker, post.worker.commits
        code = site.crew.terminate(post.name, 30)
        site.evidence.note("SIGTERM inside a transaction")
        site.evidence.require(code == 0, f"a worker told to stop ended with {code}")
        site.evidence.require(worker.commits == before + 1, "a worker told to stop did not finish its batch")
        members = site.view.members(site.group)
        site.evidence.require(members == 0, f"the group has {members} members after its worker left")
        site.crew.succeed(post.name)


FAULTS = (
    Fault("kill-at-every-step", "SIGKILL at each named crash point, one after another", _kill_at_every_step),
    *(
        Fault(
            f"kill-at-{point}",
            f"SIGKILL at {point}, repeatedly",
            partial(_kill_at_one_step, point=point),
            short=False,
            aborts=point in {"mid-send", "flush", "offsets", "commit"},
        )
        for point in CRASH_POINTS
    ),
    Fault("kill-at-random", "SIGKILL at random moments, two workers", _kill_at_random),
    Fault("terminate-mid-batch", "SIGTERM inside a transaction", _terminate_mid_batch, aborts=False),
)
