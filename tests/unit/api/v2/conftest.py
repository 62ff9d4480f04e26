"""Requests of the protocol as its clients write them, and a scorer to answer them."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from api.problem import Problem
from api.v2.inference import Inferred, infer
from scoring.models.model import Model
from scoring.scorer import Scorer

Ask = Callable[..., Inferred]


def tensor(name: str, datatype: str, data: Sequence[Any], **more: Any) -> dict[str, Any]:
    """One input of shape [n]; what follows replaces or adds fields."""
    return {"name": name, "shape": [len(data)], "datatype": datatype, "data": list(data), **more}


def request_of(pickups: Sequence[Any], dropoffs: Sequence[Any], miles: Sequence[Any], **more: Any) -> dict[str, Any]:
    """A request of n rides; what follows adds fields."""
    return {
        "inputs": [
            tensor("PULocationID", "INT64", pickups),
            tensor("DOLocationID", "INT64", dropoffs),
            tensor("trip_distance", "FP64", miles),
        ],
        **more,
    }


@pytest.fixture(scope="session")
def scorer(trained_model: Model) -> Scorer:
    return Scorer(trained_model, "v1")


@pytest.fixture(scope="session")
def ask(scorer: Scorer) -> Ask:
    """Infer a request given as an object, bytes, or an object with the binary that follows it."""

    def asked(request: Any, binary: bytes | None = None) -> Inferred:
        content = request if isinstance(request, bytes) else json.dumps(request).encode()
        if binary is None:
            return infer(scorer, content, None, "asked")
        return infer(scorer, content + binary, str(len(content)), "asked")

    return asked


def refused(ask: Ask, request: Any, binary: bytes | None = None) -> Problem:
    """The problem that a request meets."""
    with pytest.raises(Problem) as caught:
        ask(request, binary)
    return caught.value
