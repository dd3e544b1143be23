"""Settlements and terms between the gateway's values and its messages; strict towards the caller."""

from __future__ import annotations

import re
from typing import cast

from crossdvp.gateway.v1 import settlement_service_pb2 as pb
from google.protobuf.timestamp_pb2 import Timestamp

from ibc.dvp import CashAccount, CashLeg, LeadLeg, SecurityLeg, SettlementTerms
from primitives.errors import CrossDvpError
from primitives.types import address
from relayer.gateway.errors import BadRequest
from relayer.gateway.lifecycle import HoldReason, SettlementState
from relayer.gateway.matching import Side
from relayer.gateway.model import Priority
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
PRIORITIES: dict[int, Priority] = {
    pb.PRIORITY_UNSPECIFIED: Priority.NORMAL,
    pb.PRIORITY_NORMAL: Priority.NORMAL,
    pb.PRIORITY_HIGH: Priority.HIGH,
    pb.PRIORITY_URGENT: Priority.URGENT,
}
HOLDS: dict[int, HoldReason] = {
    pb.HOLD_REASON_PARTY: HoldReason.PARTY,
    pb.HOLD_REASON_FOUR_EYES: HoldReason.FOUR_EYES,
}
_REFERENCE = re.compile(r"[ -~]{0,35}")  # ISO 20022's Max35Text, printable ASCII


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


def priority_of(number: int) -> Priority:
    """A priority; unspecified = normal. Raises ``BadRequest``."""
    try:
        return PRIORITIES[number]
    except KeyError:
        raise BadRequest("priority", "a Priority", number) from None


def hold_of(number: int) -> HoldReason | None:
    """The reason of a hold, None if unspecified. Raises ``BadRequest``."""
    if number == pb.HOLD_REASON_UNSPECIFIED:
        return None
    try:
        return HOLDS[number]
    except KeyError:
        raise BadRequest("reason", "a HoldReason", number) from None


def reference_of(text: str, field: str = "reference") -> str:
    """A reference. Raises ``BadRequest``."""
    if not _REFERENCE.fullmatch(text) or text != text.strip():
        raise BadRequest(field, "up to 35 printable ASCII characters, no space at either end", text[:80])
    return text


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
