"""Execution notices and withdrawal notes to bytes and back, strictly."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from functools import lru_cache
from typing import Final

from crossdvp.ledger.v1 import execution_states_pb2 as pb

from chains.progmat.transactions.component_codec import party_from_message, party_to_message
from chains.progmat.transactions.errors import MalformedComponent
from chains.progmat.transactions.model import (
    MAX_STATE_DATA_BYTES,
    Party,
    check_hash,
    check_name,
    check_pattern,
    check_range,
)
from primitives.codec import deterministic_bytes, strict_parse
from primitives.hashing import sha256
from primitives.types import MAX_YEN

MAX_NUMBER: Final = 2**62
MAX_QUANTITY: Final = 10**15
MAX_NOTE_BYTES: Final = 512
ORDER_ID: Final = re.compile(r"ORD-[0-9A-HJKMNP-TV-Z]{16,40}")
"""Random digits of Crockford's base 32: nothing that stands for a person can be written as one."""
REFERENCE: Final = re.compile(r"[A-Z0-9][A-Z0-9./-]{0,39}")
STAFF_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_DOMAIN: Final = b"crossdvp/execution/1"


class WithdrawalReason(IntEnum):
    """Why a venue takes an execution back."""

    ERRONEOUS_ORDER = 1
    SYSTEM_FAULT = 2
    MARKET_RULE = 3
    BOTH_BROKERS = 4


@dataclass(frozen=True, slots=True)
class ExecutionNotice:
    """An execution (出来通知) as the venue publishes it; raises MalformedComponent.

    ``quantity`` units against ``amount_yen``; ``seller`` and ``buyer`` are the custodian nodes that keep the orders'
    accounts. Investors are not named, and an order id cannot carry a name.
    """

    trade_id: bytes
    venue: Party
    number: int
    token_id: str
    registrar: str
    quantity: int
    amount_yen: int
    sell_order_id: str
    buy_order_id: str
    seller: Party
    buyer: Party
    settlement_date: date

    def __post_init__(self) -> None:
        check_hash("ExecutionNotice.trade_id", self.trade_id)
        check_range("ExecutionNotice.number", self.number, 1, MAX_NUMBER)
        for name in ("token_id", "registrar"):
            check_name(f"ExecutionNotice.{name}", getattr(self, name))
        check_range("ExecutionNotice.quantity", self.quantity, 1, MAX_QUANTITY)
        check_range("ExecutionNotice.amount_yen", self.amount_yen, 1, MAX_YEN)
        for name in ("sell_order_id", "buy_order_id"):
            check_pattern(f"ExecutionNotice.{name}", getattr(self, name), ORDER_ID)

    def encode(self) -> bytes:
        """Canonical bytes."""
        return deterministic_bytes(
            pb.ExecutionNotice(
                trade_id=self.trade_id,
                venue=party_to_message(self.venue),
                number=self.number,
                token_id=self.token_id,
                registrar=self.registrar,
                quantity=self.quantity,
                amount_yen=self.amount_yen,
                sell_order_id=self.sell_order_id,
                buy_order_id=self.buy_order_id,
                seller=party_to_message(self.seller),
                buyer=party_to_message(self.buyer),
                settlement_date=self.settlement_date.isoformat(),
            )
        )


@dataclass(frozen=True, slots=True)
class WithdrawalNote:
    """Why an execution is withdrawn, and which two of the venue's staff say so; raises MalformedComponent."""

    reason: WithdrawalReason
    reference: str
    author: str
    approver: str

    def __post_init__(self) -> None:
        check_pattern("WithdrawalNote.reference", self.reference, REFERENCE)
        check_pattern("WithdrawalNote.author", self.author, STAFF_ID)
        check_pattern("WithdrawalNote.approver", self.approver, STAFF_ID)
        if self.author == self.approver:
            raise MalformedComponent("WithdrawalNote.approver", expected="somebody else", found=self.approver)

    def encode(self) -> bytes:
        """Canonical bytes."""
        return deterministic_bytes(
            pb.WithdrawalNote(
                reason=pb.WithdrawalReason.Name(self.reason),
                reference=self.reference,
                author=self.author,
                approver=self.approver,
            )
        )


def trade_id_of(venue: str, token_id: str, registrar: str, number: int) -> bytes:
    """The trade id (32 bytes) of a venue's execution: nobody can give it to another execution, or choose it."""
    parts = (venue.encode(), token_id.encode(), registrar.encode(), number.to_bytes(8, "big"))
    return sha256(_DOMAIN + b"".join(len(part).to_bytes(2, "big") + part for part in parts))


@lru_cache(maxsize=1024)
def decode_notice(data: bytes) -> ExecutionNotice:
    """The notice in ``data``; raises DecodeError."""
    message = strict_parse(pb.ExecutionNotice, data, max_bytes=MAX_STATE_DATA_BYTES)
    return ExecutionNotice(
        trade_id=message.trade_id,
        venue=party_from_message(message.venue),
        number=message.number,
        token_id=message.token_id,
        registrar=message.registrar,
        quantity=message.quantity,
        amount_yen=message.amount_yen,
        sell_order_id=message.sell_order_id,
        buy_order_id=message.buy_order_id,
        seller=party_from_message(message.seller),
        buyer=party_from_message(message.buyer),
        settlement_date=date_of(message.settlement_date),
    )


def date_of(text: str) -> date:
    """The day written as YYYY-MM-DD, the only form that is read; raises MalformedComponent."""
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise MalformedComponent("settlement_date", expected="YYYY-MM-DD", found=text) from error
    if day.isoformat() != text:
        raise MalformedComponent("settlement_date", expected=day.isoformat(), found=text)
    return day


def decode_withdrawal(data: bytes) -> WithdrawalNote:
    """The note in ``data``; raises DecodeError."""
    message = strict_parse(pb.WithdrawalNote, data, max_bytes=MAX_NOTE_BYTES)
    try:
        reason = WithdrawalReason(int(message.reason))
    except ValueError as error:
        known = str([each.name for each in WithdrawalReason])
        raise MalformedComponent("WithdrawalNote.reason", expected=known, found=int(message.reason)) from error
    return WithdrawalNote(reason, message.reference, message.author, message.approver)
