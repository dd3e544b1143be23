"""Registers on a node, read by whoever may, and the emergency registers of those that it keeps."""

from __future__ import annotations

from collections.abc import Callable

from crossdvp.ledger.v1.emergency_service_pb2_grpc import add_EmergencyServiceServicer_to_server
from crossdvp.ledger.v1.register_service_pb2_grpc import add_RegisterServiceServicer_to_server

from chains.progmat.identity import KeyStore
from chains.progmat.market.master_data.holders import MasterDataHolders
from chains.progmat.node.api_access import ApiAccess
from chains.progmat.node.forced_transfers import NodeMover
from chains.progmat.node.ledger_node import LedgerNode
from chains.progmat.node.operations import NodeOperations
from chains.progmat.node.peers import PeerRouter
from chains.progmat.node.rpc_emergency_service import EmergencyServiceRpc
from chains.progmat.node.rpc_register_service import RegisterServiceRpc
from chains.progmat.node.served_api import ServedApi


class RegisterPart:
    """``market_parts.MarketPart``."""

    def __init__(
        self, node: LedgerNode, keys: KeyStore, access: ApiAccess, random_bytes: Callable[[int], bytes]
    ) -> None:
        self._operations = NodeOperations(node, keys)
        register = RegisterServiceRpc(node, access, random_bytes, MasterDataHolders())
        emergency = EmergencyServiceRpc(node, access, random_bytes, NodeMover(self._operations))
        self.apis = (
            ServedApi("RegisterService", add_RegisterServiceServicer_to_server, register),
            ServedApi("EmergencyService", add_EmergencyServiceServicer_to_server, emergency),
        )

    def answer_peers(self, router: PeerRouter) -> None:
        """No peer asks."""

    async def start(self) -> None:
        """Nothing works by itself."""

    async def stop(self) -> None:
        """Let calls that wait for a line return."""
        self._operations.stop()
