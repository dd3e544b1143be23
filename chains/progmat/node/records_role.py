"""Every node with a database: keeps peers' positions, asks for its own, reconciles while its records are in doubt."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import grpc.aio
from crossdvp.ledger.v1.records_service_pb2_grpc import add_RecordsServiceServicer_to_server

from chains.progmat.flows.seams import Directory
from chains.progmat.identity import VAULT_ROLES, Role
from chains.progmat.node.node_storage import NodeStorage
from chains.progmat.node.peers import PeerRouter
from chains.progmat.node.positions import POSITION, PositionKeeper
from chains.progmat.node.reconciliation import PeersToAsk, Reconciler, Reconciliation
from chains.progmat.node.roles import Surroundings
from chains.progmat.node.rpc_records_service import RecordsServiceRpc
from chains.progmat.node.standing import NodePart

WITH_DATABASE = (*sorted(VAULT_ROLES, key=lambda role: role.value), Role.VALIDATOR)


def peers_to_ask(own: str, directory: Directory) -> PeersToAsk:
    """By the network map as it is now. Each issuer knows all there is of its coin; the only issuer has to ask all."""
    keepers = {name for role in WITH_DATABASE for name in directory.names_with(role)} - {own}
    issuers = frozenset(directory.names_with(Role.ISSUER)) - {own}
    with_records = frozenset(name for role in VAULT_ROLES for name in directory.names_with(role)) - {own}
    return PeersToAsk(tuple(sorted(keepers)), issuers or with_records)


class RecordsRole:
    """A ``RunningRole`` beside the others of a node."""

    def __init__(
        self, storage: NodeStorage, keeper: PositionKeeper, reconciliation: Reconciliation, rpc: RecordsServiceRpc
    ) -> None:
        self._storage = storage
        self._rpc = rpc
        self._keeper = keeper
        self.reconciliation = reconciliation

    @classmethod
    async def open(
        cls,
        around: Surroundings,
        reconciler: Reconciler | None = None,
        heights_shown: Callable[[str, int], None] = lambda _peer, _height: None,
    ) -> RecordsRole:
        """Share the node's database; raises storage and key errors."""
        signer = around.first_signer()  # the key that the network map lists
        storage = around.node_storage()
        database = await storage.acquire(around.now_s)
        own, directory = around.me.name, around.map_book
        reconciliation = Reconciliation(
            name=own,
            database=database,
            network=around.network,
            signer=signer,
            peers=partial(peers_to_ask, own, directory),
            reconciler=reconciler,
            clock=around.clock,
            heights_shown=heights_shown,
        )
        keeper = PositionKeeper(database, directory, around.now_s)
        return cls(storage, keeper, reconciliation, RecordsServiceRpc(reconciliation, around.access))

    def answer_peers(self, router: PeerRouter) -> None:
        """Positions."""
        router.register(POSITION, self._keeper.handle)

    def serve(self, server: grpc.aio.Server) -> tuple[str, ...]:
        """RecordsService."""
        add_RecordsServiceServicer_to_server(self._rpc, server)  # type: ignore[no-untyped-call] # generated without annotations
        return ("crossdvp.ledger.v1.RecordsService",)

    def parts(self) -> tuple[NodePart, ...]:
        """None: the database is not this role's alone."""
        return ()

    async def start(self) -> None:
        """Ask, tell, reconcile."""
        self.reconciliation.start()

    async def stop(self) -> None:
        """Stop asking; the database is closed with the last role."""
        await self.reconciliation.stop()
        await self._storage.release()
