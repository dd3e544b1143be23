"""Native trades on a node: its trade desk works where customers have accounts, TradeService and BankService answer."""

from __future__ import annotations

from collections.abc import Callable

from crossdvp.ledger.v1.bank_service_pb2_grpc import add_BankServiceServicer_to_server
from crossdvp.ledger.v1.trade_service_pb2_grpc import add_TradeServiceServicer_to_server

from chains.progmat.flows.seams import Role
from chains.progmat.identity import KeyStore
from chains.progmat.market.trades.desk import TradeDesk
from chains.progmat.market.trades.peer_codec import AGREE_NET, ASK_METHOD, TRADE_ENDED
from chains.progmat.node.api_access import ApiAccess
from chains.progmat.node.desk_acts import DeskActs
from chains.progmat.node.ledger_node import LedgerNode
from chains.progmat.node.operations import NodeOperations
from chains.progmat.node.peers import PeerRouter
from chains.progmat.node.rpc_bank_service import BankServiceRpc
from chains.progmat.node.rpc_trade_service import TradeServiceRpc
from chains.progmat.node.served_api import ServedApi


class TradesPart:
    """``market_parts.MarketPart``."""

    def __init__(
        self, node: LedgerNode, keys: KeyStore, access: ApiAccess, random_bytes: Callable[[int], bytes]
    ) -> None:
        parts = node.parts
        operations = NodeOperations(node, keys)
        self._is_custodian = Role.CUSTODIAN in parts.me.roles
        self.desk = TradeDesk(
            parts.me.name, parts.database, parts.network, operations, parts.clock, node.records_changed.next
        )
        acts = DeskActs(parts.clock, random_bytes)
        trades = TradeServiceRpc(self.desk, node, operations, access, acts)
        bank = BankServiceRpc(self.desk, node, access, acts)
        self.apis = (
            ServedApi("TradeService", add_TradeServiceServicer_to_server, trades),
            ServedApi("BankService", add_BankServiceServicer_to_server, bank),
        )

    def answer_peers(self, router: PeerRouter) -> None:
        """Other custodians ask for methods, tell of ends, agree on nets."""
        if self._is_custodian:
            router.register(ASK_METHOD, self.desk.handle_ask)
            router.register(TRADE_ENDED, self.desk.handle_ended)
            router.register(AGREE_NET, self.desk.handle_net)

    async def start(self) -> None:
        """Drive what is due."""
        if self._is_custodian:
            self.desk.start()

    async def stop(self) -> None:
        """Stop; everything goes on from the database at the next start."""
        await self.desk.stop()
