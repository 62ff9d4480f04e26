"""Opening a compressed batch with whatever codec is installed."""

from collections.abc import Callable
from typing import Final

from kafka import codec

from scoring.errors import BrokerError

_NAMES: Final = {1: "gzip", 2: "snappy", 3: "lz4", 4: "zstd"}
_PACKAGES: Final = {"snappy": "python-snappy", "lz4": "lz4", "zstd": "zstandard"}


class CodecMissing(BrokerError):
    """Nothing is wrong with the records: this machine lacks the package that opens them."""


def uncompressed(body: bytes, codec_number: int) -> bytes:
    """The records of a batch.

    Args:
        body: what follows the batch's header.
        codec_number: of the batch's attributes.

    Raises:
        CodecMissing: says which package to install.
        ValueError: the bytes are damaged.
    """
    if codec_number == 0:
        return body
    name = _NAMES.get(codec_number)
    if name is None:
        raise ValueError(f"there is no compression {codec_number}")
    has: Callable[[], bool] = getattr(codec, f"has_{name}")
    if not has():
        raise CodecMissing(
            f"rides are compressed by {name}, which kafka-python needs a package for: pip install {_PACKAGES[name]}, "
            "or set KAFKA_CLIENT=confluent"
        )
    try:
        opened: bytes = getattr(codec, f"{name}_decode")(body)
    except Exception as error:  # each codec has its own
        raise ValueError(f"its {name} compression cannot be opened ({error})") from error
    return opened
