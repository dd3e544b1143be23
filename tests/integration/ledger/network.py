"""A whole ledger in one process: SN, two CNs, notary, four Validators, over SQLite files and the in-process network.

Every node is the one that ships, put together by the same composition functions; only transport and clock differ.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import func, select

from chains.progmat.contracts.membership import BusinessNetwork, MemberRole
from chains.progmat.contracts.package import ContractPackage
from chains.progmat.flows.any_request import AnyRequest
from chains.progmat.flows.history_policy import HistoryPolicy
from chains.progmat.flows.market_requests import ChangeMembership, MembershipChange
from chains.progmat.flows.record import FlowRecord
from chains.progmat.flows.requests import IssueCash
from chains.progmat.flows.retry import RetrySchedule
from chains.progmat.flows.seams import NodeSelf, Role
from chains.progmat.flows.steps import ENDS, FlowStep
from chains.progmat.ibc_host.earmark import ChainReader
from chains.progmat.identity import KeyPurpose, KeyStore, NetworkMap, NodeEntry, ScryptCost, StoreOptions
from chains.progmat.keys.passphrase_wrapper import PassphraseWrapper
from chains.progmat.market.people.rules import PasswordPolicy, PeopleRules
from chains.progmat.node.api_access import ApiAccess
from chains.progmat.node.database_location import DatabaseLocation, database_location
from chains.progmat.node.light_client_kinds import CHAIN_READERS, production_package
from chains.progmat.node.node_storage import NodeStorage
from chains.progmat.node.notary_role import NotaryRole
from chains.progmat.node.operations import NodeOperations
from chains.progmat.node.peers import InProcessPeerNetwork, PeerRouter, deliver_all
from chains.progmat.node.roles import (
    RunningRole,
    Surroundings,
    ValidatorRole,
    VaultRole,
)
from chains.progmat.node.storage import EffectStatus, NodeDatabase
from chains.progmat.node.storage.errors import StorageFailed
from chains.progmat.node.storage.schema import outbox
from chains.progmat.node.storage.writer import Begun, Operation, Written
from chains.progmat.transactions.network_parameters import NetworkParameters
from ibc.dvp import CashAccount
from tests.fakes.ledger_parties import (
    AN,
    APPROVER,
    BUYER,
    CN_A,
    CN_B,
    COIN_ID,
    EN,
    NN,
    OPERATOR,
    SELLER,
    SN,
    VALIDATORS,
    LedgerParty,
    network_parameters,
)
from tests.fakes.manual_clock import ManualClock

WAIT_S = 20
PACKAGE = production_package()
PARAMETERS = network_parameters(PACKAGE)
OPERATIONS_NAME = "operations"
GATEWAY_NAME = "gateway"
PLATFORM_NAME = "broker"
ACCESS = ApiAccess(
    operators=frozenset({OPERATIONS_NAME}), gateways=frozenset({GATEWAY_NAME}), platforms=frozenset({PLATFORM_NAME})
)
ROLES = {
    SN: Role.ISSUER,
    CN_A: Role.CUSTODIAN,
    CN_B: Role.CUSTODIAN,
    NN: Role.NOTARY,
    **dict.fromkeys(VALIDATORS, Role.VALIDATOR),
    AN: Role.REGISTRAR,
    EN: Role.EXCHANGE,
}
EXTRA_ROLES = {SN: (Role.OPERATOR,)}
CASH_PARTIES = (SN, CN_A, CN_B, NN)
TOKEN_PARTIES = (*CASH_PARTIES, AN)
SETTLEMENT_PARTIES = (*CASH_PARTIES, *VALIDATORS)
EXTRA_KEYS = {
    SN: ((OPERATOR, KeyPurpose.OPERATOR),),
    CN_A: ((SELLER, KeyPurpose.ACCOUNT),),
    CN_B: ((BUYER, KeyPurpose.ACCOUNT),),
    AN: ((APPROVER, KeyPurpose.APPROVER),),
}
MAP = NetworkMap(
    NodeEntry(party.party, frozenset({role, *EXTRA_ROLES.get(party, ())}), "127.0.0.1", 20_000 + index, index)
    for index, (party, role) in enumerate(ROLES.items(), start=1)
)
WITHOUT_TOKENS = NetworkMap(entry for entry in MAP.entries if entry.name not in {AN.name, EN.name})
"""The map of a ledger that has no tokens: nobody asks nodes that are not there."""
SELLER_ACCOUNT = SELLER.account_at(CN_A)
BUYER_ACCOUNT = BUYER.account_at(CN_B)


def _plain_router(_name: str) -> PeerRouter:
    return PeerRouter()


@dataclass
class RunningNode:
    """A started node; ``operations`` only where there is a vault."""

    role: RunningRole
    operations: NodeOperations | None
    around: Surroundings


@dataclass
class LedgerNetwork:
    """The nodes by name. ``kill`` is ``kill -9``: nothing is finished, nothing is written."""

    folder: Path
    clock: ManualClock = field(default_factory=ManualClock)
    hub: InProcessPeerNetwork = field(default_factory=InProcessPeerNetwork)
    nodes: dict[str, RunningNode] = field(default_factory=dict)
    issued: int = 0
    more_keys: Mapping[LedgerParty, tuple[LedgerParty, ...]] = field(default_factory=dict)
    key_stores: dict[LedgerParty, type[KeyStore]] = field(default_factory=dict)  # of another kind, from the next start
    roles: dict[LedgerParty, Role] = field(default_factory=lambda: dict(ROLES))
    network_map: NetworkMap = WITHOUT_TOKENS
    database_of: Callable[[str, Path], DatabaseLocation] = lambda _name, folder: database_location(folder)
    attest_every: int = 0
    router_of: Callable[[str], PeerRouter] = _plain_router
    whole_history: frozenset[str] = frozenset()
    recover_first: bool = False
    package: ContractPackage = field(default_factory=lambda: PACKAGE)
    parameters: NetworkParameters = PARAMETERS
    chain_readers: Mapping[str, ChainReader] = field(default_factory=lambda: CHAIN_READERS)
    deliver_all = staticmethod(deliver_all)

    async def start(self, party: LedgerParty) -> RunningNode:
        """Start a node, perhaps again, from what its folder holds."""
        router = self.router_of(party.name)
        around = self._surroundings(party)
        self.hub.leave(party.name)  # until it answers
        role: RunningRole
        operations = None
        if self.roles[party] is Role.NOTARY:
            role = await NotaryRole.open(around)
        elif self.roles[party] is Role.VALIDATOR:
            role = await ValidatorRole.open(around)
        else:
            vault = role = await VaultRole.open(around)
            operations = NodeOperations(vault.node, around.keys)
        role.answer_peers(router)
        self.hub.join(party.name, router)
        if self.recover_first and isinstance(role, VaultRole):
            await role.node.recovery.reconcile()
        await role.start()
        self.nodes[party.name] = RunningNode(role, operations, around)
        return self.nodes[party.name]

    async def stop(self, party: LedgerParty) -> None:
        """Stop a node in good order."""
        self.hub.leave(party.name)
        await self.nodes.pop(party.name).role.stop()

    async def kill(self, party: LedgerParty) -> None:
        """End a vault node without letting it write or send anything more."""
        self.hub.leave(party.name)
        role = self.vault(party)
        node = role.node
        del self.nodes[party.name]
        database = node.parts.database
        lose_what_is_queued(database)
        for part in role.market:
            await part.stop()
        await node.stop()
        await database.close()

    async def restart_all(self, package: ContractPackage) -> None:
        """Every node stops, and starts again as a program of another contract package."""
        parties = [party for party in self.roles if party.name in self.nodes]
        for party in reversed(parties):
            await self.stop(party)
        self.package = package
        for party in parties:
            await self.start(party)

    async def close(self) -> None:
        """Stop what runs."""
        for party in reversed(self.roles):
            if party.name in self.nodes:
                await self.stop(party)

    def operations(self, party: LedgerParty) -> NodeOperations:
        """The operations of a vault node."""
        operations = self.nodes[party.name].operations
        assert operations is not None
        return operations

    def vault(self, party: LedgerParty) -> VaultRole:
        """A vault node's role."""
        role = self.nodes[party.name].role
        assert isinstance(role, VaultRole)
        return role

    async def run(self, party: LedgerParty, request: AnyRequest, wait_s: int = WAIT_S) -> FlowRecord:
        """Submit and wait for the outcome."""
        return await self.operations(party).submit(request, wait_s)

    async def done(self, party: LedgerParty, request: AnyRequest) -> FlowRecord:
        """Submit, wait until all participants have it, and insist on success."""
        await self.operations(party).submit(request, 0)
        record = await self.vault(party).node.engine.outcome(request.request_id, WAIT_S, ENDS)
        assert record.step is FlowStep.DONE, record
        return record

    async def admit_members(self, notary: str = "") -> None:
        """The operator admits issuer and custodians, at the journal's notary or another."""
        for party, role in ((SN, MemberRole.SC_ISSUER), (CN_A, MemberRole.CUSTODIAN), (CN_B, MemberRole.CUSTODIAN)):
            await self.admit(party, BusinessNetwork.SC, role, notary=notary)

    async def admit(
        self, party: LedgerParty, network: BusinessNetwork, *roles: MemberRole, notary: str = ""
    ) -> FlowRecord:
        """The operator admits a member."""
        where = "-".join(filter(None, ("" if network is BusinessNetwork.SC else network.name, notary)))
        name = "-".join(filter(None, ("admit", party.name, where)))
        return await self.done(SN, ChangeMembership(name, MembershipChange.ADMIT, network, party.name, roles, notary))

    async def everything_delivered(self, party: LedgerParty) -> None:
        """Return when a vault node owes nobody anything."""
        database = self.vault(party).node.parts.database
        owed = select(func.count()).where(outbox.c.status != EffectStatus.DONE.value)
        async with asyncio.timeout(WAIT_S):
            while await database.read(lambda connection: connection.execute(owed).scalar_one()):  # noqa: ASYNC110 - as below
                await asyncio.sleep(0)  # deliveries tell nobody

    async def issue(self, amount_yen: int, to: CashAccount = BUYER_ACCOUNT, notary: str = "") -> FlowRecord:
        """New cash for an account, at the journal's notary or another."""
        self.issued += 1
        return await self.done(SN, IssueCash(f"issue-{self.issued}", COIN_ID, amount_yen, to, notary=notary))

    async def free_yen(self, party: LedgerParty, account: CashAccount) -> int:
        """What an account may spend, as a node sees it."""
        lines = await self.operations(party).balances(COIN_ID, account.key)
        return sum(line.balance.free for line in lines)

    async def total_yen(self, party: LedgerParty) -> int:
        """All cash in a node's vault."""
        return sum(line.balance.total for line in await self.operations(party).balances("", b""))

    def _surroundings(self, party: LedgerParty) -> Surroundings:
        folder = self.folder / party.name
        folder.mkdir(exist_ok=True)
        entry = self.network_map.entry(party.name)
        assert entry is not None
        return Surroundings(
            me=NodeSelf(entry.party, entry.roles, entry.index),
            parameters=self.parameters,
            package=self.package,
            chain_readers=self.chain_readers,
            directory=self.network_map,
            keys=self._keys(party, folder / "keys.db"),
            network=self.hub.join(party.name, PeerRouter()),
            folder=folder,
            storage=NodeStorage(self.database_of(party.name, folder), party.name),
            access=ACCESS,
            clock=self.clock,
            attest_every=self.attest_every,
            recover_every_s=0,
            history=HistoryPolicy.WHOLE if party.name in self.whole_history else HistoryPolicy.ATTESTED,
            retry=RetrySchedule(first_ms=100, ceiling_ms=1000),
            people=PeopleRules(PasswordPolicy(log2_n=4)),
        )

    def _keys(self, party: LedgerParty, path: Path) -> KeyStore:
        kind = self.key_stores.get(party, KeyStore)
        if path.exists():
            return kind.open_with(path, MASTER_KEY, StoreOptions())
        keys = kind.create_with(path, MASTER_KEY, StoreOptions())
        keys.keep("node", KeyPurpose.NODE, party.scheme, party.secret)
        later = ((key, KeyPurpose.NODE) for key in self.more_keys.get(party, ()))
        for kept, purpose in (*EXTRA_KEYS.get(party, ()), *later):
            keys.keep(kept.name, purpose, kept.scheme, kept.secret)
        return keys


