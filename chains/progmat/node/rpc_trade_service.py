"""TradeService over gRPC. As ``rpc_node_service``: servicers raise our errors."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any, Final

import grpc.aio
from crossdvp.ledger.v1 import trade_service_pb2 as pb
from crossdvp.ledger.v1.trade_service_pb2_grpc import TradeServiceServicer

from chains.progmat.flows.errors import AccountUnknown
from chains.progmat.market.trades.desk import TradeDesk
from chains.progmat.market.trades.ending import cancel_by_persons
from chains.progmat.market.trades.errors import InstructionInvalid
from chains.progmat.market.trades.instructions import import_instructions, read_instructions
from chains.progmat.market.trades.methods import list_methods, register_method
from chains.progmat.market.trades.model import TradeState
from chains.progmat.market.trades.net_sets import list_sets
from chains.progmat.market.trades.notices import notices_after
from chains.progmat.market.trades.peer_codec import NetOffer
from chains.progmat.market.trades.store import add_trade, get_trade, list_trades
from chains.progmat.node import trade_messages
from chains.progmat.node.api_access import ApiAccess
from chains.progmat.node.desk_acts import Acting, DeskActs
from chains.progmat.node.ledger_node import LedgerNode
from chains.progmat.node.operations import NodeOperations
from chains.progmat.node.peers.rpc_service import identity_of
from chains.progmat.node.rpc_bank_service import page

NEWEST: Final = 1 << 62
Context = grpc.aio.ServicerContext[Any, Any]


class TradeServiceRpc(TradeServiceServicer):
    """The servicer of one vault node."""

    def __init__(
        self, desk: TradeDesk, node: LedgerNode, operations: NodeOperations, access: ApiAccess, acts: DeskActs
    ) -> None:
        self._acts = acts
        self._desk = desk
        self._operations = operations
        self._name = node.parts.me.name
        self._database = node.parts.database
        self._clock = node.parts.clock
        self._access = access

    async def RegisterCashMethod(  # noqa: D102, N802 # named and documented by the .proto file
        self, request: pb.RegisterCashMethodRequest, context: Context
    ) -> pb.RegisterCashMethodResponse:
        self._authorise(context, "RegisterCashMethod")
        method = trade_messages.method_from_message(request.method)
        if method.cash_key and method.cash_key not in self._own_keys():
            raise AccountUnknown(method.cash_key)
        register = partial(register_method, method=method, own_keys=self._own_keys(), now_ms=self._clock.now_ms())
        about = self._acting(context, "RegisterCashMethod", request.author, method.investor_id, request.approver)
        kept = await self._database.submit(self._acts.doing(about, lambda connection, by: register(connection, by=by)))
        return pb.RegisterCashMethodResponse(method=trade_messages.method_to_message(kept))

    async def ListCashMethods(  # noqa: D102, N802 # as above
        self, request: pb.ListCashMethodsRequest, context: Context
    ) -> pb.ListCashMethodsResponse:
        self._authorise(context, "ListCashMethods")
        limit = page(request.max_methods)
        found = await self._database.read(partial(list_methods, investor_id=request.investor_id, limit=limit))
        return pb.ListCashMethodsResponse(methods=[trade_messages.method_to_message(kept) for kept in found])

    async def InstructTrade(self, request: pb.InstructTradeRequest, context: Context) -> pb.InstructTradeResponse:  # noqa: D102, N802 # as above
        self._authorise(context, "InstructTrade")
        resolved = trade_messages.instructed(request.instruction, self._name)
        for party in (resolved.seller, resolved.buyer):
            if party is not None and party.tokens_key not in self._own_keys():
                raise AccountUnknown(party.tokens_key)
        enter = partial(add_trade, resolved=resolved, now_ms=self._clock.now_ms())
        about = self._acting(context, "InstructTrade", request.author, resolved.trade_id.hex())
        entering = self._acts.doing(about, lambda connection, _by: enter(connection))
        trade = await self._database.submit(entering, heard=self._wake_desk)
        return pb.InstructTradeResponse(trade=trade_messages.trade_to_message(trade))

    async def ImportTradeInstructions(  # noqa: D102, N802 # as above
        self, request: pb.ImportTradeInstructionsRequest, context: Context
    ) -> pb.ImportTradeInstructionsResponse:
        self._authorise(context, "ImportTradeInstructions")
        keys = self._own_keys()
        file = await asyncio.to_thread(read_instructions, self._name, keys, request.file_name, request.content)
        enter = partial(import_instructions, file=file, registrant=request.author, now_ms=self._clock.now_ms())
        about = self._acting(context, "ImportTradeInstructions", request.author, request.file_name)
        entering = self._acts.doing(about, lambda connection, _by: enter(connection))
        done = await self._database.submit(entering, heard=self._wake_desk)
        return pb.ImportTradeInstructionsResponse(
            file_hash=done.file_hash,
            entered=done.entered,
            problems=[
                pb.RowProblem(
                    row=problem.row,
                    column=problem.column,
                    expected=problem.expected,
                    found=problem.found,
                    reason=problem.reason,
                )
                for problem in done.problems
            ],
            was_imported_before=done.was_imported_before,
        )

    async def GetNativeTrade(self, request: pb.GetNativeTradeRequest, context: Context) -> pb.GetNativeTradeResponse:  # noqa: D102, N802 # as above
        self._authorise(context, "GetNativeTrade")
        trade = await self._database.read(partial(get_trade, trade_id=request.trade_id))
        return pb.GetNativeTradeResponse(trade=trade_messages.trade_to_message(trade))

    async def ListNativeTrades(  # noqa: D102, N802 # as above
        self, request: pb.ListNativeTradesRequest, context: Context
    ) -> pb.ListNativeTradesResponse:
        self._authorise(context, "ListNativeTrades")
        state = _state(request.state)
        limit = page(request.max_trades)
        found = await self._database.read(
            partial(list_trades, state=state, after=min(request.after, NEWEST), limit=limit)
        )
        return pb.ListNativeTradesResponse(trades=[trade_messages.trade_to_message(trade) for trade in found])

    async def CancelNativeTrade(  # noqa: D102, N802 # as above
        self, request: pb.CancelNativeTradeRequest, context: Context
    ) -> pb.CancelNativeTradeResponse:
        self._authorise(context, "CancelNativeTrade")
        end = partial(cancel_by_persons, trade_id=request.trade_id, now_ms=self._clock.now_ms())
        about = self._acting(
            context, "CancelNativeTrade", request.author, request.trade_id.hex(), request.approver, request.reason
        )
        ending = self._acts.doing(about, lambda connection, by: end(connection, by=by))
        trade = await self._database.submit(ending, heard=self._wake_desk)
        return pb.CancelNativeTradeResponse(trade=trade_messages.trade_to_message(trade))

    async def TopUpTrade(self, request: pb.TopUpTradeRequest, context: Context) -> pb.TopUpTradeResponse:  # noqa: D102, N802 # as above
        self._authorise(context, "TopUpTrade")
        about = self._acting(context, "TopUpTrade", request.author, request.trade_id.hex())
        acted = self._acts.doing(about, lambda _connection, by: by)
        done = await self._desk.top_up(request.trade_id, request.author, acted)
        announced = done.announcement
        return pb.TopUpTradeResponse(
            deposit_id=announced.deposit_id,
            coin_id=announced.coin_id,
            issuer=done.issuer,
            amount_yen=announced.amount_yen,
        )

    async def ListTradeNotices(  # noqa: D102, N802 # as above
        self, request: pb.ListTradeNoticesRequest, context: Context
    ) -> pb.ListTradeNoticesResponse:
        self._authorise(context, "ListTradeNotices")
        limit = page(request.max_notices)
        found = await self._database.read(
            partial(notices_after, broker=request.broker, after=min(request.after, NEWEST), limit=limit)
        )
        return pb.ListTradeNoticesResponse(notices=[trade_messages.notice_to_message(notice) for notice in found])

    async def FormNetSet(self, request: pb.FormNetSetRequest, context: Context) -> pb.FormNetSetResponse:  # noqa: D102, N802 # as above
        self._authorise(context, "FormNetSet")
        day = trade_messages.day_of("settlement_day", request.settlement_day)
        about = self._acting(context, "FormNetSet", request.author, f"{request.broker_a}/{request.broker_b}")
        acted = self._acts.doing(about, lambda _connection, by: by)
        kept = await self._desk.form_net_set(NetOffer(request.broker_a, request.broker_b, day, b""), acted)
        return pb.FormNetSetResponse(net_set=trade_messages.net_set_to_message(kept))

    async def ListNetSets(self, request: pb.ListNetSetsRequest, context: Context) -> pb.ListNetSetsResponse:  # noqa: D102, N802 # as above
        self._authorise(context, "ListNetSets")
        found = await self._database.read(partial(list_sets, limit=page(request.max_sets)))
        return pb.ListNetSetsResponse(net_sets=[trade_messages.net_set_to_message(kept) for kept in found])

    def _wake_desk(self, _ended: object) -> None:
        """Also where the caller has gone."""
        self._desk.wake()

    def _authorise(self, context: Context, method: str) -> None:
        self._access.require(identity_of(context).name, method)

    def _acting(
        self, context: Context, act: str, author: str, resource: str, approver: str = "", reason: str = ""
    ) -> Acting:
        return Acting(act, author, resource, identity_of(context).name, approver, reason)

    def _own_keys(self) -> frozenset[bytes]:
        return frozenset(account.key for account in self._operations.accounts())


def _state(name: str) -> TradeState | None:
    try:
        return TradeState(name) if name else None
    except ValueError as error:
        raise InstructionInvalid("state", ", ".join(state.value for state in TradeState), name[:32]) from error
