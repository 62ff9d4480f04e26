"""Regressors by name, and parameters as they are typed."""

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.errors import SettingsError
from training.algorithms import ALGORITHMS, ONE_HOT_ALGORITHMS, build_regressor, parse_parameter

CLASSES = {
    "linear": "LinearRegression",
    "ridge": "Ridge",
    "lasso": "Lasso",
    "random-forest": "RandomForestRegressor",
    "hist-gradient-boosting": "HistGradientBoostingRegressor",
}


def test_every_algorithm_is_known_by_its_class() -> None:
    assert {name: type(build_regressor(name, {})).__name__ for name in ALGORITHMS} == CLASSES
    assert set(ALGORITHMS) > ONE_HOT_ALGORITHMS


def test_an_unknown_algorithm_lists_those_there_are() -> None:
    with pytest.raises(
        SettingsError,
        match="no model is named 'xgboost'; choose one of linear, ridge, lasso, random-forest, hist-gradient-boosting",
    ):
        build_regressor("xgboost", {})


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_an_unknown_parameter_lists_those_there_are(algorithm: str) -> None:
    known = sorted(build_regressor(algorithm, {}).get_params())
    with pytest.raises(SettingsError) as caught:
        build_regressor(algorithm, {"alfa": 1, known[0]: 1, "beta": 2})
    assert str(caught.value) == f"{algorithm} takes no parameter alfa, beta; it takes {', '.join(known)}"


def test_parameters_win_over_our_defaults() -> None:
    forest = build_regressor("random-forest", {"n_estimators": 7, "random_state": 1})
    assert (forest.n_estimators, forest.random_state, forest.min_samples_leaf) == (7, 1, 5)
    assert build_regressor("ridge", {"alpha": 0.5}).alpha == 0.5


@pytest.mark.parametrize("algorithm", ["random-forest", "hist-gradient-boosting"])
def test_chance_is_fixed_by_default(algorithm: str) -> None:
    assert build_regressor(algorithm, {}).random_state == build_regressor(algorithm, {}).random_state is not None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("alpha=0.01", 0.01),
        ("n=7", 7),
        ("n=-7", -7),
        ("x=1e-3", 1e-3),
        ("flag=true", True),
        ("flag=false", False),
        ("depth=null", None),
        ("solver=lsqr", "lsqr"),
        ("flag=True", "True"),
        ("x=nan", "nan"),
        ("text=a=b", "a=b"),
        ("list=[1]", "[1]"),
        ("padded=007", "007"),
    ],
)
def test_parameters_are_read_as_they_are_typed(text: str, value: object) -> None:
    name, found = parse_parameter(text)
    assert name == text.partition("=")[0]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("text", ["", "alpha", "alpha=", "=1", "="])
def test_a_parameter_without_name_or_value_is_shown_the_form(text: str) -> None:
    with pytest.raises(SettingsError, match=rf"^--param {text}: write it as NAME=VALUE, such as alpha=0\.01$"):
        parse_parameter(text)


@settings(deadline=None)
@given(st.text(max_size=30))
def test_any_text_is_a_parameter_or_a_settings_error(text: str) -> None:
    name, _, value = text.partition("=")
    if name and value:
        found_name, found = parse_parameter(text)
        assert found_name == name
        assert found is None or isinstance(found, str | int | float | bool)
    else:
        with pytest.raises(SettingsError):
            parse_parameter(text)


def test_importing_it_imports_no_scikit_learn() -> None:
    code = "import sys, training.algorithms, training.fit; sys.exit('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
