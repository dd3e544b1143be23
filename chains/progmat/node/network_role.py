"""What every node does for its network, whatever its roles: ask peers for epochs and maps, serve its operator."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

import grpc.aio
from crossdvp.ledger.v1.network_service_pb2_grpc import add_NetworkServiceServicer_to_server

from chains.progmat.identity import Role
from chains.progmat.network.rpc_network import NetworkServiceRpc
from chains.progmat.node.peers import PeerRouter
from chains.progmat.node.roles import Surroundings
from chains.progmat.node.standing import NodePart

POLL_S: Final = 30.0
FIRST_ROUND_S: Final = 3.0
"""How long a starting notary waits for peers that may know more than it does."""

SOON_S: Final = 2.0
"""When the others ask first: peers that start at the same time answer by then."""


class NetworkRole:
    """``RunningRole`` of every node. Start it before the others, so that they begin with what peers know."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._rpc = NetworkServiceRpc(
            around.me.name,
            around.parameters_book,
            around.map_book,
            around.network_desk,
            around.access,
            around.now_s,
        )
        self._task: asyncio.Task[None] | None = None

    def answer_peers(self, router: PeerRouter) -> None:
        """Tell peers what is newer than they know."""
        self._around.answer_about_network(router)

    def serve(self, server: grpc.aio.Server) -> tuple[str, ...]:
        """NetworkService."""
        add_NetworkServiceServicer_to_server(self._rpc, server)  # type: ignore[no-untyped-call] # generated without annotations
        return ("crossdvp.ledger.v1.NetworkService",)

    def parts(self) -> tuple[NodePart, ...]:
        """None: it can always ask."""
        return ()

    async def start(self) -> None:
        """Ask again and again. A notary asks before it does anything: what it journals cannot be judged anew."""
        if Role.NOTARY in self._around.me.roles:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FIRST_ROUND_S):
                    await self.ask_peers()
        self._task = asyncio.create_task(self._keep_asking(), name="network-poll")

    async def stop(self) -> None:
        """Ask no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def ask_peers(self) -> None:
        """One round: every listed node is asked."""
        await self._around.network_desk.ask_all(sorted(self._around.map_book.names() - {self._around.me.name}))

    async def _keep_asking(self) -> None:
        await asyncio.sleep(SOON_S)
        while True:
            await self.ask_peers()
            await asyncio.sleep(POLL_S)
