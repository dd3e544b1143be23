"""Attempts to hold, mix or relabel registered coins, and to shut in what was locked or paid for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.cash_codec import CoinKind, OwnerKind
from chains.progmat.contracts.coin import AMEND, CoinState
from chains.progmat.contracts.coin_holder import HolderState
from chains.progmat.contracts.errors import CashViolation, CoinHolderViolation, CoinViolation
from chains.progmat.contracts.names import CASH, COIN
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.errors import MalformedComponent
from chains.progmat.transactions.model import Command, Party
from ibc.dvp import SettlementTerms
from primitives.composite_key import Key
from tests.fakes.coin_parties import (
    APPROVER,
    WholesaleWorld,
    admission,
    coin_state,
    holder_of,
    referring,
    registration,
    removal,
)
from tests.fakes.ledger_parties import (
    AN,
    CN_A,
    CN_B,
    SELLER,
    SN,
    STRANGER,
    cash,
    cash_issue,
    cash_redeem,
)
from tests.fakes.settlement_world import Locked, terms_of

_WORLD = WholesaleWorld()


@pytest.fixture
def world() -> WholesaleWorld:
    return _WORLD.copy()


def _amendment(world: WholesaleWorld, new: CoinState, *signers: Key) -> TransactionBuilder:
    frame = world.ledger.frame
    return replace(
        frame.start(),
        inputs=(world.coin.ref,),
        outputs=(new.as_output(frame.notary),),
        commands=(Command(COIN, AMEND, b"", signers),),
    )


def _locked(world: WholesaleWorld, terms: SettlementTerms) -> Locked:
    builder = referring(world.lock_builder(terms, world.issue(1_000_000)), world.seller)
    cash_output, lock_output = world.ledger.commit(builder)[:2]
    return Locked(terms, cash_output, lock_output, 1)


def test_a_wholesale_coin_goes_between_admitted_accounts(world: WholesaleWorld) -> None:
    coins = world.issue(100)
    move = world.move_builder([coins], world.made(60, SELLER, CN_A), world.made(40))

    paid, change = world.ledger.commit(referring(move, world.seller))

    assert [CashState.of(each.state).kind for each in (paid, change)] == [CoinKind.WHOLESALE] * 2


def test_a_wholesale_coin_does_not_come_to_a_stranger(world: WholesaleWorld) -> None:
    coins = world.issue(100)
    stolen = world.move_builder([coins], world.made(100, STRANGER, CN_A))

    with pytest.raises(CoinHolderViolation, match="is admitted to it"):
        world.ledger.verify(referring(stolen, world.seller, world.buyer))


@pytest.mark.parametrize(
    "forged",
    [
        replace(holder_of(STRANGER, CN_A), issuer=Party(SN.name, STRANGER.key)),
        replace(holder_of(STRANGER, CN_A), issuer=AN.party),
        replace(holder_of(STRANGER, CN_A), coin_id="PGC-2"),
        holder_of(STRANGER, CN_B),
    ],
    ids=["a namesake of the issuer", "another issuer", "another coin", "another node"],
)
def test_an_admission_that_is_not_this_issuers_of_this_account_opens_nothing(
    world: WholesaleWorld, forged: HolderState
) -> None:
    coins = world.issue(100)
    ledger = world.ledger
    ref = replace(world.seller, state=forged.as_output(ledger.frame.notary))
    ledger.states[ref.ref] = ref.state  # as if its own issuer had signed it: nobody else's rules speak of it
    stolen = world.move_builder([coins], world.made(100, STRANGER, CN_A))

    with pytest.raises(CoinHolderViolation, match="is admitted to it"):
        ledger.verify(referring(stolen, ref))


def test_nobody_admits_to_anothers_coin(world: WholesaleWorld) -> None:
    forged = admission(world.ledger.frame, world.coin, holder_of(STRANGER, CN_A))
    forged = replace(forged, commands=(replace(forged.commands[0], signers=(STRANGER.key,)),))

    with pytest.raises(CoinHolderViolation, match="issuer sn signs"):
        world.ledger.verify(forged)


def test_nobody_is_admitted_to_a_retail_coin() -> None:
    world = WholesaleWorld(CoinKind.RETAIL)

    with pytest.raises(CoinHolderViolation, match="wholesale"):
        world.ledger.verify(admission(world.ledger.frame, world.coin, holder_of(STRANGER, CN_A)))


def test_a_retail_coin_goes_to_anybody() -> None:
    world = WholesaleWorld(CoinKind.RETAIL)
    coins = world.issue(100)

    world.ledger.commit(world.move_builder([coins], world.made(100, STRANGER, CN_A)))


@pytest.mark.parametrize("kind", [CoinKind.NONE, CoinKind.RETAIL], ids=lambda kind: kind.name)
def test_a_move_does_not_change_a_coins_kind(world: WholesaleWorld, kind: CoinKind) -> None:
    coins = world.issue(100)
    relabelled = world.move_builder([coins], replace(world.made(100, STRANGER, CN_A), kind=kind))

    with pytest.raises(CashViolation, match="of one kind"):
        world.ledger.verify(relabelled)


def test_two_kinds_of_a_coin_do_not_mix_in_one_move(world: WholesaleWorld) -> None:
    wholesale = world.issue(100)
    (plain,) = world.ledger.commit(cash_issue(world.ledger.frame, world.issuer_membership, cash(50)))
    mixed = world.move_builder([wholesale, plain], world.made(100), cash(50))

    with pytest.raises(CashViolation, match="of one kind"):
        world.ledger.verify(mixed)


@pytest.mark.parametrize("kind", [CoinKind.RETAIL, CoinKind.WHOLESALE], ids=lambda kind: kind.name)
def test_a_kind_that_was_not_registered_is_not_issued(world: WholesaleWorld, kind: CoinKind) -> None:
    made = replace(cash(100), kind=kind)
    without = cash_issue(world.ledger.frame, world.issuer_membership, made)
    wrong = [without] if kind is CoinKind.WHOLESALE else [without, referring(without, world.coin)]

    for builder in wrong:
        with pytest.raises(CashViolation, match=r"registration of|registered kind"):
            world.ledger.verify(referring(builder, world.buyer))


def test_a_wholesale_coin_is_not_hidden_under_a_fresh_key(world: WholesaleWorld) -> None:
    coins = world.issue(100)
    hidden = replace(world.made(100, STRANGER, CN_B), owner_kind=OwnerKind.FRESH)

    with pytest.raises(CoinHolderViolation, match="own key"):
        world.ledger.verify(referring(world.move_builder([coins], hidden), world.buyer))


def test_an_account_that_was_removed_pays_out_and_redeems_but_gets_nothing(world: WholesaleWorld) -> None:
    first, second, third = world.issue(100), world.issue(100), world.issue(100)
    ledger = world.ledger
    ledger.commit(removal(ledger.frame, world.buyer))

    payment = world.move_builder([first], world.made(60, SELLER, CN_A), world.made(40))
    paid, _ = ledger.commit(referring(payment, world.seller))
    ledger.commit(cash_redeem(ledger.frame, [second], world.made(1)))
    back = world.move_builder([paid, third], world.made(159), world.made(1, SELLER, CN_A))
    with pytest.raises(CoinHolderViolation, match="is admitted to it"):
        ledger.verify(back)


def test_cash_is_not_locked_for_a_seller_who_is_not_admitted(world: WholesaleWorld) -> None:
    coins = world.issue(1_000_000)
    with pytest.raises(CoinHolderViolation, match="is admitted to it"):
        world.ledger.verify(world.lock_builder(terms_of(), coins))


def test_what_was_locked_is_paid_though_the_sellers_admission_was_taken_back(world: WholesaleWorld) -> None:
    ledger, terms = world.ledger, terms_of()
    locked = _locked(world, terms)
    for admitted in (world.seller, world.buyer):
        ledger.commit(removal(ledger.frame, admitted))
    acknowledgement = world.receive(locked)

    (paid,) = ledger.commit(
        world.unlock_builder(locked, world.ack_evidence(locked, acknowledgement, world.update_client()))
    )

    assert CashState.of(paid.state) == world.made(terms.cash.amount_yen, SELLER, CN_A)


def test_what_was_locked_comes_back_though_the_buyers_admission_was_taken_back(world: WholesaleWorld) -> None:
    ledger, terms = world.ledger, terms_of()
    locked = _locked(world, terms)
    for admitted in (world.seller, world.buyer):
        ledger.commit(removal(ledger.frame, admitted))
    refusal = world.refuse(locked)

    (back,) = ledger.commit(world.unlock_builder(locked, world.ack_evidence(locked, refusal, world.update_client())))

    assert CashState.of(back.state) == world.made(terms.cash.amount_yen)


def test_an_unlock_does_not_change_the_kind(world: WholesaleWorld) -> None:
    ledger, terms = world.ledger, terms_of()
    locked = _locked(world, terms)
    acknowledgement = world.receive(locked)
    unlock = world.unlock_builder(locked, world.ack_evidence(locked, acknowledgement, world.update_client()))
    plain = replace(world.made(terms.cash.amount_yen, SELLER, CN_A), kind=CoinKind.NONE)

    with pytest.raises(CashViolation, match="of one kind"):
        ledger.verify(replace(unlock, outputs=(plain.as_output(ledger.frame.notary),)))


def test_only_its_issuer_registers_a_coin(world: WholesaleWorld) -> None:
    ledger = world.ledger
    theirs = replace(coin_state(), issuer=Party("cn-a", CN_A.key))
    forged = registration(ledger.frame, world.seller_custodian, theirs)
    forged = replace(forged, commands=(replace(forged.commands[0], signers=(CN_A.key,)),))

    with pytest.raises(Exception, match="has the role"):
        ledger.verify(forged)


def test_an_approver_is_not_the_issuer() -> None:
    with pytest.raises(MalformedComponent, match="second person"):
        coin_state(CoinKind.RETAIL, SN)


@pytest.mark.parametrize(
    ("new", "signers", "rule"),
    [
        (coin_state(CoinKind.WHOLESALE, STRANGER), (SN.key,), "an approver of the coin signs"),
        (coin_state(CoinKind.WHOLESALE, STRANGER), (SN.key, STRANGER.key), "an approver of the coin signs"),
        (coin_state(CoinKind.WHOLESALE, STRANGER), (APPROVER.key,), "issuer sn signs"),
        (coin_state(CoinKind.RETAIL, STRANGER), (SN.key, APPROVER.key), "nothing but the approvers"),
        (coin_state(), (SN.key, APPROVER.key), "changes something"),
    ],
    ids=["issuer alone", "the new approver", "approver alone", "another kind", "nothing"],
)
def test_approvers_change_by_issuer_and_approver_and_nothing_else_does(
    world: WholesaleWorld, new: CoinState, signers: tuple[Key, ...], rule: str
) -> None:
    with pytest.raises(CoinViolation, match=rule):
        world.ledger.verify(_amendment(world, new, *signers))


def test_issuer_and_approver_name_another_approver(world: WholesaleWorld) -> None:
    new = coin_state(CoinKind.WHOLESALE, STRANGER)

    (amended,) = world.ledger.commit(_amendment(world, new, SN.key, APPROVER.key))

    assert CoinState.of(amended.state) == new


def test_a_registration_and_cash_do_not_share_a_transaction(world: WholesaleWorld) -> None:
    issue = world.issue_builder(world.made(5))
    both = replace(issue, outputs=(*issue.outputs, coin_state().as_output(world.ledger.frame.notary)))
    both = replace(both, commands=(*both.commands, Command(COIN, "Register", b"", (SN.key,))))

    with pytest.raises(CoinViolation, match="nothing else happens"):
        world.ledger.verify(both)


def test_unregistered_coins_are_as_they_were(world: WholesaleWorld) -> None:
    ledger = world.ledger
    (plain,) = ledger.commit(cash_issue(ledger.frame, world.issuer_membership, cash(10)))

    ledger.commit(world.move_builder([plain], cash(10, STRANGER, CN_A)))

    assert [CashState.of(each.state).kind for each in ledger.unspent(CASH)] == [CoinKind.NONE]
