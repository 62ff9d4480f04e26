"""Header names that are no text, as producers in other languages may write them; no broker looks."""


class RawName(str):
    """A name in which surrogates stand for bytes: kafka-python's producer sends what `encode` gives.

    ``RawName("caf\\udce9")`` is sent as ``b"caf\\xe9"``.
    """

    __slots__ = ()

    def encode(self, *_arguments: str) -> bytes:
        """The bytes, whatever they are."""
        return super().encode("utf-8", "surrogateescape")
