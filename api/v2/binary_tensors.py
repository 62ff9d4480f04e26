"""The binary tensor extension, which Triton's and KServe's clients use: elements after the JSON, little-endian.

The header `Inference-Header-Content-Length` says where the JSON ends.
"""

import struct
from typing import Final

from api.v2.messages import InferenceRequest
from api.v2.refusals import malformed, quoted

EXTENSION: Final = "binary_tensor_data"
JSON_LENGTH_HEADER: Final = "Inference-Header-Content-Length"
_LENGTH: Final = struct.Struct("<I")


def split_body(body: bytes, json_length: str | None) -> tuple[bytes, memoryview]:
    """Part a body into its JSON and the binary elements that follow it.

    Args:
        body: as it came.
        json_length: the header's value; None where it was not sent, and all is JSON.

    Raises:
        Problem: the header is no length, or is longer than the body.
    """
    if json_length is None:
        return body, memoryview(b"")
    if not (json_length.isascii() and json_length.isdigit()) or len(json_length) > 12 or int(json_length) > len(body):
        raise malformed(
            f"{JSON_LENGTH_HEADER} must be the number of bytes of the JSON, at most the {len(body)} of the whole body"
        )
    return body[: int(json_length)], memoryview(body)[int(json_length) :]


def binary_inputs(request: InferenceRequest, binary: memoryview) -> dict[int, memoryview]:
    """The binary elements of each input that has such, by the input's place.

    Raises:
        Problem: sizes do not add up to the bytes that came.
    """
    found: dict[int, memoryview] = {}
    start = 0
    for place, tensor in enumerate(request.inputs):
        size = (tensor.parameters or {}).get("binary_data_size")
        if size is None:
            continue
        if type(size) is not int or not 0 <= size <= len(binary) - start:
            raise malformed(
                f"input {quoted(tensor.name)}: binary_data_size must be the number of its bytes after the JSON, "
                f"of which {len(binary) - start} are left"
            )
        found[place] = binary[start : start + size]
        start += size
    if start != len(binary):
        raise malformed(f"{len(binary) - start} bytes after the JSON belong to no input's binary_data_size")
    return found


def read_strings(name: str, binary: memoryview) -> list[str]:
    """The elements of a BYTES tensor: each a length of four bytes and as many bytes, which must be UTF-8.

    Raises:
        Problem: they are not.
    """
    strings: list[str] = []
    place = 0
    try:
        while place < len(binary):
            (length,) = _LENGTH.unpack_from(binary, place)
            place += 4
            if length > len(binary) - place:
                raise malformed(f"input {name!r}: element {len(strings)} is longer than the bytes that are left")
            strings.append(str(binary[place : place + length], "utf-8"))
            place += length
    except struct.error:
        raise malformed(f"input {name!r}: {len(binary) - place} bytes are left, too few for a length") from None
    except UnicodeDecodeError as error:
        raise malformed(f"input {name!r}: element {len(strings)} is not UTF-8: {error.reason}") from None
    return strings


def write_strings(strings: list[str]) -> bytes:
    """The opposite of :func:`read_strings`."""
    parts: list[bytes] = []
    for string in strings:
        encoded = string.encode()
        parts += (_LENGTH.pack(len(encoded)), encoded)
    return b"".join(parts)
