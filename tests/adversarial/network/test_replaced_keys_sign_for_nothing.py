"""Whoever has a replaced key, or only a name, and a transaction that pins the epoch in which he has it no more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chains.progmat.contracts.errors import CashViolation
from chains.progmat.contracts.membership import BusinessNetwork, MemberRole
from chains.progmat.contracts.verification import verify_ledger_tx
from chains.progmat.transactions.errors import NetworkBroken, NotaryBroken
from chains.progmat.transactions.ledger import LedgerTransaction
from chains.progmat.transactions.model import Party, StateAndRef, StateRef
from chains.progmat.transactions.network_parameters import NetworkParameters
from primitives.hashing import sha256
from primitives.public_key import PublicKey
from primitives.types import Hash32
from tests.fakes.epochs import following, with_node_key, with_notary_key
from tests.fakes.ledger_parties import (
    BUYER,
    CN_B,
    NN,
    SN,
    STRANGER,
    LedgerParty,
    MemberFrame,
    cash,
    cash_move,
    membership,
    salt_of,
)
from tests.integration.ledger.network import PACKAGE, PARAMETERS

SN_2, NN_2 = LedgerParty("sn 2"), LedgerParty("nn 2")
FROM_S = 1_000_000
OLD = PARAMETERS
OTHER_NOTARY_KEY = with_notary_key(OLD, FROM_S, NN_2)
OTHER_ISSUER_KEY = with_node_key(OLD, FROM_S, SN, SN_2)


def coin(notary: Party) -> StateAndRef:
    """A coin made before the change, under ``notary``."""
    return StateAndRef(StateRef(Hash32(sha256(b"coin")), 0), cash(100).as_output(notary))


def move(
    epoch: NetworkParameters, spent: StateAndRef, issuer_key: PublicKey, output_notary: Party | None = None
) -> LedgerTransaction:
    """A move of the coin that names ``issuer_key`` as the issuer's signer."""
    member = StateAndRef(
        StateRef(Hash32(sha256(b"member")), 0), membership(CN_B, MemberRole.CUSTODIAN).as_output(epoch.notary)
    )
    frame = MemberFrame(epoch, PACKAGE.hash, {(BusinessNetwork.SC, CN_B.name): member})
    builder = cash_move(frame, [spent], cash(100))
    command = replace(builder.commands[0], signers=(BUYER.key, issuer_key))
    outputs = tuple(replace(output, notary=output_notary or output.notary) for output in builder.outputs)
    wire = replace(builder, commands=(command,), outputs=outputs).to_wire(salt_of("move"))
    return LedgerTransaction.resolve(wire, {spent.ref: spent.state, member.ref: member.state})


def test_the_issuers_old_key_signs_no_move_in_the_epoch_of_the_new_one() -> None:
    with pytest.raises(CashViolation, match="issuer sn signs"):
        verify_ledger_tx(move(OTHER_ISSUER_KEY, coin(NN.party), SN.key), OTHER_ISSUER_KEY, PACKAGE)
    verify_ledger_tx(move(OTHER_ISSUER_KEY, coin(NN.party), SN_2.key), OTHER_ISSUER_KEY, PACKAGE)


def test_the_issuers_new_key_signs_nothing_before_its_epoch() -> None:
    with pytest.raises(CashViolation, match="issuer sn signs"):
        verify_ledger_tx(move(OLD, coin(NN.party), SN_2.key), OLD, PACKAGE)
    verify_ledger_tx(move(OLD, coin(NN.party), SN.key), OLD, PACKAGE)


def test_a_foreign_notary_of_the_same_name_is_no_successor() -> None:
    stranger = Party(NN.name, STRANGER.key)
    for epoch in (OLD, OTHER_NOTARY_KEY):
        with pytest.raises(NotaryBroken, match="input"):
            verify_ledger_tx(move(epoch, coin(stranger), SN.key), epoch, PACKAGE)


def test_old_states_are_spent_under_the_notarys_new_key_and_new_ones_name_it() -> None:
    verify_ledger_tx(move(OTHER_NOTARY_KEY, coin(NN.party), SN.key), OTHER_NOTARY_KEY, PACKAGE)
    backdated = move(OTHER_NOTARY_KEY, coin(NN.party), SN.key, output_notary=NN.party)
    with pytest.raises(NotaryBroken, match="output 0"):
        verify_ledger_tx(backdated, OTHER_NOTARY_KEY, PACKAGE)


def test_a_state_of_a_notary_key_to_come_is_not_spent_before_its_epoch() -> None:
    with pytest.raises(NotaryBroken, match="input"):
        verify_ledger_tx(move(OLD, coin(replace(NN.party, key=NN_2.key)), SN.key), OLD, PACKAGE)


def test_a_transaction_is_judged_under_no_other_epoch_than_it_pins() -> None:
    second = following(OLD, FROM_S)
    with pytest.raises(NetworkBroken, match="network parameters"):
        verify_ledger_tx(move(OLD, coin(NN.party), SN.key), second, PACKAGE)
