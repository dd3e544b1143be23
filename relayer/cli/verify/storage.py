"""``crossdvp verify storage FILE.json``: Merkle-Patricia proofs of accounts and storage, without any network.

Shapes, told apart by their members; every part that is there is checked:

1. An answer of ``eth_getProof`` with the root it is held against, which the answer itself lacks (it is the block's):
``{"stateRoot": hex, "proof": <answer>}``, ``{"stateRoot": hex, "result": <answer>}`` as JSON-RPC returns it, or
``{"stateRoot": hex, "address": …, "accountProof": …, …}``. Inside: address, balance, nonce, storageHash, codeHash,
accountProof, and storageProof ``[{"key", "value", "proof"}]``. 2. Many account proofs under one root: ``{"stateRoot":
hex, "proofs": [{"address", "accountProof", "account_rlp", "exists"}]}``. 3. Proofs of commitments:
``{"commitments_slot": hex, "storage_root": hex, "membership"?: {"path", "value"?, "commitment", "storage_key"?,
"proof"}, "non_membership"?: {"path", "storage_key"?, "proof"}, "account_membership"? and "account_non_membership"?:
{"state_root", "address", "proof", "account_rlp"?}}``.
"""

from __future__ import annotations

from primitives.keccak import EMPTY_KECCAK, keccak256
from primitives.mpt import (
    EMPTY_TRIE_ROOT,
    Account,
    account_key,
    decode_account,
    mapping_slot,
    verify_account,
    verify_mpt,
    verify_storage,
)
from primitives.types import Address
from relayer.cli.verify.claims import check_bytes, check_integer, proof_nodes
from relayer.cli.verify.errors import Refused, Unreadable, refusing
from relayer.cli.verify.json_reader import JsonField
from relayer.cli.verify.report import Fact, VerifyReport, shown_bytes

_COMMITMENT_PARTS = ("membership", "non_membership", "account_membership", "account_non_membership")


def verify_storage_file(data: object) -> VerifyReport:
    """Any of the shapes of this module's head. Raises Refused, Unreadable."""
    file = JsonField(data)
    if any(file.has(name) for name in _COMMITMENT_PARTS):
        return VerifyReport(tuple(_check_part(file, name) for name in _COMMITMENT_PARTS if file.has(name)))
    answer = _answer_of(file)
    if answer is None and not file.has("proofs"):
        raise Unreadable(
            "expected an eth_getProof answer, 'proofs', or proofs of commitments; see the operator's guide"
        )
    if not file.has("stateRoot"):
        raise Unreadable("'stateRoot' is missing: add the stateRoot of the block that the proof is about")
    state_root = file.at("stateRoot").hex(32)
    root_fact = Fact("state root", shown_bytes(state_root))
    if answer is not None:
        return VerifyReport((root_fact, *_check_answer(answer, state_root)))
    return VerifyReport((root_fact, *(_check_account(proof, state_root) for proof in file.at("proofs").items())))


def _answer_of(file: JsonField) -> JsonField | None:
    for candidate in (file.get("proof"), file.get("result"), file):
        if candidate is not None and candidate.has("accountProof"):
            return candidate
    return None


# --- 1: eth_getProof --------------------------------------------------------------------------------------------------


def _check_answer(answer: JsonField, state_root: bytes) -> list[Fact]:
    address = Address(answer.at("address").hex(20))
    nodes = answer.at("accountProof").hex_list()
    with refusing(answer.at("accountProof").place):
        account = verify_account(state_root, address, nodes)
    if account is None:
        _check_absent_account(answer)
        storage_root = bytes(EMPTY_TRIE_ROOT)
        facts = [Fact("account absent", shown_bytes(address))]
    else:
        check_integer(answer.get("nonce"), account.nonce)
        check_integer(answer.get("balance"), account.balance)
        check_bytes(answer.get("storageHash"), account.storage_root)
        check_bytes(answer.get("codeHash"), account.code_hash)
        storage_root = account.storage_root
        facts = [Fact("account", f"{shown_bytes(address)}: {_shown_account(account)}")]
    slots = answer.get("storageProof")
    return facts + [_check_slot(slot, storage_root) for slot in (slots.items() if slots is not None else ())]


