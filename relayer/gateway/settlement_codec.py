"""Settlements and terms between the gateway's values and its messages; strict towards the caller."""

from __future__ import annotations

import re
from typing import cast

from crossdvp.gateway.v1 import settlement_service_pb2 as pb
from google.protobuf.json_format import MessageToDict
from google.protobuf.timestamp_pb2 import Timestamp

from ibc.dvp import CashAccount, CashLeg, LeadLeg, SecurityLeg, SettlementTerms
from primitives.codec import deterministic_bytes
from primitives.errors import CrossDvpError
from primitives.types import address
from relayer.gateway.errors import BadRequest
from relayer.gateway.lifecycle import SettlementState
from relayer.gateway.matching import Side
from relayer.gateway.model import Alarm, Fact, Settlement, Waiting
from relayer.gateway.orders import Orders

_NAME = re.compile(r"settlements/([0-9a-f]{64})")
_DECIMAL = re.compile(r"[1-9][0-9]{0,77}")
_LAST_SECOND = 253_402_300_799  # a protobuf Timestamp ends with the year 9999

_LEADS: dict[int, LeadLeg | None] = {
    pb.LEAD_LEG_UNSPECIFIED: None,
    pb.LEAD_LEG_CASH: LeadLeg.CASH,
    pb.LEAD_LEG_SECURITIES: LeadLeg.SECURITIES,
}
SIDES: dict[int, Side] = {pb.SIDE_SELLER: Side.SELLER, pb.SIDE_BUYER: Side.BUYER}


def trade_id_of(name: str) -> bytes:
    """The trade id in a resource name. Raises ``BadRequest``."""
    found = _NAME.fullmatch(name)
    if found is None:
        raise BadRequest("name", "settlements/ and 64 lower-case hexadecimal digits", name[:100])
    return bytes.fromhex(found[1])


def side_of(number: int) -> Side:
    """The side of an instruction. Raises ``BadRequest``."""
    try:
        return SIDES[number]
    except KeyError:
        raise BadRequest("side", "SIDE_SELLER or SIDE_BUYER", number) from None


def state_of(number: int) -> SettlementState:
    """A state named in a filter. Raises ``BadRequest``."""
    try:
        return SettlementState[pb.SettlementState.Name(number).removeprefix("SETTLEMENT_STATE_")]
    except (KeyError, ValueError):
        raise BadRequest("states", "a SettlementState other than UNSPECIFIED", number) from None


def decode_terms(message: pb.SettlementTerms, orders: Orders | None = None) -> SettlementTerms:
    """Terms from a caller, or from the store. Raises ``BadRequest`` naming what is wrong.

    Where the caller does not say which leg leads, ``orders`` does; stored terms of before there was a choice mean cash.
    """
    lead = _lead_leg(message, orders or Orders())
    if not _DECIMAL.fullmatch(message.quantity):
        raise BadRequest(
            "terms.quantity", "a positive decimal number without sign or leading zero", message.quantity[:90]
        )
    try:
        return SettlementTerms(
            trade_id=message.trade_id,
            security=SecurityLeg(
                chain_id=message.evm_chain_id,
                token=address(message.token, "token"),
                adapter=address(message.adapter, "adapter"),
                quantity=int(message.quantity),
                seller=address(message.seller_address, "seller"),
                buyer=address(message.buyer_address, "buyer"),
            ),
            cash=CashLeg(
                ledger_id=message.ledger_id,
                coin_id=message.coin_id,
                issuer=message.issuer,
                amount_yen=message.amount_yen,
                buyer=CashAccount(message.buyer_account.node, message.buyer_account.account_key),
                seller=CashAccount(message.seller_account.node, message.seller_account.account_key),
                salt=message.salt,
            ),
            lead_leg=lead,
            lock_by_s=_whole_seconds("terms.lock_by", message.lock_by),
            settle_by_s=_whole_seconds("terms.settle_by", message.settle_by),
        )
    except BadRequest:
        raise
    except CrossDvpError as refusal:
        raise BadRequest("terms", "valid settlement terms", f"{refusal} [{refusal.reason}]") from refusal


