"""The roles a node program can play, each put together from its parts; half of the composition root (see ``app``)."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

import grpc.aio
from crossdvp.ledger.v1.flow_service_pb2_grpc import add_FlowServiceServicer_to_server
from crossdvp.ledger.v1.key_service_pb2_grpc import add_KeyServiceServicer_to_server
from crossdvp.ledger.v1.membership_service_pb2_grpc import add_MembershipServiceServicer_to_server
from crossdvp.ledger.v1.node_service_pb2_grpc import add_NodeServiceServicer_to_server
from crossdvp.ledger.v1.proposal_service_pb2_grpc import add_ProposalServiceServicer_to_server
from crossdvp.ledger.v1.replacement_service_pb2_grpc import add_ReplacementServiceServicer_to_server
from crossdvp.ledger.v1.token_service_pb2_grpc import add_TokenServiceServicer_to_server
from crossdvp.ledger.v1.vault_service_pb2_grpc import add_VaultServiceServicer_to_server
from crossdvp.validator.v1.quote_service_pb2_grpc import add_QuoteServiceServicer_to_server
from crossdvp.validator.v1.validator_pb2_grpc import add_ValidatorServiceServicer_to_server

from chains.progmat.client.part_names import JOURNAL, VALIDATOR
from chains.progmat.contracts.package import ContractPackage
from chains.progmat.flows.approvals import PackageApprovals
from chains.progmat.flows.back_chain import BackChain
from chains.progmat.flows.clock import Clock, SystemClock
from chains.progmat.flows.history_policy import DEFAULT_EVERY, HistoryPolicy
from chains.progmat.flows.leaving_notaries import LeavingNotaries
from chains.progmat.flows.notary_desk import NotaryDesk
from chains.progmat.flows.recovery import EVERY_S as RECOVER_EVERY_S
from chains.progmat.flows.retry import RetrySchedule
from chains.progmat.flows.salts import Salts
from chains.progmat.flows.seams import NodeSelf, Role
from chains.progmat.flows.snipping import ATTEST
from chains.progmat.flows.verification import LedgerVerifier
from chains.progmat.ibc_host.earmark import ChainReader
from chains.progmat.identity import KeyStore, NetworkMap
from chains.progmat.market.people.rules import PeopleRules
from chains.progmat.node.api_access import ApiAccess
from chains.progmat.node.database_location import database_location
from chains.progmat.node.errors import KeyMissing
from chains.progmat.node.following_network import FollowsNetwork
from chains.progmat.node.gated_keys import GatedKeys, GatedSigner
from chains.progmat.node.ledger_node import LedgerNode, NodeParts
from chains.progmat.node.light_client_kinds import CHAIN_READERS
from chains.progmat.node.market_parts import MarketPart, market_parts
from chains.progmat.node.node_storage import NodeStorage
from chains.progmat.node.operations import NodeOperations
from chains.progmat.node.peers import PeerNetwork, PeerRouter
from chains.progmat.node.rpc_flow_service import FlowServiceRpc
from chains.progmat.node.rpc_key_service import KeyServiceRpc
from chains.progmat.node.rpc_membership_service import MembershipServiceRpc
from chains.progmat.node.rpc_node_service import NodeServiceRpc
from chains.progmat.node.rpc_proposal_service import ProposalServiceRpc
from chains.progmat.node.rpc_replacement_service import ReplacementServiceRpc
from chains.progmat.node.rpc_token_service import TokenServiceRpc
from chains.progmat.node.rpc_vault import VaultServiceRpc
from chains.progmat.node.served_api import ServedApi
from chains.progmat.node.standing import NodePart
from chains.progmat.node.storage import NodeDatabase, history_id
from chains.progmat.node.storage.standing import Doubt
from chains.progmat.node.vault_upkeep import UpkeepPolicy, VaultUpkeep
from chains.progmat.notary.sqlite_store import SqliteUniquenessStore
from chains.progmat.notary.uniqueness import UniquenessStore
from chains.progmat.transactions.network_parameters import NetworkParameters
from chains.progmat.validators.approver import APPROVE, Approver
from chains.progmat.validators.archive import ArchiveRecorder
from chains.progmat.validators.attestor import Attestor
from chains.progmat.validators.checkpoint_signer import CheckpointSigner
from chains.progmat.validators.journal_tail import JournalTail, TailSettings
from chains.progmat.validators.quote_verdicts import QuoteVerdicts
from chains.progmat.validators.rpc_quotes import SERVICE_NAME as QUOTE_SERVICE
from chains.progmat.validators.rpc_quotes import QuoteRpc
from chains.progmat.validators.rpc_validator import ValidatorRpc
from chains.progmat.validators.signing_floor import SigningFloor
from chains.progmat.validators.signing_gate import SigningGate
from chains.progmat.validators.signing_log import SigningLog
from light_clients.enclave.attestation.roots import PRODUCTION_ROOT_PINS

PartT = TypeVar("PartT", bound=MarketPart)
OpenUniquenessStore = Callable[[Path, str], UniquenessStore]
"""Path and ledger id; may block."""


@dataclass(frozen=True)
class Surroundings(FollowsNetwork):
    """What all roles of one node share. ``folder`` holds its databases, opened by ``open_…``."""

    me: NodeSelf
    parameters: NetworkParameters
    package: ContractPackage
    directory: NetworkMap
    keys: KeyStore
    network: PeerNetwork
    folder: Path
    access: ApiAccess
    clock: Clock = field(default_factory=SystemClock)
    soft_lock_s: int = 120
    verify_workers: int = 0  # processes that verify what a notary's requesters signed; 0: the event loop does
    history: HistoryPolicy = HistoryPolicy.ATTESTED
    attest_every: int = DEFAULT_EVERY
    recover_every_s: int = RECOVER_EVERY_S
    retry: RetrySchedule = field(default_factory=RetrySchedule)
    delivery_retry: RetrySchedule = field(default_factory=lambda: RetrySchedule(first_ms=1000))
    tail: TailSettings = field(default_factory=TailSettings)
    upkeep: UpkeepPolicy | None = None
    random_bytes: Callable[[int], bytes] = secrets.token_bytes
    open_uniqueness_store: OpenUniquenessStore = SqliteUniquenessStore
    storage: NodeStorage | None = None
    attestation_roots: frozenset[bytes] = frozenset()  # of enclaves, beside the makers'
    people: PeopleRules = field(default_factory=PeopleRules)
    chain_readers: Mapping[str, ChainReader] = field(default_factory=lambda: CHAIN_READERS)

    def __post_init__(self) -> None:
        if self.storage is None:
            object.__setattr__(self, "storage", NodeStorage(database_location(self.folder), self.me.name))

    def node_storage(self) -> NodeStorage:
        """The database all roles of the node share; a SQLite file in ``folder`` unless another was given."""
        if self.storage is None:  # pragma: no cover - set above
            raise TypeError("no storage")
        return self.storage


class RunningRole(Protocol):
    """One role of a node: answers peers, serves its API, starts and stops."""

    def answer_peers(self, router: PeerRouter) -> None:
        """Register peer methods."""
        ...

    def serve(self, server: grpc.aio.Server) -> tuple[str, ...]:
        """Add the role's gRPC services; returns their full names."""
        ...

    def parts(self) -> tuple[NodePart, ...]:
        """What of it can be able or unable to work, beside the database that roles share."""
        ...

    async def start(self) -> None:
        """Begin to work."""
        ...

    async def stop(self) -> None:
        """Stop and close what was opened."""
        ...


