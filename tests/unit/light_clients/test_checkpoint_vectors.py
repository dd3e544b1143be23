"""Checkpoint digests and packed headers, against eth_account's EIP-712 as an independent oracle, byte for byte."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

os.environ.setdefault("ETH_HASH_BACKEND", "pysha3")  # eth_account binds its keccak on first use

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak

from light_clients.progmat import Checkpoint, ValidatorSet, checkpoint_digest, decode_header, encode_header
from light_clients.progmat.verify import validate_signatures

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "progmat" / "checkpoints.json").read_text())
SECRETS = {
    bytes.fromhex(entry["address"][2:]): entry["private_key_for_tests_only"] for entry in VECTORS["validator_keys"]
}
CASES = [pytest.param(case, id=case["name"]) for case in VECTORS["checkpoints"]]
FIELDS = {
    "height": ("height", "uint64"),
    "timestamp": ("timestamp_s", "uint64"),
    "root": ("root", "bytes32"),
    "journalHash": ("journal_hash", "bytes32"),
    "nextValidatorSetHash": ("next_validator_set_hash", "bytes32"),
}


def checkpoint_of(case: dict[str, Any]) -> Checkpoint:
    fields = case["checkpoint"]
    return Checkpoint(
        ledger_id=fields["ledger_id"],
        height=fields["height"],
        timestamp_s=fields["timestamp_s"],
        **{name: bytes.fromhex(fields[name][2:]) for name in ("root", "journal_hash", "next_validator_set_hash")},
    )


def oracle_digest(fields: dict[str, Any]) -> bytes:
    """EIP-712's digest as a wallet computes it."""
    signable = encode_typed_data(
        full_message={
            "types": {
                "EIP712Domain": [
                    {"name": "name", "type": "string"},
                    {"name": "version", "type": "string"},
                    {"name": "salt", "type": "bytes32"},
                ],
                "Checkpoint": [{"name": name, "type": kind} for name, (_, kind) in FIELDS.items()],
            },
            "primaryType": "Checkpoint",
            "domain": {"name": "Progmat Checkpoint", "version": "1", "salt": keccak(text=fields["ledger_id"])},
            "message": {name: fields[key] for name, (key, _) in FIELDS.items()},
        }
    )
    return keccak(b"\x19" + signable.version + signable.header + signable.body)


@pytest.mark.parametrize("case", CASES)
def test_the_digest_is_what_a_wallet_would_sign(case: dict[str, Any]) -> None:
    digest = checkpoint_digest(checkpoint_of(case))
    assert digest == oracle_digest(case["checkpoint"])
    assert "0x" + digest.hex() == case["digest"]


@pytest.mark.parametrize("case", CASES)
def test_the_validator_set_packs_and_hashes_as_recorded(case: dict[str, Any]) -> None:
    recorded = case["validator_set"]
    validator_set = ValidatorSet(recorded["threshold"], tuple(bytes.fromhex(v[2:]) for v in recorded["validators"]))
    assert "0x" + validator_set.packed().hex() == recorded["packed"]
    assert "0x" + validator_set.hash().hex() == recorded["hash"] == "0x" + keccak(validator_set.packed()).hex()


@pytest.mark.parametrize("case", CASES)
def test_the_recorded_header_decodes_verifies_and_encodes_again(case: dict[str, Any]) -> None:
    packed = bytes.fromhex(case["header"][2:])
    header = decode_header(packed, case["checkpoint"]["ledger_id"])
    assert header.checkpoint == checkpoint_of(case)
    assert [index for index, _ in header.signatures] == case["signers"]
    validate_signatures(header, header.validator_set.hash())
    assert encode_header(header) == packed


@pytest.mark.parametrize("case", CASES)
def test_the_recorded_signatures_are_a_wallets_own(case: dict[str, Any]) -> None:
    header = decode_header(bytes.fromhex(case["header"][2:]), case["checkpoint"]["ledger_id"])
    for index, signature in header.signatures:
        signed = Account.unsafe_sign_hash(
            bytes.fromhex(case["digest"][2:]), SECRETS[header.validator_set.validators[index]]
        )
        assert signature == signed.r.to_bytes(32, "big") + ((signed.v - 27) << 255 | signed.s).to_bytes(32, "big")
