"""Securities on a node: SecuritiesService everywhere; what it may do, the node's roles say flow by flow."""

from __future__ import annotations

from collections.abc import Callable

from crossdvp.ledger.v1.securities_service_pb2_grpc import add_SecuritiesServiceServicer_to_server

from chains.progmat.identity import KeyStore
from chains.progmat.market.people.desk import PeopleDesk
from chains.progmat.node.api_access import ApiAccess
from chains.progmat.node.ledger_node import LedgerNode
from chains.progmat.node.peers import PeerRouter
from chains.progmat.node.rpc_securities_service import SecuritiesServiceRpc
from chains.progmat.node.served_api import ServedApi


class SecuritiesPart:
    """``market_parts.MarketPart``."""

    def __init__(
        self, node: LedgerNode, keys: KeyStore, access: ApiAccess, random_bytes: Callable[[int], bytes]
    ) -> None:
        parts = node.parts
        people = PeopleDesk(parts.database, lambda: parts.clock.now_ms() // 1000, random_bytes)
        self._rpc = SecuritiesServiceRpc(node, keys, access, people)
        self.apis = (ServedApi("SecuritiesService", add_SecuritiesServiceServicer_to_server, self._rpc),)

    def answer_peers(self, router: PeerRouter) -> None:
        """None of its own."""

    async def start(self) -> None:
        """Nothing to follow."""

    async def stop(self) -> None:
        """Let waiting calls return."""
        self._rpc.stop()
