"""Attempts to cancel somebody else's trade, or to cancel and settle it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from chains.progmat.contracts.errors import ContractViolation, TradeViolation
from chains.progmat.contracts.terms_codec import encode_terms
from chains.progmat.ibc_host.settlement import build_cancel
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.errors import InputsBroken, WritesBroken
from chains.progmat.transactions.model import create_write
from ibc.dvp import terms_hash, trade_cancelled_value, trade_locked_value, trade_path
from primitives.errors import DecodeError
from tests.fakes.ledger_model import NotaryRefusedError
from tests.fakes.ledger_parties import BUYER, CN_A, CN_B, OPERATOR, SELLER, SN, STRANGER, VALIDATOR_KEY, LedgerParty
from tests.fakes.settlement_world import SettlementWorld, terms_of

Attack = Callable[[TransactionBuilder], TransactionBuilder]


@pytest.fixture
def world() -> SettlementWorld:
    return SettlementWorld()


@pytest.mark.parametrize("by", [BUYER, SELLER], ids=["buyer", "seller"])
def test_either_party_cancels_before_the_lock(world: SettlementWorld, by: LedgerParty) -> None:
    world.ledger.commit(build_cancel(world.ledger.frame, terms_of(), by.key))

    assert world.ledger.paths[trade_path(terms_of().trade_id)] == trade_cancelled_value(terms_hash(terms_of()))


@pytest.mark.parametrize("by", [STRANGER, SN, CN_A, CN_B, OPERATOR], ids=lambda p: p.name)
def test_nobody_else_cancels(world: SettlementWorld, by: LedgerParty) -> None:
    with pytest.raises(TradeViolation, match="buyer or seller signs"):
        world.ledger.verify(build_cancel(world.ledger.frame, terms_of(), by.key))


def test_a_locked_trade_cannot_be_cancelled(world: SettlementWorld) -> None:
    world.lock(terms_of(), world.issue(1_000_000))

    with pytest.raises(NotaryRefusedError, match="written before"):
        world.ledger.commit(build_cancel(world.ledger.frame, terms_of(), SELLER.key))


def test_a_settled_trade_cannot_be_cancelled(world: SettlementWorld) -> None:
    locked = world.lock(terms_of(), world.issue(1_000_000))
    acknowledgement = world.receive(locked)
    height = world.update_client()
    world.ledger.commit(world.unlock_builder(locked, world.ack_evidence(locked, acknowledgement, height)))

    with pytest.raises(NotaryRefusedError, match="written before"):
        world.ledger.commit(build_cancel(world.ledger.frame, terms_of(), SELLER.key))


def test_a_trade_is_cancelled_once(world: SettlementWorld) -> None:
    world.ledger.commit(build_cancel(world.ledger.frame, terms_of(), BUYER.key))

    with pytest.raises(NotaryRefusedError, match="written before"):
        world.ledger.commit(build_cancel(world.ledger.frame, terms_of(), SELLER.key))


def _write(value: bytes, trade: int = 1) -> Attack:
    return lambda b: replace(b, provable_writes=(create_write(trade_path(terms_of(trade).trade_id), value),))  # type: ignore[arg-type]  # 32 bytes


@pytest.mark.parametrize(
    "attack",
    [
        _write(trade_locked_value(terms_hash(terms_of()))),
        _write(trade_cancelled_value(terms_hash(terms_of(2)))),
        _write(trade_cancelled_value(terms_hash(terms_of())), trade=2),
        lambda b: replace(b, provable_writes=()),
    ],
    ids=["locked", "other terms", "other trade", "none"],
)
def test_a_cancellation_that_writes_otherwise_is_refused(world: SettlementWorld, attack: Attack) -> None:
    builder = build_cancel(world.ledger.frame, terms_of(), BUYER.key)

    with pytest.raises((WritesBroken, InputsBroken), match=r"vouch for|something it is about"):
        world.ledger.verify(attack(builder))


@pytest.mark.parametrize(
    ("attack", "rule"),
    [
        (lambda b: replace(b, commands=(replace(b.commands[0], name="Uncancel"),)), "known"),
        (lambda b: replace(b, commands=b.commands * 2), "only command"),
    ],
    ids=["unknown", "twice"],
)
def test_a_cancellation_out_of_shape_is_refused(world: SettlementWorld, attack: Attack, rule: str) -> None:
    with pytest.raises(TradeViolation, match=rule):
        world.ledger.verify(attack(build_cancel(world.ledger.frame, terms_of(), BUYER.key)))


def test_a_cancellation_takes_no_states_along(world: SettlementWorld) -> None:
    builder = build_cancel(world.ledger.frame, terms_of(), BUYER.key)
    coins = world.issue(5)

    with pytest.raises(ContractViolation):
        world.ledger.verify(replace(builder, inputs=(coins.ref,)))
    with pytest.raises(ContractViolation):
        world.ledger.verify(replace(builder, outputs=(coins.state,)))


def test_terms_of_another_ledger_are_not_cancelled_here(world: SettlementWorld) -> None:
    terms = terms_of()
    foreign = replace(terms, cash=replace(terms.cash, ledger_id="another"))

    with pytest.raises(TradeViolation, match="of this ledger"):
        world.ledger.verify(build_cancel(world.ledger.frame, foreign, BUYER.key))


@pytest.mark.parametrize("data", [b"", b"\x00", encode_terms(terms_of()) + b"\x00"], ids=["none", "zero", "trailing"])
def test_terms_that_do_not_decode_are_refused(world: SettlementWorld, data: bytes) -> None:
    builder = build_cancel(world.ledger.frame, terms_of(), BUYER.key)

    with pytest.raises(DecodeError):
        world.ledger.verify(replace(builder, commands=(replace(builder.commands[0], data=data),)))


def test_the_validators_must_sign_a_cancellation(world: SettlementWorld) -> None:
    builder = build_cancel(world.ledger.frame, terms_of(), BUYER.key)
    signers = tuple(key for key in builder.commands[0].signers if key != VALIDATOR_KEY)

    with pytest.raises(Exception, match="Validators sign"):
        world.ledger.verify(replace(builder, commands=(replace(builder.commands[0], signers=signers),)))
