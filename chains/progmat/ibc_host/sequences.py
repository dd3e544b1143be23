"""Packet sequences without a shared counter: a node's 16-bit index, then its own 48-bit counter.

Two nodes can never collide, and a node that reuses a number is stopped by the notary: a commitment's path is created
once.
"""

from __future__ import annotations

from typing import Final

from primitives.errors import InvalidArgument
from primitives.types import Sequence

COUNTER_BITS: Final = 48
MAX_NODE_INDEX: Final = 2**16 - 1
MAX_COUNTER: Final = 2**COUNTER_BITS - 1


def packet_sequence(node_index: int, counter: int) -> Sequence:
    """The sequence of a node's packet number ``counter`` (from 1). Raises InvalidArgument outside the ranges."""
    if not 0 <= node_index <= MAX_NODE_INDEX:
        raise InvalidArgument(f"node index is 0..{MAX_NODE_INDEX}, not {node_index}")
    if not 1 <= counter <= MAX_COUNTER:
        raise InvalidArgument(f"packet counter is 1..{MAX_COUNTER}, not {counter}")
    return Sequence(node_index << COUNTER_BITS | counter)
