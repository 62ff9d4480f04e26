"""Rides of every kind, for tests that compare one way of answering with another."""

from typing import Any, Final

from hypothesis import strategies as st

ZONES: Final = st.integers(1, 265)
ODD: Final = st.sampled_from([0, 266, -1, 1 << 70, 3.5, "43", None, True, [], {}, "", "x" * 200, 1e308])
SOUND_RIDES: Final = st.fixed_dictionaries(
    {
        "PULocationID": ZONES | ZONES.map(float),
        "DOLocationID": ZONES,
        "trip_distance": st.floats(0, 1e6) | st.integers(0, 500),
    },
    optional={"ride_id": st.sampled_from(["r", "é" * 128, "a b"]), "extra": st.just({"nested": [1]})},
)
RIDES: Final[st.SearchStrategy[Any]] = (
    SOUND_RIDES
    | st.fixed_dictionaries(
        {"PULocationID": ZONES | ODD, "DOLocationID": ZONES | ODD, "trip_distance": st.floats() | ODD},
        optional={"ride_id": ODD},
    )
    | st.dictionaries(st.sampled_from(["PULocationID", "trip_distance", "ride_id", "x"]), ODD)
    | ODD
)
