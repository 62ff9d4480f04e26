"""The simplest source of scorers."""

from scoring.models.model import Model
from scoring.scorer import Scorer
from scoring.scorer_source import FixedScorer


def test_a_fixed_scorer_is_the_one_it_was_given_for_good(trained_model: Model) -> None:
    scorer = Scorer(trained_model, "v1")
    source = FixedScorer(scorer)
    assert source.current() is scorer
    assert source.current() is scorer
    assert source.problem == ""
