"""A pickle that is no model is refused with what to do; one that runs code is refused before it runs."""

import builtins
import functools
import operator
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LinearRegression

from scoring.errors import ModelCorrupt, ModelIncompatible, ModelNotFound
from scoring.models.pickled import read_pickled_model

ROUTES: list[dict[str, Any]] = [
    {"PU_DO": "1_2", "trip_distance": 1.0},
    {"PU_DO": "2_3", "trip_distance": 2.0},
    {"PU_DO": "130_205", "trip_distance": 4.0},
]
MINUTES = [5.0, 9.0, 17.0]


def pair_on(dicts: list[dict[str, Any]]) -> tuple[DictVectorizer, LinearRegression]:
    vectorizer = DictVectorizer()
    matrix = vectorizer.fit_transform(dicts)
    return vectorizer, LinearRegression().fit(matrix, MINUTES)


def refused(tmp_path: Path, content: Any) -> str:
    """The message with which a pickle is refused; it names the file."""
    path = tmp_path / "model.pkl"
    path.write_bytes(content if isinstance(content, bytes) else pickle.dumps(content))
    with pytest.raises(ModelIncompatible) as refusal:
        read_pickled_model(path)
    assert str(refusal.value).startswith(str(path))
    return str(refusal.value)


class Calling:
    """Unpickled, it calls."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return self.call


def write_code(mark: Path) -> str:
    return f"__import__('pathlib').Path({str(mark)!r}).touch()"


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
@pytest.mark.parametrize("wrapped", [False, True], ids=["bare", "in a pair"])
@pytest.mark.parametrize("name", ["os.system", "eval", "exec", "partial", "methodcaller", "touch"])
def test_a_pickle_that_runs_code_is_refused_and_not_run(
    name: str, wrapped: bool, protocol: int, tmp_path: Path
) -> None:
    mark = tmp_path / "was-run"
    trap = {
        "os.system": Calling(os.system, f"touch '{mark}'"),
        "eval": Calling(builtins.eval, write_code(mark)),
        "exec": Calling(builtins.exec, write_code(mark)),
        "partial": Calling(functools.partial, builtins.eval, write_code(mark)),
        "methodcaller": Calling(operator.methodcaller("touch"), mark),
        "touch": Calling(Path.touch, mark),
    }[name]
    stored = pickle.dumps((trap, LinearRegression()) if wrapped else trap, protocol)
    message = refused(tmp_path, stored)
    assert "which no model of ridescore's is made of; not loaded" in message
    assert not mark.exists()
    if name != "partial":  # which only holds the call
        pickle.loads(stored)
        assert mark.exists()  # the trap works where pickles are run


def naming(module: str, name: str) -> bytes:
    """A pickle that does nothing but name something."""
    return b"\x80\x04" + b"".join(b"\x8c" + bytes([len(each)]) + each.encode() for each in (module, name)) + b"\x93."


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("builtins", "eval"),
        ("builtins", "getattr"),
        ("builtins", "__import__"),
        ("__builtin__", "eval"),
        ("functools", "partial"),
        ("functools", "reduce"),
        ("operator", "attrgetter"),
        ("os", "system"),
        ("posix", "system"),
        ("subprocess", "Popen"),
        ("numpy", "load"),
        ("numpy", "ndarray.tofile"),
        ("numpy", "fromfile"),
        ("scipy.sparse", "load_npz"),
        ("sklearn.ensemble._forest", "Parallel"),  # only imported there
        ("sklearn.ensemble._forest", "warn"),
        ("sklearn.linear_model._base", "ABCMeta"),
        ("sklearn.tree._export", "check_is_fitted"),
        ("sklearn.pipeline", "Bunch"),
        ("sklearn.pipeline", "make_pipeline"),  # a function, not a class
        ("sklearn.pipeline", "Pipeline.fit"),  # a name inside a class
        ("sklearn.preprocessing._function_transformer", "FunctionTransformer.fit.__globals__"),
        ("sklearn.datasets._base", "load_files"),
        ("sklearn.externals._arff", "load"),
        ("sklearn.pipelineX", "Pipeline"),
        ("xsklearn.pipeline", "Pipeline"),
        ("joblib.parallel", "Parallel"),
    ],
)
def test_names_that_no_model_needs_are_refused(module: str, name: str, tmp_path: Path) -> None:
    assert f"it holds {module}.{name}, which no model" in refused(tmp_path, naming(module, name))


def test_a_class_that_models_are_made_of_is_admitted(tmp_path: Path) -> None:
    message = refused(tmp_path, naming("sklearn.pipeline", "Pipeline"))
    assert "no model of ridescore's is made of" not in message


@pytest.mark.parametrize(
    ("dicts", "message"),
    [
        (
            [{**each, "PU_DO": "130.0_205.0"} for each in ROUTES],
            "PU_DO=130.0_205.0, which no ride has; train with ids as",
        ),
        ([{"PULocationID": 1, "DOLocationID": n, "trip_distance": 1.0} for n in (1, 2, 3)], "turn it to a string"),
        ([{"hour": "5", "trip_distance": 1.0}] * 3, "'hour', which a ride does not have; train on one of the feature"),
    ],
)
def test_a_model_on_features_that_no_ride_has_is_refused(
    dicts: list[dict[str, Any]], message: str, tmp_path: Path
) -> None:
    assert message in refused(tmp_path, pair_on(dicts))


def test_an_unfitted_vectorizer_is_refused(tmp_path: Path) -> None:
    _, regressor = pair_on(ROUTES)
    assert "the vectorizer is not fitted" in refused(tmp_path, (DictVectorizer(), regressor))
    assert "the vectorizer is not fitted" in refused(tmp_path, (regressor, DictVectorizer()))


@pytest.mark.parametrize("regressor", [LinearRegression(), RandomForestRegressor()], ids=str)
def test_an_unfitted_regressor_is_refused(regressor: Any, tmp_path: Path) -> None:
    vectorizer, _ = pair_on(ROUTES)
    assert "not fitted yet" in refused(tmp_path, (vectorizer, regressor))


def test_a_regressor_fitted_with_another_vectorizer_is_refused(tmp_path: Path) -> None:
    vectorizer, _ = pair_on(ROUTES)
    _, other = pair_on([*ROUTES[:2], ROUTES[1]])
    assert "pickle the fitted model with its own vectorizer" in refused(tmp_path, (vectorizer, other))


def test_a_regressor_alone_is_told_where_to_put_its_vectorizer(tmp_path: Path) -> None:
    message = refused(tmp_path, pair_on(ROUTES)[1])
    assert "holds a LinearRegression; pickle the pair (DictVectorizer, model), or put the vectorizer beside" in message
    assert message.endswith("dv.bin")


@pytest.mark.parametrize(
    "content", [{"a": 1}, [1, 2, 3], "text", 5, None, np.arange(3)], ids=lambda each: type(each).__name__
)
def test_what_is_no_model_is_refused(content: Any, tmp_path: Path) -> None:
    assert f"holds a {type(content).__name__}; pickle the pair" in refused(tmp_path, content)


def test_a_pair_of_anything_is_refused(tmp_path: Path) -> None:
    assert "which predicts nothing; pickle the fitted model" in refused(tmp_path, (1, 2))
    assert "which predicts nothing; pickle the fitted model" in refused(tmp_path, (DictVectorizer(), DictVectorizer()))


@pytest.mark.parametrize("cut", [0, 1, 100, 0.5, 0.99])
def test_a_truncated_pickle_is_corrupt(cut: float, tmp_path: Path) -> None:
    stored = pickle.dumps(pair_on(ROUTES))
    path = tmp_path / "model.pkl"
    path.write_bytes(stored[: int(cut * len(stored)) if isinstance(cut, float) else cut])
    with pytest.raises(ModelCorrupt, match=r"model\.pkl is not a pickled model: "):
        read_pickled_model(path)


@pytest.mark.parametrize("stored", [b"", b"not a pickle", b"PK\x03\x04", b"\x80\x05", b"\x80\x09.", b"<html></html>"])
def test_what_is_no_pickle_is_corrupt(stored: bytes, tmp_path: Path) -> None:
    (tmp_path / "model.pkl").write_bytes(stored)
    with pytest.raises(ModelCorrupt, match=r"model\.pkl is not a pickled model: "):
        read_pickled_model(tmp_path / "model.pkl")


def test_a_missing_file_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match=r"there is no model file .*nowhere\.pkl; set MODEL_PATH to one, or train"):
        read_pickled_model(tmp_path / "nowhere.pkl")


def test_a_directory_is_no_model_file(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match=r"cannot read the model file .*: Is a directory"):
        read_pickled_model(tmp_path)


def test_a_dangerous_vectorizer_beside_the_model_is_refused_and_not_run(tmp_path: Path) -> None:
    mark = tmp_path / "was-run"
    (tmp_path / "model.bin").write_bytes(pickle.dumps(pair_on(ROUTES)[1]))
    (tmp_path / "dv.bin").write_bytes(pickle.dumps(Calling(Path.touch, mark)))
    with pytest.raises(ModelIncompatible, match=r"dv\.bin: it holds pathlib"):
        read_pickled_model(tmp_path / "model.bin")
    assert not mark.exists()
