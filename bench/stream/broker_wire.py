"""Two requests to a single broker over one plain socket: a group's offsets, and a partition's raw log.

No client threads run beside what is measured, and the raw log shows what clients hide: commit markers and their times.
"""

import socket
import struct
from collections.abc import Iterator
from types import TracebackType
from typing import Final, Self

_FETCH, _OFFSET_FETCH = 1, 9
_FETCH_BYTES: Final = 32 << 20
_READ_UNCOMMITTED: Final = 0
_SECONDS: Final = 20.0


class BrokerWire:
    """A connection to the only broker of a cluster, without TLS.

    Args:
        server: its ``host:port``.

    Raises:
        OSError: it does not answer.
    """

    def __init__(self, server: str) -> None:
        host, _, port = server.split(",", maxsplit=1)[0].strip().rpartition(":")
        self._socket = socket.create_connection((host, int(port)), _SECONDS)
        self._socket.settimeout(_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def committed_offsets(self, group: str, topic: str, partitions: int) -> list[int]:
        """The group's next offset of each partition; 0 where it has committed none."""
        wanted = struct.pack(f">i{partitions}i", partitions, *range(partitions))
        answer = self._ask(_OFFSET_FETCH, 1, _text(group) + struct.pack(">i", 1) + _text(topic) + wanted)
        at = 4
        (length,) = struct.unpack_from(">h", answer, at)
        at += 2 + length + 4
        offsets = [0] * partitions
        for _ in range(partitions):
            partition, offset, metadata = struct.unpack_from(">iqh", answer, at)
            at += 14 + max(0, metadata) + 2
            offsets[partition] = max(0, offset)
        return offsets

    def log_of(self, topic: str, partition: int) -> Iterator[bytes]:
        """A partition's whole log as it stands, uncommitted records and control markers included."""
        offset, end = 0, 1
        while offset < end:
            part, end = self._fetch(topic, partition, offset)
            if not part:
                return
            yield part
            offset = _next_offset(part)

    def _fetch(self, topic: str, partition: int, offset: int) -> tuple[bytes, int]:
        """Record batches from an offset, and the partition's end."""
        body = struct.pack(">iiiib", -1, 0, 0, _FETCH_BYTES, _READ_UNCOMMITTED)
        body += struct.pack(">i", 1) + _text(topic) + struct.pack(">iiqi", 1, partition, offset, _FETCH_BYTES)
        answer = self._ask(_FETCH, 4, body)
        at = 8
        (length,) = struct.unpack_from(">h", answer, at)
        at += 2 + length + 4
        _partition, error, end, _stable, aborted = struct.unpack_from(">ihqqi", answer, at)
        if error:
            raise OSError(f"the broker answered {error} for {topic}-{partition}")
        at += 26 + 16 * max(0, aborted)
        (size,) = struct.unpack_from(">i", answer, at)
        return answer[at + 4 : at + 4 + max(0, size)], end

    def _ask(self, key: int, version: int, body: bytes) -> bytes:
        request = struct.pack(">hhih", key, version, 1, -1) + body
        self._socket.sendall(struct.pack(">i", len(request)) + request)
        (size,) = struct.unpack(">i", self._read(4))
        return self._read(size)[4:]

    def _read(self, size: int) -> bytes:
        received = bytearray()
        while len(received) < size:
            part = self._socket.recv(size - len(received))
            if not part:
                raise ConnectionResetError("the broker closed the connection")
            received += part
        return bytes(received)


def _next_offset(batches: bytes) -> int:
    """One past the last whole batch; the last one of a fetch may be cut off."""
    at, offset = 0, 0
    while at + 61 <= len(batches):
        base, size = struct.unpack_from(">qi", batches, at)
        if at + 12 + size > len(batches):
            break
        (last,) = struct.unpack_from(">i", batches, at + 23)
        offset = base + last + 1
        at += 12 + size
    return offset


def _text(text: str) -> bytes:
    return struct.pack(">h", len(text)) + text.encode()
