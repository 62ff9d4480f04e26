"""The run: promotions and rollbacks under load, one of a damaged version, while Redis is killed and comes back."""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bench.swap.load import Heard, Load
from bench.swap.site import TOKEN, Redis, Server
from bench.swap.versions import RIDES, Versions
from scoring.redis.link import RedisLink
from scoring.redis.look_now import announce
from scoring.settings.redis_settings import RedisSettings

Report = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """How much of it.

    Attributes:
        rate: requests a second.
        processes: of the server.
        changes: promotions and rollbacks, the damaged one among them.
        poll_seconds: of the followers.
        clients: processes that ask.
        dwell_seconds: how long each version scores before the next.
    """

    rate: float = 2_000
    processes: int = 2
    changes: int = 20
    poll_seconds: float = 5.0
    clients: int = 2
    dwell_seconds: float = 1.0


@dataclass
class Outcome:
    """What came of it.

    Attributes:
        heard: by the clients.
        told_seconds: how long after each change with Redis the last process scored with it; None for never.
        polled_seconds: the same without Redis.
        damaged_seen: what `/health` said of the damaged version, of each process.
        exit_code: of the server, told to stop at the end.
        events: the server's log but for requests.
    """

    heard: Heard = field(default_factory=Heard)
    told_seconds: list[float | None] = field(default_factory=list)
    polled_seconds: list[float | None] = field(default_factory=list)
    damaged_seen: list[str] = field(default_factory=list)
    exit_code: int = -1
    events: list[str] = field(default_factory=list)


def run(plan: Plan, report: Report = lambda _line: None) -> Outcome:
    """Do all of it."""
    with tempfile.TemporaryDirectory(prefix="ridescore-swap-") as folder:
        return _Session(plan, Path(folder), report).run()


class _Session:
    def __init__(self, plan: Plan, folder: Path, report: Report) -> None:
        self._plan, self._report = plan, report
        self._versions = Versions.written(folder / "registry", 4)
        self._redis = Redis(folder)
        self._server = Server(
            self._versions.registry.location, folder / "server.log", self._redis.url, plan.processes, plan.poll_seconds
        )
        self._outcome = Outcome()
        self._number = 0

    def run(self) -> Outcome:
        plan, outcome = self._plan, self._outcome
        load = Load(self._server.port, TOKEN, RIDES, self._versions.minutes, plan.rate, plan.clients)
        try:
            self._server.wait_for_redis("up")
            load.start()
            without = max(2, plan.changes // 5)
            told = plan.changes - without - 1
            self._changes(told // 2, outcome.told_seconds)
            self._promote_damaged()
            self._redis.kill()
            self._server.wait_for_redis("down")
            self._report("Redis is dead")
            self._changes(without, outcome.polled_seconds)
            self._redis.restart()
            self._server.wait_for_redis("up")
            self._report("Redis is back")
            self._changes(told - told // 2, outcome.told_seconds)
            outcome.heard = load.stop()
        finally:
            self._redis.stop()
            outcome.exit_code = self._server.stop()
            outcome.events = self._server.events()
        return outcome

    def _changes(self, count: int, seconds: list[float | None]) -> None:
        """By the command's way and by HTTP in turn; every third is a rollback."""
        for _ in range(count):
            self._number += 1
            version = self._change()
            took = self._server.wait_for(version)
            seconds.append(took)
            time.sleep(self._plan.dwell_seconds)
            self._report(f"change {self._number}: {version} everywhere after {took or float('nan'):.3f} s")

    def _change(self) -> str:
        registry = self._versions.registry
        if self._number % 3 == 0 and registry.chosen().previous in self._versions.sound:
            if self._number % 2:
                answer = self._server.change("/models/rollback")
                assert answer.status == 200, answer
            else:
                self._announce(registry.rollback())
        else:
            now = registry.chosen().version
            others = [version for version in self._versions.sound if version != now]
            version = others[self._number % len(others)]
            if self._number % 2:
                answer = self._server.change(f"/models/{version}/activate")
                assert answer.status == 200, answer
            else:
                self._announce(registry.activate(version))
        return registry.chosen().version

    def _promote_damaged(self) -> None:
        """By HTTP it is refused; forced into ACTIVE, no process scores with it."""
        versions, outcome = self._versions, self._outcome
        before = versions.registry.chosen().version
        answer = self._server.change(f"/models/{versions.damaged}/activate")
        assert answer.status == 409, answer
        self._announce(versions.point_to(versions.damaged))
        while not all(each["status"] == "degraded" for each in self._server.health()):
            pass
        outcome.damaged_seen = [str(each["dependencies"]["model"]["detail"]) for each in self._server.health()]
        assert set(self._server.versions().values()) == {before}
        self._report(f"damaged {versions.damaged}: every process keeps {before} and says so")
        self._announce(versions.registry.activate(before))
        while not all(each["status"] == "healthy" for each in self._server.health()):
            pass

    def _announce(self, active: object) -> None:
        from scoring.errors import RedisUnavailable
        from scoring.registry.active import Active

        assert isinstance(active, Active)
        url = RedisSettings(url=self._redis.url).url  # type: ignore[arg-type]
        assert url is not None
        link = RedisLink(url)
        try:
            announce(link, active, 10.0)
        except RedisUnavailable:
            self._report("could not be announced")
        finally:
            link.close()
