"""From what a user names (files, folders, globs, URLs) to files, their digests, and whether they are still the same."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from scoring.errors import RideFileError

_ENDINGS: Final = (".parquet", ".pq", ".csv")
_GLOB: Final = frozenset("*?[")


def expand(inputs: Iterable[str]) -> list[str]:
    """Files in the order they were named, those of a folder or a glob by name, each once.

    A folder stands for its .parquet, .pq and .csv files, not for those of folders within.

    Raises:
        RideFileError: a name is empty or stands for no file, or a folder cannot be listed.
    """
    found: dict[str, None] = {}
    for each in inputs:
        if not each:  # as an unset variable of a shell gives it; it would stand for this folder
            raise RideFileError("the name of an input is empty: name files, a folder or a glob")
        files = files_of(each)
        if not files:
            raise RideFileError(
                f"no file matches {each}: name files, a folder that holds {', '.join(_ENDINGS)} files, or a glob"
            )
        found.update(dict.fromkeys(files))
    return list(found)


def files_of(named: str) -> list[str]:
    """What one name stands for, as in :func:`expand`; none where a folder is empty or nothing matches a glob.

    A name that is neither a folder nor a glob stands for itself, whether or not there is such a file.

    Raises:
        RideFileError: a folder cannot be listed, or a URL cannot be opened.
    """
    return _of_url(named) if "://" in named else _of_path(named)


def is_there(path: str) -> bool:
    """Whether there is a file or a folder of that name."""
    if "://" not in path:
        with _readable(path):
            return Path(path).exists()
    files, inner = _file_system(path)
    found: bool = files.exists(inner)
    return found


def stamp(path: str) -> tuple[int, str]:
    """The size of a file in bytes, and what differs when it was written: times and inode, or an object's own mark.

    Raises:
        RideFileError: it is not there.
    """
    try:
        if "://" not in path:
            found = Path(path).stat()
            return found.st_size, f"{found.st_mtime_ns}-{found.st_ctime_ns}-{found.st_ino}"
        files, inner = _file_system(path)
        about = files.info(inner)
        marks = [
            str(about[key]) for key in ("ETag", "etag", "md5Hash", "mtime", "created", "LastModified") if key in about
        ]
        return int(about["size"]), "-".join(marks)
    except FileNotFoundError:
        raise RideFileError(f"there is no file {path}") from None
    except OSError as error:
        raise RideFileError(f"cannot read {path}: {error.strerror or error}") from error


def _of_path(named: str) -> list[str]:
    with _readable(named):
        path = Path(named)
        if path.is_dir():
            return [str(each) for each in sorted(path.iterdir()) if _is_input(each.name) and each.is_file()]
        if path.exists() or not _GLOB & set(named):
            return [named]  # one that is not there is told when it is opened
        import glob

        return sorted(each for each in glob.glob(named, recursive=True) if Path(each).is_file())  # noqa: PTH207  # as it was written


@contextmanager
def _readable(named: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RideFileError(f"cannot read {named}: {error.strerror or error}") from error


def _of_url(named: str) -> list[str]:
    files, inner = _file_system(named)
    try:
        files.invalidate_cache()
        if _GLOB & set(inner):
            return sorted(files.unstrip_protocol(each) for each in files.glob(inner) if files.isfile(each))
        if files.isdir(inner):
            listed = [each.rstrip("/") for each in files.ls(inner, detail=False)]
            return sorted(files.unstrip_protocol(each) for each in listed if _is_input(each) and files.isfile(each))
    except OSError as error:
        raise RideFileError(f"cannot list {named}: {error.strerror or error}") from error
    return [named]


def _is_input(name: str) -> bool:
    last = name.rsplit("/", 1)[-1]
    return last.lower().endswith(_ENDINGS) and not last.startswith((".", "_"))


def _file_system(url: str) -> tuple[Any, str]:
    import fsspec

    try:
        found: tuple[Any, str] = fsspec.core.url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise RideFileError(f"cannot open {url}: {error}") from error
    return found
