"""Bytes to a file and to its digest on a thread of their own, while the next rows are read and scored.

Both leave Python's lock, so that this costs the scoring thread next to nothing.
"""

import hashlib
import io
import queue
import threading
from typing import Any, Final

_PIECE_BYTES: Final = 1 << 20  # pyarrow writes a page at a time, and handing on costs as much as digesting one
_MOST_WAITING: Final = 6  # a slow disk must not be seen in the memory of a run


class DigestingSink(io.RawIOBase):
    """A file-like object for pyarrow; errors of the file are raised by the next write, or by :meth:`finish`."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self._error: OSError | None = None
        self._pieces: queue.Queue[list[bytes] | None] = queue.Queue(_MOST_WAITING)
        self._piece: list[bytes] = []
        self._piece_bytes = 0
        self._abandoned = False
        self._thread = threading.Thread(target=self._drain, name="sink", daemon=True)
        self._thread.start()
        self.size_bytes = 0

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, content: Any) -> int:
        """Take a piece; bytes are kept as they are, other memory may be used again and is copied."""
        if self._error is not None:
            raise self._error
        if not self._abandoned:
            self._piece.append(content if isinstance(content, bytes) else bytes(content))
            self._piece_bytes += len(content)
            if self._piece_bytes >= _PIECE_BYTES:
                self._pieces.put(self._piece)
                self._piece, self._piece_bytes = [], 0
        self.size_bytes += len(content)
        return len(content)

    def finish(self) -> None:
        """Wait until all is written and digested.

        Raises:
            OSError: the file could not be written.
        """
        self._pieces.put(self._piece)
        self._end()
        if self._error is not None:
            raise self._error

    def abandon(self) -> None:
        """Take no more; what comes goes nowhere."""
        self._abandoned = True
        self._end()

    def sha256(self) -> str:
        """Of all that was written; after :meth:`finish`."""
        return self._digest.hexdigest()

    def _end(self) -> None:
        if self._thread.is_alive():
            self._pieces.put(None)
            self._thread.join()

    def _drain(self) -> None:
        while (pieces := self._pieces.get()) is not None:
            if self._error is None and not self._abandoned:
                piece = b"".join(pieces)
                try:
                    self._file.write(piece)
                    self._digest.update(piece)
                except OSError as error:  # goes on taking, or the writer would wait for ever
                    self._error = error
