"""The exchange's parts of a vault node: the venue where it is an EN, brokers' orders where it is a CN."""

from __future__ import annotations

from collections.abc import Callable

from crossdvp.ledger.v1.exchange_service_pb2_grpc import add_ExchangeServiceServicer_to_server
from crossdvp.ledger.v1.order_service_pb2_grpc import add_OrderServiceServicer_to_server

from chains.progmat.flows.execution_requests import PublishExecution
from chains.progmat.flows.record import FlowRecord
from chains.progmat.flows.seams import Role
from chains.progmat.identity import KeyStore
from chains.progmat.market.exchange.broker_desk import BrokerDesk
from chains.progmat.market.exchange.publisher import ExecutionPublisher
from chains.progmat.market.exchange.trade_accounts import TRADE_ACCOUNTS
from chains.progmat.market.exchange.venue_desk import VenueDesk
from chains.progmat.node.api_access import ApiAccess
from chains.progmat.node.changes import Changes
from chains.progmat.node.ledger_node import LedgerNode
from chains.progmat.node.operations import NodeOperations
from chains.progmat.node.peers import PeerRouter
from chains.progmat.node.rpc_exchange_service import ExchangeServiceRpc
from chains.progmat.node.rpc_order_service import OrderServiceRpc
from chains.progmat.node.served_api import ServedApi


class ExchangePart:
    """``market_parts.MarketPart``: for every vault node; what works is decided by its roles."""

    def __init__(
        self, node: LedgerNode, keys: KeyStore, access: ApiAccess, random_bytes: Callable[[int], bytes]
    ) -> None:
        parts = node.parts
        self._roles = parts.me.roles
        self._executed = Changes()
        operations = NodeOperations(node, keys)

        async def start_flow(request: PublishExecution) -> FlowRecord:
            return await operations.submit(request, 0)

        self.publisher = ExecutionPublisher(parts.database, start_flow, parts.clock)
        self.venue = VenueDesk(
            parts.me, parts.database, parts.directory, parts.clock, random_bytes, self._on_executions
        )
        self.brokers = BrokerDesk(
            parts.me.name,
            parts.database,
            parts.network,
            parts.keys,
            parts.clock,
            random_bytes,
            node.executions_changed.next,
        )
        self._exchange_rpc = ExchangeServiceRpc(node, keys, access, self.venue, self._executed)
        self._order_rpc = OrderServiceRpc(node, keys, access, self.brokers)
        self.apis = (
            ServedApi("ExchangeService", add_ExchangeServiceServicer_to_server, self._exchange_rpc),
            ServedApi("OrderService", add_OrderServiceServicer_to_server, self._order_rpc),
        )

    def answer_peers(self, router: PeerRouter) -> None:
        """Tell other custodian nodes the accounts of common trades."""
        router.register(TRADE_ACCOUNTS, self.brokers.accounts.handle)

    async def start(self) -> None:
        """Go on with what waits to be published or resolved."""
        if Role.EXCHANGE in self._roles:
            self.publisher.start()
        if Role.CUSTODIAN in self._roles:
            self.brokers.start()

    async def stop(self) -> None:
        """Stop; everything goes on from the database at the next start."""
        self._exchange_rpc.stop()
        self._order_rpc.stop()
        await self.venue.stop()
        await self.publisher.stop()
        await self.brokers.stop()

    def _on_executions(self) -> None:
        self.publisher.wake()
        self._executed.tell()
