"""A block of the far chain as the hub's contract keeps it, and where.

The contract keeps, in a ring of 256 slots, ``u64 height | first 24 bytes of keccak256(u64 timestamp | state root |
storage root | block hash | validators' hash)``, and in its head slot, from the high end, ``frozen | u64 latest
timestamp | u64 latest height``.
Source: chains/evm/contracts/light-clients/QbftFollower.sol.
"""

from __future__ import annotations

from dataclasses import dataclass

from light_clients.hub.fields import check_hash, check_number
from primitives.keccak import keccak256

RING_SIZE = 256
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


@dataclass(frozen=True, slots=True)
class FarHead:
    """What the head slot says: the latest height, and whether anything above height and time is set."""

    latest_height: int
    frozen: bool


def far_head(word: bytes | None) -> FarHead:
    """Read the head slot's word of 32 bytes; None, a slot never written, is a client that has come nowhere."""
    if word is None:
        return FarHead(0, frozen=False)
    return FarHead(int.from_bytes(word[24:], "big"), frozen=any(word[:16]))


def ring_place(height: int, ring_slot: bytes) -> bytes:
    """The storage slot of a height in the ring at ``ring_slot``."""
    return keccak256((height % RING_SIZE).to_bytes(32, "big") + ring_slot)
