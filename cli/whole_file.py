"""A file of results that appears whole or not at all, whatever ends the command; pipes and devices are written into."""

import contextlib
import os
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from scoring.errors import OutputError


@contextlib.contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """Open a file for bytes; - is standard output.

    Args:
        path: of the file; one that is there is replaced at the end, where the block ends well. What is no file, such as
            /dev/stdout, is written into.

    Raises:
        OutputError: it cannot be written.
    """
    if str(path) == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    try:
        target = path.resolve()  # a link stays one
        if target.exists() and not target.is_file():
            with target.open("wb") as file:
                yield file
            return
        aside = target.with_name(f".unfinished-{uuid.uuid4().hex}")
        try:
            with aside.open("xb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            aside.replace(target)
        finally:
            with contextlib.suppress(OSError):
                aside.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror}; mend that, or name another file") from error
