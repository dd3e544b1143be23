"""The relayer process, put together: the one place that names its concrete chains."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path as FilePath

import structlog

from chains.evm.client.account import EvmAccount
from chains.evm.client.deployment import read_deployment
from chains.progmat.client import ApiTls, CheckpointCollector, LedgerClient, ValidatorApi
from light_clients.progmat import ValidatorSet
from relayer.chains.evm import EvmEndpoint
from relayer.chains.evm_node import opened_evm_node
from relayer.chains.progmat import LedgerEndpoint
from relayer.config import LedgerSection, RelayerConfig, load_config
from relayer.core.chain import ChainEndpoint
from relayer.path import Path, PathSettings
from relayer.rpc_server import ServerSettings
from relayer.service import crash_hook
from relayer.serving import serve_relayer
from relayer.store import RelayerStore

_log = structlog.get_logger(__name__)


async def serve(config_file: FilePath, stopping: asyncio.Event) -> None:
    """Run the relayer that a file describes. Raises ``ConfigInvalid`` and the named errors of what it opens."""
    config = load_config(RelayerConfig, config_file)
    tls, secret = config.tls.load(), config.evm_secret()
    deployment = read_deployment(config.evm.deployment_file)
    async with AsyncExitStack() as stack:
        store = RelayerStore(config.database)
        stack.callback(store.close)
        rpc = await stack.enter_async_context(opened_evm_node(config.evm.rpc_url, deployment))
        account = EvmAccount(rpc, secret, deployment.chain_id)
        ledger = await stack.enter_async_context(ledger_endpoint(config.ledger, tls))
        endpoints: tuple[ChainEndpoint, ChainEndpoint] = (ledger, EvmEndpoint(rpc, deployment, account))
        settings = PathSettings(receive_margin_s=config.receive_margin_s)
        path = Path(endpoints, store, settings, time.time, crash_hook(config.kill_at, _kill_this_process))
        await serve_relayer(
            path,
            store,
            ServerSettings(config.listen, tls, config.callers),
            config.poll_interval_ms / 1000,
            stopping,
            lambda port: _log.info(
                "relaying", listen=config.listen, port=port, chains=[e.chain_name for e in endpoints]
            ),
        )


@asynccontextmanager
async def ledger_endpoint(section: LedgerSection, tls: ApiTls) -> AsyncIterator[LedgerEndpoint]:
    """The ledger as seen through its issuer's and custodians' nodes and its Validators."""
    addresses = tuple(sorted(bytes.fromhex(address.removeprefix("0x")) for address in section.validator_addresses))
    validators = [ValidatorApi(peer.endpoint(), tls) for peer in section.validators]
    collector = CheckpointCollector(section.ledger_id, ValidatorSet(section.threshold, addresses), validators)
    issuer, *custodians = (LedgerClient(peer.endpoint(), tls) for peer in (section.issuer, *section.custodians))
    endpoint = LedgerEndpoint(issuer, collector, section.client_id, custodians)
    try:
        yield endpoint
    finally:
        await endpoint.close()


def _kill_this_process() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
