"""The estimator kind: any scikit-learn pipeline, stored with skops.

What may be inside is decided by the allow-list below and never by the artefact: loading one runs no foreign code.
Imports scikit-learn when a model is built, never at import of this module's users.
"""

import warnings
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import numpy as np

from scoring.errors import ModelCorrupt, ModelFailed, ModelIncompatible
from scoring.features import FeatureSet, LocationFeature
from scoring.models.known import KnownLocations
from scoring.models.known_file import KNOWN_FILE, known_from_bytes, known_to_bytes
from scoring.models.model import ModelKind
from scoring.models.one_hot import OneHotTwin
from scoring.models.vocabulary import read_vocabulary
from scoring.rides.columns import BoolArray, FloatArray, RideColumns
from scoring.rides.ride import Ride

ESTIMATOR_FILE: Final = "estimator.skops"
EstimatorInput = Literal["dicts", "codes"]
_WORTH_COMPARING: Final = 1_000  # rides; among fewer hardly two are equal

# What skops does not trust by itself, and common regressors need: records of numbers, no code.
ALLOWED_TYPES: Final = frozenset(
    {
        "scipy.sparse._csr.csr_matrix",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn.model_selection._split.KFold",
        "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
        "sklearn.tree._tree.Tree",
        "sklearn.utils._bunch.Bunch",
    }
)

# Steps whose answer for a row does not depend on which rows stand beside it. Others (dense matrix products, whose sums
# are grouped by block) are scored ride by ride, so that every door still gets the same bits.
ROW_INDEPENDENT: Final = frozenset(
    {
        "ColumnTransformer",
        "DecisionTreeRegressor",
        "DictVectorizer",
        "DummyRegressor",
        "ExtraTreeRegressor",
        "ExtraTreesRegressor",
        "GradientBoostingRegressor",
        "HistGradientBoostingRegressor",
        "OrdinalEncoder",
        "Pipeline",
        "RandomForestRegressor",
        "TargetEncoder",
    }
)


