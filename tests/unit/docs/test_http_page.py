"""docs/http.md is held to the code: its routes, codes and limits are those there are, its example works."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from api.app import create_app
from api.body import BATCH_LIMIT_BYTES, JSON_LIMIT_BYTES, MOST_RIDES
from api.openapi.document import openapi_document
from scoring.models.model import Model
from scoring.scorer import Scorer
from scoring.scorer_source import FixedScorer
from scoring.settings.settings import read_settings

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "http.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def document() -> Any:
    return openapi_document(token_is_set=False)


def test_the_page_names_every_path_and_no_other(document: Any) -> None:
    table = PAGE[PAGE.index("## Routes") : PAGE.index("## Limits")]
    named = set(re.findall(r"(/[a-z0-9_./{}]+)`", table))
    assert named == set(document["paths"])


def test_methods_are_those_of_the_document(document: Any) -> None:
    for method, path in re.findall(r"^\| `(GET|POST) (/[^`]+)`", PAGE, re.MULTILINE):
        assert method.lower() in document["paths"][path]


def test_the_page_lists_every_code_of_every_problem() -> None:
    sources = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "api").rglob("*.py"))
    raised = set(re.findall(r'Problem\(\s*[\w.]+,\s*"([a-z-]+)"', sources))
    listed = re.findall(r"^\| [45]\d\d \| `([a-z-]+)` \|", PAGE, re.MULTILINE)
    assert set(listed) == raised
    assert len(set(listed)) == len(listed) >= 15
    operations = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`[a-z`, -]+`) \| [45]\d\d", operations, re.MULTILINE)
    assert set(re.findall(r"`([a-z-]+)`", "".join(rows))) == raised


def test_limits_are_those_in_force() -> None:
    assert f"{JSON_LIMIT_BYTES >> 20} MiB" in PAGE
    assert f"{BATCH_LIMIT_BYTES >> 20} MiB" in PAGE
    assert f"{MOST_RIDES:,}" in PAGE


def test_the_example_of_an_inference_is_answered(trained_model: Model) -> None:
    example = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert example is not None
    app = create_app(read_settings(), FixedScorer(Scorer(trained_model, "v1")))
    answer = app.test_client().post("/v2/models/ride-duration/infer", data=example[1], content_type="application/json")
    assert answer.status_code == 200
    assert json.loads(answer.data)["parameters"] == {"content_type": "pd"}
