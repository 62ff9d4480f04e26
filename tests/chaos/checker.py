"""The checker: does what came out equal, ride for ride, what must come out? Pure, and no code of the worker's.

Counts lost, duplicated, misordered and wrong records apart, and keeps some of each to show.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from tests.chaos.expected import Expected, Found, Source

TOLERANCE_MINUTES: Final = 1e-9
_SHOWN: Final = 5
_OURS: Final = ("ridescore.", "__connect.errors.")


@dataclass(slots=True)
class Judgement:
    """How far what was found is from what was expected; all zero is right."""

    rides: int = 0
    lost: int = 0
    duplicated: int = 0
    misordered: int = 0
    wrong: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def right(self) -> bool:
        """Whether nothing at all is wrong."""
        return not (self.lost or self.duplicated or self.misordered or self.wrong)

    def show(self, kind: str, problems: list[str]) -> int:
        """Keep the first few to be shown; how many there were."""
        self.problems += [f"{kind}: {each}" for each in problems[:_SHOWN]]
        if len(problems) > _SHOWN:
            self.problems.append(f"{kind}: and {len(problems) - _SHOWN:,} more")
        return len(problems)


def judge(expected: Mapping[Source, Expected], found: Iterable[Found], model_version: str) -> Judgement:
    """Compare.

    Args:
        expected: every ride that was published.
        found: committed predictions and dead letters, in offset order within each output partition.
        model_version: that every prediction must name.
    """
    found = list(found)
    judgement = Judgement(rides=len(expected))
    times = Counter(each.source for each in found if each.source in expected)
    judgement.lost = judgement.show("lost", [str(source) for source in expected if source not in times])
    again = [f"{source}, {count} times" for source, count in times.items() if count > 1]
    judgement.show("duplicated", again)
    judgement.duplicated = sum(count - 1 for count in times.values())
    judgement.misordered = judgement.show("misordered", _misordered(found))
    wrong = [
        f"{each.source or 'a record without a source'}: {what}"
        for each in found
        if (what := _what_is_wrong(each, expected, model_version))
    ]
    judgement.wrong = judgement.show("wrong", wrong)
    return judgement


def _misordered(found: list[Found]) -> list[str]:
    """Within an output partition, what came from one input partition must come in its order."""
    last: dict[tuple[bool, int, str, int], int] = {}
    problems = []
    for each in found:
        if each.source is None:
            continue
        stream = (each.is_prediction, each.partition, each.source.topic, each.source.partition)
        if each.source.offset < last.get(stream, -1):
            problems.append(f"{each.source} after offset {last[stream]}")
        last[stream] = max(each.source.offset, last.get(stream, -1))
    return problems


def _what_is_wrong(found: Found, expected: Mapping[Source, Expected], model_version: str) -> str:
    """Empty where nothing is."""
    if found.source is None or found.source not in expected:
        return "no such ride was published"
    ride = expected[found.source]
    if found.is_prediction != (not ride.reason):
        became = "a prediction" if found.is_prediction else f"a dead letter ({found.reason})"
        return f"became {became}, not {f'a dead letter ({ride.reason})' if ride.reason else 'a prediction'}"
    if ride.damaged:
        return "" if found.reason == ride.reason else f"has the reason {found.reason!r}, not {ride.reason!r}"
    if found.key != ride.key:
        return f"has the key {found.key!r}, not {ride.key!r}"
    if found.timestamp != ride.timestamp:
        return f"has the timestamp {found.timestamp}, not {ride.timestamp}"
    if _copied(found) != [(_as_text(name), value or b"") for name, value in ride.headers]:
        return f"has the headers {_copied(found)}, not {list(ride.headers)}"
    return _wrong_prediction(found, ride, model_version) if found.is_prediction else _wrong_dead_letter(found, ride)


def _as_text(name: str) -> str:
    """A name that is no text, in which surrogates stand for bytes, is copied with backslashes."""
    return name.encode(errors="surrogateescape").decode(errors="backslashreplace")


def _copied(found: Found) -> list[tuple[str, bytes]]:
    """What is left of the ride's own headers; a client that cannot send a null one may make it empty."""
    return [(name, value or b"") for name, value in found.headers if not name.startswith(_OURS)]


def _wrong_prediction(found: Found, ride: Expected, model_version: str) -> str:
    if not abs(found.minutes - ride.minutes) <= TOLERANCE_MINUTES:
        return f"{found.minutes!r} minutes, where scikit-learn says {ride.minutes!r}"
    if found.source is not None and found.partition != found.source.partition:
        return f"stands in partition {found.partition}"
    if found.ride_id != (ride.ride_id or str(found.source)):
        return f"is named {found.ride_id}, not {ride.ride_id or found.source}"
    return "" if found.version == model_version else f"names the model {found.version}, not {model_version}"


def _wrong_dead_letter(found: Found, ride: Expected) -> str:
    if found.reason != ride.reason:
        return f"has the reason {found.reason!r}, not {ride.reason!r}"
    # A client that cannot send a record without key and value makes the value empty.
    if found.value != ride.value and not (ride.value is None and ride.key is None and found.value == b""):
        return f"has the value {found.value!r}, not {ride.value!r}"
    return ""
