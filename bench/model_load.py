"""Loading a model from cold: a linear version beside unpickling the same model the notebook way.

    python -m bench.model_load [FILE...] [--runs N] [--json]

Each run is a process that starts, loads the model and scores one ride. FILE: months to train on; the sample by default.
"""

import os
import platform
import tempfile
from pathlib import Path

import click

from bench.measured import Cost, Program, measure_in_turn
from bench.notebook_model import pickle_the_notebook_way
from cli.output import json_option, show_json, show_table
from scoring.registry.registry import Registry
from training import sample_rides
from training.train import TrainingPlan, train_version

_NOTHING = "pass"
_NUMPY = "import numpy"
_VERSION = """
import sys
from scoring.registry.registry import Registry
from scoring.rides.decoder import decode_ride
model = Registry(sys.argv[1]).load_active().model
print(model.score_ride(decode_ride(b'{"PULocationID": 43, "DOLocationID": 151, "trip_distance": 1.8}')))
"""
_PICKLE = """
import pickle, sys
with open(sys.argv[1], "rb") as file:
    vectorizer, model = pickle.load(file)
print(model.predict(vectorizer.transform([{"PU_DO": "43_151", "trip_distance": 1.8}])))
"""


@click.command()
@click.argument("files", nargs=-1)
@click.option("--runs", type=click.IntRange(1, 1000), default=15, show_default=True)
@json_option
def main(files: tuple[str, ...], runs: int, as_json: bool) -> None:
    """Measure start, load and first prediction of both."""
    training = list(files) or [str(sample_rides.JANUARY)]
    with tempfile.TemporaryDirectory() as folder:
        registry = Registry(f"{folder}/models")
        registry.activate(train_version(TrainingPlan(training), registry).version)
        pickled = Path(folder) / "model.pkl"
        pickle_the_notebook_way(training, pickled)
        programs = {
            "python alone": Program(_NOTHING),
            "importing numpy": Program(_NUMPY),
            "ridescore's linear version": Program(_VERSION, [registry.location]),
            "unpickled (DictVectorizer, LinearRegression)": Program(_PICKLE, [str(pickled)]),
        }
        costs = dict(zip(programs, measure_in_turn(list(programs.values()), runs), strict=True))
    if as_json:
        show_json({"runs": runs, "cores": os.cpu_count(), "python": platform.python_version(), "costs": costs})
    else:
        _show(costs, runs)


def _show(costs: dict[str, Cost], runs: int) -> None:
    peer = costs["unpickled (DictVectorizer, LinearRegression)"]
    show_table(
        f"Start, load, score one ride: medians of {runs} runs in turn, whole processes",
        ("process", "wall ms", "cpu ms", "peak MB", "unpickling takes"),
        (
            (
                name,
                f"{cost.wall_seconds * 1e3:.0f}",
                f"{cost.cpu_seconds * 1e3:.0f}",
                f"{cost.peak_bytes / 1e6:.0f}",
                f"{peer.wall_seconds / cost.wall_seconds:.1f}x time, {peer.peak_bytes / cost.peak_bytes:.1f}x memory",
            )
            for name, cost in costs.items()
        ),
        numbers=("wall ms", "cpu ms", "peak MB"),
    )


if __name__ == "__main__":
    main()
