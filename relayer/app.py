"""The relayer process, put together."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from contextlib import AsyncExitStack
from pathlib import Path as FilePath

import structlog

from chains.evm.client.account import EvmAccount
from chains.evm.client.deployment import read_deployment
from chains.progmat.client import MembershipClient
from relayer.chains.evm_consensus import EVM_CONSENSUS
from relayer.chains.evm_node import opened_evm_node
from relayer.chains.progmat_watch import LedgerWatchSide
from relayer.config import ConsensusKind, RelayerConfig, load_config
from relayer.path import Path, PathSettings
from relayer.proof_ends import EvmAccess, LedgerAccess, opened_ends
from relayer.proof_watches import watch_over
from relayer.rpc_server import ServerSettings
from relayer.service import crash_hook
from relayer.serving import serve_relayer
from relayer.store import RelayerStore
from relayer.telemetry import names
from relayer.telemetry.of_relayer import EvmAccountSeen, Peers, RelayerTelemetry
from relayer.telemetry.process import opened_telemetry

_log = structlog.get_logger(__name__)


async def serve(config_file: FilePath, stopping: asyncio.Event) -> None:
    """Run the relayer that a file describes. Raises ``ConfigInvalid`` and the named errors of what it opens."""
    config = load_config(RelayerConfig, config_file)
    tls, secret = config.tls.load(), config.evm_secret()
    deployment, consensus = read_deployment(config.evm.deployment_file), EVM_CONSENSUS[config.evm.consensus]
    if config.evm.consensus is ConsensusKind.MOCK:
        _log.warning("mock consensus: nothing that this chain says is proved", url=config.evm.rpc_url)
    async with AsyncExitStack() as stack:
        process = await stack.enter_async_context(opened_telemetry("relayer", config.telemetry, names.RELAYER, tls))
        telemetry = RelayerTelemetry(process)
        store = RelayerStore(config.database)
        stack.callback(store.close)
        telemetry.watch_store(store)
        rpc = await stack.enter_async_context(opened_evm_node(config.evm.rpc_url, deployment.chain_id))
        account = EvmAccount(rpc, secret, deployment.chain_id, config.evm.max_gas_price_wei)
        ledger, evm = LedgerAccess(config.ledger, tls), EvmAccess(rpc, deployment, consensus)
        endpoints = await opened_ends(config.proof, ledger, evm, account, stack)
        members = MembershipClient(config.ledger.issuer.endpoint(), tls)
        stack.push_async_callback(members.close)
        issuer = ledger.issuer()
        stack.push_async_callback(issuer.close)
        ledger_side = LedgerWatchSide(issuer, members, config.ledger.client_id, config.evidence)
        watch_interval_s = config.watch_interval_ms / 1000
        watches = await watch_over(config.proof, endpoints, ledger, evm, account, ledger_side, watch_interval_s, stack)
        telemetry.watch_peers(Peers.of(config.ledger, tls), stack)
        seen = EvmAccountSeen(endpoints[1].chain_name, rpc, account.address)
        periods_s = (config.telemetry.ledger_period_s, deployment.block_period_ms / 1000)
        observed = telemetry.observed(endpoints, periods_s, seen)
        settings = PathSettings(receive_margin_s=config.receive_margin_s)
        path = Path(observed, store, settings, time.time, crash_hook(config.kill_at, _kill_this_process))
        chains = [endpoint.chain_name for endpoint in endpoints]
        await serve_relayer(
            path,
            store,
            ServerSettings(config.listen, tls, config.callers, process.server_interceptors),
            config.poll_interval_ms / 1000,
            stopping,
            lambda port: _log.info("relaying", listen=config.listen, port=port, chains=chains, proof=config.proof.kind),
            watches,
            telemetry,
        )


def _kill_this_process() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
