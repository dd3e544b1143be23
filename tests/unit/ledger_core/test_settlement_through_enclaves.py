"""Settlements on a ledger that follows the EVM chain through enclaves: contracts verify statements, nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.dvp_lock_codec import encode_evidence
from chains.progmat.contracts.names import CASH
from chains.progmat.transactions.model import StateAndRef
from light_clients.enclave.codec import encode_membership_proof
from light_clients.enclave.errors import KeyRefused, TooFewOperators
from primitives.public_key import PublicKey
from tests.fakes.enclave_settlement_world import SIGNERS, EnclaveSettlementWorld
from tests.fakes.ledger_parties import BUYER, CN_A, CN_B, SELLER
from tests.fakes.settlement_world import AMOUNT_YEN, terms_of


def owners(made: tuple[StateAndRef, ...]) -> list[tuple[PublicKey, str]]:
    """Who holds the coins made, and where."""
    coins = [CashState.of(each.state) for each in made if each.state.contract == CASH]
    return [(coin.owner, coin.node) for coin in coins]


def test_an_acknowledgement_stated_by_enclaves_pays_the_seller() -> None:
    world = EnclaveSettlementWorld()
    locked = world.lock(terms_of(), world.issue(AMOUNT_YEN))
    acknowledgement = world.receive(locked)
    height = world.update_client()
    made = world.ledger.commit(world.unlock_builder(locked, world.ack_evidence(locked, acknowledgement, height)))
    assert owners(made) == [(SELLER.key, CN_A.name)]


def test_absence_stated_by_enclaves_after_the_time_out_pays_the_buyer_back() -> None:
    world = EnclaveSettlementWorld()
    locked = world.lock(terms_of(), world.issue(AMOUNT_YEN))
    world.advance(1300)
    world.evm.seal()
    height = world.update_client()
    made = world.ledger.commit(world.unlock_builder(locked, world.timeout_evidence(locked, height)))
    assert owners(made) == [(BUYER.key, CN_B.name)]


def test_a_later_update_builds_on_the_keys_registered_before() -> None:
    world = EnclaveSettlementWorld()
    world.evm.seal()
    first = world.update_client()
    world.evm.seal()
    second = world.update_client(trusted_height=first)
    assert (first, second) == (2, 3)


def test_an_update_by_one_operator_is_refused_in_the_contract() -> None:
    world = EnclaveSettlementWorld()
    world.evm.seal()
    builder = world.update_builder(2)
    lone = replace(builder.commands[0], data=world.update_message(2, 1, SIGNERS[:1]))
    with pytest.raises(TooFewOperators):
        world.ledger.verify(replace(builder, commands=(lone,)))


def test_an_unlock_by_one_operators_statement_is_refused_in_the_contract() -> None:
    world = EnclaveSettlementWorld()
    locked = world.lock(terms_of(), world.issue(AMOUNT_YEN))
    acknowledgement = world.receive(locked)
    height = world.update_client()
    honest = world.ack_evidence(locked, acknowledgement, height)
    builder = world.unlock_builder(locked, honest)
    forged = replace(honest, proof=encode_membership_proof([bytes(64) + b"\x00"]))
    command = replace(builder.commands[0], data=encode_evidence(forged))
    with pytest.raises(KeyRefused):
        world.ledger.verify(replace(builder, commands=(command,)))
