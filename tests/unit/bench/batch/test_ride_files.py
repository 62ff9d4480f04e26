"""Files that are made of repeated months, and outputs that are held against them."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.batch import ride_files
from bench.batch.correctness import check_output
from bench.batch.ride_files import MadeFile, columns_of, make_file, read_months, sums_of
from bench.batch.whole_run import Broken
from scoring.models.model import Model
from training import sample_rides


@pytest.fixture(scope="module")
def months() -> pa.Table:
    return read_months(sample_rides.MONTHS)


def test_months_repeat_with_all_their_columns_and_types(
    months: pa.Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ride_files, "ROW_GROUP_ROWS", 4_000)
    made = make_file(tmp_path / "rides.parquet", months, 15_001)
    file = pq.ParquetFile(made.path)
    assert [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)] == [4_000] * 3 + [3_001]
    expected = pa.concat_tables([months, months, months]).slice(0, 15_001)
    assert file.read().equals(expected)
    assert (made.rows, made.sums) == (15_001, sums_of(columns_of(expected)))


@given(st.integers(0, 19), st.integers(0, 19))
def test_sums_tell_a_lost_ride_from_a_doubled_one(lost: int, doubled: int) -> None:
    rides = columns_of(read_months([sample_rides.JANUARY]).slice(0, 20))
    rows = np.arange(20)
    rows[lost] = doubled
    same = all(
        column[lost] == column[doubled]
        for column in (rides.pickup_zones, rides.dropoff_zones, rides.distances_miles.round(2))
    )
    assert (sums_of(rides[rows]) == sums_of(rides)) == same


class TestChecking:
    @pytest.fixture
    def model(self, trained_model: Model) -> Model:
        return trained_model

    @pytest.fixture
    def scored(self, months: pa.Table, model: Model) -> pa.Table:
        rides = months.select(["PULocationID", "DOLocationID", "trip_distance"]).slice(0, 100)
        return rides.append_column("predicted_duration", pa.array(model.score_columns(columns_of(rides))[0]))

    def check(self, scored: pa.Table, made: MadeFile, model: Model, *, exact: bool = True) -> None:
        """As an output of two files."""
        paths = [made.path.with_name(f"{part}.parquet") for part in "ab"]
        pq.write_table(scored.slice(0, 30), paths[0])
        pq.write_table(scored.slice(30), paths[1])
        check_output(reversed(paths), made, model, exact=exact)

    @pytest.fixture
    def made(self, scored: pa.Table, tmp_path: Path) -> MadeFile:
        return MadeFile(tmp_path / "input.parquet", 100, sums_of(columns_of(scored)))

    def test_right_in_any_order(self, scored: pa.Table, made: MadeFile, model: Model) -> None:
        self.check(scored, made, model)

    @pytest.mark.parametrize(("by_minutes", "exact", "right"), [(1e-12, True, False), (1e-12, False, True)])
    def test_bit_for_bit_or_nearly(
        self, scored: pa.Table, made: MadeFile, model: Model, by_minutes: float, exact: bool, right: bool
    ) -> None:
        minutes = scored["predicted_duration"].to_numpy().copy()
        minutes[40] += by_minutes
        other = scored.set_column(3, "predicted_duration", pa.array(minutes))
        if right:
            self.check(other, made, model, exact=exact)
        else:
            with pytest.raises(Broken, match=r"1 durations in .*b\.parquet are wrong"):
                self.check(other, made, model, exact=exact)

    @pytest.mark.parametrize("by_minutes", [2e-9, float("nan")])
    def test_too_far_from_the_core(self, scored: pa.Table, made: MadeFile, model: Model, by_minutes: float) -> None:
        minutes = scored["predicted_duration"].to_numpy().copy()
        minutes[0] += by_minutes
        with pytest.raises(Broken, match=r"a\.parquet are wrong"):
            self.check(scored.set_column(3, "predicted_duration", pa.array(minutes)), made, model, exact=False)

    def test_a_row_is_missing(self, scored: pa.Table, made: MadeFile, model: Model) -> None:
        with pytest.raises(Broken, match="99 rows of 100"):
            self.check(scored.slice(1), made, model)

    def test_a_row_is_there_twice_in_place_of_another(self, scored: pa.Table, made: MadeFile, model: Model) -> None:
        other = pa.concat_tables([scored.slice(0, 1), scored.slice(0, 99)])
        with pytest.raises(Broken, match="not the same rides"):
            self.check(other, made, model)
