"""The flows by name. Importing this imports Prefect: prepare the environment first."""

from typing import Any, Final

from prefect.flows import Flow

from flows.backfill import backfill
from flows.score_files import score_files
from flows.score_landing import score_landing
from flows.train_and_register import train_and_register

FLOWS: Final[dict[str, Flow[..., Any]]] = {
    each.name: each for each in (score_files, score_landing, backfill, train_and_register)
}
