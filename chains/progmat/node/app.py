"""One node as a process: configuration, keys, network map and roles behind one mTLS endpoint.

With ``roles`` this is the composition root: the only places that choose concrete classes.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

import grpc.aio
import structlog
from crossdvp.ledger.v1.standing_service_pb2_grpc import add_StandingServiceServicer_to_server
from grpc_health.v1 import health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from chains.progmat.client.part_names import RECORDS
from chains.progmat.flows.clock import SystemClock
from chains.progmat.flows.seams import NodeSelf, Role
from chains.progmat.identity import VAULT_ROLES, NetworkMap
from chains.progmat.node.api_access import ApiAccess
from chains.progmat.node.calling_people import ActingPeople
from chains.progmat.node.collector import calm_collector
from chains.progmat.node.config import NodeConfig, VaultUpkeepConfig
from chains.progmat.node.errors import NotOnNetworkMap, WrongContractPackage
from chains.progmat.node.key_opening import open_key_store
from chains.progmat.node.key_upkeep import KeyUpkeep
from chains.progmat.node.light_client_kinds import production_package
from chains.progmat.node.network_role import NetworkRole
from chains.progmat.node.node_storage import NodeStorage
from chains.progmat.node.notary_role import NotaryRole
from chains.progmat.node.peers import GrpcPeerNetwork, PeerRouter, PeerService, PeerTls, server_options
from chains.progmat.node.people_part import PeoplePart
from chains.progmat.node.records_role import WITH_DATABASE, RecordsRole
from chains.progmat.node.roles import (
    OpenUniquenessStore,
    RunningRole,
    Surroundings,
    ValidatorRole,
    VaultRole,
)
from chains.progmat.node.rpc_node_service import STATUS_CODES
from chains.progmat.node.rpc_standing_service import StandingServiceRpc
from chains.progmat.node.served_api import ServedApi
from chains.progmat.node.standing import NodePart, NodeStanding
from chains.progmat.node.vault_upkeep import GroomingPolicy, UpkeepPolicy
from chains.progmat.notary.duty import Duty
from chains.progmat.notary.opening import NotaryOptions, open_postgres
from chains.progmat.notary.sqlite_store import SqliteUniquenessStore
from chains.progmat.transactions.network_parameters import NetworkParameters
from chains.rpc_guard import ErrorStatusInterceptor

MAX_CONCURRENT_RPCS: Final = 512
WITHOUT_RECORDS: Final = frozenset({"crossdvp.ledger.v1.NetworkService", "crossdvp.ledger.v1.StandingService"})
"""Services that need no database."""
DRAIN_S: Final = 3.0

log = structlog.get_logger(__name__)


RolesOpener = Callable[[Surroundings], Awaitable[list[RunningRole]]]
"""Opens all roles of a node."""


async def open_roles(around: Surroundings) -> list[RunningRole]:
    """Open every role the node has on the network map, after the one that all have.

    On an error those opened are stopped again.
    """
    opened: list[RunningRole] = [NetworkRole(around)]
    try:
        vault = await VaultRole.open(around) if around.me.roles & VAULT_ROLES else None
        if vault is not None:
            opened.append(vault)
        if Role.NOTARY in around.me.roles:
            opened.append(await NotaryRole.open(around))
        validator = await ValidatorRole.open(around) if Role.VALIDATOR in around.me.roles else None
        if validator is not None:
            opened.append(validator)
        if around.me.roles.intersection(WITH_DATABASE):
            shown = validator.floor.shown if validator is not None else _nobody_cares
            opened.append(await RecordsRole.open(around, vault.node.recovery if vault else None, shown))
    except BaseException:
        for role in opened:
            await role.stop()
        raise
    return opened


def _nobody_cares(_peer: str, _height: int) -> None:
    """Heights matter to Validators."""


class NodeApp:
    """A node's process. ``start``, then ``stop``; or ``run`` until a signal."""

    def __init__(self, config: NodeConfig, opener: RolesOpener = open_roles) -> None:
        self._config = config
        self._open_roles = opener
        self._roles: list[RunningRole] = []
        self._network: GrpcPeerNetwork | None = None
        self._server: grpc.aio.Server | None = None
        self._peers: PeerService | None = None
        self._storage = NodeStorage(config.database_at, config.name)
        self._key_upkeep: KeyUpkeep | None = None
        self._standing = NodeStanding(config.name, SystemClock().now_ms)

    async def start(self) -> None:
        """Open everything, answer, then begin to work. Raises the named errors of each part; nothing keeps running."""
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise

    async def run(self) -> None:
        """Start, work until SIGTERM or SIGINT, stop in good order."""
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, ended.set)
        await self.start()
        calm_collector()
        await ended.wait()
        await self.stop()

    async def stop(self) -> None:
        """Take no more calls, end streams, stop roles."""
        await self._standing.end()
        if self._peers is not None:
            self._peers.stop()
        if self._key_upkeep is not None:
            await self._key_upkeep.stop()
        for role in self._roles:
            await role.stop()
        self._roles.clear()
        if self._network is not None:
            await self._network.close()
        if self._server is not None:
            await self._server.stop(DRAIN_S)

    async def _start(self) -> None:
        config = self._config
        tls = PeerTls(
            authority=config.tls.authority.read_bytes(),
            certificate=config.tls.certificate.read_bytes(),
            private_key=config.tls.private_key.read_bytes(),
        )
        directory = NetworkMap.load(config.network_map)
        network = self._network = GrpcPeerNetwork({}, tls)
        around = await self._surroundings(directory, network)
        allowed = {item for epoch in around.parameters_book.history.epochs for item in epoch.contract_packages}
        if around.package.hash not in allowed:
            raise WrongContractPackage(tuple(sorted(item.hex() for item in allowed)), around.package.hash)
        network_map = around.map_book
        network.list_peers(network_map.endpoints_of_others(config.name))
        self._roles = await self._open_roles(around)
        self._key_upkeep = KeyUpkeep(around.keys, self._storage, config.keys.cache_s)
        await self._key_upkeep.start()
        router = PeerRouter()
        for role in self._roles:
            role.answer_peers(router)
        peers = self._peers = PeerService(router, network_map)
        loop = asyncio.get_running_loop()

        def follow_map() -> None:
            network.list_peers(network_map.endpoints_of_others(config.name))
            peers.end_unlisted()

        network_map.on_change(lambda: loop.call_soon_threadsafe(follow_map))
        for role in self._roles:
            if isinstance(role, NotaryRole) and role.duty is not None:
                _answer_on_duty(role.duty, peers)
        self._server = await self._make_server(self._peers, tls, around.access)
        await self._server.start()
        for role in self._roles:
            await role.start()
        log.info("node started", node=config.name, roles=sorted(role.value for role in config.roles))

    async def _surroundings(self, directory: NetworkMap, network: GrpcPeerNetwork) -> Surroundings:
        config = self._config
        parameters = NetworkParameters.decode(config.parameters.read_bytes())
        package = production_package(config.attestation_root_pins)
        config.data_dir.mkdir(parents=True, exist_ok=True)
        return Surroundings(
            me=_self_on(directory, config),
            parameters=parameters,
            package=package,
            directory=directory,
            keys=await asyncio.to_thread(open_key_store, config.keys, config.name),
            network=network,
            folder=config.data_dir,
            access=ApiAccess(config.operators | {config.name}, config.gateways, config.relayers, config.platforms),
            soft_lock_s=config.soft_lock_s,
            storage=self._storage,
            verify_workers=config.notary.verify_workers,
            open_uniqueness_store=_uniqueness_store_of(config),
            history=config.history,
            attest_every=config.attest_every,
            upkeep=_upkeep_of(config.vault),
            attestation_roots=config.attestation_root_pins,
            people=config.people.rules(),
        )

    async def _make_server(self, peers: PeerService, tls: PeerTls, access: ApiAccess) -> grpc.aio.Server:
        server = grpc.aio.server(
            interceptors=[ErrorStatusInterceptor(STATUS_CODES), *self._acting_people()],
            options=server_options(),
            maximum_concurrent_rpcs=MAX_CONCURRENT_RPCS,
        )
        peers.add_to(server)
        names = tuple(name for role in self._roles for name in role.serve(server))
        standing = ServedApi(
            "StandingService", add_StandingServiceServicer_to_server, StandingServiceRpc(self._standing, access)
        )
        names = (*names, standing.serve(server))
        health_pb2_grpc.add_HealthServicer_to_server(self._standing.servicer, server)
        reflection.enable_server_reflection((*names, reflection.SERVICE_NAME, "grpc.health.v1.Health"), server)
        await self._standing.begin(self._parts(names), names)
        listen = self._config.listen
        server.add_secure_port(f"{listen.host}:{listen.port}", tls.server_credentials())
        return server

    def _parts(self, apis: tuple[str, ...]) -> tuple[NodePart, ...]:
        """Of all roles, the keys, and the database: without it most of what is served is of no use."""
        others = tuple(part for role in self._roles for part in role.parts())
        if self._key_upkeep is not None:
            others += (self._key_upkeep.part(),)
        database = self._storage.database
        if database is None:
            return others
        served = tuple(name for name in apis if name not in WITHOUT_RECORDS)

        def about() -> str:
            return f"commit {database.head.number}, start {database.head.incarnation}"

        return (NodePart(RECORDS, database.require_current, database.watch, about, served), *others)

    def _acting_people(self) -> list[ActingPeople]:
        """Where a role has people, they act in its calls."""
        return [role.part(PeoplePart).acting for role in self._roles if isinstance(role, VaultRole)]


