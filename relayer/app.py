"""The relayer process, put together: the one place that names its concrete chains."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path as FilePath

import structlog

from chains.evm.client.account import EvmAccount
from chains.evm.client.deployment import read_deployment
from chains.progmat.client import (
    ApiTls,
    CheckpointCollector,
    LedgerClient,
    MembershipClient,
    ValidatorApi,
    ValidatorSource,
)
from light_clients.progmat import ValidatorSet
from relayer.chains.evm import EvmEndpoint
from relayer.chains.evm_consensus import EVM_CONSENSUS, EvmConsensus
from relayer.chains.evm_node import opened_evm_node
from relayer.chains.evm_watch import EvmWatchSide
from relayer.chains.progmat import LedgerEndpoint
from relayer.chains.progmat_watch import LedgerWatchSide
from relayer.config import ConsensusKind, LedgerSection, RelayerConfig, load_config
from relayer.core.chain import ChainEndpoint
from relayer.path import Path, PathSettings
from relayer.rpc_server import ServerSettings
from relayer.service import crash_hook
from relayer.serving import serve_relayer
from relayer.store import RelayerStore
from relayer.watch.alarms import AlarmBoard
from relayer.watch.checkpoint_watch import CheckpointWatch
from relayer.watch.header_watch import HeaderWatch
from relayer.watch.service import WatchLoop

_log = structlog.get_logger(__name__)


async def serve(config_file: FilePath, stopping: asyncio.Event) -> None:
    """Run the relayer that a file describes. Raises ``ConfigInvalid`` and the named errors of what it opens."""
    config = load_config(RelayerConfig, config_file)
    tls, secret = config.tls.load(), config.evm_secret()
    deployment, consensus = read_deployment(config.evm.deployment_file), EVM_CONSENSUS[config.evm.consensus]
    if config.evm.consensus is ConsensusKind.MOCK:
        _log.warning("mock consensus: nothing that this chain says is proved", url=config.evm.rpc_url)
    async with AsyncExitStack() as stack:
        store = RelayerStore(config.database)
        stack.callback(store.close)
        rpc = await stack.enter_async_context(opened_evm_node(config.evm.rpc_url, deployment))
        account = EvmAccount(rpc, secret, deployment.chain_id, config.evm.max_gas_price_wei)
        prover = consensus.prover_over(rpc, deployment)
        validators = [ValidatorApi(peer.endpoint(), tls) for peer in config.ledger.validators]
        ledger = await stack.enter_async_context(ledger_endpoint(config.ledger, tls, validators, consensus))
        members = MembershipClient(config.ledger.issuer.endpoint(), tls)
        stack.push_async_callback(members.close)
        issuer = LedgerClient(config.ledger.issuer.endpoint(), tls)
        stack.push_async_callback(issuer.close)
        endpoints: tuple[ChainEndpoint, ChainEndpoint] = (ledger, EvmEndpoint(rpc, deployment, account, prover))
        settings = PathSettings(receive_margin_s=config.receive_margin_s)
        ledger_side = LedgerWatchSide(issuer, members, config.ledger.client_id, config.evidence)
        evm_side = EvmWatchSide(rpc, deployment, account, prover)
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
            watch_over(
                endpoints,
                ledger_side,
                evm_side,
                collector_of(config.ledger, validators),
                consensus,
                config.watch_interval_ms / 1000,
            ),
        )


def collector_of(section: LedgerSection, validators: Sequence[ValidatorSource]) -> CheckpointCollector:
    """Begins with the configured set of Validators."""
    addresses = tuple(sorted(bytes.fromhex(address.removeprefix("0x")) for address in section.validator_addresses))
    return CheckpointCollector(section.ledger_id, ValidatorSet(section.threshold, addresses), validators)


@asynccontextmanager
async def ledger_endpoint(
    section: LedgerSection, tls: ApiTls, validators: Sequence[ValidatorSource], consensus: EvmConsensus
) -> AsyncIterator[LedgerEndpoint]:
    """The ledger as seen through its issuer's and custodians' nodes and its Validators, which are closed with it."""
    collector = collector_of(section, validators)
    issuer, *custodians = (LedgerClient(peer.endpoint(), tls) for peer in (section.issuer, *section.custodians))
    endpoint = LedgerEndpoint(issuer, collector, section.client_id, custodians, decode_client=consensus.decode_client)
    try:
        yield endpoint
    finally:
        await endpoint.close()


def watch_over(
    endpoints: tuple[ChainEndpoint, ChainEndpoint],
    ledger: LedgerWatchSide,
    evm: EvmWatchSide,
    validators: CheckpointCollector,
    consensus: EvmConsensus,
    interval_s: float,
) -> WatchLoop:
    """Both watches; ``validators`` is a collector of its own, for rotations are followed by each for itself."""
    board = AlarmBoard(time.time)
    headers = HeaderWatch(ledger, evm, {consensus.light_client.client_type: consensus.light_client}, board)
    checkpoints = CheckpointWatch(validators.ledger_id, evm, validators, ledger, board)
    watches = {"stored EVM headers": headers.round, "Validators' checkpoints": checkpoints.round}
    return WatchLoop(endpoints, watches, board, interval_s, time.time)


def _kill_this_process() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
