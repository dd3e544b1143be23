"""Attempts on a packet that arrives where securities lead: to be paid without a right, to pay nothing, to take back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chains.progmat.contracts.cash import CashState
from chains.progmat.contracts.dvp_receipt_codec import (
    RefuseEvidence,
    SentPacket,
    encode_refuse_evidence,
)
from chains.progmat.contracts.errors import (
    ContractViolation,
    DvpReceiptViolation,
    IbcClientViolation,
    MembershipViolation,
)
from chains.progmat.contracts.names import CASH
from chains.progmat.ibc_host.clients import ClientMessagePlan, build_client_freeze
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.errors import SignaturesMissing
from chains.progmat.transactions.model import TimeWindow
from ibc.acknowledgement import UNIVERSAL_ERROR_ACK, ack_commitment
from ibc.dvp import payload_of, terms_hash, trade_paid_value, trade_path
from ibc.errors import InvalidProof
from ibc.packet import Packet, packet_commitment_receipt
from ibc.paths import ack_path, commitment_path, receipt_path
from primitives.errors import MptError
from primitives.types import UnixSeconds
from tests.adversarial.ledger_core.arrived_packet import TERMS, YEN, Arrived, at_lock_by, with_data
from tests.fakes.arriving_world import ArrivingWorld
from tests.fakes.ledger_model import NotaryRefusedError
from tests.fakes.ledger_parties import (
    BUYER,
    CN_A,
    CN_B,
    OPERATOR,
    SELLER,
    SN,
    VALIDATORS,
    LedgerParty,
    cash,
    membership_change,
)
from tests.fakes.settlement_world import CLIENT_ID, COUNTERPARTY_CLIENT_ID, NOW_S


@pytest.fixture(scope="module")
def arrived() -> Arrived:
    return Arrived()


# ---- what is right goes through, and only once


def test_a_payment_moves_the_cash_and_writes_trade_receipt_and_acknowledgement(arrived: Arrived) -> None:
    world = arrived.world.copy()
    made = world.ledger.commit(arrived.pay)
    assert [CashState.of(state.state) for state in made] == [cash(YEN, SELLER, CN_A), cash(500)]
    paths = world.ledger.paths
    assert paths[trade_path(TERMS.trade_id)] == trade_paid_value(terms_hash(TERMS))
    assert paths[receipt_path(CLIENT_ID, 1)] == packet_commitment_receipt(arrived.packet)
    assert paths[ack_path(CLIENT_ID, 1)] == ack_commitment([terms_hash(TERMS)])


def test_a_payment_of_exactly_what_there_is_makes_no_change(arrived: Arrived) -> None:
    world = arrived.world.copy()
    exact = world.issue(YEN)
    made = world.ledger.commit(world.pay_builder(TERMS, arrived.sent, exact))
    assert [CashState.of(state.state) for state in made] == [cash(YEN, SELLER, CN_A)]


@pytest.mark.parametrize("who", ["the buyer, before lock-by", "a member, from lock-by on"])
def test_a_refusal_moves_nothing_and_writes_receipt_and_error(arrived: Arrived, who: str) -> None:
    world = arrived.world.copy() if "buyer" in who else at_lock_by(arrived.world)
    builder = arrived.decline if "buyer" in who else world.late_builder(world.sent(arrived.packet))
    before = {state.ref for state in world.ledger.unspent(CASH)}
    assert world.ledger.commit(builder) == ()
    assert {state.ref for state in world.ledger.unspent(CASH)} == before
    assert world.ledger.paths[ack_path(CLIENT_ID, 1)] == ack_commitment([UNIVERSAL_ERROR_ACK])
    assert trade_path(TERMS.trade_id) not in world.ledger.paths


@pytest.mark.parametrize("first", ["paid", "declined", "refused as late"])
@pytest.mark.parametrize("second", ["paid", "declined", "refused as late"])
def test_a_replayed_receive_of_either_outcome_is_refused_after_either(
    arrived: Arrived, first: str, second: str
) -> None:
    world = arrived.world.copy()
    coins = world.issue(YEN)

    def answer(how: str) -> TransactionBuilder:
        if how == "refused as late":
            world.advance(max(0, TERMS.lock_by_s - world.now_s))
            return world.late_builder(world.sent(arrived.packet))
        if how == "declined":
            return world.decline_builder(TERMS, arrived.sent)
        return world.pay_builder(TERMS, arrived.sent, coins) if first != "paid" else arrived.pay

    world.ledger.commit(answer(first))
    if first == "refused as late" and second == "paid":
        with pytest.raises(DvpReceiptViolation, match="lock-by time"):
            world.ledger.commit(replace(arrived.pay, time_window=world.window))
        return
    again = world.pay_builder(TERMS, arrived.sent, coins) if second == "paid" else answer(second)
    with pytest.raises(NotaryRefusedError, match="written before"):
        world.ledger.commit(again)


# ---- time


def test_a_receive_whose_window_reaches_past_lock_by_is_refused(arrived: Arrived) -> None:
    late = TimeWindow(UnixSeconds(TERMS.lock_by_s - 60), UnixSeconds(TERMS.lock_by_s + 1))
    with pytest.raises(DvpReceiptViolation, match="lock-by time"):
        arrived.world.ledger.verify(replace(arrived.pay, time_window=late))


def test_a_receive_after_the_time_out_is_refused_for_either_outcome(arrived: Arrived) -> None:
    for until_s, holds in ((TERMS.settle_by_s, True), (TERMS.settle_by_s + 1, False)):
        window = TimeWindow(UnixSeconds(TERMS.settle_by_s - 60), UnixSeconds(until_s))
        builder = replace(arrived.decline, time_window=window)
        if holds:
            arrived.world.ledger.verify(builder)
            continue
        with pytest.raises(DvpReceiptViolation, match="before its time-out"):
            arrived.world.ledger.verify(builder)


def test_a_receive_without_an_end_of_its_window_is_refused(arrived: Arrived) -> None:
    for window in (None, TimeWindow(UnixSeconds(NOW_S), None), TimeWindow(None, UnixSeconds(NOW_S + 60))):
        with pytest.raises(IbcClientViolation, match="both bounds"):
            arrived.world.ledger.verify(replace(arrived.pay, time_window=window))


def test_an_error_acknowledgement_while_the_buyer_may_still_pay_is_refused(arrived: Arrived) -> None:
    """By the issuer, by the seller's custodian, and with a window that begins one second too early."""
    for member in (arrived.world.issuer_membership, arrived.world.seller_custodian):
        with pytest.raises(DvpReceiptViolation, match="only the buyer refuses"):
            arrived.world.ledger.verify(arrived.world.late_builder(arrived.sent, member))
    late = at_lock_by(arrived.world)
    window = TimeWindow(UnixSeconds(TERMS.lock_by_s - 1), UnixSeconds(TERMS.lock_by_s + 60))
    early = replace(late.late_builder(late.sent(arrived.packet)), time_window=window)
    with pytest.raises(DvpReceiptViolation, match="only the buyer refuses"):
        late.ledger.verify(early)


