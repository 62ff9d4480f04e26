"""What is measured: the file door by one and two processes, its ceilings, the notebook way, the forest, the peers."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from batch.reader import prediction_paths
from bench.batch.ride_files import MadeFile

OURS: Final = "ridescore, 1 process"
OURS_TWO: Final = "ridescore, 2 processes"
CEILING: Final = "bare pyarrow"
CEILING_DEFAULTS: Final = "bare pyarrow, its defaults"
NOTEBOOK: Final = "notebook way"
OURS_FOREST: Final = "ridescore, random forest"
FOREST: Final = "the forest's own predict"
SKLEARN: Final = "scikit-learn"
LOOKUP: Final = "array look-up"
_PROGRAMS: Final = Path(__file__).parent / "programs"


class Which(Enum):
    """Which file a contestant reads; all have the same columns and rides."""

    WHOLE = "all rows"
    NOTEBOOK = "a smaller file, as the notebook way holds all rows in memory"
    FOREST = "a smaller file, as a forest is slow"


@dataclass(frozen=True, slots=True)
class Course:
    """What all contestants of one run share.

    Attributes:
        files: what each reads.
        ready: an Arrow file of the door's output for the first rows of the file, which repeat.
        pickled: a (DictVectorizer, LinearRegression), as notebooks leave it.
        registry: with the same regression as its active version.
        forests: a registry with a random forest.
    """

    files: Mapping[Which, MadeFile]
    ready: Path
    pickled: Path
    registry: str
    forests: str


@dataclass(frozen=True, slots=True)
class Contestant:
    """One row of the table.

    Attributes:
        name: unique.
        meaning: what it does, for the page.
        command: what to run on the course, into an output folder that is there.
        which: the file that it reads.
        outputs: the files that it has left in that folder; None where it writes none.
        exact: its durations are the core's bit for bit.
        settings: environment variables.
    """

    name: str
    meaning: str
    command: Callable[[Course, Path], Sequence[str]]
    which: Which = Which.WHOLE
    outputs: Callable[[Path], Sequence[str]] | None = lambda folder: [str(each) for each in folder.rglob("*.parquet")]
    exact: bool = False
    settings: Callable[[Course], Mapping[str, str]] = lambda _course: {}


def own_contestants() -> list[Contestant]:
    """The door, its ceilings and the notebook way."""
    whole = (
        "`ridescore batch score --processes {}` whole: starts, loads the model, digests the input, judges, names and "
        "scores every ride, digests and syncs what it writes, commits by manifest"
    )
    return [
        _door(OURS, whole.format(1), 1),
        _ceiling(CEILING, "own", "with the options that the door gives pyarrow's writer"),
        _ceiling(CEILING_DEFAULTS, "defaults", "with pyarrow's own defaults and zstd"),
        _door(OURS_TWO, whole.format(2), 2),
        Contestant(
            NOTEBOOK,
            "the course notes' cells as a script, in one process: pandas reads, to_dict, DictVectorizer.transform, "
            "LinearRegression.predict, to_parquet; on fewer rows, beside which its rate without its start stands",
            lambda course, output: _program(
                "notebook", course.files[Which.NOTEBOOK].path, course.pickled, output / "scored.parquet"
            ),
            Which.NOTEBOOK,
        ),
    ]


def forest_contestants() -> list[Contestant]:
    """The door with a random forest, and the forest alone."""
    return [
        _door(OURS_FOREST, "the door's command with a random forest of 100 trees, one process", 1, Which.FOREST),
        Contestant(
            FOREST,
            "scikit-learn's forest, one thread, on the ready matrix of the same rows: nothing read, encoded or written",
            lambda course, _output: _program("forest", course.files[Which.FOREST].path, course.forests),
            Which.FOREST,
            outputs=None,
        ),
    ]


def peer_contestants(pythons: Mapping[str, Path]) -> list[Contestant]:
    """The peers that are installed, each with scikit-learn and with the model as one look-up for all rows.

    Args:
        pythons: the interpreter of each peer's own virtual environment.
    """
    titles = {
        "ray": ("Ray Data", "read_parquet, map_batches by two actors, write_parquet on two cores"),
        "dask": ("Dask", "read_parquet by row group, map_partitions, to_parquet in two processes"),
    }
    kinds = {
        "sklearn": (SKLEARN, "to_dict, DictVectorizer.transform and LinearRegression.predict a batch"),
        "lookup": (LOOKUP, "the model reduced by hand to one numpy look-up a batch, so that only the framework counts"),
    }
    return [
        _peer(f"{title}, {kind_title}", f"{how}; {meaning}", peer, kind, pythons[peer])
        for peer, (title, how) in titles.items()
        if peer in pythons
        for kind, (kind_title, meaning) in kinds.items()
    ]


def _door(name: str, meaning: str, processes: int, which: Which = Which.WHOLE) -> Contestant:
    def command(course: Course, output: Path) -> list[str]:
        script = str(Path(sys.executable).with_name("ridescore"))
        source = str(course.files[which].path)
        return [
            *(script, "batch", "score", source, "--output", str(output), "--processes", str(processes), "--json"),
        ]

    def settings(course: Course) -> dict[str, str]:
        return {"MODEL_REGISTRY": course.forests if which is Which.FOREST else course.registry, "LOG_LEVEL": "ERROR"}

    return Contestant(
        name, meaning, command, which, lambda folder: prediction_paths(str(folder)), exact=True, settings=settings
    )


def _ceiling(name: str, kind: str, how: str) -> Contestant:
    return Contestant(
        name,
        "the ceiling: one process reads the door's columns by record batches of its size and writes the door's output "
        f"columns, {how}; ride ids and durations are ready-made, nothing is scored, checked, digested or synced",
        lambda course, output: _program(
            "ceiling", kind, course.files[Which.WHOLE].path, course.ready, output / "scored.parquet"
        ),
        exact=True,
    )


def _peer(name: str, meaning: str, peer: str, kind: str, python: Path) -> Contestant:
    def command(course: Course, output: Path) -> list[str]:
        arguments = (kind, course.files[Which.WHOLE].path, course.pickled, output / "scored")
        return [str(python), *_program(f"{peer}_app", *arguments)[1:]]

    return Contestant(name, meaning, command, settings=lambda _course: {"RAY_USAGE_STATS_ENABLED": "0"})


def _program(name: str, *arguments: object) -> list[str]:
    return [sys.executable, str(_PROGRAMS / f"{name}.py"), *map(str, arguments)]
