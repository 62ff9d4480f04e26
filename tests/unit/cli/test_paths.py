"""Names of files and folders that the system refuses: each command says which, and ends with its own exit code."""

import os
from pathlib import Path

import pytest

from cli.exit_codes import ExitCode

from .conftest import Run

TOO_LONG = "a" * 5_000
NOT_UTF8 = os.fsdecode(b"caf\xe9.csv")
RIDES = "PULocationID,DOLocationID,trip_distance\n43,151,1.8\n"


@pytest.fixture
def rides(run: Run, tmp_path: Path) -> Path:
    """Some rides, and a registry with an active version beside them."""
    assert run("models", "first").code == ExitCode.OK
    file = tmp_path / "rides.csv"
    file.write_text(RIDES)
    return file


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("batch", "score", TOO_LONG, "--output", "scored"), ExitCode.RIDES),
        (("batch", "score", TOO_LONG + "*", "--output", "scored"), ExitCode.RIDES),
        (("batch", "score", "rides.csv", "--output", TOO_LONG), ExitCode.OUTPUT),
        (("batch", "show", TOO_LONG), ExitCode.OUTPUT),
        (("predict", TOO_LONG), ExitCode.RIDES),
        (("models", "verify", "--registry", TOO_LONG), ExitCode.MODEL),
        (("models", "first", "--registry", TOO_LONG), ExitCode.MODEL),
        (("models", "import", TOO_LONG), ExitCode.MODEL),
        (("download", "green", "2021-01", "--to", TOO_LONG), ExitCode.DOWNLOAD),
    ],
    ids=lambda value: "-".join(value)[:20] if isinstance(value, tuple) else None,
)
def test_a_name_that_the_system_refuses_is_told(run: Run, rides: Path, words: tuple[str, ...], code: ExitCode) -> None:
    ended = run(*words)
    assert ended.code == code
    assert "error: cannot " in ended.err
    assert "File name too long" in ended.err


def test_a_model_path_that_the_system_refuses_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_PATH", TOO_LONG)
    ended = run("predict", "--pu", "43", "--do", "151", "--distance", "1.8")
    assert ended.code == ExitCode.MODEL
    assert "File name too long" in ended.err


@pytest.mark.parametrize(
    "words", [("predict",), ("batch", "score", "--output", "scored"), ("train", "--data"), ("publish",)], ids=" ".join
)
def test_a_name_that_is_not_utf8_is_refused_with_what_to_do(run: Run, rides: Path, words: tuple[str, ...]) -> None:
    (rides.parent / NOT_UTF8).write_text(RIDES)
    ended = run(*words, NOT_UTF8)
    assert ended.code == ExitCode.RIDES
    assert "is not UTF-8" in ended.err
    assert "rename the file" in ended.err


def test_an_empty_name_is_not_this_folder(run: Run, rides: Path) -> None:
    ended = run("batch", "score", "", "--output", "scored")
    assert ended.code == ExitCode.RIDES
    assert "the name of an input is empty" in ended.err
    assert not (rides.parent / "scored").exists()
