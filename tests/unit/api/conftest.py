"""The application in this process, with a small trained model."""

from collections.abc import Callable

import pytest
from flask import Flask

from api.app import create_app
from api.door import Door
from scoring.models.model import Model
from scoring.scorer import Scorer
from scoring.scorer_source import FixedScorer, ScorerSource
from scoring.settings.api_settings import ApiSettings
from scoring.settings.settings import read_settings


@pytest.fixture(scope="session")
def scorer(trained_model: Model) -> Scorer:
    return Scorer(trained_model, "20210101-000000-abcdef")


@pytest.fixture(scope="session")
def app(scorer: Scorer) -> Flask:
    return create_app(read_settings(), FixedScorer(scorer))


@pytest.fixture(scope="session")
def door(app: Flask) -> Door:
    found: Door = app.extensions["door"]
    return found


@pytest.fixture
def new_door() -> Callable[..., Door]:
    """A door of one's own: ``new_door(scorers, max_in_flight=1)``."""

    def make(scorers: ScorerSource, **settings: object) -> Door:
        return Door(ApiSettings(**settings), scorers)  # type: ignore[arg-type]

    return make
