"""From a linear regressor fitted on one-hot columns to the linear kind.

Reads attributes only. That the result equals the regressor is proved on rides before it is used, since a model may
have coefficients and still not be linear in them (a log link, say).
"""

from typing import Any

import numpy as np

from scoring.errors import ModelIncompatible
from scoring.models.linear import LinearModel
from scoring.models.one_hot import OneHotTwin
from scoring.models.vocabulary import Vocabulary
from scoring.rides.columns import FloatArray, RideColumns
from scoring.rides.ride import FIRST_ZONE, LAST_ZONE

AGREEMENT_MINUTES = 1e-9


def compile_linear(vocabulary: Vocabulary, regressor: Any) -> LinearModel | None:
    """Compile a regressor fitted on the vocabulary's columns; None where it is not linear in them.

    Raises:
        ModelIncompatible: a coefficient is not finite, or the regressor cannot predict.
    """
    fitted = getattr(regressor, "coef_", ())
    dense = fitted.toarray() if hasattr(fitted, "toarray") else fitted  # a sparsified or kernel regressor's are sparse
    coefficients = np.asarray(dense, dtype=np.float64).ravel()
    intercepts = np.asarray(getattr(regressor, "intercept_", ()), dtype=np.float64).ravel()
    if coefficients.shape != (vocabulary.width,) or intercepts.shape != (1,):
        return None
    if not (np.isfinite(coefficients).all() and np.isfinite(intercepts).all()):
        raise ModelIncompatible("the regressor has a coefficient that is not finite; train it again")
    model = _compiled(vocabulary, coefficients, float(intercepts[0]))
    return model if _agrees(model, vocabulary, regressor) else None


def _compiled(vocabulary: Vocabulary, coefficients: FloatArray, intercept: float) -> LinearModel:
    codes = {
        location: np.array(sorted(vocabulary.columns[location]), np.int64) for location in vocabulary.features.locations
    }
    weights = {
        location: coefficients[[vocabulary.columns[location][code] for code in codes[location].tolist()]]
        for location in vocabulary.features.locations
    }
    distance = vocabulary.distance_column
    slope = 0.0 if distance is None else float(coefficients[distance])
    return LinearModel(vocabulary.features, intercept, slope, codes, weights)


def _agrees(model: LinearModel, vocabulary: Vocabulary, regressor: Any) -> bool:
    rides = probe_rides()
    try:
        predicted = regressor.predict(OneHotTwin.of(vocabulary).matrix(rides))
    except Exception as error:  # one pickled by another scikit-learn may lack anything
        raise ModelIncompatible(
            f"the regressor cannot predict here: {type(error).__name__}: {error}; train it again"
        ) from error
    expected = np.asarray(predicted, dtype=np.float64).ravel()
    scored, _known = model.score_columns(rides)
    return bool(np.allclose(scored, expected, rtol=1e-12, atol=AGREEMENT_MINUTES))


def probe_rides(n: int = 2_000) -> RideColumns:
    """Rides spread over all zones and common distances, the same at every call."""
    random = np.random.default_rng(20210101)
    return RideColumns(
        random.integers(FIRST_ZONE, LAST_ZONE, n, endpoint=True),
        random.integers(FIRST_ZONE, LAST_ZONE, n, endpoint=True),
        np.concatenate([[0.0, 0.01, 30.0], random.exponential(3.0, n - 3)]),
    )
