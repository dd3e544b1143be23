"""Locks for other terms, other packets, other coins, at other times, or without those who must sign."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.dvp_lock import DvpLockState
from chains.progmat.contracts.errors import (
    CashViolation,
    ContractViolation,
    DvpLockViolation,
    IbcClientViolation,
    MembershipViolation,
)
from chains.progmat.contracts.names import CASH, DVP_LOCK
from chains.progmat.ibc_host.settlement import build_cancel
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.errors import MalformedComponent, PlatformRuleBroken
from chains.progmat.transactions.model import Command, Party, StateAndRef, TimeWindow
from ibc.dvp import CashAccount, LeadLeg, SettlementTerms
from ibc.errors import InvalidTimeout
from primitives.types import Hash32, UnixSeconds
from tests.fakes.ledger_model import NotaryRefusedError
from tests.fakes.ledger_parties import (
    BUYER,
    CN_A,
    CN_B,
    SELLER,
    SN,
    STRANGER,
    VALIDATOR_KEY,
    cash,
    cash_move,
    membership_change,
)
from tests.fakes.settlement_world import NOW_S, SettlementWorld, terms_of, with_reference

ZERO = Hash32(bytes(32))
Attack = Callable[[TransactionBuilder], TransactionBuilder]


def _with_lock(builder: TransactionBuilder, state: DvpLockState) -> TransactionBuilder:
    output = replace(builder.outputs[1], data=state.encode())
    return replace(builder, outputs=(builder.outputs[0], output, *builder.outputs[2:]))


def _output(index: int, **changes: Any) -> Attack:  # noqa: ANN401 # any field of the cash
    def attack(builder: TransactionBuilder) -> TransactionBuilder:
        outputs = list(builder.outputs)
        changed = replace(CashState.of(outputs[index]), **changes)
        outputs[index] = replace(outputs[index], data=changed.encode())
        return replace(builder, outputs=tuple(outputs))

    return attack


def _both(one: Attack, other: Attack) -> Attack:
    return lambda b: other(one(b))


@pytest.mark.parametrize(
    ("attack", "rule"),
    [
        (_output(0, amount_yen=1_000_001), "coins in equal|agreed amount"),
        (_both(_output(0, amount_yen=1_000_001), _output(2, amount_yen=499_999)), "agreed amount"),
        (_both(_output(0, amount_yen=999_999), _output(2, amount_yen=500_001)), "agreed amount"),
        (_output(0, owner=SELLER.key), "still the buyer's"),
        (_output(0, node=CN_A.name), "still the buyer's"),
        (_output(0, coin_id="PGC-2"), "coins in equal|agreed amount"),
        (_output(2, owner=SELLER.key), "coins and change are the buyer's"),
        (_output(2, node=CN_A.name), "coins and change are the buyer's"),
        (_output(2, amount_yen=500_001), "coins in equal"),
        (_output(2, amount_yen=499_999), "coins in equal"),
        (lambda b: replace(b, outputs=b.outputs[:2]), "coins in equal"),
        (lambda b: replace(b, outputs=(*b.outputs, cash(1).as_output(SN.party))), "notary|coins in equal"),
    ],
    ids=[
        "more",
        "more from change",
        "less",
        "seller's already",
        "other node",
        "other coin",
        "change stolen",
        "change moved",
        "change grown",
        "change shrunk",
        "change dropped",
        "extra output",
    ],
)
def test_a_lock_that_bends_the_cash_is_refused(
    world: SettlementWorld, lock: TransactionBuilder, attack: Attack, rule: str
) -> None:
    with pytest.raises((ContractViolation, PlatformRuleBroken), match=rule):
        world.ledger.verify(attack(lock))


def test_two_change_outputs_are_refused(world: SettlementWorld, lock: TransactionBuilder) -> None:
    locked, lock_state, change = lock.outputs
    halves = tuple(replace(change, data=cash(250_000).encode()) for _ in range(2))

    with pytest.raises(DvpLockViolation, match="one change output"):
        world.ledger.verify(replace(lock, outputs=(locked, lock_state, *halves)))


def test_the_sellers_own_cash_cannot_be_locked(world: SettlementWorld, lock: TransactionBuilder) -> None:
    (foreign,) = world.ledger.commit(
        cash_move(world.ledger.frame, [world.issue(1_500_000)], cash(1_500_000, SELLER, CN_A))
    )

    with pytest.raises(DvpLockViolation, match="coins and change are the buyer's"):
        world.ledger.verify(replace(lock, inputs=(foreign.ref,)))


def test_locked_cash_cannot_be_locked_again() -> None:
    world = SettlementWorld()
    locked = world.lock(terms_of(5), world.issue(1_000_000), sequence=5)
    builder = world.lock_builder(terms_of(6), locked.cash, sequence=6)

    with pytest.raises((DvpLockViolation, PlatformRuleBroken), match=r"spent together"):
        world.ledger.verify(builder)
    with pytest.raises(DvpLockViolation, match="consumes no lock"):
        world.ledger.verify(replace(builder, inputs=(locked.cash.ref, locked.lock.ref)))


@pytest.mark.parametrize(
    ("left_out", "rule"),
    [(BUYER.key, "buyer's account"), (CN_B.key, "buyer's custodian cn-b"), (SN.key, "issuer sn")],
    ids=["buyer", "custodian", "issuer"],
)
def test_a_lock_without_one_of_its_signers_is_refused(
    world: SettlementWorld, lock: TransactionBuilder, left_out: object, rule: str
) -> None:
    command = lock.commands[0]
    signers = tuple(key for key in command.signers if key != left_out)

    with pytest.raises(DvpLockViolation, match=rule):
        world.ledger.verify(replace(lock, commands=(replace(command, signers=signers),)))


def _window(from_s: int | None, until_s: int | None) -> TimeWindow:
    return TimeWindow(
        None if from_s is None else UnixSeconds(from_s), None if until_s is None else UnixSeconds(until_s)
    )


@pytest.mark.parametrize(
    ("window", "error", "rule"),
    [
        (None, IbcClientViolation, "both bounds"),
        (_window(NOW_S, None), IbcClientViolation, "both bounds"),
        (_window(None, NOW_S), IbcClientViolation, "both bounds"),
        (_window(NOW_S - 1, NOW_S + 600), IbcClientViolation, "window is short"),
        (_window(NOW_S + 10, NOW_S + 601), DvpLockViolation, "lock-by time"),
        (_window(NOW_S + 1100, NOW_S + 1201), DvpLockViolation, "lock-by time"),
        (_window(NOW_S - 86_400, NOW_S - 86_300), InvalidTimeout, "time"),
    ],
    ids=["none", "no end", "no start", "too long", "after lock-by", "around time-out", "a day early"],
)
def test_a_lock_at_another_time_than_the_terms_allow_is_refused(
    world: SettlementWorld, lock: TransactionBuilder, window: TimeWindow | None, error: type[Exception], rule: str
) -> None:
    with pytest.raises(error, match=rule):
        world.ledger.verify(replace(lock, time_window=window))


def test_a_lock_up_to_the_second_of_lock_by_is_accepted(world: SettlementWorld, lock: TransactionBuilder) -> None:
    world.ledger.verify(replace(lock, time_window=_window(NOW_S + 100, NOW_S + 600)))


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda t: replace(t, lead_leg=LeadLeg.SECURITIES), "cash leads"),
        (lambda t: replace(t, cash=replace(t.cash, ledger_id="another")), "of this ledger"),
        (lambda t: replace(t, cash=replace(t.cash, issuer="other issuer")), "terms' issuer"),
    ],
    ids=["securities lead", "other ledger", "other issuer"],
)
def test_terms_that_do_not_fit_this_ledger_are_refused(
    world: SettlementWorld, coins: StateAndRef, change: Callable[[SettlementTerms], SettlementTerms], rule: str
) -> None:
    builder = world.lock_builder(change(terms_of()), coins)

    with pytest.raises(DvpLockViolation, match=rule):
        world.ledger.verify(builder)


def test_terms_whose_seller_could_never_be_paid_cannot_be_locked(world: SettlementWorld, coins: StateAndRef) -> None:
    """A composite account key owns no cash: the success acknowledgement could not be honoured."""
    terms = terms_of()
    seller = CashAccount(CN_A.name, VALIDATOR_KEY.encoded())

    with pytest.raises(MalformedComponent, match="single key"):
        world.lock_builder(replace(terms, cash=replace(terms.cash, seller=seller)), coins)


def test_an_issuer_of_the_same_name_with_another_key_is_refused(
    world: SettlementWorld, lock: TransactionBuilder
) -> None:
    forged = replace(DvpLockState.of(lock.outputs[1]), issuer=Party(SN.name, STRANGER.key))

    with pytest.raises(DvpLockViolation, match="coins and change"):
        world.ledger.verify(_with_lock(lock, forged))


class TestLightClientOfALock:
    def test_a_lock_without_a_light_client_is_refused(self, world: SettlementWorld, lock: TransactionBuilder) -> None:
        with pytest.raises(IbcClientViolation, match="one light client is referenced"):
            world.ledger.verify(replace(lock, references=lock.references[1:]))

    def test_a_lock_with_a_consensus_record_instead_is_refused(
        self, world: SettlementWorld, lock: TransactionBuilder
    ) -> None:
        with pytest.raises(IbcClientViolation, match="one light client is referenced"):
            world.ledger.verify(with_reference(lock, world.client, world.first_consensus))

    def test_a_lock_with_the_light_client_of_another_chain_is_refused(
        self, world: SettlementWorld, lock: TransactionBuilder
    ) -> None:
        other, _ = world.create_client("qbft-lock-attack")

        with pytest.raises(IbcClientViolation, match="the one named"):
            world.ledger.verify(with_reference(lock, world.client, other))


class TestCustodianOfALock:
    def test_a_lock_without_the_custodians_membership_is_refused(
        self, world: SettlementWorld, lock: TransactionBuilder
    ) -> None:
        with pytest.raises(MembershipViolation, match="membership of cn-b is referenced"):
            world.ledger.verify(replace(lock, references=lock.references[:1]))

    def test_a_lock_with_somebody_elses_membership_is_refused(
        self, world: SettlementWorld, lock: TransactionBuilder
    ) -> None:
        with pytest.raises(MembershipViolation, match="membership of cn-b is referenced"):
            world.ledger.verify(with_reference(lock, world.custodian, world.issuer_membership))

    def test_a_lock_by_a_suspended_custodian_is_refused(self) -> None:
        world = SettlementWorld()
        builder = world.lock_builder(terms_of(), world.issue(1_000_000))
        (suspended,) = world.ledger.commit(membership_change(world.ledger.frame, world.custodian, "Suspend"))

        with pytest.raises(MembershipViolation, match="active member"):
            world.ledger.verify(with_reference(builder, world.custodian, suspended))
        with pytest.raises(NotaryRefusedError, match="spent"):
            world.ledger.commit(builder)


class TestTradeIds:
    def test_a_trade_id_is_locked_once(self) -> None:
        world = SettlementWorld()
        world.lock(terms_of(), world.issue(1_000_000), sequence=1)

        with pytest.raises(NotaryRefusedError, match="written before"):
            world.lock(terms_of(), world.issue(1_000_000), sequence=2)

    def test_a_trade_id_is_not_reused_after_a_refund(self) -> None:
        world = SettlementWorld()
        locked = world.lock(terms_of(), world.issue(1_000_000), sequence=1)
        acknowledgement = world.refuse(locked)
        height = world.update_client()
        world.ledger.commit(world.unlock_builder(locked, world.ack_evidence(locked, acknowledgement, height)))

        with pytest.raises(NotaryRefusedError, match="written before"):
            world.lock(terms_of(), world.issue(1_000_000), sequence=2)

    def test_a_packet_sequence_is_used_once(self) -> None:
        world = SettlementWorld()
        world.lock(terms_of(1), world.issue(1_000_000), sequence=1)

        with pytest.raises(NotaryRefusedError, match="written before"):
            world.lock(terms_of(2), world.issue(1_000_000), sequence=1)

    def test_a_cancelled_trade_cannot_be_locked(self) -> None:
        world = SettlementWorld()
        world.ledger.commit(build_cancel(world.ledger.frame, terms_of(), SELLER.key))

        with pytest.raises(NotaryRefusedError, match="written before"):
            world.lock(terms_of(), world.issue(1_000_000))


@pytest.mark.parametrize(
    "command",
    [
        Command(CASH, "Move", b"", (BUYER.key, SN.key)),
        Command(DVP_LOCK, "Lock", b"", (BUYER.key, SN.key)),
        Command(DVP_LOCK, "Unlock", b"", (BUYER.key, SN.key)),
    ],
    ids=lambda c: f"{c.contract} {c.name}",
)
def test_a_lock_with_a_second_command_is_refused(
    world: SettlementWorld, lock: TransactionBuilder, command: Command
) -> None:
    with pytest.raises((CashViolation, DvpLockViolation), match=r"only command|command of their own"):
        world.ledger.verify(replace(lock, commands=(*lock.commands, command)))


def test_a_lock_command_with_data_is_refused(world: SettlementWorld, lock: TransactionBuilder) -> None:
    with pytest.raises(DvpLockViolation, match="no data"):
        world.ledger.verify(replace(lock, commands=(replace(lock.commands[0], data=b"x"),)))


def test_an_unknown_lock_command_is_refused(world: SettlementWorld, lock: TransactionBuilder) -> None:
    with pytest.raises(DvpLockViolation, match="known"):
        world.ledger.verify(replace(lock, commands=(replace(lock.commands[0], name="Release"),)))


def test_a_lock_that_takes_a_membership_along_is_refused(world: SettlementWorld, lock: TransactionBuilder) -> None:
    with pytest.raises(ContractViolation, match=r"only cash and its lock|one membership"):
        world.ledger.verify(replace(lock, outputs=(*lock.outputs, world.custodian.state)))
