"""The regressors that `ridescore train --model` offers, with defaults that suit a month of rides.

scikit-learn is imported when one is built, never at import.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from scoring.errors import SettingsError

Parameters = Mapping[str, str | int | float | bool | None]
_SEED: Final = 20210101


def _linear(parameters: Parameters) -> Any:
    from sklearn.linear_model import LinearRegression

    return LinearRegression(**parameters)


def _ridge(parameters: Parameters) -> Any:
    from sklearn.linear_model import Ridge

    return Ridge(**parameters)


def _lasso(parameters: Parameters) -> Any:
    from sklearn.linear_model import Lasso

    return Lasso(**parameters)


def _random_forest(parameters: Parameters) -> Any:
    from sklearn.ensemble import RandomForestRegressor

    defaults: Parameters = {"n_estimators": 100, "min_samples_leaf": 5, "random_state": _SEED, "n_jobs": -1}
    return RandomForestRegressor(**{**defaults, **parameters})


def _hist_gradient_boosting(parameters: Parameters) -> Any:
    from sklearn.ensemble import HistGradientBoostingRegressor

    return HistGradientBoostingRegressor(**{"random_state": _SEED, **parameters})


_BUILDERS: Final[Mapping[str, Callable[[Parameters], Any]]] = {
    "linear": _linear,
    "ridge": _ridge,
    "lasso": _lasso,
    "random-forest": _random_forest,
    "hist-gradient-boosting": _hist_gradient_boosting,
}
ALGORITHMS: Final = tuple(_BUILDERS)
ONE_HOT_ALGORITHMS: Final = frozenset({"linear", "ridge", "lasso"})


def build_regressor(algorithm: str, parameters: Parameters) -> Any:
    """An unfitted regressor.

    Args:
        algorithm: one of :data:`ALGORITHMS`.
        parameters: given to the regressor by name, over our defaults.

    Raises:
        SettingsError: there is no such algorithm, or it takes no such parameter.
    """
    if algorithm not in _BUILDERS:
        raise SettingsError(f"no model is named {algorithm!r}; choose one of {', '.join(ALGORITHMS)}")
    try:
        return _BUILDERS[algorithm](parameters)
    except TypeError:
        known = sorted(_BUILDERS[algorithm]({}).get_params())
        unknown = sorted(set(parameters) - set(known))
        raise SettingsError(
            f"{algorithm} takes no parameter {', '.join(unknown)}; it takes {', '.join(known)}"
        ) from None


def parse_parameter(text: str) -> tuple[str, str | int | float | bool | None]:
    """Read ``NAME=VALUE``: a JSON number, boolean or null, and anything else as a string.

    Raises:
        SettingsError: there is no name or no value.

    >>> parse_parameter("alpha=0.01"), parse_parameter("solver=lsqr"), parse_parameter("max_depth=null")
    (('alpha', 0.01), ('solver', 'lsqr'), ('max_depth', None))
    """
    name, found, value = text.partition("=")
    if not (name and found and value):
        raise SettingsError(f"--param {text}: write it as NAME=VALUE, such as alpha=0.01")
    try:
        return name, msgspec.json.decode(value, type=int | float | bool | None)
    except msgspec.DecodeError:
        return name, value
