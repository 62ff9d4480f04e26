"""The consumer's place in its group, out of the bytes that confluent-kafka gives and takes back.

They are a copy made when they are asked for, so that a later rebalance does not change them. librdkafka calls their
form its own; the generation is read from them because there is no other way to it from Python.
"""

import struct
import sys

from worker.clients.client import Membership

_MAGIC = b"CGMDv2:"
_GENERATION = struct.Struct("=i")  # in this machine's own order of bytes
_START = len(_MAGIC) + _GENERATION.size


def read_membership(group: str, token: object, rebalances: int) -> Membership:
    """The membership that a token stands for.

    Args:
        group: the group's name.
        token: from ``Consumer.consumer_group_metadata``.
        rebalances: how many there have been; stands for the generation where the token has another form.
    """
    if not isinstance(token, bytes) or not token.startswith(_MAGIC):
        return Membership(group, rebalances, "member of an unknown name", token=token)
    (generation,) = _GENERATION.unpack_from(token, len(_MAGIC))
    _group, member, rest = token[_START:].split(b"\0", 2)
    instance = rest[1:].rstrip(b"\0").decode() if rest[:1] == b"\0" else None
    return Membership(group, generation, sys.intern(member.decode()), instance, token)


def no_member(group: str) -> Membership:
    """Of a consumer that has no place in its group just now: nothing can be committed under it."""
    return Membership(group, -1, "")