class VaultRole:
    """SN, CN, AN, EN or BNO: a vault, flows and their services; what it may do, its roles say flow by flow."""

    def __init__(
        self,
        around: Surroundings,
        node: LedgerNode,
        rpc: NodeServiceRpc,
        vault_rpc: VaultServiceRpc,
        apis: Sequence[ServedApi],
        upkeep: VaultUpkeep | None,
        storage: NodeStorage,
        market: Sequence[MarketPart] = (),
    ) -> None:
        self._around = around
        self.node = node
        self.rpc = rpc
        self.vault_rpc = vault_rpc
        self._apis = apis
        self._upkeep = upkeep
        self._storage = storage
        self.market = market

    @classmethod
    async def open(cls, around: Surroundings) -> VaultRole:
        """Open the node's database and put the node together; raises storage and key errors."""
        around.node_signer()
        storage = around.node_storage()
        return await storage.lend(around.now_s, partial(cls._over, around, storage))

    @classmethod
    async def _over(cls, around: Surroundings, storage: NodeStorage, database: NodeDatabase) -> VaultRole:
        parts = NodeParts(
            me=around.me,
            database=database,
            network=around.network,
            directory=around.map_book,
            keys=GatedKeys(around.keys, database.require_current),
            verifier=LedgerVerifier(around.parameters_book, around.package),
            chain_readers=around.chain_readers,
            clock=around.clock,
            salts=Salts.of_node(around.first_signer()),
            history_id=await database.submit(partial(history_id, fresh=around.random_bytes(16).hex())),
            soft_lock_s=around.soft_lock_s,
            history=HistoryPolicy.WHOLE if Role.ISSUER in around.me.roles else around.history,
            recover_every_s=around.recover_every_s,
            attest_every=around.attest_every if Role.ISSUER in around.me.roles else 0,
            retry=around.retry,
            delivery_retry=around.delivery_retry,
        )
        around.parameters_book.before_accepting(PackageApprovals(database, around.me).require)
        around.parameters_book.before_accepting(LeavingNotaries(database).require_empty)
        node = LedgerNode(parts)
        rpc = NodeServiceRpc(node, around.keys, around.access)
        upkeep = None
        if around.upkeep is not None:
            upkeep = VaultUpkeep(node, NodeOperations(node, around.keys), around.upkeep)
        vault = VaultServiceRpc(node, around.keys, around.access, around.random_bytes)
        caller = (around.keys, around.access)
        members = MembershipServiceRpc(node, *caller)
        apis = (
            ServedApi("NodeService", add_NodeServiceServicer_to_server, rpc),
            ServedApi("FlowService", add_FlowServiceServicer_to_server, FlowServiceRpc(node, around.access)),
            ServedApi("VaultService", add_VaultServiceServicer_to_server, vault),
            ServedApi("TokenService", add_TokenServiceServicer_to_server, TokenServiceRpc(node, *caller)),
            ServedApi("KeyService", add_KeyServiceServicer_to_server, KeyServiceRpc(node, *caller)),
            ServedApi("MembershipService", add_MembershipServiceServicer_to_server, members),
            ServedApi("ProposalService", add_ProposalServiceServicer_to_server, ProposalServiceRpc(node, *caller)),
            ServedApi(
                "ReplacementService", add_ReplacementServiceServicer_to_server, ReplacementServiceRpc(node, *caller)
            ),
        )
        market = market_parts(node, around.keys, around.access, around.random_bytes, around.people)
        return cls(around, node, rpc, vault, apis, upkeep, storage, market)

    def part(self, kind: type[PartT]) -> PartT:
        """The market's part of that kind."""
        return next(part for part in self.market if isinstance(part, kind))

    def answer_peers(self, router: PeerRouter) -> None:
        """Countersign, finalise, fetch."""
        self._around.answer_about_network(router)
        self.node.answer_peers(router)
        for part in self.market:
            part.answer_peers(router)

    def serve(self, server: grpc.aio.Server) -> tuple[str, ...]:
        """All of its services."""
        of_market = (api for part in self.market for api in part.apis)
        return tuple(api.serve(server) for api in (*self._apis, *of_market))

    def parts(self) -> tuple[NodePart, ...]:
        """None: its records are all it needs."""
        return ()

    async def start(self) -> None:
        """Resume flows and deliveries."""
        await self.node.start()
        if self._upkeep is not None:
            self._upkeep.start()
        for part in self.market:
            await part.start()

    async def stop(self) -> None:
        """Stop flows, close the database."""
        self.rpc.stop()
        self.vault_rpc.stop()
        for part in self.market:
            await part.stop()
        if self._upkeep is not None:
            await self._upkeep.stop()
        await self.node.stop()
        await self._storage.release()


