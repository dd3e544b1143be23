"""The gateway's telemetry: both ledgers observed, its dependencies named, its gauges' sources."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

from chains.evm.client.failover import FailoverRpc
from relayer.core.chain import Head
from relayer.database import Database
from relayer.lease_keeper import Lease
from relayer.telemetry.checks import DatabaseWrites, SaysWell, still_bound_s
from relayer.telemetry.database_watch import watch_database
from relayer.telemetry.dependencies import DependencyKind
from relayer.telemetry.gateway_numbers import (
    FollowerState,
    complaint_of,
    follower_numbers,
    settlement_numbers,
    webhook_numbers,
)
from relayer.telemetry.of_relayer import Peers, depend_on_peers
from relayer.telemetry.process import Telemetry
from relayer.telemetry.relayer_numbers import endpoint_numbers
from relayer.telemetry.settlement_ends import SettlementEnds, Stream

STREAM_PAUSE_S: Final = 0.5


class GatewayDatabase(Stream, Protocol):
    """The gateway's store, as far as telemetry goes."""

    database: Database

    def prove_writable(self, now_s: int) -> None:
        """One durable write."""


@dataclass(frozen=True)
class GatewayTelemetry:
    """Put together in the order of its methods; ``serve_gateway`` runs what it holds."""

    process: Telemetry

    def watch_store(self, store: GatewayDatabase, nodes: Collection[str]) -> None:
        """Its transactions, its settlements, the stream of their changes, and whether it can be written."""
        process = self.process
        watch_database(store.database.engine, process.metrics, process.timer_s)
        process.metrics.add_source(settlement_numbers(store.database, process.now_s))
        process.metrics.add_source(webhook_numbers(store.database))
        process.depend("database", DependencyKind.DATABASE, DatabaseWrites(store.prove_writable, process.now_s))
        ends = SettlementEnds(store, nodes, process.metrics, process.tracing, process.now_s)
        process.add_job("settlement ends", partial(ends.run, interval_s=STREAM_PAUSE_S))

    def watch_chain(self, chain: str, rpc: FailoverRpc, period_s: float) -> None:
        """The EVM chain's head has to move, ``period_s`` is what it takes for a block; and how its endpoints are."""
        most_still_s = still_bound_s(period_s, self.process.section.most_still_periods)

        async def head() -> Head:
            block = await rpc.get_block()
            return Head(block.height, block.timestamp_s)

        self.process.depend_on_head(chain, head, most_still_s)
        self.process.metrics.add_source(endpoint_numbers({chain: rpc}))

    def watch_peers(self, peers: Peers, stack: AsyncExitStack) -> None:
        """Whether the ledger's parties answer; connections are closed with ``stack``."""
        depend_on_peers(self.process, peers, stack)

    def watch_follower(self, follower: FollowerState, lease: Lease | None) -> None:
        """Whether the follower is well; ``lease``: under which one of several instances follows, None where alone."""
        self.process.metrics.add_source(follower_numbers(follower, lease))
        self.process.depend("follower", DependencyKind.JOB, SaysWell(partial(complaint_of, follower)))
