"""Standard streams as whoever starts a command leaves them: closed, on a full disk, or with nobody at the other end.

What is written into them fails with an error of our own, and once: libraries would take an OSError for one of theirs,
and Python writes what is left once more at its end. Imports nothing heavy: each command begins here.
"""

import contextlib
import io
import os
import sys
from typing import Any, Final, TextIO

from scoring.errors import OutputError

_STREAMS: Final = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))


class ReaderGone(Exception):  # it is no error: `ridescore tail | head`
    """Nobody reads standard output any more."""


class _Output(io.FileIO):
    """Standard output; after its first failure what comes goes nowhere."""

    _has_failed = False

    def write(self, content: Any, /) -> int:
        """Write, or say why not.

        Raises:
            ReaderGone: the other end of the pipe is closed.
            OutputError: the disk is full, for one.
        """
        if self._has_failed:
            return len(content)
        try:
            return super().write(content)
        except BrokenPipeError:
            self._has_failed = True
            raise ReaderGone from None
        except OSError as error:
            self._has_failed = True
            raise OutputError(
                f"cannot write to standard output: {error.strerror}; what was shown is not whole, what was done before "
                "stands: make room and run the same command again"
            ) from error


class _Errors(io.FileIO):
    """Standard error: where it takes nothing there is nobody to tell, and the exit code tells alone."""

    def write(self, content: Any, /) -> int:
        """Write, or do not."""
        with contextlib.suppress(OSError):
            return super().write(content)
        return len(content)


def prepare_streams() -> None:
    """Let standard output and error fail as above, and streams that were closed at the start (``>&-``) lead nowhere."""
    for number, (name, mode) in enumerate(_STREAMS):
        try:
            os.fstat(number)
        except OSError:
            # Else the next file that is opened had this number, the lowest free, and what is printed went into it.
            os.open(os.devnull, os.O_RDWR)
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115
    sys.stdout = _through(sys.stdout, _Output(1, "w", closefd=False))
    sys.stderr = _through(sys.stderr, _Errors(2, "w", closefd=False))


def _through(before: TextIO, raw: io.FileIO) -> TextIO:
    """A stream that writes as the one before it, through other hands."""
    assert isinstance(before, io.TextIOWrapper)  # noqa: S101  # of this process's start
    before.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=before.encoding,
        errors=before.errors,
        line_buffering=before.line_buffering,
        write_through=before.write_through,
    )
