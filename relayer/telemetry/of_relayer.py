"""The relayer's telemetry: its ends observed, its dependencies named, its gauges' sources."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol

from chains.evm.client.failover import FailoverRpc
from chains.progmat.client.channel import ApiEndpoint, ApiTls
from chains.progmat.client.part_names import RECORDS, VALIDATOR
from relayer.config import LedgerSection
from relayer.core.chain import ChainEndpoint
from relayer.database import Database
from relayer.telemetry.account_watch import AccountWatch
from relayer.telemetry.checks import DatabaseWrites, EnoughServe, PeerServes, SaysWell, still_bound_s
from relayer.telemetry.database_watch import watch_database
from relayer.telemetry.dependencies import DependencyKind
from relayer.telemetry.observed_endpoint import ObservedEndpoint, Observing
from relayer.telemetry.packet_ends import PacketEnds
from relayer.telemetry.process import Telemetry
from relayer.telemetry.relayer_numbers import (
    LoopState,
    WatchedPath,
    alarm_numbers,
    endpoint_numbers,
    packet_numbers,
    path_numbers,
)
from relayer.watch.alarms import AlarmBoard


class Named(Protocol):
    """A path."""

    @property
    def name(self) -> str:
        """Its name."""


class PathLoop(LoopState, Protocol):
    """A path's loop, and its path."""

    @property
    def path(self) -> Named:
        """The path."""


class RelayerDatabase(Protocol):
    """The relayer's store, as far as telemetry goes."""

    database: Database

    def prove_writable(self, now_s: int) -> None:
        """One durable write."""


@dataclass(frozen=True)
class EvmSeen:
    """An EVM chain of a path: its endpoints, the account of ours there, and how long it takes for a block."""

    chain: str
    rpc: FailoverRpc
    address: bytes
    block_period_s: float


@dataclass(frozen=True)
class Peers:
    """The ledger's parties that a process calls: each of ``nodes`` has to answer, ``needed`` of ``validators``."""

    nodes: Sequence[ApiEndpoint]
    validators: Sequence[ApiEndpoint]
    needed: int
    tls: ApiTls

    @classmethod
    def of(cls, section: LedgerSection, tls: ApiTls) -> Peers:
        """Those of a configuration."""
        nodes = [peer.endpoint() for peer in (section.issuer, *section.custodians)]
        return cls(nodes, [peer.endpoint() for peer in section.validators], section.threshold, tls)

    def without_validators(self) -> Peers:
        """For who never asks them."""
        return replace(self, validators=())


@dataclass
class RelayerTelemetry:
    """Put together in the order of its methods; ``serve_relayer`` runs what it holds."""

    process: Telemetry
    _ends: dict[str, tuple[ObservedEndpoint, ObservedEndpoint]] = field(default_factory=dict)
    _paths: list[WatchedPath] = field(default_factory=list)
    _accounts: dict[tuple[str, bytes], AccountWatch] = field(default_factory=dict)
    _chains: dict[str, FailoverRpc] = field(default_factory=dict)

    def __post_init__(self) -> None:
        process = self.process
        process.metrics.add_source(path_numbers(lambda: self._paths, process.now_s, process.timer_s))
        process.metrics.add_source(endpoint_numbers(self._chains))

    def watch_store(self, store: RelayerDatabase) -> None:
        """Its transactions, its packets, and whether it can be written."""
        process = self.process
        watch_database(store.database.engine, process.metrics, process.timer_s)
        process.metrics.add_source(packet_numbers(store.database, process.now_s))
        process.depend("database", DependencyKind.DATABASE, DatabaseWrites(store.prove_writable, process.now_s))

    def watch_peers(self, peers: Peers, stack: AsyncExitStack) -> None:
        """Whether the ledger's parties answer; connections are closed with ``stack``."""
        depend_on_peers(self.process, peers, stack)

    def observed(
        self, path: str, endpoints: tuple[ChainEndpoint, ChainEndpoint], evm: EvmSeen | None = None
    ) -> tuple[ObservedEndpoint, ObservedEndpoint]:
        """Both ends of a path, observed; their heads have to move. ``evm``: of its EVM end, if it has one."""
        process = self.process
        submitted: Callable[[str, str], None] = _nothing
        if evm is not None:
            self._chains[evm.chain] = evm.rpc
            submitted = self._account(evm).submitted
        ends = PacketEnds(process.metrics, process.tracing, process.now_s)
        observing = Observing(process.metrics, process.tracing, ends, process.now_s, process.timer_s, submitted)
        for endpoint in endpoints:
            is_evm = evm is not None and endpoint.chain_name == evm.chain
            period_s = evm.block_period_s if evm is not None and is_evm else process.section.ledger_period_s
            process.depend_on_head(
                endpoint.chain_name, endpoint.head, still_bound_s(period_s, process.section.most_still_periods)
            )
        one, two = endpoints
        self._ends[path] = (ObservedEndpoint(one, observing), ObservedEndpoint(two, observing))
        return self._ends[path]

    def _account(self, evm: EvmSeen) -> AccountWatch:
        """One watch for each account, however many paths it pays for."""
        known = self._accounts.get((evm.chain, evm.address))
        if known is not None:
            return known
        watch = AccountWatch(evm.rpc, evm.chain, evm.address, self.process.metrics)
        self._accounts[evm.chain, evm.address] = watch
        pause_s = self.process.section.check_interval_s
        self.process.add_job(f"account 0x{evm.address.hex()} on {evm.chain}", partial(watch.run, interval_s=pause_s))
        return watch

    def watch_loops(self, loops: Sequence[PathLoop]) -> None:
        """The loops of paths whose ends were observed: halted, failing, standing by, or well."""
        for loop in loops:
            path = WatchedPath(loop.path.name, self._ends[loop.path.name], loop, self.process.timer_s())
            self._paths.append(path)
            self.process.depend(f"path {path.name}", DependencyKind.JOB, SaysWell(path.complaint))

    def watch_alarms(self, boards: Sequence[AlarmBoard]) -> None:
        """What the watches found."""
        self.process.metrics.add_source(alarm_numbers(boards))


def _nothing(_chain: str, _tx_id: str) -> None:
    """Of ends without an account that anybody watches."""


def depend_on_peers(process: Telemetry, peers: Peers, stack: AsyncExitStack) -> None:
    """A dependency for each node, one for enough Validators; connections are closed with ``stack``."""
    timeout_s = process.section.check_timeout_s

    def serves(endpoint: ApiEndpoint, *parts: str) -> PeerServes:
        check = PeerServes(endpoint, peers.tls, timeout_s, parts)
        stack.push_async_callback(check.close)
        return check

    for node in peers.nodes:
        process.depend(f"node {node.name}", DependencyKind.PEER, serves(node, RECORDS))
    if peers.validators:
        enough = EnoughServe([serves(each, RECORDS, VALIDATOR) for each in peers.validators], peers.needed)
        process.depend("validators", DependencyKind.PEER, enough)
