"""Attempts to make, destroy, mix or take coins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.errors import CashViolation, ContractViolation, MembershipViolation
from chains.progmat.contracts.membership import MemberRole
from chains.progmat.contracts.names import CASH, DVP_LOCK
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.errors import PlatformRuleBroken
from chains.progmat.transactions.model import Command, Party, StateAndRef, StateRef
from primitives.composite_key import Key
from tests.fakes.ledger_model import NotaryRefusedError
from tests.fakes.ledger_parties import (
    BUYER,
    CN_A,
    OPERATOR,
    SELLER,
    SN,
    STRANGER,
    cash,
    cash_issue,
    cash_move,
    cash_redeem,
    membership,
    membership_change,
    membership_issue,
)
from tests.fakes.settlement_world import SettlementWorld


@pytest.fixture
def world() -> SettlementWorld:
    return SettlementWorld()


@pytest.fixture
def coins(world: SettlementWorld) -> StateAndRef:
    return world.issue(100)


def _signed_only_by(builder: TransactionBuilder, *signers: Key) -> TransactionBuilder:
    return replace(builder, commands=(replace(builder.commands[0], signers=signers),))


def test_coins_go_from_owner_to_owner_and_are_redeemed(world: SettlementWorld, coins: StateAndRef) -> None:
    frame = world.ledger.frame
    to_seller, change = world.ledger.commit(cash_move(frame, [coins], cash(60, SELLER, CN_A), cash(40)))
    (rest,) = world.ledger.commit(cash_redeem(frame, [to_seller], cash(10, SELLER, CN_A)))

    assert [CashState.of(s.state).amount_yen for s in world.ledger.unspent(CASH)] == [40, 10]
    assert {change.ref, rest.ref} == {s.ref for s in world.ledger.unspent(CASH)}


@pytest.mark.parametrize("outputs", [(101,), (99,), (60, 41), (60, 39), (), (100, 100)], ids=str)
def test_a_move_that_makes_or_destroys_coins_is_refused(
    world: SettlementWorld, coins: StateAndRef, outputs: tuple[int, ...]
) -> None:
    builder = cash_move(world.ledger.frame, [coins], *(cash(amount) for amount in outputs))

    with pytest.raises(CashViolation, match="coins in equal coins out"):
        world.ledger.verify(builder)


def test_a_move_that_turns_one_coin_into_another_is_refused(world: SettlementWorld, coins: StateAndRef) -> None:
    builder = cash_move(world.ledger.frame, [coins], cash(100, coin_id="PGC-2"))

    with pytest.raises(CashViolation, match="coin by coin"):
        world.ledger.verify(builder)


def test_a_move_that_swaps_the_issuer_for_one_of_the_same_name_is_refused(
    world: SettlementWorld, coins: StateAndRef
) -> None:
    forged = replace(cash(100), issuer=Party(SN.name, STRANGER.key))
    builder = cash_move(world.ledger.frame, [coins], forged).with_signer(0, STRANGER.key)

    with pytest.raises(CashViolation, match="coin by coin"):
        world.ledger.verify(builder)


@pytest.mark.parametrize("name", ["Move", "Redeem"])
@pytest.mark.parametrize(
    ("signers", "rule"),
    [((SN.key,), "each owner signs"), ((BUYER.key,), "issuer sn signs"), ((STRANGER.key,), "signs")],
    ids=["no owner", "no issuer", "a stranger"],
)
def test_coins_do_not_go_without_owner_and_issuer(
    world: SettlementWorld, coins: StateAndRef, name: str, signers: tuple[Key, ...], rule: str
) -> None:
    make = {"Move": cash_move, "Redeem": cash_redeem}[name]
    builder = make(world.ledger.frame, [coins], *([cash(100)] if name == "Move" else []))

    with pytest.raises(CashViolation, match=rule):
        world.ledger.verify(_signed_only_by(builder, *signers))


def test_the_owner_of_one_coin_cannot_move_anothers(world: SettlementWorld, coins: StateAndRef) -> None:
    frame = world.ledger.frame
    (stolen,) = world.ledger.commit(cash_move(frame, [coins], cash(100, SELLER, CN_A)))
    own = world.issue(1)
    builder = cash_move(frame, [own, stolen], cash(101))

    with pytest.raises(CashViolation, match="each owner signs"):
        world.ledger.verify(_signed_only_by(builder, BUYER.key, SN.key))


def test_a_coin_is_spent_once(world: SettlementWorld, coins: StateAndRef) -> None:
    world.ledger.commit(cash_move(world.ledger.frame, [coins], cash(100, SELLER, CN_A)))

    with pytest.raises(NotaryRefusedError, match="spent"):
        world.ledger.commit(cash_move(world.ledger.frame, [coins], cash(100)))


def test_coins_of_a_transaction_nobody_knows_are_not_accepted(world: SettlementWorld, coins: StateAndRef) -> None:
    phantom = replace(coins, ref=StateRef(coins.ref.tx_id, 7))

    with pytest.raises(Exception, match="not known here"):
        world.ledger.verify(cash_move(world.ledger.frame, [phantom], cash(100)))


@pytest.mark.parametrize(
    ("attack", "error", "rule"),
    [
        (lambda b: _signed_only_by(b, STRANGER.key), CashViolation, "issuer sn signs"),
        (lambda b: replace(b, references=()), MembershipViolation, "membership of sn is referenced"),
        (lambda b: replace(b, outputs=()), (CashViolation, PlatformRuleBroken), "makes coins|something it is about"),
        (
            lambda b: replace(b, outputs=(*b.outputs, cash(1, coin_id="PGC-2").as_output(b.notary))),
            CashViolation,
            "one coin",
        ),
        (lambda b: replace(b, commands=b.commands * 2), CashViolation, "one command of theirs"),
        (lambda b: replace(b, commands=(replace(b.commands[0], data=b"x"),)), CashViolation, "transfer note"),
        (lambda b: replace(b, commands=(replace(b.commands[0], name="Mint"),)), CashViolation, "known"),
        (lambda b: replace(b, commands=(replace(b.commands[0], name="Move"),)), CashViolation, "consumes coins"),
    ],
    ids=["stranger", "no membership", "nothing", "two coins", "twice", "data", "unknown", "move from nothing"],
)
def test_an_issue_that_breaks_a_rule_is_refused(
    world: SettlementWorld,
    attack: Callable[[TransactionBuilder], TransactionBuilder],
    error: type[ContractViolation],
    rule: str,
) -> None:
    builder = cash_issue(world.ledger.frame, world.issuer_membership, cash(100))
    world.ledger.verify(builder)

    with pytest.raises(error, match=rule):
        world.ledger.verify(attack(builder))


def test_an_issue_that_consumes_coins_is_refused(world: SettlementWorld, coins: StateAndRef) -> None:
    builder = cash_issue(world.ledger.frame, world.issuer_membership, cash(200)).with_signer(0, BUYER.key)

    with pytest.raises(CashViolation, match="consumes no coins"):
        world.ledger.verify(replace(builder, inputs=(coins.ref,)))


def test_a_member_without_the_issuers_role_issues_nothing(world: SettlementWorld) -> None:
    frame = world.ledger.frame
    (member,) = world.ledger.commit(membership_issue(frame, membership(SN, MemberRole.EXCHANGE)))

    with pytest.raises(MembershipViolation, match="has the role"):
        world.ledger.verify(cash_issue(frame, member, cash(100)))


def test_a_party_of_the_issuers_name_with_another_key_issues_nothing(world: SettlementWorld) -> None:
    forged = replace(cash(100), issuer=Party(SN.name, STRANGER.key))
    builder = cash_issue(world.ledger.frame, world.issuer_membership, forged)

    with pytest.raises(MembershipViolation, match="sn's key"):
        world.ledger.verify(_signed_only_by(builder, STRANGER.key))


def test_a_suspended_issuer_issues_nothing(world: SettlementWorld) -> None:
    frame = world.ledger.frame
    (suspended,) = world.ledger.commit(membership_change(frame, world.issuer_membership, "Suspend"))

    with pytest.raises(MembershipViolation, match="active member"):
        world.ledger.verify(cash_issue(frame, suspended, cash(100)))
    with pytest.raises(NotaryRefusedError, match="spent"):
        world.ledger.commit(cash_issue(frame, world.issuer_membership, cash(100)))


@pytest.mark.parametrize("amounts", [(100,), (101,), (60, 40), (60, 41)], ids=str)
def test_a_redemption_that_destroys_nothing_is_refused(
    world: SettlementWorld, coins: StateAndRef, amounts: tuple[int, ...]
) -> None:
    builder = cash_redeem(world.ledger.frame, [coins], *(cash(amount) for amount in amounts))

    with pytest.raises(CashViolation, match="destroys coins"):
        world.ledger.verify(builder)


def test_a_redemption_cannot_pay_change_to_somebody_else(world: SettlementWorld, coins: StateAndRef) -> None:
    with pytest.raises(CashViolation, match="change goes back"):
        world.ledger.verify(cash_redeem(world.ledger.frame, [coins], cash(40, SELLER, CN_A)))


def test_a_redemption_cannot_hide_a_second_coin(world: SettlementWorld, coins: StateAndRef) -> None:
    with pytest.raises(CashViolation, match="one coin"):
        world.ledger.verify(cash_redeem(world.ledger.frame, [coins], cash(40, coin_id="PGC-2")))


def test_coins_cannot_be_encumbered_by_a_move(world: SettlementWorld, coins: StateAndRef) -> None:
    builder = cash_move(world.ledger.frame, [coins], cash(60), cash(40))
    outputs = tuple(replace(output, encumbrance=1 - n) for n, output in enumerate(builder.outputs))

    with pytest.raises(CashViolation, match="locked coins move only"):
        world.ledger.verify(replace(builder, outputs=outputs))


@pytest.mark.parametrize("contract", [DVP_LOCK, "membership", "trade"])
def test_coins_do_not_slip_through_under_a_command_of_another_contract(
    world: SettlementWorld, coins: StateAndRef, contract: str
) -> None:
    builder = cash_move(world.ledger.frame, [coins], cash(100, SELLER, CN_A))
    command = Command(contract, "Issue", b"", (STRANGER.key, OPERATOR.key))

    with pytest.raises(ContractViolation):
        world.ledger.verify(replace(builder, commands=(command,)))
