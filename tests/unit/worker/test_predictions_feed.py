"""Predictions and dead letters as people and pipes read them."""

from collections.abc import Callable

from scoring.errors import UndecodableRide
from scoring.prediction import Prediction, encode_prediction
from worker.clients.client import Record
from worker.clients.memory_broker import MemoryRecord
from worker.dead_letter import dead_letter
from worker.predictions_feed import FedDeadLetter, FedPrediction, fed_dead_letter, fed_prediction, records

NewRecord = Callable[..., MemoryRecord]
PREDICTION = Prediction("a", 12.5, "v1", "2026-11-22T14:30:05.000000Z", known_route=False)


class Pages:
    """A reader that gives one page a read, and is at its end after some of them."""

    def __init__(self, pages: list[list[Record]], ends_after: int) -> None:
        self._pages, self._ends_after = pages, ends_after
        self.reads = 0

    def read(self, timeout_seconds: float) -> list[Record]:
        self.reads += 1
        return self._pages[self.reads - 1] if self.reads <= len(self._pages) else []

    def at_end(self) -> bool:
        return self.reads >= self._ends_after

    def close(self) -> None:
        raise AssertionError("the caller closes it")


def test_a_prediction_comes_with_its_source(record: NewRecord) -> None:
    found = fed_prediction(record(value=encode_prediction(PREDICTION), headers=[("ridescore.source", b"rides-3-7")]))
    assert found == FedPrediction(PREDICTION, "rides-3-7")


def test_what_is_no_prediction_is_none(record: NewRecord) -> None:
    for value in (None, b"", b"{}", b"\xff", b"[]", b'{"ride_id": 1}'):
        assert fed_prediction(record(value=value)) is None


def test_a_dead_letter_in_words(record: NewRecord) -> None:
    letter = dead_letter(record(value=b"\xffx" * 200), UndecodableRide("not UTF-8"), "letters")
    read = record(topic="letters", partition=0, offset=5, value=letter.value, headers=letter.headers)
    assert fed_dead_letter(read) == FedDeadLetter(
        "letters-0-5",
        "rides-3-1042",
        "undecodable",
        "UndecodableRide",
        "not UTF-8",
        "\N{REPLACEMENT CHARACTER}x" * 100,
    )


def test_a_dead_letter_of_somebody_else_is_told_as_far_as_it_goes(record: NewRecord) -> None:
    assert fed_dead_letter(record(value=None)) == FedDeadLetter("rides-3-1042", "--", "", "", "", "")


def test_to_the_end_stops_there(record: NewRecord) -> None:
    one, two, three = (record(offset=offset) for offset in range(3))
    reader = Pages([[one], [], [two], [three]], ends_after=3)
    assert list(records(reader, to_end=True)) == [one, two]


def test_following_goes_on_until_told_to_stop(record: NewRecord) -> None:
    one, two = record(offset=0), record(offset=1)
    reader = Pages([[one], [], [two]], ends_after=0)
    assert list(records(reader, to_end=False, stopping=lambda: reader.reads == 5)) == [one, two]
    assert reader.reads == 5
