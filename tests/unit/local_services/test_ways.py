"""The search: its order, what stops it, what its error says, and who may force one way."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from local_services.errors import AddressUnanswered, ServiceUnavailable, WayFailed
from local_services.running_kafka import KAFKA_WAYS
from local_services.running_redis import REDIS_WAYS
from local_services.ways import Opener, Report, chosen_ways, first_working, say_nothing
from scoring.errors import RidescoreError, SettingsError


@pytest.fixture(autouse=True)
def nothing_forced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RIDESCORE_SERVICES", raising=False)


class Trace:
    """Openers that note what happens to them."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def works(self, name: str) -> Opener[str]:
        @contextmanager
        def opener(report: Report) -> Iterator[str]:
            self.events.append(f"open {name}")
            try:
                yield name
            finally:
                self.events.append(f"close {name}")

        return opener

    def fails(self, name: str, error: Exception) -> Opener[str]:
        def opener(report: Report) -> AbstractContextManager[str]:
            self.events.append(f"open {name}")
            raise error

        return opener


def test_the_first_way_that_works_is_used_and_the_later_ones_are_not_tried() -> None:
    trace = Trace()
    openers = {"a": trace.fails("a", WayFailed("no a", "get a")), "b": trace.works("b"), "c": trace.works("c")}
    with first_working("Kafka", openers, ("a", "b", "c"), say_nothing) as running:
        assert running == "b"
        assert trace.events == ["open a", "open b"]
    assert trace.events == ["open a", "open b", "close b"]


def test_the_order_is_the_one_given() -> None:
    trace = Trace()
    with first_working("Kafka", {"a": trace.works("a"), "b": trace.works("b")}, ("b", "a"), say_nothing) as running:
        assert running == "b"


def test_the_error_lists_every_way_in_order_with_reason_and_remedy() -> None:
    trace = Trace()
    openers = {
        "a": trace.fails("a", WayFailed("a is not set", "set a")),
        "b": trace.fails("b", WayFailed("b is broken", "mend b")),
    }
    with (
        pytest.raises(ServiceUnavailable) as caught,
        first_working("Redis", openers, ("a", "b"), say_nothing),
    ):
        pass
    text = str(caught.value)
    places = [text.index(part) for part in ("Redis", "a is not set", "set a", "b is broken", "mend b")]
    assert places == sorted(places)
    assert [way for way, _ in caught.value.tried] == ["a", "b"]
    assert isinstance(caught.value, RidescoreError)


def test_an_address_that_does_not_answer_ends_the_search() -> None:
    trace = Trace()
    openers = {"a": trace.fails("a", AddressUnanswered("a is silent", "mend a")), "b": trace.works("b")}
    with (
        pytest.raises(ServiceUnavailable, match="a is silent"),
        first_working("Kafka", openers, ("a", "b"), say_nothing),
    ):
        pass
    assert trace.events == ["open a"]


@pytest.mark.parametrize("error", [WayFailed("mine", "none"), KeyboardInterrupt(), ValueError("mine")])
def test_what_the_caller_raises_inside_closes_the_way_and_tries_no_other(error: BaseException) -> None:
    trace = Trace()
    with (
        pytest.raises(type(error)),
        first_working("Kafka", {"a": trace.works("a"), "b": trace.works("b")}, ("a", "b"), say_nothing),
    ):
        raise error
    assert trace.events == ["open a", "close a"]


def test_all_ways_are_tried_by_default_with_the_environment_first_and_programs_last() -> None:
    assert chosen_ways(KAFKA_WAYS, None) == ("environment", "docker", "jars")
    assert chosen_ways(REDIS_WAYS, None) == ("environment", "docker", "process")


@pytest.mark.parametrize(
    ("forced", "of_kafka", "of_redis"),
    [
        ("jars", ("jars",), ("process",)),
        ("docker", ("docker",), ("docker",)),
        ("environment", ("environment",), ("environment",)),
        (" ", KAFKA_WAYS, REDIS_WAYS),
    ],
)
def test_the_variable_forces_one_way_of_both(
    monkeypatch: pytest.MonkeyPatch, forced: str, of_kafka: tuple[str, ...], of_redis: tuple[str, ...]
) -> None:
    monkeypatch.setenv("RIDESCORE_SERVICES", forced)
    assert chosen_ways(KAFKA_WAYS, None) == of_kafka
    assert chosen_ways(REDIS_WAYS, None) == of_redis


def test_ways_given_in_code_win_over_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RIDESCORE_SERVICES", "docker")
    assert chosen_ways(KAFKA_WAYS, ["jars"]) == ("jars",)


def test_a_misspelt_variable_is_a_settings_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RIDESCORE_SERVICES", "podman")
    with pytest.raises(SettingsError, match="docker or jars"):
        chosen_ways(KAFKA_WAYS, None)


def test_a_misspelt_way_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="jarz"):
        chosen_ways(KAFKA_WAYS, ["jarz"])
