"""`--param NAME=VALUE` by what the flow takes."""

from typing import Any

import pytest
from prefect import flow

from flows.run import parsed_parameters, run_flow
from scoring.errors import SettingsError


@flow
def taken(
    files: list[str],
    start: str = "",
    force: bool = False,
    miles: float | None = None,
    options: dict[str, int] | None = None,
    more: list[str] | None = None,
) -> None:
    """Takes one of each."""


@pytest.mark.parametrize(
    ("pairs", "values"),
    [
        (["files=a.parquet"], {"files": ["a.parquet"]}),
        (["files=a.parquet", "files=b.parquet"], {"files": ["a.parquet", "b.parquet"]}),
        (['files=["a.parquet", "b.parquet"]', "files=c.parquet"], {"files": ["a.parquet", "b.parquet", "c.parquet"]}),
        (["files=s3://rides/x=1.parquet"], {"files": ["s3://rides/x=1.parquet"]}),
        (["files=a", "start=2021", "force=true"], {"files": ["a"], "start": "2021", "force": True}),
        (["files=a", "miles=12.5", 'options={"alpha": 1}'], {"files": ["a"], "miles": 12.5, "options": {"alpha": 1}}),
        (["files=a", "more=b"], {"files": ["a"], "more": ["b"]}),
        (["files=a", "start="], {"files": ["a"], "start": ""}),
    ],
)
def test_values_are_read_as_the_flow_takes_them(pairs: list[str], values: dict[str, Any]) -> None:
    assert parsed_parameters(taken, pairs) == values


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        (["files"], "write it as NAME=VALUE"),
        (["=a"], "write it as NAME=VALUE"),
        (["file=a"], "takes no parameter file; it takes files, start"),
        ([], "needs --param files=..."),
    ],
)
def test_a_parameter_that_is_none_is_told(pairs: list[str], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        parsed_parameters(taken, pairs)


def test_an_unknown_flow_is_told() -> None:
    with pytest.raises(SettingsError, match="no flow is named 'score'; choose one of score_files, score_landing"):
        run_flow("score", [])
