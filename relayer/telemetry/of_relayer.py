"""The relayer's telemetry: its ends observed, its dependencies named, its gauges' sources."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol

from chains.evm.client.rpc import EvmRpc
from chains.progmat.client import ApiEndpoint, ApiTls
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
    packet_numbers,
    path_name,
    path_numbers,
)
from relayer.watch.alarms import AlarmBoard


class RelayerDatabase(Protocol):
    """The relayer's store, as far as telemetry goes."""

    database: Database

    def prove_writable(self, now_s: int) -> None:
        """One durable write."""


@dataclass(frozen=True)
class EvmAccountSeen:
    """An account of ours on a chain."""

    chain: str
    rpc: EvmRpc
    address: bytes


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

    def __post_init__(self) -> None:
        process = self.process
        process.metrics.add_source(path_numbers(lambda: self._paths, process.now_s, process.timer_s))

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
        self, endpoints: tuple[ChainEndpoint, ChainEndpoint], periods_s: tuple[float, float], account: EvmAccountSeen
    ) -> tuple[ObservedEndpoint, ObservedEndpoint]:
        """Both ends of a path, observed; their heads have to move: ``periods_s`` is what each takes for a block."""
        process = self.process
        watch = AccountWatch(account.rpc, account.chain, account.address, process.metrics)
        process.add_job(f"account on {account.chain}", partial(watch.run, interval_s=process.section.check_interval_s))
        ends = PacketEnds(process.metrics, process.tracing, process.now_s)
        observing = Observing(process.metrics, process.tracing, ends, process.now_s, process.timer_s, watch.submitted)
        for endpoint, period_s in zip(endpoints, periods_s, strict=True):
            most_still_s = still_bound_s(period_s, process.section.most_still_periods)
            process.depend_on_head(endpoint.chain_name, endpoint.head, most_still_s)
        one, two = endpoints
        observed = ObservedEndpoint(one, observing), ObservedEndpoint(two, observing)
        self._ends[path_name(observed)] = observed
        return observed

    def watch_loop(self, endpoints: tuple[ChainEndpoint, ChainEndpoint], loop: LoopState) -> None:
        """The loop of a path whose ends were observed: halted, failing, or well."""
        name = path_name(endpoints)
        path = WatchedPath(name, self._ends[name], loop)
        self._paths.append(path)
        self.process.depend(f"path {name}", DependencyKind.JOB, SaysWell(path.complaint))

    def watch_alarms(self, board: AlarmBoard) -> None:
        """What the watches found."""
        self.process.metrics.add_source(alarm_numbers(board))


def depend_on_peers(process: Telemetry, peers: Peers, stack: AsyncExitStack) -> None:
    """A dependency for each node, one for enough Validators; connections are closed with ``stack``."""
    timeout_s = process.section.check_timeout_s

    def serves(endpoint: ApiEndpoint) -> PeerServes:
        check = PeerServes(endpoint, peers.tls, timeout_s)
        stack.push_async_callback(check.close)
        return check

    for node in peers.nodes:
        process.depend(f"node {node.name}", DependencyKind.PEER, serves(node))
    if peers.validators:
        enough = EnoughServe([serves(each) for each in peers.validators], peers.needed)
        process.depend("validators", DependencyKind.PEER, enough)
