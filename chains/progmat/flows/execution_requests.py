"""Requests of a venue: publish an execution, take one back. Continues ``requests``, under its rules."""

from __future__ import annotations

from dataclasses import dataclass

from chains.progmat.contracts.execution_codec import (
    MAX_NUMBER,
    ORDER_ID,
    WithdrawalNote,
    WithdrawalReason,
    date_of,
)
from chains.progmat.flows.errors import InvalidRequest
from chains.progmat.flows.record import FlowKind
from chains.progmat.flows.request_base import FlowRequest, check_amount, check_quantity
from chains.progmat.transactions.model import check_hash, check_name
from primitives.errors import DecodeError


@dataclass(frozen=True)
class PublishExecution(FlowRequest):
    """Tell two custodian nodes what was matched; the trade id follows from venue, security and ``number``.

    ``settlement_date`` is YYYY-MM-DD; ``seller`` and ``buyer`` are names of custodian nodes.
    """

    kind = FlowKind.PUBLISH_EXECUTION

    number: int
    token_id: str
    registrar: str
    quantity: int
    amount_yen: int
    sell_order_id: str
    buy_order_id: str
    seller: str
    buyer: str
    settlement_date: str

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 1 <= self.number <= MAX_NUMBER:
            raise InvalidRequest("number", f"1 to {MAX_NUMBER} is possible, not {self.number}")
        check_quantity(self.quantity)
        check_amount(self.amount_yen)
        for name in ("sell_order_id", "buy_order_id"):
            if not ORDER_ID.fullmatch(getattr(self, name)):
                raise InvalidRequest(name, f"an order id is wanted: {ORDER_ID.pattern}")
        try:
            for name in ("token_id", "registrar", "seller", "buyer"):
                check_name(name, getattr(self, name))
            date_of(self.settlement_date)
        except DecodeError as error:
            raise InvalidRequest("execution", str(error)) from error


@dataclass(frozen=True)
class WithdrawExecution(FlowRequest):
    """Take a published execution back. ``withdrawal`` names a ``WithdrawalReason``; two of the venue's staff decide."""

    kind = FlowKind.WITHDRAW_EXECUTION

    trade_id: bytes
    withdrawal: str
    reference: str
    author: str
    approver: str

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.withdrawal not in WithdrawalReason.__members__:
            known = ", ".join(WithdrawalReason.__members__)
            raise InvalidRequest("withdrawal", f"one of {known} is wanted, not {self.withdrawal!r}")
        try:
            check_hash("trade_id", self.trade_id)
            self.note()
        except DecodeError as error:
            raise InvalidRequest("withdrawal", str(error)) from error

    def note(self) -> WithdrawalNote:
        """As it stands on the ledger."""
        return WithdrawalNote(WithdrawalReason[self.withdrawal], self.reference, self.author, self.approver)
