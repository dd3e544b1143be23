"""A block of the far chain as the hub's contract keeps it, and where.

The contract keeps, in a ring of 256 slots, ``u64 height | first 24 bytes of keccak256(u64 timestamp | state root |
storage root | block hash | validators' hash)``, and in its head slot a flag if it is frozen.
Source: chains/evm/contracts/light-clients/QbftFollower.sol.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from light_clients.hub.fields import check_hash, check_number
from primitives.keccak import keccak256

RING_SIZE = 256


class RingLayout(Enum):
    """How the contract lays its ring out: a mapping from the remainder of the height, or an array by it."""

    MAPPING = "mapping"
    ARRAY = "array"


_HASH_BYTES = 24


@dataclass(frozen=True, slots=True)
class FarBlock:
    """Untrusted. Height, time in seconds, roots and block hash of 32 bytes, hash of the validators each as a word."""

    height: int
    timestamp_s: int
    state_root: bytes
    storage_root: bytes
    block_hash: bytes
    validators_hash: bytes

    def __post_init__(self) -> None:
        check_number("far height", self.height, 1)
        check_number("far block's time", self.timestamp_s, 1)
        check_hash("state root", self.state_root)
        check_hash("storage root", self.storage_root)
        check_hash("block hash", self.block_hash)
        check_hash("validators' hash", self.validators_hash)

    @property
    def far(self) -> tuple[int, bytes, bytes, bytes]:
        """What is kept of it under its height."""
        return (self.timestamp_s, self.state_root, self.storage_root, self.block_hash)

    @property
    def slot_value(self) -> bytes:
        """What the hub's contract keeps of it."""
        hashes = (self.state_root, self.storage_root, self.block_hash, self.validators_hash)
        hashed = keccak256(self.timestamp_s.to_bytes(8, "big") + b"".join(hashes))
        return self.height.to_bytes(8, "big") + hashed[:_HASH_BYTES]


def is_frozen(word: bytes | None, frozen_mask: bytes) -> bool:
    """Whether a bit of the mask is set in the head slot's word; None is a slot that was never written."""
    return word is not None and any(found & mask for found, mask in zip(word, frozen_mask, strict=True))


def ring_place(height: int, ring_slot: bytes, layout: RingLayout) -> bytes:
    """The storage slot of a height in the ring at ``ring_slot``."""
    remainder = height % RING_SIZE
    if layout is RingLayout.ARRAY:
        return ((int.from_bytes(ring_slot, "big") + remainder) % 2**256).to_bytes(32, "big")
    return keccak256(remainder.to_bytes(32, "big") + ring_slot)