def test_a_packet_with_another_lock_by_cannot_be_passed_off_to_refuse_early(arrived: Arrived) -> None:
    earlier = arrived.world.packet(replace(TERMS, lock_by_s=NOW_S - 100))
    forged = SentPacket(earlier, arrived.sent.proof, arrived.sent.height)
    with pytest.raises(InvalidProof):
        arrived.world.ledger.verify(arrived.world.late_builder(forged))


# ---- who


@pytest.mark.parametrize("party", [BUYER, CN_B, SN], ids=["buyer's account", "buyer's custodian", "issuer"])
def test_success_without_a_signature_of_those_who_pay_is_refused(arrived: Arrived, party: LedgerParty) -> None:
    command = arrived.pay.commands[0]
    unasked = replace(command, signers=tuple(key for key in command.signers if key != party.key))
    with pytest.raises(DvpReceiptViolation, match="signs"):
        arrived.world.ledger.verify(replace(arrived.pay, commands=(unasked,)))
    with pytest.raises(SignaturesMissing):
        arrived.world.copy().ledger.commit(arrived.pay, without=[party])


@pytest.mark.parametrize("answer", ["pay", "decline"])
def test_a_receive_that_the_validators_have_not_seen_is_refused(arrived: Arrived, answer: str) -> None:
    with pytest.raises(SignaturesMissing):
        arrived.world.copy().ledger.commit(getattr(arrived, answer), without=VALIDATORS[:2])


@pytest.mark.parametrize("party", [BUYER, CN_B], ids=["account", "custodian"])
def test_a_refusal_before_lock_by_without_the_buyer_is_refused(arrived: Arrived, party: LedgerParty) -> None:
    command = arrived.decline.commands[0]
    others = (SELLER.key, SN.key, CN_A.key, OPERATOR.key)
    signers = (*(key for key in command.signers if key != party.key), *others)
    with pytest.raises(DvpReceiptViolation, match="buyer's"):
        arrived.world.ledger.verify(replace(arrived.decline, commands=(replace(command, signers=signers),)))


def test_a_stranger_cannot_refuse_a_late_packet(arrived: Arrived) -> None:
    world = at_lock_by(arrived.world)
    builder = world.late_builder(world.sent(arrived.packet))
    command = builder.commands[0]
    unsigned = replace(command, signers=tuple(key for key in command.signers if key != SN.key))
    with pytest.raises(DvpReceiptViolation, match="the member sn signs"):
        world.ledger.verify(replace(builder, commands=(unsigned,)))
    no_member = replace(builder, references=builder.references[:2])
    with pytest.raises(DvpReceiptViolation, match="one membership"):
        world.ledger.verify(no_member)


