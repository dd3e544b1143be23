"""Presence and absence of a commitment in the far router's storage, and of a word in any far contract's storage.

A word is kept in the trie as an integer without its leading zeros; it is compared as 32 bytes here.
"""

from __future__ import annotations

from collections.abc import Sequence

from light_clients.hub.client_state import HubClientState
from light_clients.hub.consensus_state import HubConsensusState
from light_clients.hub.errors import AccountAbsent, CommitmentAbsent, CommitmentMismatch, CommitmentPresent
from primitives.keccak import keccak256
from primitives.mpt import mapping_slot, verify_account, verify_storage
from primitives.types import address


def commitment_at(
    client_state: HubClientState, consensus_state: HubConsensusState, storage_proof: Sequence[bytes], path: bytes
) -> bytes | None:
    """The 32-byte commitment under an IBC path of the far router, None if there is none; MptError."""
    slot = mapping_slot(keccak256(path), client_state.store_slot)
    return verify_storage(consensus_state.storage_root, slot, storage_proof)


def validate_commitment(found: bytes | None, value: bytes) -> None:
    """CommitmentAbsent or CommitmentMismatch unless the 32-byte value was found."""
    if found is None:
        raise CommitmentAbsent("the path holds no commitment", expected=value)
    if found != value:
        raise CommitmentMismatch("the path holds another commitment", expected=value, found=found)


def validate_no_commitment(found: bytes | None) -> None:
    """CommitmentPresent unless nothing was found."""
    if found is not None:
        raise CommitmentPresent("the path holds a commitment where absence is claimed", found=found)


def word_at(
    consensus_state: HubConsensusState,
    contract: bytes,
    slot: bytes,
    account_proof: Sequence[bytes],
    storage_proof: Sequence[bytes],
) -> bytes | None:
    """The 32-byte word in a slot of any contract of the far block, None if it is zero; AccountAbsent, MptError."""
    account = verify_account(consensus_state.state_root, address(contract), account_proof)
    if account is None:
        raise AccountAbsent("the far state holds no account at this address", expected=contract)
    return verify_storage(account.storage_root, slot, storage_proof)
