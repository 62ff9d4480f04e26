"""One run of the whole benchmark: files and models made once; then the race and memory."""

import pickle
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from batch.part_writer import ROW_GROUP_ROWS
from batch.reader import prediction_paths
from batch.run import score
from bench.batch.contestants import (
    Contestant,
    Course,
    Which,
    forest_contestants,
    own_contestants,
    peer_contestants,
)
from bench.batch.correctness import largest_difference
from bench.batch.findings import Findings, Row
from bench.batch.peers.environments import ENVIRONMENTS
from bench.batch.race import measure_memory, run
from bench.batch.ride_files import make_file, read_months
from bench.batch.whole_run import Broken
from bench.command import say
from bench.notebook_model import FEATURES, pickle_the_notebook_way
from scoring.models.model import Model
from scoring.registry.registry import Registry
from scoring.scorer import Scorer
from scoring.scorer_source import FixedScorer
from scoring.settings.batch_settings import BatchSettings
from training.train import TrainingPlan, train_version

STEPS: Final = (1_000_000, 10_000_000)
LONG_STEPS: Final = (*STEPS, 50_000_000)
_BREAKS: Final = (Broken, OSError, pa.ArrowException)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure.

    Attributes:
        months: files of past rides, to train on and to repeat.
        rows: of the file that all read.
        notebook_rows, forest_rows: of the smaller files.
        peers: measure those that are installed.
        forest: measure it.
        rounds: how often.
        memory_steps: sizes of files; none to leave it out.
    """

    months: Sequence[Path]
    rows: int
    notebook_rows: int
    forest_rows: int
    peers: bool
    forest: bool
    rounds: int
    memory_steps: Sequence[int]


@dataclass(frozen=True, slots=True)
class Made:
    """What was made for a run.

    Attributes:
        course: for the contestants.
        linear, forest: the core's models, to check by; None where it is not measured.
        months: the rides that repeat, as a table.
        folder: for files; gone at the end.
    """

    course: Course
    linear: Model
    forest: Model | None
    months: Any
    folder: Path


@contextmanager
def course_of(plan: Plan) -> Iterator[Made]:
    """Make files and models; all gone at the end."""
    with tempfile.TemporaryDirectory(prefix="ridescore-bench-") as name:
        folder = Path(name)
        paths = [str(path) for path in plan.months]
        say("training")
        linear, forests = Registry(f"{folder}/models"), Registry(f"{folder}/forests")
        linear.activate(train_version(TrainingPlan(paths, features=FEATURES), linear).version)
        pickle_the_notebook_way(paths, folder / "model.pkl")
        if plan.forest:
            forests.activate(train_version(TrainingPlan(paths, algorithm="random-forest"), forests).version)
        say(f"making a file of {plan.rows:,} rows")
        months = read_months(plan.months)
        sizes = {Which.WHOLE: plan.rows, Which.NOTEBOOK: plan.notebook_rows, Which.FOREST: plan.forest_rows}
        files = {
            which: make_file(folder / f"rides-{rows}-{which.name.lower()}.parquet", months, rows)
            for which, rows in sizes.items()
        }
        _make_ready(folder, months, linear)
        course = Course(files, folder / "ready.arrow", folder / "model.pkl", linear.location, forests.location)
        forest = forests.load_active().model if plan.forest else None
        yield Made(course, linear.load_active().model, forest, months, folder)


def measure(plan: Plan, findings: Findings, made: Made) -> None:
    """Fill the findings; what breaks is noted and the rest goes on."""
    contestants = [
        *own_contestants(),
        *(forest_contestants() if plan.forest else []),
        *(peer_contestants(ENVIRONMENTS.installed()) if plan.peers else []),
    ]
    whole = made.course.files[Which.WHOLE]
    findings.rows_read, findings.file_bytes = whole.rows, whole.path.stat().st_size
    findings.months = ", ".join(path.stem for path in plan.months)
    pickled = pickle.loads(made.course.pickled.read_bytes())
    findings.difference_minutes = largest_difference(made.linear, pickled, made.months)
    findings.rows = [Row.of(contestant) for contestant in contestants]
    for number in range(plan.rounds):
        for contestant, row in zip(contestants, findings.rows, strict=True):
            _one_round(number, contestant, row, findings, made)
    for rows in plan.memory_steps:
        with findings.noting(f"memory on {rows:,} rows", _BREAKS):
            file = make_file(made.folder / f"rides-{rows}.parquet", made.months, rows)
            findings.memory.append(measure_memory(file, made.course, made.linear, made.folder))
            file.path.unlink()
            say(f"{rows:,} rows: {findings.memory[-1].peak_bytes / 1e6:.0f} MB")


def _one_round(number: int, contestant: Contestant, row: Row, findings: Findings, made: Made) -> None:
    row.rounds.append(None)
    if row.hopeless:
        return
    model = made.forest if contestant.which is Which.FOREST and made.forest else made.linear
    with findings.noting(f"{contestant.name}, round {number + 1}", _BREAKS) as problems:
        found = run(contestant, made.course, model, made.folder)
        row.rounds[-1] = found
        say(
            f"round {number + 1}: {contestant.name}: {found.per_second:,.0f} rows/s, "
            f"{found.work_per_second:,.0f} without its start"
        )
    row.problem = problems[-1] if problems else row.problem


def _make_ready(folder: Path, months: Any, registry: Registry) -> None:
    """What the door makes of the first rows: whole repetitions of the months, a row group or more of them."""
    rows = -(-ROW_GROUP_ROWS // len(months)) * len(months)
    first = make_file(folder / "first.parquet", months, rows)
    version = registry.load_active()
    source = FixedScorer(Scorer(version.model, version.manifest.version))
    score([str(first.path)], str(folder / "first"), source, BatchSettings(), processes=1)
    tables = [pq.read_table(path) for path in prediction_paths(str(folder / "first"))]
    ready = pa.concat_tables(tables).unify_dictionaries().combine_chunks()
    with pa.ipc.new_file(folder / "ready.arrow", ready.schema) as writer:
        writer.write_table(ready, max_chunksize=len(ready))