def lose_what_is_queued(database: NodeDatabase) -> None:
    """As in a crash: nothing is written any more."""

    def begin(batch: Sequence[Operation]) -> Begun:
        return Begun(batch, Written.lost(batch, StorageFailed("the process was killed")))

    database._writer.begin = begin  # type: ignore[method-assign]  # instead of a kill -9


MASTER_KEY = PassphraseWrapper(lambda: b"test", "the tests' key stores", ScryptCost(14))
"""Of all stores: a passphrase is stretched once a wrapper, and that takes longer than many a test."""


@asynccontextmanager
async def running_ledger(
    folder: Path,
    parties: Iterable[LedgerParty] = SETTLEMENT_PARTIES,
    attest_every: int = 0,
    router_of: Callable[[str], PeerRouter] = _plain_router,
    more_keys: Mapping[LedgerParty, tuple[LedgerParty, ...]] | None = None,
    database_of: Callable[[str, Path], DatabaseLocation] = lambda _name, folder: database_location(folder),
    parameters: NetworkParameters = PARAMETERS,
    package: ContractPackage = PACKAGE,
    chain_readers: Mapping[str, ChainReader] = CHAIN_READERS,
) -> AsyncIterator[LedgerNetwork]:
    """Nodes started, members admitted. Cash alone needs no Validators: ``CASH_PARTIES``.

    Tokens need their registrar besides: ``TOKEN_PARTIES``. ``more_keys``: keys that nodes keep for later epochs.
    """
    network = LedgerNetwork(
        folder,
        attest_every=attest_every,
        router_of=router_of,
        more_keys=more_keys or {},
        database_of=database_of,
        parameters=parameters,
        package=package,
        chain_readers=chain_readers,
    )
    network.network_map = MAP if AN in set(parties) else WITHOUT_TOKENS
    try:
        for party in parties:
            await network.start(party)
        await network.admit_members()
        yield network
    finally:
        await network.close()