class ValidatorRole:
    """One of the Validators. Its checkpoint key is its node key (secp256k1): one secret, two domains of digests."""

    def __init__(
        self,
        around: Surroundings,
        storage: NodeStorage,
        log: SigningLog,
        gate: SigningGate,
        approver: Approver,
        attestor: Attestor,
        tail: JournalTail,
        rpc: ValidatorRpc,
        quotes: QuoteRpc,
        floor: SigningFloor,
    ) -> None:
        self._around = around
        self._storage = storage
        self._log = log
        self._gate = gate
        self._approver = approver
        self._attestor = attestor
        self.tail = tail
        self.rpc = rpc
        self._quotes = quotes
        self.floor = floor

    @classmethod
    async def open(cls, around: Surroundings) -> ValidatorRole:
        """Open database and signing log; raises ``SigningLogMismatch``, ``NotAValidator``, ``KeyMissing``."""
        storage = around.node_storage()
        return await storage.lend(around.now_s, partial(cls._over, around, storage))

    @classmethod
    async def _over(cls, around: Surroundings, storage: NodeStorage, database: NodeDatabase) -> ValidatorRole:
        keys = GatedKeys(around.keys, database.require_current)
        gate = await SigningGate.open(database)
        verifier = LedgerVerifier(around.parameters_book, around.package)
        desk = NotaryDesk(around.network, verifier, around.clock, around.me.party, keys, around.map_book)
        back_chain = BackChain(
            database,
            around.network,
            around.map_book,
            verifier,
            ArchiveRecorder(),
            around.clock,
            confirmed=desk.confirmed,
        )
        approver = Approver(
            database=database,
            resolver=back_chain,
            verifier=verifier,
            signer=GatedSigner(around.first_signer(), database.require_current),
            gate=gate,
            clock_s=around.now_s,
        )
        attestor = Attestor(
            database=database,
            resolver=back_chain,
            verifier=verifier,
            signer=GatedSigner(around.first_signer(), database.require_current),
            gate=gate,
            clock=around.clock,
            confirmed=desk.confirmed,
        )
        key = keys.digest_signer(around.me.party.key)
        if key is None:
            raise KeyMissing(around.me.name, "checkpoint", around.me.party.key.encoded())
        log = await asyncio.to_thread(
            SigningLog, around.folder / "signing-log.sqlite3", around.parameters.ledger_id, key.address
        )
        signer = CheckpointSigner(
            database=database,
            log=log,
            key=key,
            parameters=around.parameters_book,
            gate=gate,
            clock_s=around.now_s,
        )
        await signer.match_log()
        learn = partial(around.network_desk.know_epochs_until, notary=around.parameters.notary.name)
        tail = await JournalTail.open(database, around.network, around.parameters_book, gate, around.tail, learn)
        around.parameters_book.guard(lambda: tail.head.timestamp_s)
        others = {*around.map_book.names_with(Role.VALIDATOR), around.parameters.notary.name} - {around.me.name}
        floor = SigningFloor(log, others)
        database.watch(lambda: _doubt_as_well(log, database))
        tail.on_shown = floor.shown
        ledger_id = around.parameters.ledger_id
        rpc = ValidatorRpc(ledger_id, database, tail, signer, gate)
        roots = PRODUCTION_ROOT_PINS | around.attestation_roots
        quotes = QuoteRpc(QuoteVerdicts(ledger_id, key, gate, roots, around.now_s))
        return cls(around, storage, log, gate, approver, attestor, tail, rpc, quotes, floor)

    def answer_peers(self, router: PeerRouter) -> None:
        """Approve, attest."""
        self._around.answer_about_network(router)
        router.register(APPROVE, self._approver.approve)
        router.register(ATTEST, self._attestor.attest)

    def serve(self, server: grpc.aio.Server) -> tuple[str, ...]:
        """ValidatorService, QuoteService."""
        add_ValidatorServiceServicer_to_server(self.rpc, server)  # type: ignore[no-untyped-call] # generated without annotations
        add_QuoteServiceServicer_to_server(self._quotes, server)  # type: ignore[no-untyped-call] # as above
        return ("crossdvp.validator.v1.ValidatorService", QUOTE_SERVICE)

    def parts(self) -> tuple[NodePart, ...]:
        """It signs; it reads the journal."""
        return (
            NodePart(VALIDATOR, self._gate.require_open, self._gate.watch, lambda: f"height {self.tail.head.height}"),
            NodePart(JOURNAL, self.tail.require_readable, self.tail.watch, lambda: "read as it grows"),
        )

    async def start(self) -> None:
        """Follow the journal."""
        self.tail.start()

    async def stop(self) -> None:
        """Stop following, close log and database."""
        await self.tail.stop()
        await asyncio.to_thread(self._log.close)
        await self._storage.release()


def _doubt_as_well(log: SigningLog, database: NodeDatabase) -> None:
    """A node that forgot what it wrote may have forgotten what it signed."""
    if database.doubt is not Doubt.NONE:
        log.doubt()
