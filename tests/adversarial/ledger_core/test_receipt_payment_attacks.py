"""Attempts to make the answer to a packet pay otherwise than its terms say, twice, or beside something else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from chains.progmat.contracts.errors import (
    CashViolation,
    ContractViolation,
    DvpLockViolation,
    DvpReceiptViolation,
    TradeViolation,
)
from chains.progmat.contracts.holdings import MOVE
from chains.progmat.contracts.names import CASH, DVP_RECEIPT
from chains.progmat.ibc_host.settlement import build_cancel
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.errors import WritesBroken
from chains.progmat.transactions.model import Command, TransactionState, create_write
from ibc.acknowledgement import UNIVERSAL_ERROR_ACK, ack_commitment
from ibc.dvp import DvpPayload, LeadLeg
from ibc.packet import packet_commitment
from ibc.paths import ack_path, receipt_path
from primitives.errors import CrossDvpError
from tests.adversarial.ledger_core.arrived_packet import TERMS, YEN, Arrived, with_data
from tests.fakes.arriving_world import ArrivingWorld, leading_terms
from tests.fakes.ledger_model import NotaryRefusedError
from tests.fakes.ledger_parties import (
    BUYER,
    CN_A,
    CN_B,
    SELLER,
    SN,
    LedgerParty,
    cash,
    cash_move,
)
from tests.fakes.settlement_world import CLIENT_ID, NOW_S, terms_of

Attack = Callable[[TransactionBuilder], TransactionBuilder]


@pytest.fixture(scope="module")
def arrived() -> Arrived:
    return Arrived()


# ---- what is paid


def _pays(owner: LedgerParty, node: LedgerParty, amount_yen: int = YEN) -> Attack:
    def attack(builder: TransactionBuilder) -> TransactionBuilder:
        notary = builder.outputs[0].notary
        left = YEN + 500 - amount_yen
        change = (cash(left).as_output(notary),) if left > 0 else ()
        return replace(builder, outputs=(cash(amount_yen, owner, node).as_output(notary), *change))

    return attack


@pytest.mark.parametrize(
    ("attack", "rule"),
    [
        (_pays(BUYER, CN_B), "paid the agreed amount"),
        (_pays(SN, CN_A), "paid the agreed amount"),
        (_pays(SELLER, CN_B), "paid the agreed amount"),
        (_pays(SELLER, CN_A, YEN - 1), "paid the agreed amount"),
        (_pays(SELLER, CN_A, YEN + 1), "paid the agreed amount"),
        (lambda b: replace(b, outputs=b.outputs[1:]), "coins in equal|paid the agreed"),
        (lambda b: replace(b, outputs=(*b.outputs, b.outputs[0])), "coins in equal|paid the agreed"),
        (lambda b: replace(b, outputs=(b.outputs[0], _of(300, b), _of(200, b))), "one change output"),
        (lambda b: replace(b, outputs=(b.outputs[0], _of(500, b, SELLER))), "coins and change are the buyer's"),
    ],
    ids=["himself", "the issuer", "elsewhere", "less", "more", "nobody", "twice", "split change", "stolen change"],
)
def test_success_without_the_cash_of_the_terms_is_refused(arrived: Arrived, attack: Attack, rule: str) -> None:
    arrived.world.ledger.verify(arrived.pay)
    with pytest.raises(ContractViolation, match=rule):
        arrived.world.ledger.verify(attack(arrived.pay))


def _of(amount_yen: int, builder: TransactionBuilder, owner: LedgerParty = BUYER) -> TransactionState:
    return cash(amount_yen, owner, CN_B).as_output(builder.outputs[0].notary)


def test_success_without_any_cash_is_refused(arrived: Arrived) -> None:
    with pytest.raises(ContractViolation, match="only cash takes part"):
        arrived.world.ledger.verify(replace(arrived.pay, inputs=(), outputs=()))


def test_a_coin_of_the_sellers_cannot_pay_the_seller(arrived: Arrived) -> None:
    world = arrived.world.copy()
    stolen = world.ledger.commit(world.pay_builder(TERMS, arrived.sent, world.issue(YEN)))[0]
    other = leading_terms(2)
    packet = world.packet(other, 2)
    world.send(packet)
    builder = world.pay_builder(other, world.sent(packet), stolen)
    with pytest.raises(DvpReceiptViolation, match="coins and change are the buyer's"):
        world.ledger.verify(builder.with_signer(0, SELLER.key))


def test_locked_cash_of_another_settlement_cannot_pay(arrived: Arrived) -> None:
    world = arrived.world.copy()
    locked = world.lock(terms_of(5), world.issue(YEN), sequence=5)
    builder = replace(arrived.pay, inputs=(locked.cash.ref, locked.lock.ref))
    with pytest.raises(ContractViolation):
        world.ledger.verify(builder)


def test_a_spent_coin_cannot_pay_a_buyers_custodian_that_authorised_and_spent_it(arrived: Arrived) -> None:
    world = arrived.world.copy()
    world.ledger.commit(cash_move(world.ledger.frame, [arrived.coins], cash(YEN + 500, SELLER, CN_A)))
    with pytest.raises(NotaryRefusedError, match="is spent"):
        world.ledger.commit(arrived.pay)
    assert receipt_path(CLIENT_ID, 1) not in world.ledger.paths
    world.advance(TERMS.lock_by_s - world.now_s)
    world.ledger.commit(world.late_builder(world.sent(arrived.packet)))
    assert world.ledger.paths[ack_path(CLIENT_ID, 1)] == ack_commitment([UNIVERSAL_ERROR_ACK])


# ---- one trade id


def test_two_packets_with_one_trade_id_are_paid_once(arrived: Arrived) -> None:
    world = arrived.world.copy()
    second = world.packet(TERMS, 2)
    world.send(second)
    world.ledger.commit(arrived.pay)
    twice = world.pay_builder(TERMS, world.sent(second), world.issue(YEN))
    with pytest.raises(NotaryRefusedError, match="trade/"):
        world.ledger.commit(twice)
    world.advance(TERMS.lock_by_s - world.now_s)
    world.ledger.commit(world.late_builder(world.sent(second)))


def test_a_trade_that_was_cancelled_on_the_ledger_before_its_packet_arrives_is_not_paid_but_declined(
    arrived: Arrived,
) -> None:
    world = arrived.world.copy()
    world.ledger.commit(build_cancel(world.ledger.frame, TERMS, BUYER.key))
    with pytest.raises(NotaryRefusedError, match="trade/"):
        world.ledger.commit(arrived.pay)
    world.ledger.commit(arrived.decline)
    assert world.ledger.paths[ack_path(CLIENT_ID, 1)] == ack_commitment([UNIVERSAL_ERROR_ACK])


def test_the_seller_cannot_cancel_what_he_has_locked_for_the_buyer(arrived: Arrived) -> None:
    with pytest.raises(TradeViolation, match="the buyer signs"):
        arrived.world.ledger.verify(build_cancel(arrived.world.ledger.frame, TERMS, SELLER.key))
    cash_leads = replace(TERMS, lead_leg=LeadLeg.CASH)
    arrived.world.ledger.verify(build_cancel(arrived.world.ledger.frame, cash_leads, SELLER.key))


def test_a_late_refusal_does_not_spend_the_trade_id_of_somebody_elses_trade() -> None:
    """Anybody may send words with another trade's id in them; a refusal of theirs must not end that trade."""
    world = ArrivingWorld()
    honest = leading_terms(1)
    words = replace(honest, lock_by_s=NOW_S - 50)
    squatting = world.packet(words, 1)
    world.send(squatting)
    world.ledger.commit(world.late_builder(world.sent(squatting)))
    packet = world.packet(honest, 2)
    world.send(packet)
    world.ledger.commit(world.pay_builder(honest, world.sent(packet), world.issue(YEN)))


