"""The end of a connection that reads and writes: holds up a client that sends or reads too slowly, and closes kindly.

Knows nothing of HTTP. Closing at once with bytes unread would make the system reset the connection, and the client
might lose the answer; so such an end is closed for writing, and reads into nothing for a while.
"""

import asyncio
from contextlib import suppress
from typing import Any, Final

_JOIN_BYTES: Final = 64 << 10  # up to here a copy is cheaper than a second write
_LINGER_SECONDS: Final = 5.0
_UNREAD_SECONDS: Final = 30.0


class Channel(asyncio.Protocol):
    """One end.

    Attributes:
        lingers: whether it reads into nothing, until the client has read what was written.
        writable: False while the client leaves too much unread.
        eof: whether the client sends no more.
        since: when the last thing happened that a limit of time counts from.
    """

    __slots__ = ("_paused", "_transport", "_unread", "_unread_since", "eof", "lingers", "since", "writable")

    def __init__(self, now: float) -> None:
        self._transport: Any = None
        self._paused = False
        self._unread = 0  # bytes that the client had not taken when we last looked
        self._unread_since = 0.0
        self.writable = True
        self.eof = self.lingers = False
        self.since = now

    def write(self, head: bytes, content: bytes) -> None:
        """Write both."""
        if len(content) <= _JOIN_BYTES:
            self._transport.write(head + content)
        else:
            self._transport.writelines((head, content))

    def hold(self) -> None:
        """Read no more for now."""
        if not self._paused:
            self._paused = True
            self._transport.pause_reading()

    def release(self) -> None:
        """Read again."""
        if self._paused:
            self._paused = False
            self._transport.resume_reading()

    def close(self, *, linger: bool = False) -> None:
        """Close it behind what was written.

        Args:
            linger: whether the client may still be sending.
        """
        if linger and not self.eof and not self._transport.is_closing():
            self.lingers = True
            with suppress(OSError):  # it is gone; the loop will tell
                self._transport.write_eof()
            self.release()
        else:
            self.lingers = False
            self._transport.close()

    def abort(self) -> None:
        """Close it now."""
        self._transport.abort()

    @property
    def waits_for_nothing(self) -> bool:
        """Whether all was written that is to be, and only the client's end is missing."""
        return self.lingers and not self._transport.get_write_buffer_size()

    def gone(self) -> None:
        """It is closed."""
        self.lingers = False
        self._transport = None

    def patience(self, now: float) -> float:
        """How long nothing has happened, in seconds, where that is the client's doing; looked at about twice a second.

        A client that does not read is given up here, and one that has been told the last.
        """
        unread = self._transport.get_write_buffer_size()
        if unread:
            if unread != self._unread:
                self._unread, self._unread_since = unread, now
            elif now - self._unread_since > _UNREAD_SECONDS:
                self.abort()
            self.since = now  # all else waits for this
        elif self.lingers and now - self.since > _LINGER_SECONDS:
            self.abort()
        return now - self.since
