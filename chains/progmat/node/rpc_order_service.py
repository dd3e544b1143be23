"""OrderService over gRPC. As ``rpc_node_service``: servicers raise our errors."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

import grpc.aio
from crossdvp.ledger.v1 import exchange_service_pb2 as pb_exchange
from crossdvp.ledger.v1 import order_service_pb2 as pb
from crossdvp.ledger.v1.order_service_pb2_grpc import OrderServiceServicer
from sqlalchemy import Connection

from chains.progmat.contracts.terms_codec import account_to_message
from chains.progmat.flows.errors import InvalidRequest, NodeRoleMissing
from chains.progmat.flows.executions import find_notice
from chains.progmat.flows.seams import Role
from chains.progmat.identity import KeyStore
from chains.progmat.market.exchange import broker_store
from chains.progmat.market.exchange.assigning import BrokerOrder, custodian_of, other_side
from chains.progmat.market.exchange.broker_desk import BrokerDesk
from chains.progmat.market.exchange.broker_store import BrokerExecution
from chains.progmat.market.exchange.refusals import words_for
from chains.progmat.market.exchange.resolved import TradeSide
from chains.progmat.market.exchange.venue.model import Side
from chains.progmat.market.exchange.venue_codec import side_from_number, side_to_number
from chains.progmat.node.api_access import ApiAccess
from chains.progmat.node.ledger_node import LedgerNode
from chains.progmat.node.rpc_node_service import FlowStarting
from ibc.dvp import CashAccount
from primitives.errors import DecodeError

Context = grpc.aio.ServicerContext[Any, Any]

MAX_LISTED: Final = 1000
MAX_SEQUENCE: Final = 2**62


class OrderServiceRpc(FlowStarting, OrderServiceServicer):
    """The servicer of one custodian node."""

    def __init__(self, node: LedgerNode, keys: KeyStore, access: ApiAccess, desk: BrokerDesk) -> None:
        super().__init__(node, keys, access)
        self._desk = desk

    async def RegisterOrder(self, request: pb.RegisterOrderRequest, context: Context) -> pb.RegisterOrderResponse:  # noqa: D102, N802 # named and documented by the .proto file
        self._here(context, "RegisterOrder")
        try:
            side = TradeSide(side_from_number(int(request.side)).value)
        except DecodeError as error:
            raise InvalidRequest("side", str(error)) from error
        order = BrokerOrder(
            request.order_id,
            side,
            request.token_id,
            request.registrar,
            request.quantity,
            request.investor_id,
            request.token_account_key,
            request.cash_account_key,
        )
        await self._desk.register(order, request.author)
        return pb.RegisterOrderResponse()

    async def ReviseOrder(self, request: pb.ReviseOrderRequest, context: Context) -> pb.ReviseOrderResponse:  # noqa: D102, N802 # named and documented by the .proto file
        self._here(context, "ReviseOrder")
        await self._desk.revise(request.order_id, request.quantity, request.author)
        return pb.ReviseOrderResponse()

    async def ListOrders(self, request: pb.ListOrdersRequest, context: Context) -> pb.ListOrdersResponse:  # noqa: D102, N802 # named and documented by the .proto file
        self._here(context, "ListOrders")
        limit = _limit("max_orders", request.max_orders)
        wanted = partial(broker_store.orders_after, order_id=request.after, limit=limit)
        found = await self._node.parts.database.read(wanted)
        return pb.ListOrdersResponse(
            orders=[
                pb.BrokerOrder(
                    order_id=order.order_id,
                    side=_side(order.side),
                    token_id=order.token_id,
                    registrar=order.registrar,
                    quantity=order.quantity,
                    executed=executed,
                    investor_id=order.investor_id,
                    token_account_key=order.tokens_key,
                    cash_account_key=order.cash_key,
                )
                for order, executed in found
            ]
        )

    async def ListBrokerExecutions(  # noqa: D102, N802 # named and documented by the .proto file
        self, request: pb.ListBrokerExecutionsRequest, context: Context
    ) -> pb.ListBrokerExecutionsResponse:
        self._here(context, "ListBrokerExecutions")
        limit = _limit("max_executions", request.max_executions)
        if request.after > MAX_SEQUENCE:
            raise InvalidRequest("after", f"at most {MAX_SEQUENCE} is possible")
        wanted = partial(_listed, own_name=self._node.parts.me.name, after=request.after, limit=limit)
        return pb.ListBrokerExecutionsResponse(executions=await self._node.parts.database.read(wanted))

    def _here(self, context: Context, method: str) -> None:
        self._authorise(context, method)
        roles = self._node.parts.me.roles
        if Role.CUSTODIAN not in roles:
            raise NodeRoleMissing(Role.CUSTODIAN.value, tuple(sorted(role.value for role in roles)))


def _limit(field: str, limit: int) -> int:
    if not 1 <= limit <= MAX_LISTED:
        raise InvalidRequest(field, f"1 to {MAX_LISTED} are possible, not {limit}")
    return limit


def _side(side: TradeSide) -> pb_exchange.OrderSide:
    return side_to_number(Side(side.value))


def _listed(connection: Connection, own_name: str, after: int, limit: int) -> list[pb.BrokerExecution]:
    rows = broker_store.executions_after(connection, after, limit)
    return [_line(connection, row, own_name) for row in rows]


def _line(connection: Connection, row: BrokerExecution, own_name: str) -> pb.BrokerExecution:
    recorded = find_notice(connection, row.trade_id)
    if recorded is None:
        raise ValueError(f"trade {row.trade_id.hex()} has no notice")
    notice, order = recorded.notice, broker_store.find_order(connection, row.order_id)
    other = custodian_of(notice, other_side(row.side))
    words = words_for(row.reason)
    line = pb.BrokerExecution(
        arrival=row.arrival,
        trade_id=row.trade_id,
        venue=notice.venue.name,
        token_id=notice.token_id,
        registrar=notice.registrar,
        quantity=notice.quantity,
        amount_yen=notice.amount_yen,
        settlement_date=notice.settlement_date.isoformat(),
        side=_side(row.side),
        order_id=row.order_id,
        counterparty=other,
        status=row.status.value,
        reason=row.reason,
        blamed=row.blamed,
        english=words.english,
        japanese=words.japanese,
    )
    if order is not None:
        line.investor_id = order.investor_id
        line.own_tokens.CopyFrom(account_to_message(CashAccount(own_name, order.tokens_key)))
        if order.cash_key:
            line.own_cash.CopyFrom(account_to_message(CashAccount(own_name, order.cash_key)))
    if row.other_tokens_key:
        line.counterparty_tokens.CopyFrom(account_to_message(CashAccount(other, row.other_tokens_key)))
    if row.other_cash_key:
        line.counterparty_cash.CopyFrom(account_to_message(CashAccount(other, row.other_cash_key)))
    return line
