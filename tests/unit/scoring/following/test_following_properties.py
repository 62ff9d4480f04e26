"""Any sequence of promotions, rollbacks, damage, repairs and looks, against a model of what must be in force."""

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from scoring.errors import ModelError
from scoring.following.following import LONGEST_RETRY_SECONDS
from scoring.models.linear import LinearModel
from scoring.settings.model_settings import ModelSettings

from .conftest import POLL_SECONDS, Shelf, Watched, answers_as_named

VERSIONS = 4


class Followed(RuleBasedStateMachine):
    """What must be in force is kept in three plain fields: the version, whether it is chosen, whether there is one."""

    linear_model: LinearModel
    drafted: Any

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.shelf = Shelf(Path(self.folder.name) / "registry", self.linear_model, self.drafted)
        self.versions = [self.shelf.write() for _ in range(VERSIONS)]
        self.damaged: set[str] = set()
        self.active: tuple[str, int] | None = None
        self.previous: str | None = None
        self.active_is_damaged = False
        self.watched = Watched(ModelSettings(registry=str(self.shelf.folder), poll_seconds=POLL_SECONDS))
        self.in_force: str | None = None
        self.tried_in_vain: tuple[str, int] | None = None

    def teardown(self) -> None:
        self.folder.cleanup()

    @rule(number=st.integers(0, VERSIONS - 1))
    def activate(self, number: int) -> None:
        version = self.versions[number]
        if version in self.damaged:
            with pytest.raises(ModelError):
                self.shelf.registry.activate(version)
            return
        self._read_back(self.shelf.registry.activate(version))

    @rule()
    def roll_back(self) -> None:
        try:
            self._read_back(self.shelf.registry.rollback())
        except ModelError:
            assert self.previous is None or self.active_is_damaged or self.previous in self.damaged

    def _read_back(self, active: Any) -> None:
        self.active, self.active_is_damaged = (active.version, active.generation), False
        self.previous = active.previous

    @rule(number=st.integers(0, VERSIONS - 1))
    def point_without_verifying(self, number: int) -> None:
        """As another release, or a hand, may."""
        generation = self.active[1] + 1 if self.active else 1
        self.previous = self.active[0] if self.active else None
        self.active, self.active_is_damaged = (self.versions[number], generation), False
        self.shelf.point_to(*self.active, self.previous)

    @rule(number=st.integers(0, VERSIONS - 1))
    def damage_or_restore(self, number: int) -> None:
        version = self.versions[number]
        self.damaged ^= {version}
        self.shelf.damage(version)

    @precondition(lambda self: self.active is not None)
    @rule()
    def damage_active(self) -> None:
        (self.shelf.folder / "ACTIVE").write_bytes(b'{"version"')
        self.active_is_damaged = True

    @rule(told=st.booleans(), long_after=st.booleans())
    def look(self, told: bool, long_after: bool) -> None:
        if long_after:
            self.watched.clock.now += LONGEST_RETRY_SECONDS
            self.tried_in_vain = None
        while self.watched.look(told=told) < POLL_SECONDS:
            pass
        if self.active is None or self.active_is_damaged:
            assert self.watched.problem
            return
        version, _ = self.active
        if version == self.in_force:
            assert self.watched.problem == ""
        elif self.tried_in_vain == self.active:
            assert version in self.watched.problem, "what failed is tried again slowly"
        elif version in self.damaged:
            self.tried_in_vain = self.active
            assert version in self.watched.problem
        else:
            self.in_force, self.tried_in_vain = version, None
            assert self.watched.problem == ""

    @invariant()
    def only_what_must_be_in_force_is(self) -> None:
        if self.in_force is None:
            with pytest.raises(ModelError):
                self.watched.following.current()
        else:
            scorer = self.watched.following.current()
            assert scorer.model_version == self.in_force
            assert answers_as_named(scorer, self.shelf)


def test_what_must_be_in_force_is(linear_model: LinearModel, drafted: Any) -> None:
    machine = type("Machine", (Followed,), {"linear_model": linear_model, "drafted": staticmethod(drafted)})
    some = settings(max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(machine, settings=some)  # type: ignore[no-untyped-call]
