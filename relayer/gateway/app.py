"""The gateway process, put together: the one place that names the concrete ledgers behind it."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from contextlib import AsyncExitStack
from pathlib import Path

import structlog

from chains.evm.client.deployment import Deployment, read_deployment
from chains.evm.client.failover import FailoverRpc
from chains.progmat.client.channel import ApiTls
from chains.progmat.client.ledger_client import LedgerClient
from relayer.chains.evm_consensus import EVM_CONSENSUS
from relayer.chains.evm_node import opened_evm_node
from relayer.client import RelayerClient
from relayer.config import GatewayConfig, load_config
from relayer.gateway.access import Speakers
from relayer.gateway.adapter_orders import orders_of
from relayer.gateway.admission import Admission, Margins, Scope
from relayer.gateway.evm_side import EvmSide
from relayer.gateway.http.server import HttpSettings
from relayer.gateway.ledger_side import LedgerSide
from relayer.gateway.more_services import House, Reached, opened_services
from relayer.gateway.parts import Additions, GatewayParts
from relayer.gateway.serving import serve_gateway
from relayer.gateway.settlement_config import cut_offs_of, rules_of
from relayer.gateway.store import GatewayStore
from relayer.gateway.webhooks.serving import webhook_settings
from relayer.proof_ends import EvmAccess, LedgerAccess, opened_prover
from relayer.rpc_server import ServerSettings
from relayer.service import crash_hook, kill_this_process
from relayer.telemetry import names
from relayer.telemetry.observed_sides import ObservedCash, ObservedSecurities
from relayer.telemetry.of_gateway import GatewayTelemetry
from relayer.telemetry.of_relayer import Peers
from relayer.telemetry.process import opened_telemetry

_log = structlog.get_logger(__name__)


async def serve(config_file: Path, stopping: asyncio.Event) -> None:
    """Run the gateway that a file describes. Raises ``ConfigInvalid`` and the named errors of what it opens."""
    config = load_config(GatewayConfig, config_file)
    tls = config.tls.load()
    deployment = read_deployment(config.evm.deployment_file)
    async with AsyncExitStack() as stack:
        process = await stack.enter_async_context(opened_telemetry("gateway", config.telemetry, names.GATEWAY, tls))
        telemetry = GatewayTelemetry(process)
        store = GatewayStore(config.database)
        stack.callback(store.close)
        rpc = await stack.enter_async_context(opened_evm_node(config.evm.node_settings(deployment.chain_id)))
        ledger = LedgerAccess(config.ledger, tls)
        prover = await opened_prover(
            config.proof, ledger, EvmAccess(rpc, deployment, EVM_CONSENSUS[config.evm.consensus]), stack
        )
        custodians = {peer.name: LedgerClient(peer.endpoint(), tls) for peer in config.ledger.custodians}
        cash = LedgerSide(ledger.issuer(), custodians, config.ledger.client_id)
        stack.push_async_callback(cash.close)
        orders = orders_of(deployment, config.securities_lead)
        scope = Scope(deployment.chain_id, config.ledger.ledger_id, frozenset(custodians), orders)
        speakers = Speakers.of_tenants({name: tenant.tenant() for name, tenant in config.tenants.items()})
        _watch(telemetry, config, tls, store, deployment, rpc, stack)
        settle, pay = (
            (config.before_lock_s, config.lock_to_settle_s),
            (config.before_payment_s, config.payment_to_settle_s),
        )
        margins = Margins(*settle, *pay)
        rules, cut_offs = rules_of(config.tolerances), cut_offs_of(config.cut_offs)
        asked = None if config.relayer is None else RelayerClient(config.relayer.endpoint(), tls)
        if asked is not None:
            stack.push_async_callback(asked.close)
        crash = crash_hook(config.kill_at, kill_this_process)
        house = House(store, speakers, Admission(scope, margins, rules, cut_offs), now_s, crash)
        more = await opened_services(config, Reached(rpc, deployment, ledger, custodians, asked), house, stack)
        parts = GatewayParts(
            store,
            ObservedSecurities(EvmSide(rpc, deployment, prover), process.tracing),
            ObservedCash(cash, process.tracing),
            scope,
            speakers,
            now_s,
            margins,
            rules=rules,
            cut_offs=cut_offs,
            calls=config.calls.rules(config.name),
            name=f"{config.name}@{socket.gethostname()}:{os.getpid()}",
            heartbeat_s=config.watch_heartbeat_s,
            more=more,
            crash=crash,
        )
        await serve_gateway(
            parts,
            ServerSettings(config.listen, tls, speakers.callers, process.server_interceptors),
            config.poll_interval_ms / 1000,
            stopping,
            lambda port: _log.info("serving", listen=config.listen, port=port),
            additions_of(config),
            telemetry,
        )


def _watch(
    telemetry: GatewayTelemetry,
    config: GatewayConfig,
    tls: ApiTls,
    store: GatewayStore,
    deployment: Deployment,
    rpc: FailoverRpc,
    stack: AsyncExitStack,
) -> None:
    """What the gateway depends on; what asks the ledger's parties for their health is closed with ``stack``."""
    nodes = {node for tenant in config.tenants.values() for node in tenant.nodes}
    telemetry.watch_store(store, nodes | {peer.name for peer in config.ledger.custodians})
    telemetry.watch_peers(Peers.of(config.ledger, tls).without_validators(), stack)
    telemetry.watch_chain(f"evm-{deployment.chain_id}", rpc, deployment.block_period_ms / 1000)


def additions_of(config: GatewayConfig) -> Additions:
    """What the configuration asks for beside gRPC. Raises ``ConfigInvalid``."""
    http = config.http
    return Additions(
        http=None if http is None else HttpSettings(http.listen, config.tls, http.heartbeat_s),
        webhooks=webhook_settings(config),
        on_http_ready=lambda port: _log.info("serving HTTP", listen=http.listen if http else "", port=port),
    )


def now_s() -> int:
    """This machine's clock, Unix seconds."""
    return int(time.time())
