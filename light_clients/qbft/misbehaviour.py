"""When do two sealed headers contradict each other?

QBFT finalises one block a height. Two quorums for different blocks of one height mean that more than a third of a set
sealed twice. The block hash decides, not the bytes: one block sealed in two rounds, or by different quorums, is no
misbehaviour.
"""

from __future__ import annotations

from light_clients.qbft.errors import NoMisbehaviour
from light_clients.qbft.sealed_header import SealedHeader


def validate_contradiction(one: SealedHeader, other: SealedHeader) -> None:
    """NoMisbehaviour unless the headers are different blocks of one height. Seals are checked elsewhere."""
    if one.header.number != other.header.number:
        raise NoMisbehaviour("headers are of different heights", expected=one.header.number, found=other.header.number)
    if one.block_hash == other.block_hash:
        raise NoMisbehaviour("headers are the same block", found=one.block_hash)
