"""Messages of the Solidity light clients that follow a QBFT chain: the canonical ABI encoding of one struct each.

Source: ``chains/evm/contracts/msgs/IQbftLightClientMsgs.sol``. A contract keeps of a verified block ``u64 height | the
first 24 bytes of keccak256(u64 timestamp | state root | storage root | block hash | validators' hash)``; who builds on
it or proves under it brings the rest back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from eth_abi.abi import encode as abi_encode

from primitives.keccak import keccak256

RING_SIZE: Final = 256
TRUSTED_TYPE: Final = "(uint64,bytes32,bytes32,bytes32,address[])"
HEADER_TYPE: Final = f"(bytes,uint64,{TRUSTED_TYPE},bytes[])"
EVIDENCE_TYPE: Final = f"(uint64,{TRUSTED_TYPE},bytes,bytes)"
STORAGE_TYPE: Final = "(uint64,bytes32,bytes32,bytes32,bytes32,bytes[])"
HUB_TYPE: Final = f"({HEADER_TYPE},bytes[],bytes[],uint64,uint64,bytes32)"

_HASH_BYTES: Final = 24


class RingKind(Enum):
    """How a contract lays its ring out; the numbers are ``ConsensusRing.Kind``'s."""

    MAPPING = 0
    ARRAY = 1


@dataclass(frozen=True)
class VerifiedBlock:
    """What a contract verified of a block: time in seconds, three hashes, validators in the header's order."""

    height: int
    timestamp_s: int
    state_root: bytes
    storage_root: bytes
    block_hash: bytes
    validators: tuple[bytes, ...]

    @property
    def validators_hash(self) -> bytes:
        """Hash of the validators, each as a word."""
        return keccak256(b"".join(validator.rjust(32, b"\0") for validator in self.validators))

    @property
    def slot(self) -> bytes:
        """What the contract keeps."""
        roots = self.state_root + self.storage_root + self.block_hash
        return ring_slot(self.height, keccak256(self.timestamp_s.to_bytes(8, "big") + roots + self.validators_hash))

    @property
    def values(self) -> tuple[int, bytes, bytes, bytes, tuple[bytes, ...]]:
        """As eth_abi takes ``TRUSTED_TYPE``."""
        return (self.timestamp_s, self.state_root, self.storage_root, self.block_hash, self.validators)


@dataclass(frozen=True)
class FarState:
    """A state of the far ledger as a hub's client keeps it: height, time in seconds, root of 32 bytes."""

    height: int
    timestamp_s: int
    root: bytes

    @property
    def slot(self) -> bytes:
        """What the hub's client, and a client through the hub, keep."""
        return ring_slot(self.height, keccak256(self.timestamp_s.to_bytes(8, "big") + self.root))


@dataclass(frozen=True)
class HeaderEvidence:
    """A header as the chain has it, and the nodes from its state root to the followed account."""

    header_rlp: bytes
    account_proof: tuple[bytes, ...]


def ring_slot(height: int, consensus_hash: bytes) -> bytes:
    """A consensus state as the contracts keep it."""
    return height.to_bytes(8, "big") + consensus_hash[:_HASH_BYTES]


def ring_place(height: int, ring: bytes, kind: RingKind) -> bytes:
    """The storage slot of a height in the ring at the 32-byte slot ``ring``."""
    remainder = height % RING_SIZE
    if kind is RingKind.ARRAY:
        return (int.from_bytes(ring, "big") + remainder).to_bytes(32, "big")
    return keccak256(remainder.to_bytes(32, "big") + ring)


def header_message(evidence: HeaderEvidence, trusted: VerifiedBlock) -> bytes:
    """Take a client that verified ``trusted`` to another header."""
    return abi_encode([HEADER_TYPE], [_header_values(evidence, trusted)])


def evidence_message(header_a: bytes, header_b: bytes, trusted: VerifiedBlock) -> bytes:
    """Freeze a client by two headers of one height that both build on ``trusted``."""
    return abi_encode([EVIDENCE_TYPE], [(trusted.height, trusted.values, header_a, header_b)])


def storage_message(block: VerifiedBlock, storage_proof: Sequence[bytes]) -> bytes:
    """Show a slot of the followed account under a verified block."""
    hashes = (block.state_root, block.storage_root, block.block_hash, block.validators_hash)
    values = (block.timestamp_s, *hashes, list(storage_proof))
    return abi_encode([STORAGE_TYPE], [values])


def hub_message(
    evidence: HeaderEvidence,
    trusted: VerifiedBlock,
    head_proof: Sequence[bytes],
    ring_proof: Sequence[bytes],
    far: FarState,
) -> bytes:
    """Take a client through a hub to a state of the far ledger that a block of the hub shows."""
    header = _header_values(evidence, trusted)
    values = (header, list(head_proof), list(ring_proof), far.height, far.timestamp_s, far.root)
    return abi_encode([HUB_TYPE], [values])


def _header_values(evidence: HeaderEvidence, trusted: VerifiedBlock) -> tuple[object, ...]:
    return (evidence.header_rlp, trusted.height, trusted.values, list(evidence.account_proof))
