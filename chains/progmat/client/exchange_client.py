"""One exchange node's ExchangeService for other programs: a venue's operators and its members."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import grpc.aio
from crossdvp.ledger.v1 import exchange_service_pb2 as pb
from crossdvp.ledger.v1.exchange_service_pb2_grpc import ExchangeServiceStub

from chains.progmat.client.channel import ApiEndpoint, ApiTls, open_channel
from chains.progmat.client.ledger_client import call, flow_view
from chains.progmat.flows.execution_requests import WithdrawExecution
from chains.progmat.flows.request_codec import to_message
from chains.progmat.flows.views import FlowView
from chains.progmat.market.exchange.venue.model import Listing, Security, Side
from chains.progmat.market.exchange.venue_codec import side_from_number, side_to_number
from chains.rpc_status import RemoteUnavailableError, error_from_rpc

RECONNECT_PAUSE_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order as the venue has it; ``limit_yen`` 0 is a market order; ``ended`` is empty while it waits."""

    order_id: str
    security: Security
    side: Side
    quantity: int
    limit_yen: int
    filled: int
    ended: str


@dataclass(frozen=True, slots=True)
class ExecutionView:
    """An execution as a member sees it: its own order, and nothing of the other side."""

    number: int
    trade_id: bytes
    security: Security
    order_id: str
    side: Side
    quantity: int
    price_yen: int
    amount_yen: int
    settlement_date: date
    flow_id: str


@dataclass(frozen=True, slots=True)
class LevelView:
    """Orders at one price; ``price_yen`` 0 are market orders that wait for the auction."""

    price_yen: int
    quantity: int
    orders: int


@dataclass(frozen=True, slots=True)
class BookView:
    """A book, best prices first."""

    phase: str
    trading_date: str
    sells: tuple[LevelView, ...]
    buys: tuple[LevelView, ...]


