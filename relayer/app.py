"""The relayer process, put together."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path as FilePath

import structlog

from relayer.config import RelayerConfig, load_config
from relayer.observed_paths import observed_paths
from relayer.opened_paths import evidence_desk, opened_paths, relayed_paths
from relayer.rpc_server import ServerSettings
from relayer.service import crash_hook, kill_this_process
from relayer.serving import serve_relayer
from relayer.store import RelayerStore
from relayer.telemetry import names
from relayer.telemetry.of_relayer import RelayerTelemetry
from relayer.telemetry.process import opened_telemetry

_log = structlog.get_logger(__name__)


async def serve(config_file: FilePath, stopping: asyncio.Event) -> None:
    """Run the relayer that a file describes. Raises ``ConfigInvalid`` and the named errors of what it opens."""
    config = load_config(RelayerConfig, config_file)
    tls = config.tls.load()
    for path in config.paths:
        path.evm_secret()  # a key that cannot be used is told before anything is opened
    async with AsyncExitStack() as stack:
        process = await stack.enter_async_context(opened_telemetry("relayer", config.telemetry, names.RELAYER, tls))
        telemetry = RelayerTelemetry(process)
        store = RelayerStore(config.database)
        stack.callback(store.close)
        telemetry.watch_store(store)
        opened = observed_paths(await opened_paths(config, tls, store, stack), telemetry, tls, stack)
        kill = crash_hook(config.kill_at, kill_this_process)
        chains = {path.section.name: [end.chain_name for end in path.ends] for path in opened}
        await serve_relayer(
            relayed_paths(opened, config, store, kill, stopping),
            store,
            ServerSettings(config.listen, tls, config.callers, process.server_interceptors),
            config.poll_interval_ms / 1000,
            stopping,
            lambda port: _log.info("relaying", listen=config.listen, port=port, paths=chains),
            evidence=evidence_desk(opened, config),
            telemetry=telemetry,
        )
