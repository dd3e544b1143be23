"""ExchangeService over gRPC. As ``rpc_node_service``: servicers raise our errors."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from functools import partial
from itertools import groupby
from typing import Any, Final

import grpc.aio
from crossdvp.ledger.v1 import exchange_service_pb2 as pb
from crossdvp.ledger.v1.exchange_service_pb2_grpc import ExchangeServiceServicer

from chains.progmat.flows.errors import InvalidRequest, NodeStopping
from chains.progmat.flows.record import FlowKind
from chains.progmat.flows.request_codec import from_message
from chains.progmat.identity import KeyStore
from chains.progmat.market.exchange.errors import WatchesFull
from chains.progmat.market.exchange.venue.model import Amend, BookOrder, Cancel, Listing, Security, Side
from chains.progmat.market.exchange.venue_codec import (
    day_from_message,
    place_from_message,
    side_to_number,
)
from chains.progmat.market.exchange.venue_desk import VenueDesk
from chains.progmat.market.exchange.venue_store import Execution, Trader, VenueOrder, executions_after
from chains.progmat.node.api_access import ApiAccess
from chains.progmat.node.changes import Changes
from chains.progmat.node.ledger_node import LedgerNode
from chains.progmat.node.operations import first_of
from chains.progmat.node.peers.rpc_service import identity_of
from chains.progmat.node.rpc_node_service import FlowStarting, flow_to_message
from primitives.errors import DecodeError

Context = grpc.aio.ServicerContext[Any, Any]

MAX_LEVELS: Final = 100
MAX_WATCHES: Final = 256
MAX_HEARTBEAT_S: Final = 300
USUAL_HEARTBEAT_S: Final = 30
MAX_SEQUENCE: Final = 2**62


class ExchangeServiceRpc(FlowStarting, ExchangeServiceServicer):
    """The servicer of one exchange node; ``executed`` tells of new executions."""

    def __init__(
        self, node: LedgerNode, keys: KeyStore, access: ApiAccess, venue: VenueDesk, executed: Changes
    ) -> None:
        super().__init__(node, keys, access)
        self._venue = venue
        self._executed = executed
        self._ending = asyncio.Event()
        self._watches = 0

    def stop(self) -> None:
        """Let waiting calls return."""
        super().stop()
        self._ending.set()

    # ---- the venue's operators ----

    async def SetListing(self, request: pb.SetListingRequest, context: Context) -> pb.SetListingResponse:  # noqa: D102, N802 # named and documented by the .proto file
        self._authorise(context, "SetListing")
        try:
            listing = Listing(
                Security(request.token_id, request.registrar),
                request.tick_yen,
                request.lot,
                request.base_yen,
                request.lowest_yen,
                request.highest_yen,
            )
        except DecodeError as error:
            raise InvalidRequest("listing", str(error)) from error
        await self._venue.set_listing(listing, request.author, request.approver)
        return pb.SetListingResponse()

    async def SetTrader(self, request: pb.SetTraderRequest, context: Context) -> pb.SetTraderResponse:  # noqa: D102, N802 # named and documented by the .proto file
        self._authorise(context, "SetTrader")
        trader = Trader(_named("trader", request.trader), request.custodian, request.suspended)
        await self._venue.set_trader(trader, request.author, request.approver)
        return pb.SetTraderResponse()

    async def ChangeDay(self, request: pb.ChangeDayRequest, context: Context) -> pb.ChangeDayResponse:  # noqa: D102, N802 # named and documented by the .proto file
        self._authorise(context, "ChangeDay")
        try:
            step = day_from_message(request)
        except DecodeError as error:
            raise InvalidRequest("change", str(error)) from error
        made = await self._venue.change_day(request.request_id, _security(request.token_id, request.registrar), step)
        return pb.ChangeDayResponse(executions=[_execution(each, "") for each in made])

    async def PublishAgain(self, request: pb.PublishAgainRequest, context: Context) -> pb.PublishAgainResponse:  # noqa: D102, N802 # named and documented by the .proto file
        self._authorise(context, "PublishAgain")
        return pb.PublishAgainResponse(flow_id=await self._venue.publish_again(request.trade_id, request.author))

    async def WithdrawExecution(  # noqa: D102, N802 # named and documented by the .proto file
        self, request: pb.WithdrawExecutionRequest, context: Context
    ) -> pb.WithdrawExecutionResponse:
        self._authorise(context, "WithdrawExecution")
        wanted = from_message(FlowKind.WITHDRAW_EXECUTION, request)
        await self._venue.note_withdrawal(request.trade_id, request.author, request.approver)
        record = await self._operations.submit(wanted, request.wait_s)
        return pb.WithdrawExecutionResponse(flow=flow_to_message(record))

    # ---- members ----

    async def PlaceOrder(self, request: pb.PlaceOrderRequest, context: Context) -> pb.PlaceOrderResponse:  # noqa: D102, N802 # named and documented by the .proto file
        member = self._caller(context, "PlaceOrder")
        try:
            place = place_from_message(member, request)
        except DecodeError as error:
            raise InvalidRequest("order", str(error)) from error
        order = await self._venue.place(_security(request.token_id, request.registrar), place)
        return pb.PlaceOrderResponse(order=_order(order))

    async def AmendOrder(self, request: pb.AmendOrderRequest, context: Context) -> pb.AmendOrderResponse:  # noqa: D102, N802 # named and documented by the .proto file
        member = self._caller(context, "AmendOrder")
        try:
            change = Amend(member, request.order_id, request.quantity, request.limit_yen or None)
        except DecodeError as error:
            raise InvalidRequest("order", str(error)) from error
        return pb.AmendOrderResponse(order=_order(await self._venue.change(request.request_id, change)))

    async def CancelOrder(self, request: pb.CancelOrderRequest, context: Context) -> pb.CancelOrderResponse:  # noqa: D102, N802 # named and documented by the .proto file
        member = self._caller(context, "CancelOrder")
        try:
            change = Cancel(member, request.order_id)
        except DecodeError as error:
            raise InvalidRequest("order", str(error)) from error
        return pb.CancelOrderResponse(order=_order(await self._venue.change(request.request_id, change)))

    async def GetOrder(self, request: pb.GetOrderRequest, context: Context) -> pb.GetOrderResponse:  # noqa: D102, N802 # named and documented by the .proto file
        member = self._caller(context, "GetOrder")
        return pb.GetOrderResponse(order=_order(await self._venue.order(member, request.order_id)))

    async def GetBook(self, request: pb.GetBookRequest, context: Context) -> pb.GetBookResponse:  # noqa: D102, N802 # named and documented by the .proto file
        self._authorise(context, "GetBook")
        if not 1 <= request.max_levels <= MAX_LEVELS:
            raise InvalidRequest("max_levels", f"1 to {MAX_LEVELS} are possible, not {request.max_levels}")
        book = await self._venue.book(_security(request.token_id, request.registrar))
        sells, buys = (_levels(list(book.sides[side]), request.max_levels) for side in (Side.SELL, Side.BUY))
        day = "" if book.trading_date is None else book.trading_date.isoformat()
        return pb.GetBookResponse(phase=book.phase.value, trading_date=day, sells=sells, buys=buys)

    async def WatchExecutions(  # noqa: D102, N802 # named and documented by the .proto file
        self, request: pb.WatchExecutionsRequest, context: Context
    ) -> AsyncIterator[pb.WatchExecutionsResponse]:
        caller = self._caller(context, "WatchExecutions")
        member = "" if self._access.is_operator(caller) else caller
        if member:
            await self._venue.require_trader(member)
        if request.heartbeat_s > MAX_HEARTBEAT_S or request.after > MAX_SEQUENCE:
            raise InvalidRequest("heartbeat_s", f"at most {MAX_HEARTBEAT_S} s, after at most {MAX_SEQUENCE}")
        if self._watches >= MAX_WATCHES:
            raise WatchesFull(MAX_WATCHES)
        self._watches += 1
        try:
            async for answer in self._follow(member, request.after, request.heartbeat_s or USUAL_HEARTBEAT_S):
                yield answer
        finally:
            self._watches -= 1

    async def _follow(self, member: str, after: int, heartbeat_s: int) -> AsyncIterator[pb.WatchExecutionsResponse]:
        database = self._node.parts.database
        while not self._ending.is_set():
            changed = self._executed.next()
            found = await database.read(partial(executions_after, number=after, member=member))
            for execution in found:
                yield pb.WatchExecutionsResponse(execution=_execution(execution, member))
                after = execution.number
            if found:
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(heartbeat_s):
                    await first_of(changed, self._ending)
            if not changed.is_set():
                yield pb.WatchExecutionsResponse()
        raise NodeStopping

    def _caller(self, context: Context, method: str) -> str:
        self._authorise(context, method)
        return identity_of(context).name


def _security(token_id: str, registrar: str) -> Security:
    try:
        return Security(token_id, registrar)
    except DecodeError as error:
        raise InvalidRequest("token_id", str(error)) from error


def _named(field: str, name: str) -> str:
    if not 1 <= len(name) <= 100 or not name.isprintable():
        raise InvalidRequest(field, "1 to 100 printable characters are wanted")
    return name


def _order(order: VenueOrder) -> pb.VenueOrder:
    return pb.VenueOrder(
        order_id=order.order_id,
        token_id=order.security.token_id,
        registrar=order.security.registrar,
        side=side_to_number(order.side),
        quantity=order.quantity,
        limit_yen=order.limit_yen,
        filled=order.filled,
        ended=order.ended,
    )


def _execution(execution: Execution, member: str) -> pb.VenueExecution:
    """As ``member`` sees it; no name: as an operator does, from the selling side."""
    buys = member == execution.buying_member != execution.selling_member
    return pb.VenueExecution(
        number=execution.number,
        trade_id=execution.trade_id,
        token_id=execution.security.token_id,
        registrar=execution.security.registrar,
        order_id=execution.buy_order_id if buys else execution.sell_order_id,
        side=side_to_number(Side.BUY if buys else Side.SELL),
        quantity=execution.quantity,
        price_yen=execution.price_yen,
        amount_yen=execution.amount_yen,
        settlement_date=execution.settlement_date.isoformat(),
        flow_id=execution.flow_id,
    )


def _levels(orders: list[BookOrder], most: int) -> list[pb.BookLevel]:
    levels: list[pb.BookLevel] = []
    for limit_yen, at_price in groupby(orders, key=lambda order: order.limit_yen):
        if len(levels) == most:
            break
        quantities = [order.open_quantity for order in at_price]
        levels.append(pb.BookLevel(price_yen=limit_yen or 0, quantity=sum(quantities), orders=len(quantities)))
    return levels