# ---- the order


def test_terms_of_one_order_do_not_pass_for_the_other(arrived: Arrived) -> None:
    world = arrived.world.copy()
    coins = world.issue(YEN)
    with pytest.raises(DvpLockViolation, match="cash leads"):
        world.ledger.verify(world.lock_builder(TERMS, coins))
    cash_leads = terms_of(3)
    packet = world.packet(cash_leads, 3)
    world.send(packet)
    with pytest.raises(DvpReceiptViolation, match="securities lead"):
        world.ledger.verify(world.pay_builder(cash_leads, world.sent(packet), coins))


# ---- the writes, and company


@pytest.mark.parametrize("left_out", [0, 1, 2], ids=["trade", "receipt", "acknowledgement"])
def test_a_payment_that_leaves_out_a_write_is_refused(arrived: Arrived, left_out: int) -> None:
    writes = tuple(write for number, write in enumerate(arrived.pay.provable_writes) if number != left_out)
    with pytest.raises(WritesBroken):
        arrived.world.ledger.verify(replace(arrived.pay, provable_writes=writes))


def test_a_payment_cannot_write_the_error_acknowledgement_and_keep_both(arrived: Arrived) -> None:
    trade, receipt, _ = arrived.pay.provable_writes
    error = create_write(ack_path(CLIENT_ID, 1), ack_commitment([UNIVERSAL_ERROR_ACK]))
    with pytest.raises(WritesBroken):
        arrived.world.ledger.verify(replace(arrived.pay, provable_writes=(trade, receipt, error)))


