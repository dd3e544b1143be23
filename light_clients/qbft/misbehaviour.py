"""When can two sealed blocks not both be of one chain?

QBFT and its relatives finalise one block a height, each on the one before, at a time that never goes back. Two quorums
that say otherwise mean that more than a third of a set sealed against the rules. The block hash decides, not the bytes:
one block sealed in two rounds, or by different quorums, is no misbehaviour. Equal times at two heights are none,
either: networks with a block period of zero have them; such a header is refused and nobody is accused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from light_clients.qbft.consensus_state import QbftConsensusState
from light_clients.qbft.errors import NoMisbehaviour
from light_clients.qbft.sealed_header import SealedHeader


@dataclass(frozen=True, slots=True)
class BlockClaim:
    """What a quorum said of a height: which block, at what time in seconds, on which parent if that is known."""

    height: int
    timestamp_s: int
    block_hash: bytes
    parent_hash: bytes | None

    @classmethod
    def of_header(cls, sealed: SealedHeader) -> Self:
        """What a verified header says."""
        header = sealed.header
        return cls(header.number, header.timestamp_s, sealed.block_hash, header.parent_hash)

    @classmethod
    def of_stored(cls, height: int, consensus_state: QbftConsensusState) -> Self:
        """What is kept of one; its parent is not."""
        return cls(height, consensus_state.timestamp_s, consensus_state.block_hash, None)


def contradicts(one: BlockClaim, other: BlockClaim) -> bool:
    """Whether the two, both sealed, cannot be of one chain: two blocks of a height, a broken link, time gone back."""
    if one.height == other.height:
        return one.block_hash != other.block_hash
    lower, upper = (one, other) if one.height < other.height else (other, one)
    if upper.timestamp_s < lower.timestamp_s:
        return True
    is_linked = upper.height == lower.height + 1 and upper.parent_hash is not None
    return is_linked and upper.parent_hash != lower.block_hash


def validate_contradiction(one: SealedHeader, other: SealedHeader) -> None:
    """NoMisbehaviour unless the headers contradict each other. Seals are checked elsewhere."""
    if contradicts(BlockClaim.of_header(one), BlockClaim.of_header(other)):
        return
    if one.block_hash == other.block_hash:
        raise NoMisbehaviour("headers are the same block", found=one.block_hash)
    raise NoMisbehaviour(
        "headers can both be of one chain", expected="one height, a broken link, or time gone back", found="none of it"
    )
