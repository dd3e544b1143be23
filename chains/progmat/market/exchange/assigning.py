"""Whether an execution fits the order it names: pure, so that both nodes and every test judge alike."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from chains.progmat.contracts.execution_codec import MAX_QUANTITY, ORDER_ID, ExecutionNotice
from chains.progmat.flows.errors import InvalidRequest
from chains.progmat.flows.notice_standing import NoticeStanding
from chains.progmat.market.exchange import refusals
from chains.progmat.market.exchange.resolved import TradeSide
from chains.progmat.transactions.model import check_name
from primitives.errors import DecodeError

INVESTOR_ID: Final = re.compile(r"INV-[A-Za-z0-9-]{1,60}")


@dataclass(frozen=True, slots=True)
class BrokerOrder:
    """Whose an order is; raises ``InvalidRequest``. ``cash_key`` is empty where bank money pays."""

    order_id: str
    side: TradeSide
    token_id: str
    registrar: str
    quantity: int
    investor_id: str
    tokens_key: bytes
    cash_key: bytes

    def __post_init__(self) -> None:
        if not ORDER_ID.fullmatch(self.order_id):
            raise InvalidRequest("order_id", f"an order id is wanted: {ORDER_ID.pattern}")
        if not INVESTOR_ID.fullmatch(self.investor_id):
            raise InvalidRequest("investor_id", f"an id without meaning is wanted: {INVESTOR_ID.pattern}")
        if not 1 <= self.quantity <= MAX_QUANTITY:
            raise InvalidRequest("quantity", f"1 to {MAX_QUANTITY} units are possible, not {self.quantity}")
        try:
            check_name("token_id", self.token_id)
            check_name("registrar", self.registrar)
        except DecodeError as error:
            raise InvalidRequest("security", str(error)) from error


def order_id_of(notice: ExecutionNotice, side: TradeSide) -> str:
    """The order id of one side."""
    return notice.sell_order_id if side is TradeSide.SELL else notice.buy_order_id


def custodian_of(notice: ExecutionNotice, side: TradeSide) -> str:
    """The custodian node of one side."""
    return notice.seller.name if side is TradeSide.SELL else notice.buyer.name


def other_side(side: TradeSide) -> TradeSide:
    """Of the trade."""
    return TradeSide.BUY if side is TradeSide.SELL else TradeSide.SELL


def sides_kept_by(notice: ExecutionNotice, node: str) -> tuple[TradeSide, ...]:
    """For which sides of a trade a node answers: none, one or both."""
    return tuple(side for side in TradeSide if custodian_of(notice, side) == node)


def judge(
    notice: ExecutionNotice, standing: NoticeStanding, side: TradeSide, order: BrokerOrder | None, executed_before: int
) -> str:
    """The code of what is wrong, empty if the execution is the order's.

    ``executed_before``: units of the order's other executions, those refused left out.
    """
    if standing is not NoticeStanding.GOOD:
        return refusals.WITHDRAWN
    if order is None:
        return refusals.ORDER_UNKNOWN
    if (order.token_id, order.registrar, order.side) != (notice.token_id, notice.registrar, side):
        return refusals.OTHER_ORDER
    if executed_before + notice.quantity > order.quantity:
        return refusals.BEYOND_ORDER
    return ""
