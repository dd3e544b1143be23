"""What a client of a QBFT chain keeps of one verified block."""

from __future__ import annotations

from dataclasses import dataclass

from light_clients.qbft.errors import MalformedHeader
from primitives.types import UINT64_MAX


@dataclass(frozen=True, slots=True)
class QbftConsensusState:
    """Time in seconds, state root, storage root of the router, the block's hash, and the validators who sealed it.

    They vouch for later headers, too. They stand in the order of the header or contract. Raises MalformedHeader for a
    field out of range.
    """

    timestamp_s: int
    state_root: bytes
    storage_root: bytes
    validators: tuple[bytes, ...]
    block_hash: bytes

    def __post_init__(self) -> None:
        if not 1 <= self.timestamp_s <= UINT64_MAX:
            raise MalformedHeader("block time is out of range", expected="1..2^64-1", found=self.timestamp_s)
        for hashed in (self.state_root, self.storage_root, self.block_hash):
            if len(hashed) != 32:
                raise MalformedHeader("root or block hash has the wrong size", expected="32 bytes", found=hashed)
        if not self.validators or len(set(self.validators)) != len(self.validators):
            raise MalformedHeader("validators are none, or not distinct", found=len(self.validators))
        for validator in self.validators:
            if len(validator) != 20 or not any(validator):
                raise MalformedHeader("validator is no address", expected="20 bytes, not zero", found=validator)