class EstimatorModel:
    """A fitted estimator that predicts minutes.

    Args:
        features: the feature set it was trained on.
        estimator: fitted; a Pipeline that starts with a DictVectorizer where ``reads`` is ``dicts``, else anything that
            predicts from :meth:`FeatureSet.code_matrix`. One thread scores with it at a time.
        known: the locations of its training rides.
        reads: what its first step takes.

    Raises:
        ModelIncompatible: it predicts nothing, or its first step was fitted on features that a ride does not have.
    """

    def __init__(
        self, features: FeatureSet, estimator: Any, known: KnownLocations, reads: EstimatorInput = "codes"
    ) -> None:
        self.features = features
        self.reads = reads
        if not (hasattr(estimator, "predict") and hasattr(estimator, "get_params")):
            raise ModelIncompatible(f"a {type(estimator).__name__} is no estimator that predicts; train it again")
        if reads == "dicts" and not hasattr(estimator, "steps"):
            raise ModelIncompatible(
                f"a {type(estimator).__name__} does not read dicts; train a Pipeline that starts with a DictVectorizer"
            )
        self._estimator = _single_threaded(estimator)
        self._known_codes = known
        self._known = known.route_table()
        self._twin: OneHotTwin | None = None
        self._dense = False
        self._predict = estimator.predict
        if reads == "dicts":
            vectorizer = estimator.steps[0][1]
            self._twin = OneHotTwin.of(read_vocabulary(vectorizer))
            self._dense = not getattr(vectorizer, "sparse", True)
            self._predict = estimator[1:].predict
        self._by_block = all(name in ROW_INDEPENDENT for name in _class_names(estimator))

    @property
    def kind(self) -> ModelKind:
        """Always ``estimator``."""
        return "estimator"

    def score_ride(self, ride: Ride) -> tuple[float, bool]:
        """The duration of one ride in minutes, and whether its location features were seen in training."""
        durations, known = self.score_columns(RideColumns.of([ride]))
        return float(durations[0]), bool(known[0])

    def score_rides(self, rides: Sequence[Ride]) -> tuple[list[float], list[bool]]:
        """The same for each of n rides, in their order."""
        durations, known = self.score_columns(RideColumns.of(rides))
        return durations.tolist(), known.tolist()

    def score_columns(self, columns: RideColumns) -> tuple[FloatArray, BoolArray]:
        """The same for n rides in columns: minutes as float64 and known as bool, each of shape (n,).

        Raises:
            ModelFailed: the estimator raised, or did not give one number a ride.
        """
        known = self._known[LocationFeature.PU_DO.codes_of(columns)]
        if not len(columns):  # an estimator raises for none
            return np.empty(0), known
        if len(columns) < _WORTH_COMPARING:
            return self._durations(columns), known
        from scoring.rides.distinct import distinct_rides  # needs pyarrow, which a linear version does without

        rides, places = distinct_rides(columns)
        return self._durations(rides)[places], known

    def _durations(self, columns: RideColumns) -> FloatArray:
        try:
            matrix = self._matrix(columns)
            with np.errstate(over="ignore"):  # to infinity without a word, as the linear kind does
                if self._by_block:
                    durations = self._predict(matrix)
                else:
                    durations = np.concatenate([self._predict(matrix[row : row + 1]) for row in range(len(columns))])
        except Exception as error:  # an estimator may raise anything; the door must live on
            raise ModelFailed(f"the model failed on {len(columns)} rides: {type(error).__name__}: {error}") from error
        minutes = np.asarray(durations, dtype=np.float64).reshape(-1)
        if minutes.shape != (len(columns),):
            raise ModelFailed(f"the model gave {minutes.shape[0]} durations for {len(columns)} rides")
        return minutes

    def _matrix(self, columns: RideColumns) -> Any:
        if self._twin is None:
            return self.features.code_matrix(columns)
        matrix = self._twin.matrix(columns)
        return matrix.toarray() if self._dense else matrix

    def artefacts(self) -> dict[str, bytes]:
        """The estimator in skops' format, and the locations it has seen.

        Raises:
            ModelIncompatible: it holds a type that the allow-list does not have, so no door could load it.
        """
        import skops.io

        stored: bytes = skops.io.dumps(self._estimator, compression=zipfile.ZIP_DEFLATED)
        _refuse_unknown_types(stored)
        return {ESTIMATOR_FILE: stored, KNOWN_FILE: known_to_bytes(self._known_codes)}

    @classmethod
    def from_artefacts(
        cls, features: FeatureSet, files: Mapping[str, bytes], reads: EstimatorInput
    ) -> "EstimatorModel":
        """Read what :meth:`artefacts` wrote.

        Raises:
            ModelCorrupt: a file is missing or damaged.
            ModelIncompatible: it holds a type outside the allow-list, or cannot be rebuilt by this scikit-learn.
        """
        import skops.io

        try:
            stored, known_bytes = files[ESTIMATOR_FILE], files[KNOWN_FILE]
        except KeyError as error:
            raise ModelCorrupt(f"the version has no file {error}") from None
        _refuse_unknown_types(stored)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # other library versions are judged by the golden rides
                estimator = skops.io.loads(stored, trusted=sorted(ALLOWED_TYPES))
        except Exception as error:  # skops and scikit-learn raise many types for what does not fit
            raise ModelIncompatible(
                f"{ESTIMATOR_FILE} cannot be rebuilt here: {type(error).__name__}: {error}"
            ) from error
        return cls(features, estimator, known_from_bytes(features, known_bytes), reads)


def _refuse_unknown_types(stored: bytes) -> None:
    import skops.io

    try:
        untrusted = set(skops.io.get_untrusted_types(data=stored))
    except Exception as error:  # a damaged archive raises zip, JSON and key errors alike
        raise ModelCorrupt(f"{ESTIMATOR_FILE} is not a skops file: {type(error).__name__}: {error}") from error
    refused = sorted(untrusted - ALLOWED_TYPES)
    if refused:
        raise ModelIncompatible(
            f"the estimator holds {', '.join(refused)}, which ridescore does not load; "
            "build it from scikit-learn's own transformers and regressors"
        )


def _single_threaded(estimator: Any) -> Any:
    """Threads would add a forest's trees in an order that changes from call to call, and with it the last bits."""
    waiting, met = [estimator], set()
    while waiting:  # parameters and what was fitted from them alike: a fitted copy has an n_jobs of its own
        part = waiting.pop()
        if isinstance(part, Mapping):
            waiting.extend(part.values())
        elif isinstance(part, list | tuple):
            waiting.extend(part)
        elif hasattr(part, "get_params") and id(part) not in met:
            met.add(id(part))
            if hasattr(part, "n_jobs"):
                part.n_jobs = 1
            waiting.extend(vars(part).values())
    return estimator


def _class_names(estimator: Any) -> list[str]:
    parts = [part for part in estimator.get_params().values() if hasattr(part, "get_params")]
    return [type(part).__name__ for part in (estimator, *parts)]
