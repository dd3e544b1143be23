"""Transactions recorded by Corda 3 and 4 have, through our own functions, the ids that Corda gave them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chains.progmat.transactions import component_hashing
from primitives.merkle import ALL_ONES_HASH
from primitives.public_key import PublicKey, SignatureScheme
from primitives.signatures import verify

VECTORS = Path(__file__).parents[2] / "vectors" / "corda"
TRANSACTIONS: list[dict[str, Any]] = json.loads((VECTORS / "corda_transactions.json").read_text())["transactions"]
TREES: list[dict[str, Any]] = json.loads((VECTORS / "corda_merkle_trees.json").read_text())["trees"]
SIGNATURES = [signature for transaction in TRANSACTIONS for signature in transaction["signatures"]]


def _groups(transaction: dict[str, Any]) -> dict[int, tuple[bytes, ...]]:
    return {
        group["group_index"]: tuple(bytes.fromhex(component) for component in group["components"])
        for group in transaction["component_groups"]
    }


def _nonces(transaction: dict[str, Any]) -> dict[int, tuple[bytes, ...]]:
    salt = bytes.fromhex(transaction["privacy_salt"])
    return {
        ordinal: component_hashing.group_nonces(salt, ordinal, components)
        for ordinal, components in _groups(transaction).items()
    }


def test_all_three_recorded_transactions_are_there() -> None:
    assert [transaction["name"] for transaction in TRANSACTIONS] == [
        "cash-wtx.blob",
        "cash-stx-db.blob",
        "node_transaction.dat",
    ]


@pytest.mark.parametrize("transaction", TRANSACTIONS, ids=lambda t: str(t["name"]))
def test_the_recorded_id_is_recomputed_from_opaque_component_bytes(transaction: dict[str, Any]) -> None:
    roots = component_hashing.group_roots(_nonces(transaction), _groups(transaction))

    assert [root.hex() for root in roots] == transaction["group_hashes"]
    assert component_hashing.transaction_id(roots).hex() == transaction["id"]


@pytest.mark.parametrize("transaction", TRANSACTIONS, ids=lambda t: str(t["name"]))
def test_every_intermediate_hash_is_the_recorded_one(transaction: dict[str, Any]) -> None:
    salt = bytes.fromhex(transaction["privacy_salt"])
    for group in transaction["component_groups"]:
        for index, (text, derived) in enumerate(zip(group["components"], group["derived"], strict=True)):
            component, ordinal = bytes.fromhex(text), group["group_index"]
            nonce = component_hashing.component_nonce(salt, ordinal, index, component)
            salted = component_hashing.salted_path_hash(salt, ordinal, index)
            assert salted.hex() == derived["salted_path_hash"]
            assert nonce.hex() == derived["nonce"]
            assert component_hashing.component_leaf(nonce, component).hex() == derived["leaf"]


@pytest.mark.parametrize("signature", SIGNATURES, ids=lambda s: str(s["signed_hash"][:8]))
def test_the_recorded_signatures_verify_over_the_recorded_bytes(signature: dict[str, Any]) -> None:
    key = PublicKey(SignatureScheme.ED25519, bytes.fromhex(signature["ed25519_public_key"]))

    verify(key, bytes.fromhex(signature["signable_data"]), bytes.fromhex(signature["signature"]))


def test_one_changed_bit_of_a_component_changes_the_id() -> None:
    transaction = TRANSACTIONS[0]
    groups = _groups(transaction)
    tampered = groups | {2: (bytes([groups[2][0][0] ^ 1]) + groups[2][0][1:],)}
    salt = bytes.fromhex(transaction["privacy_salt"])
    nonces = {ordinal: component_hashing.group_nonces(salt, ordinal, c) for ordinal, c in tampered.items()}

    found = component_hashing.transaction_id(component_hashing.group_roots(nonces, tampered))

    assert found.hex() != transaction["id"]


@pytest.mark.parametrize("tree", TREES, ids=lambda t: str(t["id"]))
def test_top_level_trees_with_absent_groups_have_the_recorded_root(tree: dict[str, Any]) -> None:
    leaves = [bytes.fromhex(leaf) for leaf in tree["leaves"][: tree["unpadded_leaf_count"]]]

    assert component_hashing.transaction_id(leaves).hex() == tree["root"]


def test_an_absent_group_stands_as_all_ones() -> None:
    transaction = next(t for t in TRANSACTIONS if t["name"] == "cash-stx-db.blob")

    roots = component_hashing.group_roots(_nonces(transaction), _groups(transaction))

    assert (roots[0], roots[5]) == (ALL_ONES_HASH, ALL_ONES_HASH)
