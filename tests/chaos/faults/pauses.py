"""Workers stand still too long: past their session, their transaction's timeout, or the longest time between polls."""

from tests.chaos.fault import Fault
from tests.chaos.instruments import Instruments
from tests.chaos.site import Site

_PACE = Instruments(pace_seconds=0.06)
_SESSION_SECONDS = 6
_MAX_POLL_SECONDS = 8
_TRANSACTION_SECONDS = 3
_PATIENCE_SECONDS = 90.0


def _stop_past_the_session(site: Site) -> None:
    """A worker is stopped inside a transaction until another has its partitions; then it goes on, a zombie."""
    site.crew.default(_PACE)
    stopped, successor = site.crew.hire("stopped"), site.crew.hire("successor")
    for _ in range(5 if site.full else 2):
        site.patience.until(lambda: site.view.members(site.group) == 2, _PATIENCE_SECONDS, "both workers' joining")
        site.hold_in_transaction(stopped, phases=frozenset({"flush"}))
        site.patience.until(lambda: site.view.members(site.group) == 1, _PATIENCE_SECONDS, "the expulsion", every=0.3)
        site.wait_for_commits(successor, 2)
        stopped.worker.resume()
        site.wait_for_commits(stopped, 1)
    site.evidence.require_count("stops inside a transaction", 2)


def _stop_past_the_session_in_one_slot(site: Site) -> None:
    """The same, but the successor has the slot too; the stopped worker must find itself fenced and end."""
    site.crew.default(_PACE)
    for number in range(4 if site.full else 2):
        stopped = site.crew.hire(f"stopped-{number}", slot="slot")
        site.hold_in_transaction(stopped)
        stopped.kept = False
        successor = site.crew.hire(f"successor-{number}", slot="slot")
        site.wait_for_commits(successor, 2)
        stopped.worker.resume()
        code = stopped.worker.wait(_PATIENCE_SECONDS)
        site.evidence.require(code == 6, f"the stopped worker ended with {code}, where its slot was taken (6)")
        site.evidence.note("fenced")
        site.crew.remove(stopped.name, 1)
        site.crew.remove(successor.name, 30)
    site.crew.hire("last", slot="slot")
    site.evidence.require_count("fenced", 2)


def _slow_model(site: Site) -> None:
    """Scoring takes longer than the group lets a member be silent; the watchdog ends what is far too slow."""
    ends = 4 if site.full else 1
    too_slow = Instruments(slow_seconds=_MAX_POLL_SECONDS + 4.0, slow_batches=1)
    # Later than the group allows, and sooner than the watchdog looks: this one comes back and must not commit blindly.
    just_too_slow = Instruments(slow_seconds=_MAX_POLL_SECONDS + 0.3, slow_batches=ends, pace_seconds=0.06)
    site.crew.default(_PACE)
    post = site.crew.hire("slow", *[too_slow] * ends, just_too_slow)
    site.crew.hire("sound")
    site.patience.until(lambda: len(post.ended) >= ends, _PATIENCE_SECONDS * ends, "the slow workers' end")
    site.wait_for_commits(post, 2 * ends)
    site.evidence.note("ended by the watchdog", post.ended.count(70))
    site.evidence.require_count("ended by the watchdog", ends)


def _stall_past_the_transaction_timeout(site: Site) -> None:
    """A worker is stopped inside a transaction until the coordinator has aborted it."""
    site.crew.default(_PACE)
    post = site.crew.hire("worker")
    for _ in range(6 if site.full else 3):
        site.hold_in_transaction(post)
        site.patience.pause(_TRANSACTION_SECONDS)
        site.patience.until(
            lambda: not site.view.open_transactions(site.transactional_prefix, [site.output, site.dead_letters]),
            _PATIENCE_SECONDS,
            "the coordinator's abort",
        )
        post.worker.resume()
        site.wait_for_commits(post, 1)
    site.evidence.require_count("stops inside a transaction", 3)


FAULTS = (
    Fault(
        "stop-past-session",
        "SIGSTOP past the session timeout, a successor takes over, SIGCONT; repeated",
        _stop_past_the_session,
        settings={
            "WORKER_SESSION_TIMEOUT_SECONDS": str(_SESSION_SECONDS),
            "WORKER_TRANSACTION_TIMEOUT_SECONDS": "30",
            "WORKER_DELIVERY_TIMEOUT_SECONDS": "45",
        },
    ),
    Fault(
        "stop-in-one-slot",
        "SIGSTOP, a successor in the same slot takes over, SIGCONT; repeated",
        _stop_past_the_session_in_one_slot,
        exits=frozenset({6}),
    ),
    Fault(
        "slow-model",
        "a model slower than max_poll_interval",
        _slow_model,
        settings={
            "WORKER_MAX_POLL_INTERVAL_SECONDS": str(_MAX_POLL_SECONDS),
            "WORKER_TRANSACTION_TIMEOUT_SECONDS": "4",
            "WORKER_DELIVERY_TIMEOUT_SECONDS": "6",
        },
        exits=frozenset({70}),
        aborts=False,
    ),
    Fault(
        "stall-past-transaction-timeout",
        "SIGSTOP inside a transaction past its timeout, SIGCONT; repeated",
        _stall_past_the_transaction_timeout,
        settings={
            "WORKER_SESSION_TIMEOUT_SECONDS": "40",
            "WORKER_TRANSACTION_TIMEOUT_SECONDS": str(_TRANSACTION_SECONDS),
            "WORKER_DELIVERY_TIMEOUT_SECONDS": "6",
        },
        exits=frozenset({6}),
    ),
)
