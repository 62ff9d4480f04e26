"""The scorer: one version applied to rides; a ride that the model fails on never spoils the others."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scoring.errors import ModelFailed
from scoring.features import FeatureSet, feature_set
from scoring.models.linear import LinearModel
from scoring.models.model import ModelKind
from scoring.prediction import Prediction
from scoring.rides.columns import BoolArray, FloatArray, RideColumns
from scoring.rides.ride import Ride
from scoring.scorer import Scorer

NOON = datetime(2026, 11, 22, 12, 0, 0, 250, UTC)


class FakeModel:
    """Gives each pick-up zone its own duration; raises for some zones, and gives no number for others."""

    def __init__(self, raising: frozenset[int] = frozenset(), durations: dict[int, float] | None = None) -> None:
        self.raising = raising
        self.durations = durations or {}
        self.calls = 0

    @property
    def kind(self) -> ModelKind:
        return "estimator"

    @property
    def features(self) -> FeatureSet:
        return feature_set("pu,do")

    def score_ride(self, ride: Ride) -> tuple[float, bool]:
        durations, known = self.score_rides([ride])
        return durations[0], known[0]

    def score_rides(self, rides: Sequence[Ride]) -> tuple[list[float], list[bool]]:
        self.calls += 1
        for ride in rides:
            if ride.PULocationID in self.raising:
                raise ModelFailed(f"zone {ride.PULocationID}")
        zones = [ride.PULocationID for ride in rides]
        return [self.durations.get(zone, zone / 7) for zone in zones], [zone % 2 == 0 for zone in zones]

    def score_columns(self, columns: RideColumns) -> tuple[FloatArray, BoolArray]:
        durations, known = self.score_rides(columns.rides())
        return np.array(durations), np.array(known)

    def artefacts(self) -> dict[str, bytes]:
        return {}


def scorer(model: FakeModel | LinearModel) -> Scorer:
    return Scorer(model, "20261122-v1", lambda: NOON)


def rides_of(zones: Sequence[int]) -> list[Ride]:
    return [Ride(zone, 1, 1.0) for zone in zones]


def origins_of(zones: Sequence[int]) -> list[str]:
    return [f"rides-3-{offset}" for offset in range(len(zones))]


def test_a_prediction_holds_the_duration_the_version_and_the_time(linear_model: LinearModel) -> None:
    ride = Ride(264, 264, 3.66, "mine")
    assert scorer(linear_model).score(ride, "rides-3-7") == Prediction(
        ride_id="mine",
        duration=10.1 + 2.7 * 3.66,
        model_version="20261122-v1",
        prediction_time="2026-11-22T12:00:00.000250Z",
        known_route=False,
    )


def test_a_ride_without_an_id_is_named_after_its_origin() -> None:
    assert scorer(FakeModel()).score(Ride(1, 2, 3.0), "rides-3-7").ride_id == "rides-3-7"
    answers = scorer(FakeModel()).score_rides([Ride(1, 2, 3.0, "a"), Ride(1, 2, 3.0)], ["x", "y"])
    assert [answer.ride_id for answer in answers if isinstance(answer, Prediction)] == ["a", "y"]


def test_the_clock_may_stand_in_any_zone_and_is_utc_by_default() -> None:
    east = timezone(timedelta(hours=5, minutes=30))
    prediction = Scorer(FakeModel(), "v", lambda: NOON.astimezone(east)).score(Ride(1, 2, 3.0), "o")
    assert prediction.prediction_time == "2026-11-22T12:00:00.000250Z"
    before = datetime.now(UTC)
    now = datetime.fromisoformat(Scorer(FakeModel(), "v").score(Ride(1, 2, 3.0), "o").prediction_time)
    assert before <= now <= datetime.now(UTC)
    assert now.utcoffset() == timedelta(0)


@given(st.lists(st.from_type(Ride), max_size=20))
def test_together_in_order_and_bit_equal_to_one_by_one(linear_model: LinearModel, rides: list[Ride]) -> None:
    origins = [str(number) for number in range(len(rides))]
    each = [scorer(linear_model).score(ride, origin) for ride, origin in zip(rides, origins, strict=True)]
    assert scorer(linear_model).score_rides(rides, origins) == each
    columns = scorer(linear_model).score_columns(RideColumns.of(rides))
    assert columns.durations_minutes.tolist() == [prediction.duration for prediction in each]
    assert columns.known_routes.tolist() == [prediction.known_route for prediction in each]
    assert columns.failed.tolist() == [False] * len(rides)


@given(st.lists(st.integers(1, 265), max_size=40), st.frozensets(st.integers(1, 265)))
@example([5], frozenset({5}))
@example([1, 2, 3, 4, 5, 6, 7], frozenset({1, 7}))
@example([9, 9, 9], frozenset({9}))
def test_exactly_the_rides_that_the_model_fails_on_fail(zones: list[int], raising: frozenset[int]) -> None:
    model = FakeModel(raising)
    answers = scorer(model).score_rides(rides_of(zones), origins_of(zones))
    assert len(answers) == len(zones)
    for zone, origin, answer in zip(zones, origins_of(zones), answers, strict=True):
        if zone in raising:
            assert isinstance(answer, ModelFailed)
            assert str(answer) == f"zone {zone}"
        else:
            assert answer == scorer(FakeModel()).score(Ride(zone, 1, 1.0), origin)
    at_fault = sum(zone in raising for zone in zones)
    assert model.calls <= 1 + 2 * at_fault * math.ceil(math.log2(max(2, len(zones))))


@given(
    st.lists(st.integers(1, 9), min_size=1, max_size=20),
    st.dictionaries(st.integers(1, 9), st.sampled_from([math.inf, -math.inf, math.nan, 1e308])),
)
@example([1, 2], {1: math.inf, 2: -math.inf})
@example([1, 2, 3], {1: 1e308, 2: 1e308})  # each is finite, their sum is not
def test_exactly_the_durations_that_are_not_finite_fail(zones: list[int], odd: dict[int, float]) -> None:
    model = FakeModel(durations=odd)
    failing = [not math.isfinite(odd.get(zone, 0)) for zone in zones]
    answers = scorer(model).score_rides(rides_of(zones), origins_of(zones))
    assert [isinstance(answer, ModelFailed) for answer in answers] == failing
    for zone, origin, answer in zip(zones, origins_of(zones), answers, strict=True):
        if isinstance(answer, ModelFailed):
            assert str(answer) == f"the model gave {odd[zone]} minutes, which is no duration"
            with pytest.raises(ModelFailed, match="which is no duration"):
                scorer(model).score(Ride(zone, 1, 1.0), origin)
        else:
            assert answer == scorer(model).score(Ride(zone, 1, 1.0), origin)
    assert scorer(model).score_columns(RideColumns.of(rides_of(zones))).failed.tolist() == failing


def test_a_distance_beyond_floats_fails_alone(linear_model: LinearModel) -> None:
    rides = [Ride(1, 2, 3.0), Ride(1, 2, 1.7e308), Ride(1, 2, 4.0)]
    answers = scorer(linear_model).score_rides(rides, ["a", "b", "c"])
    assert [isinstance(answer, ModelFailed) for answer in answers] == [False, True, False]
    assert scorer(linear_model).score_columns(RideColumns.of(rides)).failed.tolist() == [False, True, False]


def test_a_model_that_raises_raises_for_one_ride_and_for_columns() -> None:
    failing = scorer(FakeModel(frozenset({5})))
    with pytest.raises(ModelFailed, match="zone 5"):
        failing.score(Ride(5, 1, 1.0), "o")
    with pytest.raises(ModelFailed, match="zone 5"):
        failing.score_columns(RideColumns.of(rides_of([1, 5])))


def test_another_error_of_the_model_is_a_bug_and_is_not_hidden() -> None:
    class Broken(FakeModel):
        def score_rides(self, rides: Sequence[Ride]) -> tuple[list[float], list[bool]]:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        scorer(Broken()).score_rides(rides_of([1]), ["o"])


def test_no_rides_do_not_ask_the_model() -> None:
    model = FakeModel()
    assert scorer(model).score_rides([], []) == []
    assert model.calls == 0


def test_each_ride_needs_its_origin() -> None:
    with pytest.raises(ValueError, match="zip"):
        scorer(FakeModel()).score_rides(rides_of([1, 2]), ["o"])


@pytest.mark.parametrize("kept", [(1, 2), (2, 1), (1, 1)], ids=["durations", "known", "both"])
def test_a_model_that_forgets_a_ride_is_refused(kept: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """The ride would be lost without a word: neither a prediction nor a failure."""
    model = FakeModel()
    monkeypatch.setattr(model, "score_rides", lambda _rides: ([1.0] * kept[0], [True] * kept[1]))
    with pytest.raises(ValueError, match="for 2 rides"):
        scorer(model).score_rides([Ride(1, 2, 3.0), Ride(4, 5, 6.0)], ["a", "b"])
