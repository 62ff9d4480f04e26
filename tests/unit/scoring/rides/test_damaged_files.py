"""Parquet files that are none, or no longer: always an error that names the file."""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from scoring.errors import RideFileError

Save = Callable[..., str]
ReadAll = Callable[[str], int]
ZonesAndMiles = Callable[..., tuple[list[Any], list[Any], list[Any]]]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<!DOCTYPE html><title>Sign in</title>", "neither parquet nor CSV.*named .parquet but does not begin as one"),
        (b"PK\x03\x04 a zip archive", "neither parquet nor CSV"),
        (b"version 1\noid sha256:0123\n", "neither parquet nor CSV"),
        (b"", "is empty: it has no bytes; fetch it again"),
        (b"PAR1", "is damaged: .*fetch it again"),
        (b"PAR1" + b"\0" * 100 + b"PAR1", "is damaged: .*fetch it again"),
    ],
)
def test_a_file_that_is_named_parquet_and_is_none(save: Save, content: bytes, reason: str, read_all: ReadAll) -> None:
    with pytest.raises(RideFileError, match=rf"rides\.parquet (is )?{reason}"):
        read_all(save(content))


@pytest.mark.parametrize("share", [0.01, 0.5, 0.99])
def test_a_truncated_parquet_file_is_damaged(save: Save, month_bytes: bytes, share: float, read_all: ReadAll) -> None:
    with pytest.raises(RideFileError, match=r"is damaged: .*fetch it again"):
        read_all(save(month_bytes[: int(len(month_bytes) * share)]))


def test_a_corrupt_page_in_the_middle_is_found_and_the_rows_before_it_are_read(
    save: Save, month_bytes: bytes, read_all: ReadAll
) -> None:
    column = pq.read_metadata(io.BytesIO(month_bytes)).row_group(3).column(1)
    middle = (column.dictionary_page_offset or column.data_page_offset) + column.total_compressed_size // 2
    path = save(month_bytes[:middle] + bytes([month_bytes[middle] ^ 0xFF]) + month_bytes[middle + 1 :])
    with pytest.raises(RideFileError, match=r"rides\.parquet is damaged after row [0-9]+: .*; fetch it again"):
        read_all(path)


def test_any_damage_is_a_ride_file_error_or_other_values(save: Save, month_bytes: bytes, read_all: ReadAll) -> None:
    random = np.random.default_rng(2)
    footer_bytes = int.from_bytes(month_bytes[-8:-4], "little") + 8
    refused = 0
    for attempt in range(300):
        damaged = bytearray(month_bytes)
        low = len(damaged) - footer_bytes if attempt % 2 else 0
        for place in random.integers(low, len(damaged), 3):
            damaged[place] = random.integers(0, 256)
        try:
            read_all(save(bytes(damaged)))
        except RideFileError:
            refused += 1
    assert refused > 150
