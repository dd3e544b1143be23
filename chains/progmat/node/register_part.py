"""Registers on a node: read by whoever may, kept by the registrar."""

from __future__ import annotations

from collections.abc import Callable

from crossdvp.ledger.v1.register_service_pb2_grpc import add_RegisterServiceServicer_to_server

from chains.progmat.node.api_access import ApiAccess
from chains.progmat.node.ledger_node import LedgerNode
from chains.progmat.node.peers import PeerRouter
from chains.progmat.node.rpc_register_service import RegisterServiceRpc
from chains.progmat.node.served_api import ServedApi


class RegisterPart:
    """``market_parts.MarketPart``."""

    def __init__(self, node: LedgerNode, access: ApiAccess, random_bytes: Callable[[int], bytes]) -> None:
        register = RegisterServiceRpc(node, access, random_bytes)
        self.apis = (ServedApi("RegisterService", add_RegisterServiceServicer_to_server, register),)

    def answer_peers(self, router: PeerRouter) -> None:
        """No peer asks."""

    async def start(self) -> None:
        """Nothing works by itself."""

    async def stop(self) -> None:
        """Nothing to stop."""
