"""Attempts to publish, alter or take back executions without being the venue that matched them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from crossdvp.ledger.v1 import exchange_service_pb2, execution_states_pb2
from google.protobuf.descriptor import Descriptor

from chains.progmat.contracts.errors import ExecutionViolation, MembershipViolation
from chains.progmat.contracts.execution import (
    PUBLISH,
    WITHDRAW,
    ExecutionNotice,
    WithdrawalNote,
    notice_of,
    notice_output,
)
from chains.progmat.contracts.execution_codec import WithdrawalReason, decode_notice, trade_id_of
from chains.progmat.contracts.membership import MemberRole
from chains.progmat.contracts.names import EXECUTION, SECURITY_TOKEN
from chains.progmat.contracts.standard_package import standard_package
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.errors import MalformedComponent
from chains.progmat.transactions.model import Command, StateAndRef
from light_clients.registry import LightClientRegistry
from primitives.errors import DecodeError
from tests.fakes.ledger_model import LedgerModel, NotaryRefusedError
from tests.fakes.ledger_parties import AN, CN_A, CN_B, EN, STRANGER, LedgerParty, membership_change, membership_issue
from tests.fakes.token_parties import NOW_S, ST, TOKEN_ID, TokenWorld, member, token

PACKAGE = standard_package(LightClientRegistry.builder().seal())
NOTE = WithdrawalNote(WithdrawalReason.SYSTEM_FAULT, "CASE-7", "clerk-1", "head-2")
Attack = Callable[[TransactionBuilder], TransactionBuilder]


def notice(number: int = 1, **changes: Any) -> ExecutionNotice:  # noqa: ANN401 # any field of the notice
    made = ExecutionNotice(
        trade_id=trade_id_of(EN.name, TOKEN_ID, AN.name, number),
        venue=EN.party,
        number=number,
        token_id=TOKEN_ID,
        registrar=AN.name,
        quantity=10,
        amount_yen=400,
        sell_order_id="ORD-0000000000000001",
        buy_order_id="ORD-0000000000000002",
        seller=CN_A.party,
        buyer=CN_B.party,
        settlement_date=date(2026, 11, 27),
    )
    return replace(made, **changes)


@pytest.fixture(scope="module")
def opened() -> TokenWorld:
    world = TokenWorld(LedgerModel(PACKAGE, NOW_S))
    world.ledger.commit(membership_issue(world.frame, member(ST, EN, MemberRole.EXCHANGE)))
    return world


@pytest.fixture
def ledger(opened: TokenWorld) -> LedgerModel:
    return opened.ledger.copy()


def publication(ledger: LedgerModel, made: ExecutionNotice, signer: LedgerParty = EN) -> TransactionBuilder:
    names = (made.venue.name, made.seller.name, made.buyer.name)
    return replace(
        ledger.frame.start(),
        outputs=(notice_output(made, ledger.frame.notary),),
        commands=(Command(EXECUTION, PUBLISH, b"", (signer.key,)),),
        references=ledger.frame.refs(ST, *names),
    )


def withdrawal(ledger: LedgerModel, state: StateAndRef, signer: LedgerParty = EN) -> TransactionBuilder:
    return replace(
        ledger.frame.start(),
        inputs=(state.ref,),
        commands=(Command(EXECUTION, WITHDRAW, NOTE.encode(), (signer.key,)),),
        references=ledger.frame.refs(ST, EN.name),
    )


def test_a_venue_publishes_and_withdraws_once(ledger: LedgerModel) -> None:
    (state,) = ledger.commit(publication(ledger, notice()))
    assert notice_of(state.state) == notice()
    ledger.commit(withdrawal(ledger, state))
    with pytest.raises(NotaryRefusedError):
        ledger.commit(withdrawal(ledger, state))


@pytest.mark.parametrize("venue", [CN_A, AN])
def test_a_member_that_is_no_venue_publishes_nothing(ledger: LedgerModel, venue: LedgerParty) -> None:
    forged = notice(venue=venue.party, trade_id=trade_id_of(venue.name, TOKEN_ID, AN.name, 1))
    with pytest.raises(MembershipViolation, match="has the role"):
        ledger.verify(publication(ledger, forged, signer=venue))


def test_nobody_signs_for_the_venue(ledger: LedgerModel) -> None:
    with pytest.raises(ExecutionViolation, match="the venue en signs"):
        ledger.verify(publication(ledger, notice(), signer=CN_A))
    (state,) = ledger.commit(publication(ledger, notice()))
    with pytest.raises(ExecutionViolation, match="the venue en signs"):
        ledger.verify(withdrawal(ledger, state, signer=CN_B))


def test_a_namesake_of_the_venue_with_another_key_publishes_nothing(ledger: LedgerModel) -> None:
    forged = notice(venue=replace(EN.party, key=STRANGER.key))
    with pytest.raises(MembershipViolation, match="en's key"):
        ledger.verify(publication(ledger, forged, signer=STRANGER))


@pytest.mark.parametrize("side", ["seller", "buyer"])
@pytest.mark.parametrize("stranger", [STRANGER.party, AN.party, replace(CN_A.party, key=STRANGER.key)])
def test_both_custodians_are_members_under_their_own_keys(ledger: LedgerModel, side: str, stranger: Any) -> None:  # noqa: ANN401 # a Party
    with pytest.raises((MembershipViolation, ExecutionViolation)):
        ledger.verify(publication(ledger, notice(**{side: stranger})))


def test_a_suspended_custodian_is_told_of_no_new_execution(ledger: LedgerModel) -> None:
    ledger.commit(membership_change(ledger.frame, ledger.frame.members[ST, CN_B.name], "Suspend"))
    with pytest.raises(MembershipViolation, match="active member"):
        ledger.verify(publication(ledger, notice()))


@pytest.mark.parametrize(
    "changes",
    [
        {"trade_id": trade_id_of("other-venue", TOKEN_ID, AN.name, 1)},
        {"trade_id": trade_id_of(EN.name, TOKEN_ID, AN.name, 2)},
        {"token_id": "ST-2"},
        {"registrar": "another"},
    ],
)
def test_a_trade_id_is_of_one_venue_security_and_number(ledger: LedgerModel, changes: dict[str, Any]) -> None:
    with pytest.raises(ExecutionViolation, match="trade id"):
        ledger.verify(publication(ledger, notice(**changes)))


def _with_a_token(builder: TransactionBuilder) -> TransactionBuilder:
    moved = token(1).as_output(builder.outputs[0].notary)
    return replace(builder, outputs=(*builder.outputs, moved))


def _with_another_command(builder: TransactionBuilder) -> TransactionBuilder:
    return replace(builder, commands=(*builder.commands, Command(SECURITY_TOKEN, "Move", b"", (EN.key,))))


def _twice(builder: TransactionBuilder) -> TransactionBuilder:
    return replace(builder, outputs=builder.outputs * 2)


def _with_data(builder: TransactionBuilder) -> TransactionBuilder:
    return replace(builder, commands=(replace(builder.commands[0], data=b"\x01"),))


def _without_members(builder: TransactionBuilder) -> TransactionBuilder:
    return replace(builder, references=())


@pytest.mark.parametrize("attack", [_with_a_token, _with_another_command, _twice, _with_data, _without_members])
def test_a_publication_does_one_thing(ledger: LedgerModel, attack: Attack) -> None:
    with pytest.raises((ExecutionViolation, MembershipViolation)):
        ledger.verify(attack(publication(ledger, notice())))


def test_one_order_does_not_trade_with_itself(ledger: LedgerModel) -> None:
    with pytest.raises(ExecutionViolation, match="two orders"):
        ledger.verify(publication(ledger, notice(buy_order_id="ORD-0000000000000001")))


def test_a_withdrawal_leaves_no_other_notice_behind(ledger: LedgerModel) -> None:
    (state,) = ledger.commit(publication(ledger, notice()))
    altered = notice_output(notice(amount_yen=1), ledger.frame.notary)
    with pytest.raises(ExecutionViolation, match="makes nothing"):
        ledger.verify(replace(withdrawal(ledger, state), outputs=(altered,)))


def test_a_withdrawal_says_why_and_who_and_two_people_decide(ledger: LedgerModel) -> None:
    (state,) = ledger.commit(publication(ledger, notice()))
    silent = withdrawal(ledger, state)
    with pytest.raises(DecodeError):
        ledger.verify(replace(silent, commands=(replace(silent.commands[0], data=b""),)))
    with pytest.raises(MalformedComponent, match="somebody else"):
        replace(NOTE, approver=NOTE.author)
    with pytest.raises(MalformedComponent):
        replace(NOTE, reference="山田様のご依頼")


@pytest.mark.parametrize("order", ["INV-0000000000000001", "ORD-山田太郎山田太郎山田太郎山田", "taro@example.jp", ""])
def test_a_notice_has_no_room_for_a_customer(order: str) -> None:
    with pytest.raises(MalformedComponent):
        notice(sell_order_id=order)


def test_a_notice_is_read_from_its_one_encoding_only() -> None:
    data = notice().encode()
    assert decode_notice(data) == notice()
    for altered in (data + b"\x00", data[:-1], data + data, data.replace(b"2026-11-27", b"20261127\x00\x00")):
        with pytest.raises(DecodeError):
            decode_notice(altered)


_PERSONAL = ("investor", "customer", "client", "name", "address", "account", "memo", "note", "comment", "free")
_VENUE_MESSAGES = [
    exchange_service_pb2.DESCRIPTOR.message_types_by_name,
    execution_states_pb2.DESCRIPTOR.message_types_by_name,
]


@pytest.mark.parametrize(
    "message", [each for found in _VENUE_MESSAGES for each in found.values()], ids=lambda m: m.name
)
def test_no_message_of_the_venue_has_a_field_for_an_investor(message: Descriptor) -> None:
    for field in message.fields:
        assert not any(word in field.name for word in _PERSONAL), f"{message.name}.{field.name}"
