"""A damaged file in a landing folder is named with its reason, and the others go on."""

import os
from pathlib import Path

from batch.landing import sound_inputs
from batch.plan import new_inputs

from .conftest import ScoreFiles, WriteRides


def test_files_that_cannot_be_opened_are_told_apart(write_rides: WriteRides, tmp_path: Path) -> None:
    sound = [write_rides("a.parquet"), write_rides("c.parquet", seed=1)]
    half = tmp_path / "landing" / "b.parquet"
    half.write_bytes(Path(sound[0]).read_bytes()[:5_000])
    other = tmp_path / "landing" / "d.csv"
    other.write_text("name,age\nAda,36\n")
    found, unsound = sound_inputs([sound[0], str(half), sound[1], str(other), str(tmp_path / "gone.parquet")])
    assert found == sound
    assert list(unsound) == [str(half), str(other), str(tmp_path / "gone.parquet")]
    assert "damaged" in unsound[str(half)]
    assert "has no column" in unsound[str(other)]
    assert "there is no file" in unsound[str(tmp_path / "gone.parquet")]


def test_a_file_that_cannot_be_named_holds_no_other_up(
    write_rides: WriteRides, score_files: ScoreFiles, output: str, tmp_path: Path
) -> None:
    landing = tmp_path / "landing"
    done = landing / "done.csv"
    sound = write_rides("a.parquet")
    done.write_text("PULocationID,DOLocationID,trip_distance\n43,151,1.8\n")
    version = score_files(str(done)).model_version
    misnamed = Path(os.fsdecode(os.fsencode(landing) + b"/caf\xe9.csv"))
    misnamed.write_text("PULocationID,DOLocationID,trip_distance\n43,151,1.9\n")  # as large as what is done
    found, unsound = sound_inputs(new_inputs(str(landing), output, version))
    assert found == [sound]
    ((name, reason),) = unsound.items()
    assert name == f"{landing}/caf\\udce9.csv"
    assert "is not UTF-8" in reason