def _upkeep_of(vault: VaultUpkeepConfig) -> UpkeepPolicy:
    grooming = None
    if vault.groom_above_coins:
        grooming = GroomingPolicy(vault.groom_above_coins, vault.groom_below_yen, vault.groom_max_coins)
    return UpkeepPolicy(vault.every_s, vault.updates_kept, vault.deliveries_kept_s, grooming)


def _uniqueness_store_of(config: NodeConfig) -> OpenUniquenessStore:
    section = config.notary
    if section.store is None:
        return SqliteUniquenessStore
    options = NotaryOptions(section.store, section.passfile, section.lease_s)
    return partial(open_postgres, options, SystemClock().now_ms)


def _answer_on_duty(duty: Duty, peers: PeerService) -> None:
    """A standby worker admits no peer: they dial the next endpoint of this node, where the writer is."""
    peers.suspend(duty.not_active())
    duty.watch(lambda: peers.resume() if duty.is_active else peers.suspend(duty.not_active()))


def _self_on(directory: NetworkMap, config: NodeConfig) -> NodeSelf:
    entry = directory.entry(config.name)
    if entry is None:
        raise NotOnNetworkMap(config.name, "it is not on the network map")
    if entry.roles != config.roles:
        listed = ", ".join(sorted(role.value for role in entry.roles))
        raise NotOnNetworkMap(config.name, f"the network map lists it with roles {listed}")
    return NodeSelf(entry.party, entry.roles, entry.index)
