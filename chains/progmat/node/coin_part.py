"""Coins in trust on a node: the trustee's desk where a coin is issued, CoinService everywhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from crossdvp.ledger.v1.coin_service_pb2_grpc import add_CoinServiceServicer_to_server

from chains.progmat.flows.requests import IssueCash
from chains.progmat.flows.seams import Role
from chains.progmat.identity import KeyStore
from chains.progmat.market.people.desk import PeopleDesk
from chains.progmat.market.trust.desk import TrustDesk
from chains.progmat.node.api_access import ApiAccess
from chains.progmat.node.ledger_node import LedgerNode
from chains.progmat.node.operations import NodeOperations
from chains.progmat.node.peers import PeerRouter
from chains.progmat.node.rpc_coin_service import CoinServiceRpc
from chains.progmat.node.served_api import ServedApi


class CoinPart:
    """``market_parts.MarketPart``. ``desk`` is None on a node that issues no coin."""

    def __init__(
        self, node: LedgerNode, keys: KeyStore, access: ApiAccess, random_bytes: Callable[[int], bytes]
    ) -> None:
        parts = node.parts
        people = PeopleDesk(parts.database, lambda: parts.clock.now_ms() // 1000, random_bytes)
        self.desk: TrustDesk | None = None
        if Role.ISSUER in parts.me.roles:
            operations = NodeOperations(node, keys)

            async def start_issue(request: IssueCash) -> object:
                return await operations.submit(request, 0)

            self.desk = TrustDesk(
                parts.me.name, parts.database, parts.clock, people, start_issue, node.records_changed.next
            )
        self._rpc: Any = CoinServiceRpc(node, keys, access, people, self.desk)
        self.apis = (ServedApi("CoinService", add_CoinServiceServicer_to_server, self._rpc),)

    def answer_peers(self, router: PeerRouter) -> None:
        """Announcements of deposits."""
        self._rpc.answer_peers(router)

    async def start(self) -> None:
        """Follow the ledger."""
        if self.desk is not None:
            self.desk.start()

    async def stop(self) -> None:
        """Let waiting calls return, end."""
        self._rpc.stop()
        if self.desk is not None:
            await self.desk.stop()