def _check_absent_account(answer: JsonField) -> None:
    """Nodes answer zeros or the hashes of nothing for an account that is not there; anything else fails."""
    check_integer(answer.get("nonce"), 0)
    check_integer(answer.get("balance"), 0)
    for name, nothing in (("storageHash", EMPTY_TRIE_ROOT), ("codeHash", EMPTY_KECCAK)):
        claim = answer.get(name)
        if claim is not None and claim.hex(32) not in {nothing, bytes(32)}:
            raise Refused(f"{claim.place} does not hold: there is no such account", found=claim.hex(32))


def _check_slot(slot: JsonField, storage_root: bytes) -> Fact:
    key = slot.at("key").integer().to_bytes(32, "big")
    with refusing(slot.place):
        word = verify_storage(storage_root, key, slot.at("proof").hex_list())
    check_integer(slot.at("value"), int.from_bytes(word or b"", "big"))
    return Fact("slot", f"{shown_bytes(key)} {'is zero' if word is None else 'holds ' + shown_bytes(word)}")


# --- 2 and 3: recorded proofs -----------------------------------------------------------------------------------------


def _check_account(proof: JsonField, state_root: bytes) -> Fact:
    exists = proof.at("exists").boolean()
    return _check_account_bytes(proof, state_root, proof.at("accountProof").hex_list(), must_exist=exists)


def _check_part(file: JsonField, name: str) -> Fact:
    part = file.at(name)
    if name.startswith("account"):
        must_exist = name == "account_membership"
        return _check_account_bytes(part, part.at("state_root").hex(32), proof_nodes(part), must_exist=must_exist)
    namespace, storage_root = file.at("commitments_slot").hex(32), file.at("storage_root").hex(32)
    path = _path_bytes(part.at("path"))
    slot = mapping_slot(keccak256(path), namespace)
    check_bytes(part.get("storage_key"), slot)
    with refusing(part.place):
        word = verify_storage(storage_root, slot, proof_nodes(part))
    if name == "non_membership":
        if word is not None:
            raise Refused(f"{part.place}: the path holds a commitment", cause="QBFT_COMMITMENT_PRESENT", found=word)
        return Fact("absent", part.at("path").text())
    if word is None:
        raise Refused(f"{part.place}: the path holds nothing", cause="QBFT_COMMITMENT_ABSENT")
    check_bytes(part.at("commitment"), word)
    value = part.get("value")
    if value is not None and keccak256(value.hex()) != word:
        raise Refused(f"{value.place} is not what was committed to", expected=word, found=keccak256(value.hex()))
    return Fact("present", f"{shown_bytes(word)} at {part.at('path').text()}")


def _check_account_bytes(proof: JsonField, state_root: bytes, nodes: tuple[bytes, ...], *, must_exist: bool) -> Fact:
    address = proof.at("address").hex(20)
    with refusing(proof.place):
        found = verify_mpt(state_root, account_key(address), nodes)
        account = None if found is None else decode_account(found)
    if account is None or found is None:
        if must_exist:
            raise Refused(f"{proof.place}: there is no such account", found=address)
        return Fact("account absent", shown_bytes(address))
    if not must_exist:
        raise Refused(f"{proof.place}: there is such an account", found=found)
    check_bytes(proof.get("account_rlp"), found)
    return Fact("account", f"{shown_bytes(address)}: {_shown_account(account)}")


def _path_bytes(path: JsonField) -> bytes:
    """A path as hexadecimal if it begins with 0x, else as its own text."""
    return path.hex() if path.text().startswith("0x") else path.text().encode()


def _shown_account(account: Account) -> str:
    return f"nonce {account.nonce}, balance {account.balance} wei, storage root {shown_bytes(account.storage_root)}"
