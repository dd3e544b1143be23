"""The services beside SettlementService, put together: whom each asks, and what of the configuration it takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass

from crossdvp.gateway.v1 import proof_service_pb2, proof_service_pb2_grpc

from chains.evm.client.deployment import Deployment
from chains.evm.client.rpc import EvmRpc
from chains.progmat.client import LedgerClient
from relayer.config import GatewayConfig
from relayer.gateway.access import Speakers
from relayer.gateway.bundle.collecting import BundleCollector, BundleSources
from relayer.gateway.bundle.rpc_proof import ProofRpc
from relayer.gateway.ports import EarmarkProver
from relayer.gateway.serving import MoreServices, Service
from relayer.gateway.store import GatewayStore
from relayer.proof_ends import LedgerAccess


@dataclass(frozen=True)
class Reached:
    """Both ledgers, opened."""

    rpc: EvmRpc
    deployment: Deployment
    ledger: LedgerAccess
    custodians: Mapping[str, LedgerClient]
    prover: EarmarkProver


async def opened_services(
    config: GatewayConfig,
    reached: Reached,
    store: GatewayStore,
    speakers: Speakers,
    now_s: Callable[[], int],
    stack: AsyncExitStack,
) -> MoreServices:
    """All of them; what they hold open is closed with ``stack``."""
    del now_s
    proof = ProofRpc(store, speakers, BundleCollector(_sources(config, reached, stack)))
    return MoreServices(
        (
            Service(
                proof_service_pb2_grpc.add_ProofServiceServicer_to_server,
                proof,
                proof_service_pb2.DESCRIPTOR.services_by_name["ProofService"].full_name,
            ),
        )
    )


def _sources(config: GatewayConfig, reached: Reached, stack: AsyncExitStack) -> BundleSources:
    collector = reached.ledger.collector()
    stack.push_async_callback(collector.close)
    return BundleSources(
        rpc=reached.rpc,
        chain_id=reached.deployment.chain_id,
        router=reached.deployment.commitments_contract,
        store_slot=reached.deployment.commitments_slot,
        collector=collector,
        validator_set=config.ledger.validator_set,
        custodians=reached.custodians,
        ledger_client_id=config.ledger.client_id,
        evm_client_id=reached.deployment.client_id,
    )
