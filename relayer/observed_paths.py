"""Opened paths with their telemetry: ends observed, endpoints and accounts watched, what they depend on named."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace

from chains.progmat.client.channel import ApiTls
from relayer.opened_paths import OpenedPath
from relayer.telemetry.of_relayer import EvmSeen, Peers, RelayerTelemetry


def observed_paths(
    opened: Sequence[OpenedPath], telemetry: RelayerTelemetry, tls: ApiTls, stack: AsyncExitStack
) -> list[OpenedPath]:
    """The same paths over observed ends; what asks the ledger's parties for their health is closed with ``stack``."""
    observed = []
    for path in opened:
        telemetry.watch_peers(Peers.of(path.section.ledger, tls), stack)
        evm = EvmSeen(path.ends[1].chain_name, path.chain.rpc, path.account.address, path.block_period_s)
        observed.append(replace(path, ends=telemetry.observed(path.section.name, path.ends, evm)))
    return observed
