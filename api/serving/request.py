"""A request, as far as it is there: what the first line and the few headers say that somebody asks for."""

from typing import Final

HEAD, BODY, WHOLE = 0, 1, 2  # what is being read; plain numbers, since they are compared for every request
HEAD_LIMIT_BYTES: Final = 64 << 10
MOST_HEADERS: Final = 100

_TYPE, _AUTHORIZATION, _ID, _LENGTH, _CODING, _EXPECT, _CONNECTION = range(1, 8)
_NAMES: Final = {
    b"content-type": _TYPE,
    b"authorization": _AUTHORIZATION,
    b"x-request-id": _ID,
    b"content-length": _LENGTH,
    b"transfer-encoding": _CODING,
    b"expect": _EXPECT,
    b"connection": _CONNECTION,
}
_USUAL: Final = (b"host", b"user-agent", b"accept", b"accept-encoding")
# As clients write them, so that most names need not be made small; 0 is one that nobody asks for.
_WRITTEN: Final = {
    form: _NAMES.get(name, 0) for name in (*_NAMES, *_USUAL) for form in (name, name.title(), name.upper())
}
_AT_MOST_ONCE: Final = (_TYPE, _AUTHORIZATION, _ID)


class Refused(Exception):
    """What was sent is no request, or one with too large a head.

    Args:
        status: of the answer.
        detail: for whoever sent it.
    """

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


class Request:
    """One request.

    Attributes:
        stage: HEAD, BODY (the head is there) or WHOLE.
        begun: whether there is a byte of it.
        method, target, version: the words of the first line.
        head: all of its bytes, where they came at once; else empty.
        headers: names and values as they were sent, in order.
        content_type, authorization, request_id: headers, as they were sent.
        repeated: whether one of these was sent twice.
        length: the declared length of the body; None where none was declared.
        chunked: whether the body comes in chunks.
        expects: whether the client waits for `100 Continue` before the body.
        keep_alive: whether it means to send more requests.
        size: how many bytes of the body are there.
        body: all of it, when the stage is WHOLE.
    """

    __slots__ = (
        "authorization",
        "begun",
        "body",
        "chunked",
        "content_type",
        "expects",
        "head",
        "headers",
        "keep_alive",
        "length",
        "method",
        "repeated",
        "request_id",
        "size",
        "stage",
        "target",
        "version",
    )

    def __init__(self) -> None:
        self.method = self.target = self.version = b""
        self.keep_alive = False
        self.clear()

    def clear(self) -> None:
        """As if nothing had been sent."""
        self.stage = HEAD
        self.begun = self.chunked = self.expects = self.repeated = False
        self.headers: list[tuple[bytes, bytes]] = []
        self.content_type: bytes | None = None
        self.authorization: bytes | None = None
        self.request_id: bytes | None = None
        self.length: int | None = None
        self.size = 0
        self.head = self.body = b""

    def understand(self, line: bytes) -> None:
        """See what the head says, when it is all there.

        Args:
            line: the first line, without its end.

        Raises:
            Refused: it is not HTTP/1, or has too many headers.
        """
        words = line.split(b" ")
        if len(words) != 3:
            raise Refused(400, "this is no HTTP/1.1: the first line has not three words")
        self.method, self.target, self.version = words
        if len(self.headers) > MOST_HEADERS:
            raise Refused(431, f"the request has more than {MOST_HEADERS} headers")
        _, self.content_type, self.authorization, self.request_id, length, coding, expected, connection = self._found()
        if length is not None:
            self.length = int(length)
        self.keep_alive = self.version == b"HTTP/1.1" and self.method != b"CONNECT"
        if not self.keep_alive and self.version not in (b"HTTP/1.1", b"HTTP/1.0"):
            raise Refused(400, "this is neither HTTP/1.1 nor HTTP/1.0")
        if connection is not None:
            self._obey(connection)
        if coding is not None:
            self.chunked = True
            self.keep_alive = self.keep_alive and self.version == b"HTTP/1.1"  # 1.0 has no chunks: do not trust it
            if coding.strip().lower() != b"chunked":
                raise Refused(400, "the only Transfer-Encoding that is read is chunked")
        if expected is not None:
            self.expects = self.version == b"HTTP/1.1" and expected.strip().lower() == b"100-continue"

    @property
    def is_plain(self) -> bool:
        """Whether the head asks for nothing unusual: then the same bytes, sent again, ask for the same."""
        kept = self.keep_alive and self.version == b"HTTP/1.1"
        return bool(self.head and kept and self.length) and not (self.expects or self.repeated)

    def _found(self) -> list[bytes | None]:
        """The values of the headers that somebody asks for, each at its place; joined, where there are several."""
        found: list[bytes | None] = [None] * 8
        for name, value in self.headers:
            place = _WRITTEN.get(name)
            if place is None:
                place = _NAMES.get(name.lower(), 0)
            if not place:
                continue
            before = found[place]
            if before is None:
                found[place] = value
            else:
                found[place] = before + b"," + value
                self.repeated = self.repeated or place in _AT_MOST_ONCE
        return found

    def _obey(self, connection: bytes) -> None:
        said = {each.strip() for each in connection.lower().split(b",")}
        if b"close" in said:
            self.keep_alive = False
        elif b"keep-alive" in said:
            self.keep_alive = self.method != b"CONNECT"
