"""Presence and absence of a commitment in the router's storage, and of a word in any contract's storage.

Commitments live in ``mapping(bytes32 keccak256(path) => bytes32)`` at the client's store slot. A word is kept in the
trie as an integer without its leading zeros, so a commitment that begins with 00 is shorter there; it is compared as
32 bytes here.
"""

from __future__ import annotations

from collections.abc import Sequence

from light_clients.qbft.client_state import QbftClientState
from light_clients.qbft.consensus_state import QbftConsensusState
from light_clients.qbft.errors import CommitmentAbsent, CommitmentMismatch, CommitmentPresent
from light_clients.qbft.storage_roots import storage_root_of
from primitives.keccak import keccak256
from primitives.mpt import mapping_slot, verify_storage


def commitment_slot(client_state: QbftClientState, path: bytes) -> bytes:
    """The storage slot of an IBC path."""
    return mapping_slot(keccak256(path), client_state.store_slot)


def validate_commitment(
    client_state: QbftClientState,
    consensus_state: QbftConsensusState,
    storage_proof: Sequence[bytes],
    path: bytes,
    value: bytes,
) -> None:
    """CommitmentMismatch, CommitmentAbsent or MptError unless the 32-byte value stands under the path."""
    found = verify_storage(consensus_state.storage_root, commitment_slot(client_state, path), storage_proof)
    if found is None:
        raise CommitmentAbsent("the path holds no commitment", expected=value)
    if found != value:
        raise CommitmentMismatch("the path holds another commitment", expected=value, found=found)


def validate_no_commitment(
    client_state: QbftClientState, consensus_state: QbftConsensusState, storage_proof: Sequence[bytes], path: bytes
) -> None:
    """CommitmentPresent or MptError unless nothing stands under the path."""
    found = verify_storage(consensus_state.storage_root, commitment_slot(client_state, path), storage_proof)
    if found is not None:
        raise CommitmentPresent("the path holds a commitment where absence is claimed", found=found)


def word_at(
    consensus_state: QbftConsensusState,
    contract: bytes,
    slot: bytes,
    account_proof: Sequence[bytes],
    storage_proof: Sequence[bytes],
) -> bytes | None:
    """The 32-byte word in a slot of any contract of the verified block, None if it is zero.

    Raises AccountAbsent if there is no such contract, MptError if a proof does not hold.
    """
    storage_root = storage_root_of(consensus_state.state_root, contract, account_proof)
    return verify_storage(storage_root, slot, storage_proof)