@pytest.mark.parametrize("answer", ["pay", "decline", "late"])
def test_a_suspended_member_neither_pays_nor_refuses(arrived: Arrived, answer: str) -> None:
    world = at_lock_by(arrived.world) if answer == "late" else arrived.world.copy()
    member = world.issuer_membership if answer == "late" else world.custodian
    (suspended,) = world.ledger.commit(membership_change(world.ledger.frame, member, "Suspend"))
    if answer == "late":
        builder = world.late_builder(world.sent(arrived.packet), suspended)
    else:
        honest = arrived.pay if answer == "pay" else arrived.decline
        references = tuple(suspended.ref if ref == member.ref else ref for ref in honest.references)
        builder = replace(honest, references=references)
    with pytest.raises(MembershipViolation, match="active"):
        world.ledger.verify(builder)


# ---- what was sent


def test_a_receive_with_a_packet_that_was_never_sent_is_refused(arrived: Arrived) -> None:
    """A receipt written ahead would leave the packet of that number without any end: neither paid nor timed out."""
    world = at_lock_by(arrived.world)
    ahead = world.packet(TERMS, sequence=7)
    never = SentPacket(ahead, world.evm.proof(arrived.sent.height, commitment_path(ahead.source_client, 7)), 2)
    with pytest.raises(InvalidProof):
        world.ledger.verify(world.late_builder(never))
    borrowed = SentPacket(ahead, arrived.sent.proof, arrived.sent.height)
    with pytest.raises(InvalidProof):
        world.ledger.verify(world.late_builder(borrowed))


def test_a_receive_with_other_terms_than_the_packet_carries_is_refused(arrived: Arrived) -> None:
    cheaper = replace(TERMS.cash, amount_yen=YEN - 1)
    for terms in (
        {"cash": cheaper},
        {"cash": replace(TERMS.cash, salt=b"\x66" * 32)},
        {"security": replace(TERMS.security, quantity=9)},
        {"lock_by_s": TERMS.lock_by_s + 1},
        {"trade_id": b"\x09" * 32},
    ):
        with pytest.raises(DvpReceiptViolation, match="packet is that of the terms"):
            arrived.world.ledger.verify(arrived.paying(**terms))


def test_a_buyer_cannot_decline_by_showing_terms_of_his_own(arrived: Arrived) -> None:
    """Nor can the seller decline in the buyer's place by terms in which he is the buyer."""
    swapped = replace(TERMS.cash, buyer=SELLER.account_at(CN_A), seller=BUYER.account_at(CN_B))
    evidence = RefuseEvidence(arrived.sent, replace(TERMS, cash=swapped))
    with pytest.raises(DvpReceiptViolation, match="packet is that of the terms"):
        arrived.world.ledger.verify(with_data(arrived.decline, encode_refuse_evidence(evidence)))


def test_a_proof_of_another_chains_commitment_is_refused(arrived: Arrived) -> None:
    """Another chain with validators of its own has sent the very same packet: its proof holds under its root only."""
    other = ArrivingWorld()
    other.evm.store[b"something else"] = b"\x01" * 32
    other.send(arrived.packet)
    foreign = other.sent(arrived.packet)
    forged = SentPacket(arrived.packet, foreign.proof, arrived.sent.height)
    with pytest.raises(MptError):
        arrived.world.ledger.verify(arrived.paying(forged))


def test_a_packet_of_another_client_or_for_another_client_is_refused(arrived: Arrived) -> None:
    world = arrived.world.copy()
    world.create_client("qbft-9", counterparty="progmat-9")
    for changed, rule in (
        (replace(arrived.packet, source_client="progmat-9"), "client's counterparty"),
        (replace(arrived.packet, destination_client="qbft-9"), "is the one named"),
    ):
        sent = SentPacket(changed, arrived.sent.proof, arrived.sent.height)
        with pytest.raises(ContractViolation, match=rule):
            world.ledger.verify(arrived.paying(sent))


def test_a_proof_under_a_frozen_client_is_refused(arrived: Arrived) -> None:
    world = arrived.world.copy()
    evidence = world.evm.equivocation(arrived.sent.height, 1)
    plan = ClientMessagePlan(world.client, world.first_consensus, evidence, CN_B.key, world.window)
    frozen = world.ledger.commit(build_client_freeze(world.ledger.frame, world.ledger.package.light_clients, plan))[0]
    with pytest.raises(NotaryRefusedError, match="spent"):
        world.ledger.commit(arrived.pay)
    references = tuple(frozen.ref if ref == world.client.ref else ref for ref in arrived.pay.references)
    with pytest.raises(IbcClientViolation, match="is active"):
        world.ledger.verify(replace(arrived.pay, references=references))


@pytest.mark.parametrize("field", ["source_port", "destination_port", "version", "encoding"])
def test_a_late_packet_of_another_port_version_or_encoding_is_not_this_contracts(field: str) -> None:
    world = ArrivingWorld()
    payload = replace(payload_of(TERMS), **{field: "another"})  # type: ignore[arg-type]  # a text field each
    packet = Packet(1, COUNTERPARTY_CLIENT_ID, CLIENT_ID, TERMS.settle_by_s, (payload,))
    world.send(packet)
    world.advance(TERMS.lock_by_s - world.now_s)
    with pytest.raises(DvpReceiptViolation, match="port dvp"):
        world.ledger.verify(world.late_builder(world.sent(packet)))
