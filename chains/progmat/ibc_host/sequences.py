"""Packet sequences without a shared counter: a node's 16-bit index, then its own 48-bit counter.

Two nodes can never collide, and a node that reuses a number is stopped by the notary: a commitment's path is created
once.
"""

from __future__ import annotations

from typing import Final

from ibc.paths import COMMITMENT_TAG
from primitives.errors import DecodeError, InvalidArgument
from primitives.types import Sequence

COUNTER_BITS: Final = 48
MAX_NODE_INDEX: Final = 2**16 - 1
MAX_COUNTER: Final = 2**COUNTER_BITS - 1
_SEQUENCE_BYTES: Final = 8


def packet_sequence(node_index: int, counter: int) -> Sequence:
    """The sequence of a node's packet number ``counter`` (from 1). Raises InvalidArgument outside the ranges."""
    if not 0 <= node_index <= MAX_NODE_INDEX:
        raise InvalidArgument(f"node index is 0..{MAX_NODE_INDEX}, not {node_index}")
    if not 1 <= counter <= MAX_COUNTER:
        raise InvalidArgument(f"packet counter is 1..{MAX_COUNTER}, not {counter}")
    return Sequence(node_index << COUNTER_BITS | counter)


def node_index_of(sequence: int) -> int:
    """The index of the node that sent a packet."""
    return sequence >> COUNTER_BITS


def parse_commitment_path(path: bytes) -> tuple[str, Sequence]:
    """Client id and sequence of a packet commitment's path; raises DecodeError for any other path."""
    client_id, tag, sequence = path[: -_SEQUENCE_BYTES - 1], path[-_SEQUENCE_BYTES - 1 : -_SEQUENCE_BYTES], path[-8:]
    if tag != COMMITMENT_TAG or not client_id or not client_id.isascii():
        raise DecodeError("not the path of a packet commitment", expected="client id, 01, 8 bytes", found=path)
    return client_id.decode("ascii"), Sequence(int.from_bytes(sequence, "big"))