def test_a_refusal_cannot_carry_cash_or_another_command(arrived: Arrived) -> None:
    with_cash = replace(arrived.decline, inputs=arrived.pay.inputs, outputs=arrived.pay.outputs)
    with pytest.raises(ContractViolation, match="moves nothing"):
        arrived.world.ledger.verify(with_cash)
    two = replace(arrived.pay, commands=(*arrived.pay.commands, *arrived.decline.commands))
    with pytest.raises(ContractViolation, match="only command"):
        arrived.world.ledger.verify(two)


def test_a_receipt_with_a_move_of_cash_beside_it_is_refused(arrived: Arrived) -> None:
    move = Command(CASH, MOVE, b"", (BUYER.key, SN.key))
    with pytest.raises((CashViolation, DvpReceiptViolation)):
        arrived.world.ledger.verify(replace(arrived.pay, commands=(*arrived.pay.commands, move)))


def test_an_unknown_command_and_a_state_of_the_receipt_contract_are_refused(arrived: Arrived) -> None:
    unknown = replace(arrived.decline.commands[0], name="Forgive")
    with pytest.raises(DvpReceiptViolation, match="command is known"):
        arrived.world.ledger.verify(replace(arrived.decline, commands=(unknown,)))
    state = replace(arrived.pay.outputs[0], contract=DVP_RECEIPT)
    with pytest.raises(ContractViolation, match="makes no states"):
        arrived.world.ledger.verify(replace(arrived.decline, outputs=(state,)))


def test_evidence_with_a_byte_too_many_or_too_few_is_refused(arrived: Arrived) -> None:
    for builder in (arrived.pay, arrived.decline):
        data = builder.commands[0].data
        for wrong in (data[:-1], data + b"\x00", b"", data + data):
            with pytest.raises(CrossDvpError):
                arrived.world.ledger.verify(with_data(builder, wrong))


def test_the_payload_words_decide_the_lateness_not_the_packets_time_out(arrived: Arrived) -> None:
    words = DvpPayload.decode(arrived.packet.payloads[0].value)
    assert (words.lock_by_s, arrived.packet.timeout_s) == (TERMS.lock_by_s, TERMS.settle_by_s)
    assert packet_commitment(arrived.packet) != packet_commitment(replace(arrived.packet, timeout_s=1))
