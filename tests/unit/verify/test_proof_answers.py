"""`eth_getProof` answers in every wrapping, checkpoint files with proofs, and our own ledger transactions."""

from __future__ import annotations

from typing import Any

import pytest

from light_clients.progmat import encode_header
from primitives.keccak import EMPTY_KECCAK, keccak256
from primitives.mpt import EMPTY_TRIE_ROOT
from primitives.smt_proof import encode_smt_proof
from relayer.cli.verify.checkpoint import verify_checkpoint_file
from relayer.cli.verify.errors import Refused
from relayer.cli.verify.ledger_tx import verify_ledger_tx_file
from relayer.cli.verify.storage import verify_storage_file
from tests.fakes.checkpoints import LEDGER, CheckpointScenario
from tests.fakes.qbft_client import ABSENT_PATH, PATH, SHORT_PATH, commitments, slot_of
from tests.fakes.qbft_headers import ROUTER, RouterState

STATE = RouterState(commitments())
STRANGER = b"\x55" * 20


def shown(data: bytes) -> str:
    return "0x" + data.hex()


def answer_for(address: bytes = ROUTER) -> dict[str, Any]:
    """As a node of the network answers; slots of the router and their proofs."""
    present = address == ROUTER
    slots = [slot_of(path) for path in (PATH, SHORT_PATH, ABSENT_PATH)] if present else [bytes(32)]
    return {
        "address": shown(address),
        "accountProof": [shown(node) for node in STATE.account_proof(address)],
        "balance": "0x0",
        "nonce": "0x1" if present else "0x0",
        "storageHash": shown(STATE.storage_root if present else EMPTY_TRIE_ROOT),
        "codeHash": shown(keccak256(b"code") if present else EMPTY_KECCAK),
        "storageProof": [
            {
                "key": shown(slot),
                "value": hex(int.from_bytes(commitments().get(slot, b""), "big")),
                "proof": [shown(node) for node in STATE.storage_proof(slot)] if present else [],
            }
            for slot in slots
        ],
    }


def wrappings(answer: dict[str, Any]) -> list[dict[str, Any]]:
    root = shown(STATE.state_root)
    return [
        {"stateRoot": root, "proof": answer},
        {"stateRoot": root, "result": answer, "jsonrpc": "2.0", "id": 1},
        {"stateRoot": root, **answer},
    ]


@pytest.mark.parametrize("wrapping", range(3))
def test_an_answer_holds_in_every_wrapping(wrapping: int) -> None:
    facts = verify_storage_file(wrappings(answer_for())[wrapping]).facts
    assert [fact.label for fact in facts] == ["state root", "account", "slot", "slot", "slot"]
    assert facts[4].text.endswith("is zero")


@pytest.mark.parametrize("storage_hash", [EMPTY_TRIE_ROOT, bytes(32)], ids=["empty trie", "zero"])
def test_an_absent_account_holds_with_the_hashes_of_nothing(storage_hash: bytes) -> None:
    answer = answer_for(STRANGER) | {"storageHash": shown(storage_hash)}
    facts = verify_storage_file(wrappings(answer)[0]).facts
    assert [fact.label for fact in facts] == ["state root", "account absent", "slot"]


@pytest.mark.parametrize(
    "change",
    [
        {"nonce": "0x2"},
        {"balance": "0x1"},
        {"storageHash": shown(b"\1" * 32)},
        {"codeHash": shown(b"\1" * 32)},
        {"accountProof": []},
        {"address": shown(b"\x56" * 20)},
    ],
    ids=lambda change: next(iter(change)),
)
@pytest.mark.parametrize("address", [ROUTER, STRANGER], ids=["present", "absent"])
def test_an_answer_that_claims_anything_else_is_refused(change: dict[str, object], address: bytes) -> None:
    document = wrappings(answer_for(address) | change)[0]
    if address == STRANGER and "address" in change:
        document["proof"]["address"] = shown(ROUTER)
    with pytest.raises(Refused):
        verify_storage_file(document)


def test_a_slot_with_another_value_is_refused() -> None:
    for place, value in ((0, "0x1"), (1, "0x0"), (2, "0x1")):
        answer = answer_for()
        answer["storageProof"][place]["value"] = value
        with pytest.raises(Refused):
            verify_storage_file(wrappings(answer)[0])


def test_an_answer_under_another_blocks_root_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        verify_storage_file({"stateRoot": shown(b"\2" * 32), "proof": answer_for()})
    assert refused.value.cause == "MPT_PROOF_INVALID"


def checkpoint_file() -> dict[str, Any]:
    entries = {b"path %d" % number: keccak256(b"%d" % number) for number in range(9)}
    scenario = CheckpointScenario(entries=entries)
    tree = scenario.tree()
    return {
        "ledger_id": LEDGER,
        "header": shown(encode_header(scenario.header(scenario.latest_checkpoint))),
        "validator_set": {
            "threshold": scenario.threshold,
            "validators": [shown(key.address) for key in scenario.keys],
        },
        "expected": {"height": 20, "root": shown(tree.root), "signers": [0, 1, 2]},
        "proofs": [
            {
                "path": shown(b"path 3"),
                "value": shown(entries[b"path 3"]),
                "proof": shown(encode_smt_proof(tree.prove(b"path 3"))),
            },
            {"path": shown(b"nowhere"), "value": None, "proof": shown(encode_smt_proof(tree.prove(b"nowhere")))},
        ],
    }


def test_a_checkpoint_with_its_proofs_holds() -> None:
    labels = [fact.label for fact in verify_checkpoint_file(checkpoint_file()).facts]
    assert labels[-2:] == ["present", "absent"]


def test_a_checkpoint_of_another_set_ledger_or_height_is_refused() -> None:
    for change, cause in (
        ({"ledger_id": "elsewhere"}, "PROGMAT_FOREIGN_SIGNATURE"),
        ({"validator_set": checkpoint_file()["validator_set"] | {"threshold": 2}}, "PROGMAT_UNTRUSTED_VALIDATOR_SET"),
        ({"expected": {"height": 21}}, "CLAIM_NOT_MET"),
        ({"expected": {"signers": [0, 1, 3]}}, "CLAIM_NOT_MET"),
    ):
        with pytest.raises(Refused) as refused:
            verify_checkpoint_file(checkpoint_file() | change)
        assert refused.value.cause == cause


def test_a_checkpoints_proof_does_not_prove_the_opposite() -> None:
    absent_though_present, present_though_absent = checkpoint_file(), checkpoint_file()
    absent_though_present["proofs"][0]["value"] = None
    present_though_absent["proofs"][1]["value"] = shown(keccak256(b"3"))
    for document in (absent_though_present, present_though_absent):
        with pytest.raises(Refused):
            verify_checkpoint_file(document)


def test_bytes_that_are_no_transaction_of_ours_are_refused() -> None:
    for signed in ("0x", "0x00", "0x0a021234"):
        with pytest.raises(Refused):
            verify_ledger_tx_file({"signed_transaction": signed})
