"""Cuts what a connection sends into requests; llhttp reads them, and this says where each ends.

llhttp would run on into the next request, and could neither be held up there nor asked where it is. So it is fed up to
the next empty line, where alone a head or a chunked body can end; a body of a declared length needs no parser. No input
or output, no limits of time, none of our routes.
"""

import re
from typing import Any, Final

from httptools import HttpParserError, HttpParserInvalidMethodError, HttpParserUpgrade, HttpRequestParser

from api.serving.request import BODY, HEAD, HEAD_LIMIT_BYTES, WHOLE, Refused, Request

_END: Final = b"\r\n\r\n"
_METHOD: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}").fullmatch


class RequestReader(Request):
    """Reads one request after the other; is, at each time, the one that was read last."""

    __slots__ = ("_line", "_odd", "_parser", "_pieces", "_quiet", "_spent", "_tail", "_wire")

    def __init__(self) -> None:
        self._parser: Any = HttpRequestParser(self)
        super().__init__()

    def clear(self) -> None:
        """As if nothing had been sent."""
        super().clear()
        self._spent = False  # whether the parser is not to read another request
        self._odd = False  # whether its method is none that llhttp knows
        self._line = b""  # the head, up to the end of its first line or further
        self._tail = b""  # the last bytes, which may be the beginning of an empty line
        self._wire = 0  # bytes of the head
        self._quiet = 0  # bytes since the last one of the body
        self._pieces = bytearray()  # of the body; not a list, whose items would take many times their bytes

    def next(self) -> None:
        """Let go of the request; the next may come."""
        if self._spent or self.chunked:  # it waits for a body, or trailers or an upgrade left something in it
            self._parser = HttpRequestParser(self)
        self.clear()

    def give_up(self) -> None:
        """Nothing more will be read; what was read of a body is let go."""
        self.keep_alive = False
        self._pieces = bytearray()

    def close(self) -> None:
        """The same at the end; breaks the circle with the parser, which calls back."""
        self.give_up()
        self._parser = None

    def read(self, data: bytes, start: int) -> int:
        """Read on from a place; stops behind a head, behind a whole request, and where the data end.

        Returns:
            How far it came.

        Raises:
            Refused: this is no request; nothing more can be read.
        """
        if self.stage == BODY:
            return self._read_body(data, start)
        if not self.begun:
            while data[start] in b"\r\n":  # empty lines between requests
                start += 1
                if start == len(data):
                    return start
            self.begun = True
            end = data.find(_END, start) + 4
            if 4 <= end <= start + HEAD_LIMIT_BYTES:  # the usual case: the head is there at once
                self._read_whole_head(data[start:end])
                if self.stage == BODY and self.length is not None and end + self.length <= len(data):
                    return self._read_body(data, end)  # and the body, too
                return end
        end = self._behind_empty_line(data, start)
        piece = data[start:end]
        self._wire += end - start
        if self._wire > HEAD_LIMIT_BYTES:
            raise Refused(431, f"the request's head is larger than {HEAD_LIMIT_BYTES:,} bytes")
        if not self._line:
            self._line = piece
        elif b"\r\n" not in self._line:
            self._line += piece
        self._feed_head(piece)
        if self.stage != HEAD:
            self._understand()
        return end

    def _read_whole_head(self, head: bytes) -> None:
        self._line = head
        self._feed_head(head)
        if self.stage == HEAD:
            raise Refused(400, "this is no HTTP/1.1")
        self._understand()
        self.head = head

    def _understand(self) -> None:
        self.understand(self._line[: self._line.find(b"\r\n")])
        self._spent = self._spent or self.stage == BODY

    def on_header(self, name: bytes, value: bytes) -> None:
        """The parser found one; trailers are left out."""
        if self.stage == HEAD:
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """The parser is at the end of the head."""
        self.stage = BODY

    def on_body(self, piece: bytes) -> None:
        """The parser found a piece of a body in chunks."""
        self._pieces += piece
        self.size += len(piece)
        self._quiet = 0

    def on_message_complete(self) -> None:
        """The parser is at the end of the request."""
        self.stage = WHOLE

    def _behind_empty_line(self, data: bytes, start: int) -> int:
        """The place behind the next empty line, whose first bytes may have come before; else the end of the data."""
        if self._tail:
            found = (self._tail + data[start : start + 3]).find(_END)
            if found >= 0:
                end = start + found + 4 - len(self._tail)
                self._tail = b""
                return end
        found = data.find(_END, start)
        if found >= 0:
            self._tail = b""
            return found + 4
        self._tail = (self._tail + data[max(start, len(data) - 3) :])[-3:]
        return len(data)

    def _feed_head(self, piece: bytes) -> None:
        try:
            if self._odd:
                self._feed_odd_method()
            else:
                self._parser.feed_data(piece)
        except HttpParserUpgrade:
            self._ignore_upgrade()
        except HttpParserInvalidMethodError:
            self._odd = True
            self._feed_odd_method()
        except HttpParserError as error:
            raise Refused(400, f"this is no HTTP/1.1: {error}") from None

    def _feed_odd_method(self) -> None:
        """Read on with another method in place of one that llhttp does not know: our routes are to refuse it."""
        token, space, rest = self._line.partition(b" ")
        if not _METHOD(token):
            raise Refused(400, "this is no HTTP/1.1: no method")
        if space:
            self._odd = False
            self._parser = HttpRequestParser(self)
            self._feed_head(b"GET " + rest)

    def _ignore_upgrade(self) -> None:
        """Read the head again without what asks for another protocol: llhttp would take the body for that."""
        self._spent = True
        if self._line.startswith(b"CONNECT "):
            return
        headers = b"".join([b"%s: %s\r\n" % each for each in self.headers if each[0].lower() != b"upgrade"])
        self.stage = HEAD
        self.headers = []
        self._parser = HttpRequestParser(self)
        first = self._line[self._line.index(b" ") : self._line.index(b"\r\n") + 2]
        self._feed_head(b"GET" + first + headers + b"\r\n")

    def _read_body(self, data: bytes, start: int) -> int:
        if self.chunked:
            return self._read_chunks(data, start)
        assert self.length is not None  # noqa: S101  # llhttp has no third kind of body
        end = start + self.length - self.size
        if end > len(data):
            end = len(data)
        else:
            self.stage = WHOLE
        piece = data[start:end]
        self.size += end - start
        if self.stage == WHOLE and not self._pieces:
            self.body = piece
            return end
        self._pieces += piece
        if self.stage == WHOLE:
            self.body, self._pieces = bytes(self._pieces), bytearray()
        return end

    def _read_chunks(self, data: bytes, start: int) -> int:
        end = self._behind_empty_line(data, start)
        self._quiet += end - start
        try:
            self._parser.feed_data(data[start:end])
        except HttpParserError as error:
            raise Refused(400, f"the body is no HTTP/1.1: {error}") from None
        if self._quiet > HEAD_LIMIT_BYTES:
            raise Refused(400, "the body has more framing than it may have")
        if self.stage == WHOLE:
            self.body, self._pieces = bytes(self._pieces), bytearray()
        return end
