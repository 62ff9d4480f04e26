"""What is published: real rides in every valid guise, poison of every kind, and what must become of each."""

import json
import random
import time
from collections.abc import Callable, Iterator, Sequence

from tests.chaos.expected import Expected, Headers
from tests.chaos.reference_model import SampleRide

_OVERSIZED_BYTES = 100_000
UNREADABLE = "caf\udce9"  # a surrogate stands for a byte that is no text
UNDECODABLE = (
    b"not json",
    b'{"PULocationID": 130, "DOLoc',
    b"",
    b"[130, 205, 3.66]",
    b"null",
    b'\xff\xfe{"PULocationID": 1}',
    b'{"PULocationID": 130, "DOLocationID": 205, "trip_distance": 1, "note": "\xc3\x28"}',
    b"[" * 5_000,
)
INVALID = (
    b'{"PULocationID": 130, "DOLocationID": 205, "trip_distance": "3.66"}',
    b'{"PULocationID": 999, "DOLocationID": 205, "trip_distance": 3.66}',
    b'{"PULocationID": 130, "trip_distance": 3.66}',
    b'{"PULocationID": true, "DOLocationID": 205, "trip_distance": 3.66}',
    b'{"PULocationID": 130.5, "DOLocationID": 205, "trip_distance": 3.66}',
    b'{"PULocationID": 130, "DOLocationID": null, "trip_distance": 3.66}',
    b'{"PULocationID": 130, "DOLocationID": 205, "trip_distance": -1}',
    b'{"PULocationID": 130, "DOLocationID": 205, "trip_distance": 1e400}',
    b'{"PULocationID": 130, "DOLocationID": 205, "trip_distance": 1, "ride_id": ""}',
    b'{"PULocationID": 130, "DOLocationID": 205, "trip_distance": NaN}',
    b'{"PULocationID": 130, "DOLocationID": 205, "trip_distance": -Infinity}',
    b"{}",
)


class Workload:
    """An endless stream of rides.

    Args:
        rides: real ones, cycled.
        seed: of what is chosen.
        poison_share: of rides that cannot be scored, or are odd and must be scored all the same.
        oversized_share: of rides whose headers are too large for the predictions topic that the fault makes.
        unreadable_share: of rides with a header whose name is no text.
    """

    def __init__(
        self,
        rides: Sequence[SampleRide],
        seed: str,
        poison_share: float = 0.03,
        oversized_share: float = 0.0,
        unreadable_share: float = 0.0,
    ) -> None:
        self._rides = rides
        self._random = random.Random(seed)
        self._poison_share = poison_share
        self._oversized_share = oversized_share
        self._unreadable_share = unreadable_share
        self._poison: tuple[Callable[[int], Expected], ...] = (
            self._undecodable,
            self._invalid,
            self._tombstone,
            self._keyless_tombstone,
            self._keyless,
            self._null_headers,
            self._nameless,
        )
        self._began_ms = int(time.time() * 1000)
        self._number = 0

    def take(self, count: int) -> Iterator[Expected]:
        """The next rides."""
        for _ in range(count):
            number, self._number = self._number, self._number + 1
            chance = self._random.random()
            if chance < self._poison_share:
                yield self._poison[self._random.randrange(len(self._poison))](number)
            elif chance < self._poison_share + self._oversized_share:
                yield self._ride(number, headers=[("trail", self._random.randbytes(_OVERSIZED_BYTES))], too_large=True)
            elif chance < self._poison_share + self._oversized_share + self._unreadable_share:
                yield self._unreadable(number)
            else:
                yield self._ride(number)

    def _ride(
        self, number: int, *, keyed: bool = True, named: bool = True, headers: Headers = (), too_large: bool = False
    ) -> Expected:
        ride = self._rides[number % len(self._rides)]
        ride_id = f"ride-{number}"
        fields: dict[str, object] = {"ride_id": ride_id} if named else {}
        as_float = number % 7 == 0  # as pandas writes a column that once held a null
        fields |= {
            "PULocationID": float(ride.pickup) if as_float else ride.pickup,
            "DOLocationID": float(ride.dropoff) if as_float else ride.dropoff,
            "trip_distance": ride.miles,
        }
        if number % 11 == 0:
            fields["fare_amount"] = 12.5
        value = json.dumps(fields).encode()
        reason = "too-large" if too_large else ""
        return self._expected(
            number, ride_id.encode() if keyed else None, value, headers, reason, ride.minutes, ride_id if named else ""
        )

    def _expected(
        self,
        number: int,
        key: bytes | None,
        value: bytes | None,
        headers: Headers,
        reason: str,
        minutes: float = 0.0,
        ride_id: str = "",
    ) -> Expected:
        return Expected(key, value, list(headers), self._began_ms + number, reason, minutes, ride_id)

    def _undecodable(self, number: int) -> Expected:
        return self._expected(number, b"poison", self._random.choice(UNDECODABLE), [("trace", b"1")], "undecodable")

    def _invalid(self, number: int) -> Expected:
        return self._expected(number, f"bad-{number}".encode(), self._random.choice(INVALID), (), "invalid-ride")

    def _tombstone(self, number: int) -> Expected:
        return self._expected(number, f"gone-{number}".encode(), None, (), "tombstone")

    def _keyless_tombstone(self, number: int) -> Expected:
        return self._expected(number, None, None, [("trace", b"2")], "tombstone")

    def _keyless(self, number: int) -> Expected:
        return self._ride(number, keyed=False, headers=[("trace", b"3"), ("trace", b"again")])

    def _null_headers(self, number: int) -> Expected:
        return self._ride(number, headers=[("trace", None), ("kept", b"")])

    def _unreadable(self, number: int) -> Expected:
        """A valid ride with a header that cannot be copied as it is."""
        return self._ride(number, headers=[("trace", b"4"), (UNREADABLE, b"")])._replace(reason="undecodable")

    def _nameless(self, number: int) -> Expected:
        return self._ride(number, named=False)