class ExchangeClient:
    """Asks one node. All methods raise as those of ``LedgerClient``; a call may be repeated with the same id."""

    def __init__(self, endpoint: ApiEndpoint, tls: ApiTls) -> None:
        self.name = endpoint.name
        self._channel = open_channel(endpoint, tls)
        self._stub: Any = ExchangeServiceStub(self._channel)  # type: ignore[no-untyped-call] # generated without annotations

    # ---- operators ----

    async def set_listing(self, listing: Listing, author: str, approver: str) -> None:
        """Admit a listing or change it."""
        request = pb.SetListingRequest(
            token_id=listing.security.token_id,
            registrar=listing.security.registrar,
            tick_yen=listing.tick_yen,
            lot=listing.lot,
            base_yen=listing.base_yen,
            lowest_yen=listing.lowest_yen,
            highest_yen=listing.highest_yen,
            author=author,
            approver=approver,
        )
        await call(self.name, self._stub.SetListing, request)

    async def set_trader(self, trader: str, custodian: str, author: str, approver: str, *, suspended: bool) -> None:
        """Admit a broker, change its custodian node, suspend it or let it trade again."""
        request = pb.SetTraderRequest(
            trader=trader, custodian=custodian, suspended=suspended, author=author, approver=approver
        )
        await call(self.name, self._stub.SetTrader, request)

    async def open_day(
        self, request_id: str, security: Security, trading_date: date, settlement_date: date, author: str
    ) -> None:
        """Open a trading day."""
        request = pb.ChangeDayRequest(
            request_id=request_id,
            token_id=security.token_id,
            registrar=security.registrar,
            change=pb.OPEN,
            trading_date=trading_date.isoformat(),
            settlement_date=settlement_date.isoformat(),
            author=author,
        )
        await call(self.name, self._stub.ChangeDay, request)

    async def start_trading(self, request_id: str, security: Security, author: str) -> tuple[ExecutionView, ...]:
        """Hold the opening auction and start continuous trading; the auction's executions."""
        return await self._step(request_id, security, pb.START, author)

    async def close_day(self, request_id: str, security: Security, author: str) -> None:
        """Close the day: every order that waits ends."""
        await self._step(request_id, security, pb.CLOSE, author)

    async def withdraw(self, request: WithdrawExecution, wait_s: int = 30) -> FlowView:
        """Take a published execution back; as ``LedgerClient.submit``."""
        message: Any = to_message(request)
        message.wait_s = wait_s
        return flow_view((await call(self.name, self._stub.WithdrawExecution, message, wait_s)).flow)

    async def publish_again(self, trade_id: bytes, author: str) -> str:
        """Start another flow for an execution whose flow failed; its id."""
        request = pb.PublishAgainRequest(trade_id=trade_id, author=author)
        flow_id: str = (await call(self.name, self._stub.PublishAgain, request)).flow_id
        return flow_id

    # ---- members ----

    async def place(self, order_id: str, security: Security, side: Side, quantity: int, limit_yen: int) -> OrderView:
        """Place a day order; ``limit_yen`` 0 is a market order."""
        request = pb.PlaceOrderRequest(
            order_id=order_id,
            token_id=security.token_id,
            registrar=security.registrar,
            side=side_to_number(side),
            quantity=quantity,
            limit_yen=limit_yen,
        )
        return _order((await call(self.name, self._stub.PlaceOrder, request)).order)

    async def amend(self, request_id: str, order_id: str, quantity: int, limit_yen: int) -> OrderView:
        """Another quantity in all, another limit."""
        request = pb.AmendOrderRequest(request_id=request_id, order_id=order_id, quantity=quantity, limit_yen=limit_yen)
        return _order((await call(self.name, self._stub.AmendOrder, request)).order)

    async def cancel(self, request_id: str, order_id: str) -> OrderView:
        """Take back what is left."""
        request = pb.CancelOrderRequest(request_id=request_id, order_id=order_id)
        return _order((await call(self.name, self._stub.CancelOrder, request)).order)

    async def order(self, order_id: str) -> OrderView:
        """One of the caller's orders."""
        return _order((await call(self.name, self._stub.GetOrder, pb.GetOrderRequest(order_id=order_id))).order)

    async def book(self, security: Security, max_levels: int = 10) -> BookView:
        """The book of a security."""
        request = pb.GetBookRequest(token_id=security.token_id, registrar=security.registrar, max_levels=max_levels)
        answer = await call(self.name, self._stub.GetBook, request)
        sells, buys = (
            tuple(LevelView(level.price_yen, level.quantity, level.orders) for level in side)
            for side in (answer.sells, answer.buys)
        )
        return BookView(answer.phase, answer.trading_date, sells, buys)

    async def executions(self, after: int = 0, heartbeat_s: int = 0) -> AsyncIterator[ExecutionView | None]:
        """Executions after a number, in order; None is a heartbeat. Survives restarts of the node.

        Each comes at least once. Ends only by the caller's leaving it, or by an error.
        """
        while True:
            request = pb.WatchExecutionsRequest(after=after, heartbeat_s=heartbeat_s)
            try:
                async for message in self._stub.WatchExecutions(request, wait_for_ready=True):
                    if message.HasField("execution"):
                        after = message.execution.number
                        yield _execution(message.execution)
                    else:
                        yield None
            except grpc.aio.AioRpcError as failure:
                error = error_from_rpc(failure, self.name)
                if not isinstance(error, RemoteUnavailableError):
                    raise error from failure
            await asyncio.sleep(RECONNECT_PAUSE_S)

    async def close(self) -> None:
        """Close the channel."""
        await self._channel.close(grace=None)

    async def _step(
        self, request_id: str, security: Security, change: pb.DayChange, author: str
    ) -> tuple[ExecutionView, ...]:
        request = pb.ChangeDayRequest(
            request_id=request_id,
            token_id=security.token_id,
            registrar=security.registrar,
            change=change,
            author=author,
        )
        answer = await call(self.name, self._stub.ChangeDay, request)
        return tuple(map(_execution, answer.executions))


def _order(message: pb.VenueOrder) -> OrderView:
    return OrderView(
        message.order_id,
        Security(message.token_id, message.registrar),
        side_from_number(int(message.side)),
        message.quantity,
        message.limit_yen,
        message.filled,
        message.ended,
    )


def _execution(message: pb.VenueExecution) -> ExecutionView:
    return ExecutionView(
        number=message.number,
        trade_id=message.trade_id,
        security=Security(message.token_id, message.registrar),
        order_id=message.order_id,
        side=side_from_number(int(message.side)),
        quantity=message.quantity,
        price_yen=message.price_yen,
        amount_yen=message.amount_yen,
        settlement_date=date.fromisoformat(message.settlement_date),
        flow_id=message.flow_id,
    )
