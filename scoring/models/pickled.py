"""Models as notebooks leave them: a pickled (DictVectorizer, regressor), a pipeline, or model.bin beside dv.bin.

A pickle can run any code, so only what such models are made of is admitted: classes of scikit-learn, numpy and scipy
that hold numbers. The file's sha256 is its version, and is logged by whoever loads it.
"""

import hashlib
import io
import pickle
import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from scoring.errors import ModelCorrupt, ModelFailed, ModelIncompatible, ModelNotFound
from scoring.models.compile import compile_linear, probe_rides
from scoring.models.estimator import EstimatorModel
from scoring.models.known import KnownLocations
from scoring.models.model import Model
from scoring.models.vocabulary import read_vocabulary

VECTORIZER_FILE: Final = "dv.bin"

# Packages whose classes hold numbers and run nothing when rebuilt; a name that a module only imports is refused.
_ADMITTED_CLASSES: Final = re.compile(
    r"sklearn\.(?:_loss|compose|ensemble|feature_extraction|linear_model|neighbors|preprocessing|svm|tree)\.[\w.]+"
    r"|sklearn\.(?:dummy|pipeline|utils\._bunch)"
    r"|scipy\.sparse\._(?:csr|csc|coo)"
)
_ADMITTED_NAMES: Final = frozenset(
    {
        "_codecs.encode",
        "builtins.bytearray",
        "builtins.complex",
        "builtins.frozenset",
        "builtins.object",
        "builtins.set",
        "builtins.slice",
        "collections.OrderedDict",
        "collections.defaultdict",
        "copyreg._reconstructor",
        "numpy.dtype",
        "numpy.float64",
        "numpy.ndarray",
        "numpy._core.multiarray._reconstruct",
        "numpy._core.multiarray.scalar",
        "numpy._core.numeric._frombuffer",
        "numpy.core.multiarray._reconstruct",
        "numpy.core.multiarray.scalar",
        "numpy.core.numeric._frombuffer",
        "numpy.random._mt19937.MT19937",
        "numpy.random._pcg64.PCG64",
        "numpy.random._pickle.__bit_generator_ctor",
        "numpy.random._pickle.__generator_ctor",
        "numpy.random._pickle.__randomstate_ctor",
        "numpy.random.bit_generator.SeedSequence",
        "numpy.random.bit_generator.__pyx_unpickle_SeedSequence",
        "sklearn._loss._loss.__pyx_unpickle_CyHalfSquaredError",
    }
)


@dataclass(frozen=True, slots=True)
class PickledModel:
    """A model read from a pickle.

    Attributes:
        model: compiled to the linear kind where that is possible.
        sha256: of the file's bytes (of both files' where there are two), in hexadecimal.
        version: the file's stem and the first twelve digits of the digest.
    """

    model: Model
    sha256: str
    version: str


def read_pickled_model(path: Path) -> PickledModel:
    """Read a model file, and the ``dv.bin`` beside it where the file holds a regressor alone.

    Raises:
        ModelNotFound: there is no such file.
        ModelCorrupt: it is not a pickle.
        ModelIncompatible: it holds something else than a model on ridescore's features.
    """
    stored = _file_bytes(path)
    content = _unpickled(path, stored)
    digest = hashlib.sha256(stored)
    steps = _steps(content)
    if steps is None:
        beside = path.with_name(VECTORIZER_FILE)
        if not beside.is_file():
            raise ModelIncompatible(
                f"{path} holds a {type(content).__name__}; pickle the pair (DictVectorizer, model), "
                f"or put the vectorizer beside it as {beside.name}"
            )
        vectorizer_bytes = _file_bytes(beside)
        digest.update(vectorizer_bytes)
        steps = (_unpickled(beside, vectorizer_bytes), content)
    sha256 = digest.hexdigest()
    return PickledModel(_model(path, *steps), sha256, f"{path.stem}-{sha256[:12]}")


def _steps(content: Any) -> tuple[Any, Any] | None:
    """The vectorizer and the rest, from a pair or a pipeline."""
    if isinstance(content, tuple | list) and len(content) == 2:
        first, second = content
        return (first, second) if hasattr(second, "predict") else (second, first)
    if hasattr(content, "steps") and len(content.steps) > 1:
        return content.steps[0][1], content.steps[1][1] if len(content.steps) == 2 else content[1:]
    return None


def _model(path: Path, vectorizer: Any, rest: Any) -> Model:
    if not hasattr(rest, "predict"):
        raise ModelIncompatible(
            f"{path} holds a {type(rest).__name__}, which predicts nothing; pickle the fitted model"
        )
    try:
        vocabulary = read_vocabulary(vectorizer)
        linear = compile_linear(vocabulary, rest)
    except ModelIncompatible as error:
        raise ModelIncompatible(f"{path}: {error}") from error
    if linear is not None:
        return linear
    from sklearn.pipeline import Pipeline

    pipeline = Pipeline([("vectorizer", vectorizer), ("model", rest)])
    model = EstimatorModel(vocabulary.features, pipeline, KnownLocations.of(vocabulary.columns), "dicts")
    try:
        model.score_columns(probe_rides(10))  # unfitted, or fitted with another vectorizer, it fails on every ride
    except ModelFailed as error:
        raise ModelIncompatible(f"{path}: {error}; pickle the fitted model with its own vectorizer") from error
    return model


def _file_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise ModelNotFound(
            f"there is no model file {path}; set MODEL_PATH to one, or train: ridescore train"
        ) from None
    except OSError as error:
        raise ModelNotFound(f"cannot read the model file {path}: {error.strerror}") from error


def _unpickled(path: Path, stored: bytes) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # another scikit-learn's pickle: compiled linear models are proved below
            return _NumbersOnly(io.BytesIO(stored)).load()
    except ModelIncompatible as error:
        raise ModelIncompatible(f"{path}: {error}") from error
    except Exception as error:  # unpickling a foreign file raises nearly anything
        raise ModelCorrupt(f"{path} is not a pickled model: {type(error).__name__}: {error}") from error


class _NumbersOnly(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if f"{module}.{name}" in _ADMITTED_NAMES:
            return super().find_class(module, name)
        if _ADMITTED_CLASSES.fullmatch(module) and "." not in name:
            found = super().find_class(module, name)
            if isinstance(found, type) and found.__module__ == module:
                return found
        raise ModelIncompatible(f"it holds {module}.{name}, which no model of ridescore's is made of; not loaded")
