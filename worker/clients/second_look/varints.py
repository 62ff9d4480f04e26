"""Reading the zigzag integers and the byte strings of Kafka's records, never past the end of what is there."""


class VarintReader:
    """Reads forward.

    Attributes:
        position: of the next byte.
    """

    def __init__(self, content: bytes, position: int = 0) -> None:
        self._content = content
        self.position = position

    def varint(self) -> int:
        """A signed integer of at most 64 bits; ValueError where there is none."""
        found, shift = 0, 0
        while True:
            if self.position >= len(self._content) or shift > 63:
                raise ValueError("it ends within a number")
            byte = self._content[self.position]
            self.position += 1
            found |= (byte & 0x7F) << shift
            if byte < 0x80:
                return (found >> 1) ^ -(found & 1)
            shift += 7

    def length(self) -> int:
        """A number that counts something; ValueError where it is negative."""
        found = self.varint()
        if found < 0:
            raise ValueError(f"it claims a length of {found}")
        return found

    def take(self, count: int) -> bytes:
        """So many bytes; ValueError where there are fewer."""
        ends = self.position + count
        if ends > len(self._content):
            raise ValueError(f"{count} bytes are claimed and {len(self._content) - self.position} are there")
        found = self._content[self.position : ends]
        self.position = ends
        return found

    def nullable(self) -> bytes | None:
        """A byte string with its length before it; None where that is -1."""
        count = self.varint()
        if count == -1:
            return None
        if count < 0:
            raise ValueError(f"it claims a length of {count}")
        return self.take(count)

    def end(self) -> None:
        """ValueError where something is left."""
        if self.position != len(self._content):
            raise ValueError(f"{len(self._content) - self.position} bytes follow its end")
