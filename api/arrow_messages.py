"""What an Arrow IPC stream declares, read before anything is unpacked: how many rows, and whether it is compressed.

A few megabytes of compressed buffers may unpack to gigabytes, and pyarrow offers no limit; so the headers are looked at
here. Layout: https://arrow.apache.org/docs/format/Columnar.html (encapsulated messages, Message.fbs).
"""

import struct
from typing import Final

from api.problem import malformed

_CONTINUES: Final = 0xFFFFFFFF
_DICTIONARY_BATCH: Final = 2
_RECORD_BATCH: Final = 3
_PREFIX: Final = struct.Struct("<II")
_UINT16: Final = struct.Struct("<H").unpack_from
_INT32: Final = struct.Struct("<i").unpack_from
_UINT32: Final = struct.Struct("<I").unpack_from
_INT64: Final = struct.Struct("<q").unpack_from


def check_messages(stream: bytes) -> int:
    """How many rows the stream's record batches declare.

    Raises:
        Problem: a buffer is compressed (400).
        struct.error, IndexError, ValueError: it is no stream.
    """
    rows = place = 0
    while place < len(stream):
        marker, size = _PREFIX.unpack_from(stream, place)
        if marker != _CONTINUES:
            raise ValueError("a message does not begin with its marker")
        if not size:  # the end of the stream
            break
        metadata = stream[place + 8 : place + 8 + size]
        root = _pointed(metadata, 0)
        rows += _rows(metadata, root)
        length = _field(metadata, root, 3)
        body_bytes = _INT64(metadata, length)[0] if length else 0
        if body_bytes < 0:
            raise ValueError("a message has a body of less than nothing")
        place += 8 + size + body_bytes
    return rows


def _rows(metadata: bytes, root: int) -> int:
    kind, header = _field(metadata, root, 1), _field(metadata, root, 2)
    number = metadata[kind] if kind else 0
    if number not in (_DICTIONARY_BATCH, _RECORD_BATCH) or not header:
        return 0
    batch = _pointed(metadata, header)
    if number == _DICTIONARY_BATCH:
        batch = _pointed(metadata, _field(metadata, batch, 1))
    if _field(metadata, batch, 3):
        raise malformed("the Arrow stream is compressed; send it uncompressed")
    length = _field(metadata, batch, 0)
    return max(0, int(_INT64(metadata, length)[0])) if length and number == _RECORD_BATCH else 0


def _pointed(metadata: bytes, place: int) -> int:
    """The place that an offset at a place leads to."""
    return place + int(_UINT32(metadata, place)[0])


def _field(metadata: bytes, table: int, number: int) -> int:
    """The place of a table's field; 0 where it is left out."""
    fields = table - int(_INT32(metadata, table)[0])
    if 4 + 2 * number >= _UINT16(metadata, fields)[0]:
        return 0
    offset = int(_UINT16(metadata, fields + 4 + 2 * number)[0])
    return table + offset if offset else 0
