"""A damaged file in a landing folder is named with its reason, and the others go on."""

from pathlib import Path

from batch.landing import sound_inputs

from .conftest import WriteRides


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
