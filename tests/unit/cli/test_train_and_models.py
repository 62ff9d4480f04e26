"""`ridescore train` and `ridescore models` as their user meets them."""

import json
import pickle
import shutil
from pathlib import Path

import pytest

from cli.exit_codes import ExitCode
from training import sample_rides

from .conftest import Run


def trained(run: Run, *more: str) -> str:
    ended = run("train", "--data", sample_rides.JANUARY, "--json", *more)
    assert ended.code == 0, ended.err
    version: str = json.loads(ended.out)["manifest"]["version"]
    return version


def test_train_prints_rows_and_errors_and_what_to_do_next(run: Run) -> None:
    ended = run("train", "--data", sample_rides.JANUARY, "--validate", sample_rides.FEBRUARY)
    assert ended.code == 0, ended.err
    for shown in ("3,000", "2,910", "1,000", "963", "RMSE", "10.35", "ridescore models activate"):
        assert shown in ended.out


def test_train_json_is_one_value_that_holds_the_manifest(run: Run) -> None:
    ended = run("train", "--data", sample_rides.JANUARY, "--validate", sample_rides.FEBRUARY, "--activate", "--json")
    told = json.loads(ended.out)
    assert told["active"] is True
    assert told["manifest"]["training"][0]["rows_kept"] == 2910
    # The solver ends a little elsewhere on other processors.
    assert told["manifest"]["metrics"]["validation"]["rmse_minutes"] == pytest.approx(
        10.355, abs=0.01
    )  # the solver ends a little elsewhere on other processors


def test_activate_rollback_and_list_follow_the_active_version(run: Run) -> None:
    first = trained(run, "--activate")
    second = trained(run, "--model", "lasso", "--param", "alpha=0.01")
    assert first != second
    assert run("models", "activate", second).code == 0
    listed = json.loads(run("models", "list", "--json").out)
    assert listed["active"] == {"version": second, "previous": first, "generation": 2}
    assert {each["version"] for each in listed["versions"]} == {first, second}
    assert json.loads(run("models", "rollback", "--json").out)["version"] == first
    assert "active" in run("models", "list").out


def test_show_tells_the_active_version_by_default(run: Run) -> None:
    version = trained(run, "--activate")
    out = run("models", "show").out
    assert version in out
    assert "2,910 of 3,000 rows" in out
    assert json.loads(run("models", "show", version, "--json").out)["version"] == version


def test_verify_tells_the_damaged_version_and_exits_with_3(run: Run, tmp_path: Path) -> None:
    sound = trained(run)
    damaged = trained(run, "--features", "pu,do")
    artefact = tmp_path / "models" / "versions" / damaged / "linear.npz"
    artefact.write_bytes(artefact.read_bytes()[:-1])
    ended = run("models", "verify", "--json")
    assert ended.code == 3
    told = {each["version"]: each for each in json.loads(ended.out)}
    assert told[sound] == {"version": sound, "sound": True, "problem": None}
    assert told[damaged]["sound"] is False
    assert "linear.npz" in told[damaged]["problem"]
    assert run("models", "verify", sound).code == 0


def test_activating_a_damaged_version_leaves_the_active_one(run: Run, tmp_path: Path) -> None:
    active = trained(run, "--activate")
    damaged = trained(run, "--features", "pu,do")
    (tmp_path / "models" / "versions" / damaged / "linear.npz").write_bytes(b"")
    ended = run("models", "activate", damaged)
    assert ended.code == 3
    assert "linear.npz has 0 bytes" in ended.err
    assert json.loads(run("models", "list", "--json").out)["active"]["version"] == active


def test_first_says_which_model_it_made_and_keeps_it(run: Run) -> None:
    made = run("models", "first")
    assert made.code == 0, made.err
    assert "trained on 2,910 bundled rides (ridge, linear) and active in models" in made.out
    version = made.out.split()[0]
    assert f"{version} (ridge, linear) is active already in models" in run("models", "first").out
    assert json.loads(run("models", "first", "--json").out) == {
        "version": version,
        "algorithm": "ridge",
        "kind": "linear",
        "trained": False,
        "registry": "models",
    }


def test_import_registers_a_notebooks_pickle(run: Run, tmp_path: Path) -> None:
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LinearRegression

    vectorizer = DictVectorizer()
    rides = [{"PU_DO": "43_151", "trip_distance": 1.8}, {"PU_DO": "7_9", "trip_distance": 3.0}]
    regressor = LinearRegression().fit(vectorizer.fit_transform(rides), [9.0, 12.0])
    (tmp_path / "model.pkl").write_bytes(pickle.dumps((vectorizer, regressor)))
    ended = run("models", "import", "model.pkl", "--activate", "--json")
    assert ended.code == 0, ended.err
    manifest = json.loads(ended.out)["manifest"]
    assert manifest["kind"] == "linear"
    assert run("models", "verify").code == 0


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("train", "--data", "absent.parquet"), 4, "there is no file absent.parquet"),
        (("train", "--data", sample_rides.JANUARY, "--model", "cubic"), 2, "no model is named 'cubic'"),
        (("train", "--data", sample_rides.JANUARY, "--param", "alpha"), 2, "NAME=VALUE"),
        (("train", "--data", sample_rides.JANUARY, "--param", "alpha=1"), 2, "takes no parameter alpha"),
        (("train", "--data", sample_rides.JANUARY, "--features", "weather"), 2, "weather"),
        (("train", "--data", sample_rides.JANUARY, "--column", "start=x"), 2, "ROLE=NAME"),
        (("train",), 2, "--data"),
        (("models", "activate", "nothing"), 3, "it has no manifest.json; see `ridescore models list`"),
        (("models", "activate", "../../etc"), 3, "is no version's name"),
        (("models", "show"), 3, "has no active version; train one"),
        (("models", "rollback"), 3, "there is no registry at models"),
        (("models", "import", "absent.pkl"), 3, "there is no model file absent.pkl"),
        (("fly",), 2, "No such command 'fly'"),
    ],
)
def test_a_mistake_ends_with_its_code_and_what_to_do(run: Run, words: tuple[str, ...], code: int, message: str) -> None:
    ended = run(*words)
    assert ended.code == code
    assert message in ended.err
    assert "Traceback" not in ended.err
    assert ended.out == ""


def test_verify_tells_an_active_file_that_names_nothing_or_is_damaged(run: Run, tmp_path: Path) -> None:
    gone, kept = trained(run, "--activate"), trained(run, "--model", "ridge")
    shutil.rmtree(tmp_path / "models" / "versions" / gone)
    ended = run("models", "verify", "--json")
    assert ended.code == ExitCode.MODEL
    told = {each["version"]: each["problem"] for each in json.loads(ended.out)}
    assert told[kept] is None
    assert f"names {gone}, which is not there" in told["ACTIVE"]
    assert run("models", "verify", kept).code == ExitCode.OK, "that version is sound"
    (tmp_path / "models" / "ACTIVE").write_text("[1]")
    damaged = run("models", "verify")
    assert (damaged.code, "ACTIVE is damaged" in damaged.out) == (ExitCode.MODEL, True)
    assert run("models", "activate", kept).code == ExitCode.OK
    assert run("models", "verify").code == ExitCode.OK
