"""One custodian node's OrderService for other programs: whose orders are, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from crossdvp.ledger.v1 import order_service_pb2 as pb
from crossdvp.ledger.v1.order_service_pb2_grpc import OrderServiceStub

from chains.progmat.client.channel import ApiEndpoint, ApiTls, open_channel
from chains.progmat.client.ledger_client import call
from chains.progmat.contracts.terms_codec import account_from_message
from chains.progmat.market.exchange.assigning import BrokerOrder
from chains.progmat.market.exchange.resolved import TradeSide
from chains.progmat.market.exchange.venue.model import Side
from chains.progmat.market.exchange.venue_codec import side_from_number, side_to_number
from ibc.dvp import CashAccount


@dataclass(frozen=True, slots=True)
class BrokerExecutionView:
    """One side of an execution at this node; accounts and ids are empty where they are not known (yet).

    ``reason`` is the stable code of what stands in the way, ``blamed`` the node that says so; empty if nothing does.
    """

    arrival: int
    trade_id: bytes
    venue: str
    token_id: str
    registrar: str
    quantity: int
    amount_yen: int
    settlement_date: str
    side: TradeSide
    order_id: str
    counterparty: str
    status: str
    investor_id: str
    own_tokens: CashAccount | None
    own_cash: CashAccount | None
    counterparty_tokens: CashAccount | None
    counterparty_cash: CashAccount | None
    reason: str
    blamed: str
    english: str
    japanese: str


class OrderClient:
    """Asks one node. All methods raise as those of ``LedgerClient``."""

    def __init__(self, endpoint: ApiEndpoint, tls: ApiTls) -> None:
        self.name = endpoint.name
        self._channel = open_channel(endpoint, tls)
        self._stub: Any = OrderServiceStub(self._channel)  # type: ignore[no-untyped-call] # generated without annotations

    async def register(self, order: BrokerOrder, author: str) -> None:
        """Say for whom an order will be."""
        request = pb.RegisterOrderRequest(
            order_id=order.order_id,
            side=side_to_number(Side(order.side.value)),
            token_id=order.token_id,
            registrar=order.registrar,
            quantity=order.quantity,
            investor_id=order.investor_id,
            token_account_key=order.tokens_key,
            cash_account_key=order.cash_key,
            author=author,
        )
        await call(self.name, self._stub.RegisterOrder, request)

    async def revise(self, order_id: str, quantity: int, author: str) -> None:
        """Another quantity in all."""
        request = pb.ReviseOrderRequest(order_id=order_id, quantity=quantity, author=author)
        await call(self.name, self._stub.ReviseOrder, request)

    async def orders(self, after: str = "", max_orders: int = 100) -> tuple[tuple[BrokerOrder, int], ...]:
        """Orders with higher ids than ``after``, each with the units that are executed."""
        answer = await call(self.name, self._stub.ListOrders, pb.ListOrdersRequest(after=after, max_orders=max_orders))
        return tuple((_order(message), message.executed) for message in answer.orders)

    async def executions(self, after: int = 0, max_executions: int = 100) -> tuple[BrokerExecutionView, ...]:
        """Executions that arrived after a number."""
        request = pb.ListBrokerExecutionsRequest(after=after, max_executions=max_executions)
        answer = await call(self.name, self._stub.ListBrokerExecutions, request)
        return tuple(map(_execution, answer.executions))

    async def close(self) -> None:
        """Close the channel."""
        await self._channel.close(grace=None)


def _order(message: pb.BrokerOrder) -> BrokerOrder:
    return BrokerOrder(
        message.order_id,
        _side(int(message.side)),
        message.token_id,
        message.registrar,
        message.quantity,
        message.investor_id,
        message.token_account_key,
        message.cash_account_key,
    )


def _side(number: int) -> TradeSide:
    return TradeSide(side_from_number(number).value)


def _execution(message: pb.BrokerExecution) -> BrokerExecutionView:
    own_tokens, own_cash, other_tokens, other_cash = (
        account_from_message(getattr(message, name)) if message.HasField(name) else None
        for name in ("own_tokens", "own_cash", "counterparty_tokens", "counterparty_cash")
    )
    return BrokerExecutionView(
        arrival=message.arrival,
        trade_id=message.trade_id,
        venue=message.venue,
        token_id=message.token_id,
        registrar=message.registrar,
        quantity=message.quantity,
        amount_yen=message.amount_yen,
        settlement_date=message.settlement_date,
        side=_side(int(message.side)),
        order_id=message.order_id,
        counterparty=message.counterparty,
        status=message.status,
        investor_id=message.investor_id,
        own_tokens=own_tokens,
        own_cash=own_cash,
        counterparty_tokens=other_tokens,
        counterparty_cash=other_cash,
        reason=message.reason,
        blamed=message.blamed,
        english=message.english,
        japanese=message.japanese,
    )
