"""Merkle-Patricia proofs of the state, as eth_getProof gives them (EIP-1186)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import rlp
from eth.constants import BLANK_ROOT_HASH
from eth.db.atomic import AtomicDB
from eth.rlp.accounts import Account
from trie.hexary import HexaryTrie

from primitives.keccak import keccak256

# a node whose RLP is shorter is embedded in its parent and not listed on its own
_HASHED_NODE_BYTES: Final = 32


@dataclass(frozen=True)
class StorageProof:
    """One slot: value 0 and a proof of absence when it was never set."""

    slot: bytes
    value: int
    nodes: tuple[bytes, ...]


@dataclass(frozen=True)
class AccountProof:
    """One account with some of its slots, under one state root."""

    address: bytes
    account: Account
    nodes: tuple[bytes, ...]
    storage: tuple[StorageProof, ...]


def prove_account(database: AtomicDB, state_root: bytes, address: bytes, slots: Sequence[bytes]) -> AccountProof:
    """Prove an account (or its absence) and its slots under a state root that is in the database."""
    state_trie = HexaryTrie(database, state_root)
    key = keccak256(address)
    encoded = state_trie[key]
    account = rlp.decode(encoded, Account) if encoded else Account()
    storage_trie = HexaryTrie(database, account.storage_root)
    return AccountProof(
        address,
        account,
        _nodes(state_trie, key),
        tuple(_prove_slot(storage_trie, slot) for slot in slots),
    )


def _prove_slot(storage_trie: HexaryTrie, slot: bytes) -> StorageProof:
    key = keccak256(slot)
    encoded = storage_trie[key]
    value = int.from_bytes(rlp.decode(encoded), "big") if encoded else 0
    return StorageProof(slot, value, _nodes(storage_trie, key))


def _nodes(trie: HexaryTrie, key: bytes) -> tuple[bytes, ...]:
    if trie.root_hash == BLANK_ROOT_HASH:
        return ()
    nodes = trie.get_proof(key)  # type: ignore[no-untyped-call] # the library leaves this one method unannotated
    encoded = [rlp.encode(node) for node in nodes]
    return tuple(node for depth, node in enumerate(encoded) if depth == 0 or len(node) >= _HASHED_NODE_BYTES)
