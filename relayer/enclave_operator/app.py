"""The operator's process, put together: enclave, Validators, EVM chain, and a loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import structlog

from chains.evm.client.account import EvmAccount
from chains.evm.client.deployment import address_bytes, read_deployment
from chains.evm.client.router import Router
from chains.progmat.client.quotes import QuoteApi
from light_clients.enclave.attestation import SgxCollateral
from light_clients.enclave.attestation.roots import PRODUCTION_ROOT_PINS
from light_clients.enclave.attestation.sgx_collateral import MAX_COLLATERAL_BYTES, decode_collateral
from primitives.errors import CrossDvpError
from relayer.chains.evm_node import opened_evm_node
from relayer.config import load_config, read_secret
from relayer.core.plan import retry_delay_s
from relayer.enclave.client import RemoteEnclave
from relayer.enclave.simulation import SimulatedRoot
from relayer.enclave_operator.config import OperatorConfig
from relayer.enclave_operator.upkeep import KeyUpkeep, Registry, Verifiers
from relayer.peer_config import ConfigInvalid

_log = structlog.get_logger(__name__)
MOST_PAUSE_S = 30.0


async def serve(config_file: Path, stopping: asyncio.Event) -> None:
    """Run the upkeep that a file describes. Raises ``ConfigInvalid`` and the named errors of what it opens."""
    config = load_config(OperatorConfig, config_file)
    tls, secret = config.tls.load(), read_secret(config.operator_key_file)
    deployment = read_deployment(config.evm.deployment_file)
    collateral, root_pins = _collateral_of(config)
    async with AsyncExitStack() as stack:
        rpc = await stack.enter_async_context(opened_evm_node(config.evm.node_settings(deployment.chain_id)))
        enclave = RemoteEnclave(config.enclave)
        stack.push_async_callback(enclave.close)
        validators = [QuoteApi(peer.endpoint(), tls) for peer in config.ledger.validators]
        for each in validators:
            stack.push_async_callback(each.close)
        registry = Registry(
            EvmAccount(rpc, secret, deployment.chain_id), Router(address_bytes(deployment.router)), deployment.client_id
        )
        verifiers = Verifiers(config.ledger.ledger_id, config.ledger.validator_set, validators, root_pins)
        upkeep = KeyUpkeep(enclave, secret, collateral, verifiers, registry, config.answer_file, config.renew_before_s)
        await run(upkeep, config.poll_interval_ms / 1000, stopping)


async def run(upkeep: KeyUpkeep, poll_interval_s: float, stopping: asyncio.Event) -> None:
    """Rounds until ``stopping``; what fails is said and tried again, slower and slower."""
    failures = 0
    while not stopping.is_set():
        try:
            await upkeep.round(int(time.time()))
            failures, pause_s = 0, poll_interval_s
        except CrossDvpError as failure:
            pause_s = retry_delay_s(failures, first_s=min(poll_interval_s, 1.0), most_s=MOST_PAUSE_S)
            failures += 1
            _log.warning("round failed", reason=failure.reason, error=str(failure), retry_in_s=round(pause_s, 2))
        try:
            await asyncio.wait_for(stopping.wait(), pause_s)
        except TimeoutError:
            continue


def _collateral_of(config: OperatorConfig) -> tuple[Callable[[], SgxCollateral | None], frozenset[bytes]]:
    """Where fresh collateral comes from, and the roots that are believed: the makers', or the simulation's alone."""
    if config.simulated_root is not None:
        root = SimulatedRoot.from_bytes(_read(config.simulated_root))
        _log.warning("SIMULATED enclave: nothing protects its key", root_pin=root.pin.hex())
        return lambda: root.collateral(int(time.time())), frozenset({root.pin})
    file = config.collateral_file
    if file is None:
        return lambda: None, PRODUCTION_ROOT_PINS
    return lambda: decode_collateral(_read(file)), PRODUCTION_ROOT_PINS


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_COLLATERAL_BYTES + 1)
    except OSError as error:
        raise ConfigInvalid(str(path), f"cannot be read: {error.strerror}") from error
