"""Which month a file of rides is of, by its name: the TLC's `green_tripdata_2021-01.parquet`, or any that names one."""

import re
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Final

from scoring.errors import SettingsError

_MONTH: Final = re.compile(r"(?<![0-9])([0-9]{4})-(0[1-9]|1[0-2])(?![0-9])")


def month_of(path: str) -> str | None:
    """The month that a file's name holds last, as ``YYYY-MM``; None where it holds none.

    >>> month_of("s3://taxis/2020-12/green_tripdata_2021-01.parquet"), month_of("rides.parquet")
    ('2021-01', None)
    """
    found = _MONTH.findall(PurePosixPath(path).name)
    return "-".join(found[-1]) if found else None


def months_between(start: str, end: str) -> list[str]:
    """Every month from one to another, both included.

    Raises:
        SettingsError: one is no month, or they stand in the wrong order.

    >>> months_between("2020-11", "2021-02")
    ['2020-11', '2020-12', '2021-01', '2021-02']
    """
    first, last = _months_since_zero(start), _months_since_zero(end)
    if first > last:
        raise SettingsError(f"{start} is after {end}; name the earlier month first")
    return [f"{month // 12:04}-{month % 12 + 1:02}" for month in range(first, last + 1)]


def newest_month(paths: Iterable[str]) -> tuple[list[str], list[str]]:
    """Part files into those of older months and those of the newest one.

    Raises:
        SettingsError: a file's name holds no month.
    """
    months: dict[str, str] = {}
    for path in paths:
        month = month_of(path)
        if month is None:
            raise SettingsError(
                f"the name of {path} holds no month such as 2021-01, so which file is the newest cannot be told; "
                "rename it, or name the files to train on and to measure on"
            )
        months[path] = month
    newest = max(months.values(), default="")
    return [path for path in months if months[path] < newest], [path for path in months if months[path] == newest]


def _months_since_zero(month: str) -> int:
    found = _MONTH.fullmatch(month)
    if found is None:
        raise SettingsError(f"{month!r} is no month; write the year and the month's two digits, such as 2021-01")
    return int(found[1]) * 12 + int(found[2]) - 1
