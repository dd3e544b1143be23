"""A second approver's key signs forced transfers and their like, and nothing that an owner would sign."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from chains.progmat.contracts.names import CASH, COIN, MEMBERSHIP, NATIVE_DVP, SECURITY, SECURITY_TOKEN, UTILITY_TOKEN
from chains.progmat.ibc_host.frame import TransactionFrame
from chains.progmat.identity import KeyPurpose, KeyStore, ScryptCost, SecretPlace, StoreOptions
from chains.progmat.keys.approver import can_sign, transaction_signer
from chains.progmat.keys.errors import ApproverKeyMisused
from chains.progmat.keys.passphrase_wrapper import PassphraseWrapper
from chains.progmat.node.gated_keys import GatedKeys
from chains.progmat.transactions.model import Command
from chains.progmat.transactions.signature import sign_transaction
from chains.progmat.transactions.wire import WireTransaction
from primitives.composite_key import CompositeKey
from primitives.public_key import PublicKey
from primitives.signatures import SignatureScheme
from tests.fakes.ledger_parties import BUYER, SN, cash, salt_of
from tests.fakes.soft_hsm import soft_hsm
from tests.integration.ledger.network import PACKAGE, PARAMETERS

ALLOWED = [
    *(
        (contract, act)
        for contract in (CASH, SECURITY_TOKEN, UTILITY_TOKEN)
        for act in ("Force", "Freeze", "Thaw", "Cancel")
    ),
    (SECURITY, "Amend"),
    (SECURITY, "Retire"),
    (COIN, "Amend"),
]
FORBIDDEN = [
    (CASH, "Issue"),
    (CASH, "Move"),
    (CASH, "Redeem"),
    (SECURITY_TOKEN, "Move"),
    (NATIVE_DVP, "Settle"),
    (MEMBERSHIP, "Amend"),
    ("ibc_client", "Freeze"),
    ("trade", "Cancel"),
    (SECURITY, "Register"),
    (COIN, "Register"),
]


@pytest.fixture(params=list(SecretPlace), ids=lambda place: place.name)
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[KeyStore, PublicKey]:
    hsm = soft_hsm() if request.param is SecretPlace.HSM else None
    wrapper = PassphraseWrapper(lambda: b"open sesame", "store", ScryptCost(14))
    store = KeyStore.create_with(tmp_path / "keys.db", wrapper, StoreOptions("sn", hsm))
    made = store.generate("approver", KeyPurpose.APPROVER, SignatureScheme.ED25519, request.param)
    return store, made.public_key


def transaction(*commands: Command) -> WireTransaction:
    frame = TransactionFrame(PARAMETERS, PACKAGE.hash)
    built = replace(frame.start(), outputs=(cash(1).as_output(frame.notary),), commands=commands)
    return built.to_wire(salt_of("approved"))


def test_it_signs_its_acts_and_the_signature_holds(kept: tuple[KeyStore, PublicKey]) -> None:
    store, approver = kept
    keys = GatedKeys(store, lambda: None)
    for contract, act in ALLOWED:
        wire = transaction(Command(contract, act, b"", (SN.key, approver)))
        signer = transaction_signer(keys, approver, wire)
        assert signer is not None
        sign_transaction(signer, wire.id).verify(wire.id)


def test_it_signs_nothing_else_whatever_stands_beside_it(kept: tuple[KeyStore, PublicKey]) -> None:
    store, approver = kept
    force = Command(CASH, "Force", b"", (SN.key, approver))
    for contract, act in FORBIDDEN:
        other = Command(contract, act, b"", (approver, BUYER.key))
        for commands in ((other,), (force, other)):
            with pytest.raises(ApproverKeyMisused):
                transaction_signer(store, approver, transaction(*commands))
    hidden = Command(CASH, "Move", b"", (CompositeKey(1, ((1, approver), (1, BUYER.key))),))
    with pytest.raises(ApproverKeyMisused):
        transaction_signer(store, approver, transaction(hidden))
    with pytest.raises(ApproverKeyMisused, match="no command"):
        transaction_signer(store, approver, transaction(Command(CASH, "Force", b"", (SN.key,))))


def test_it_is_no_key_of_the_node_nor_of_an_account(kept: tuple[KeyStore, PublicKey]) -> None:
    store, approver = kept
    assert store.signer(approver) is None
    assert store.digest_signer(approver) is None
    assert store.fresh_signer(approver, "cn-b", b"\x01" * 32) is None
    assert approver not in store.account_keys()
    assert can_sign(store, approver)
    assert not can_sign(store, BUYER.key)


def test_other_keys_sign_as_before(tmp_path: Path) -> None:
    store = KeyStore.create(tmp_path / "keys.db", b"open sesame", ScryptCost(14))
    store.keep("buyer", KeyPurpose.ACCOUNT, BUYER.scheme, BUYER.secret)
    wire = transaction(Command(CASH, "Move", b"", (BUYER.key,)))
    signer = transaction_signer(store, BUYER.key, wire)
    assert signer is not None
    sign_transaction(signer, wire.id).verify(wire.id)
    assert transaction_signer(store, SN.key, wire) is None