def _lead_leg(message: pb.SettlementTerms, orders: Orders) -> LeadLeg:
    if message.lead_leg not in _LEADS:
        raise BadRequest("terms.lead_leg", "a LeadLeg", message.lead_leg)
    return orders.leading(message.adapter, _LEADS[message.lead_leg])


def _whole_seconds(field: str, stamp: Timestamp) -> int:
    if stamp.nanos or not 0 < stamp.seconds <= _LAST_SECOND:
        raise BadRequest(
            field, "a time in whole seconds, after 1970 and before 10000", f"{stamp.seconds}.{stamp.nanos:09}"
        )
    return stamp.seconds


def encode_terms(terms: SettlementTerms) -> pb.SettlementTerms:
    """Terms as a message."""
    security, cash = terms.security, terms.cash
    return pb.SettlementTerms(
        trade_id=terms.trade_id,
        evm_chain_id=security.chain_id,
        token=security.token,
        adapter=security.adapter,
        quantity=str(security.quantity),
        seller_address=security.seller,
        buyer_address=security.buyer,
        ledger_id=cash.ledger_id,
        coin_id=cash.coin_id,
        issuer=cash.issuer,
        amount_yen=cash.amount_yen,
        seller_account=pb.CashAccount(node=cash.seller.node, account_key=cash.seller.key),
        buyer_account=pb.CashAccount(node=cash.buyer.node, account_key=cash.buyer.key),
        salt=cash.salt,
        lock_by=Timestamp(seconds=terms.lock_by_s),
        settle_by=Timestamp(seconds=terms.settle_by_s),
        lead_leg=cast("pb.LeadLeg", int(terms.lead_leg)),
    )


def request_fields(message: pb.CreateSettlementRequest | pb.CancelSettlementRequest) -> dict[str, str]:
    """A request's fields by dotted name, as text: what a repeated request id is compared by."""
    fields: dict[str, str] = {}

    def flatten(value: object, name: str) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                flatten(inner, f"{name}.{key}" if name else str(key))
        else:
            fields[name] = str(value)

    flatten(MessageToDict(message, preserving_proto_field_name=True), "")
    fields.pop("request_id", None)
    return fields


def terms_bytes(terms: SettlementTerms) -> bytes:
    """Terms as stored."""
    return deterministic_bytes(encode_terms(terms))


def terms_from_bytes(stored: bytes) -> SettlementTerms:
    """Terms as read back from the gateway's own store."""
    return decode_terms(pb.SettlementTerms.FromString(stored))


def encode_settlement(settlement: Settlement) -> pb.Settlement:
    """A settlement as callers see it."""
    return pb.Settlement(
        name=settlement.name,
        terms=encode_terms(settlement.terms),
        terms_hash=settlement.terms_hash,
        state=cast("pb.SettlementState", pb.SettlementState.Value(f"SETTLEMENT_STATE_{settlement.state.name}")),
        waiting=_encode_waiting(settlement.waiting) if settlement.waiting else None,
        facts=[_encode_fact(fact) for fact in settlement.facts],
        mismatched_fields=settlement.mismatched,
        create_time=Timestamp(seconds=settlement.created_s),
        update_time=Timestamp(seconds=settlement.updated_s),
        packet_sequence=settlement.packet_sequence,
        alarms=[_encode_alarm(alarm) for alarm in settlement.alarms],
    )


def _encode_alarm(alarm: Alarm) -> pb.Alarm:
    return pb.Alarm(
        name=alarm.name,
        detail=alarm.detail,
        advice=alarm.advice,
        tx_id=alarm.tx_id,
        height=alarm.height,
        since=Timestamp(seconds=alarm.since_s),
    )


def _encode_fact(fact: Fact) -> pb.LedgerFact:
    return pb.LedgerFact(
        ledger=fact.ledger.value,
        what=fact.what,
        tx_id=fact.tx_id,
        height=fact.height,
        at=Timestamp(seconds=fact.at_s),
        proof_bytes=fact.proof_bytes,
    )


def _encode_waiting(waiting: Waiting) -> pb.Waiting:
    return pb.Waiting(
        on=waiting.on,
        what=waiting.what,
        since=Timestamp(seconds=waiting.since_s),
        next_attempt=Timestamp(seconds=waiting.next_attempt_s) if waiting.next_attempt_s else None,
        attempts=waiting.attempts,
        last_error=waiting.last_error,
    )
