"""The services beside SettlementService, put together: whom each asks, and what of the configuration it takes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass

from crossdvp.gateway.v1 import (
    custody_service_pb2,
    custody_service_pb2_grpc,
    instrument_service_pb2,
    instrument_service_pb2_grpc,
    party_service_pb2,
    party_service_pb2_grpc,
    preflight_service_pb2,
    preflight_service_pb2_grpc,
    proof_service_pb2,
    proof_service_pb2_grpc,
)

from chains.evm.client.deployment import Deployment
from chains.evm.client.rpc import EvmRpc
from chains.progmat.client.ledger_client import LedgerClient
from relayer.client import RelayerClient
from relayer.config import GatewayConfig
from relayer.gateway.access import Speakers
from relayer.gateway.admission import Admission
from relayer.gateway.bundle.collecting import BundleCollector, BundleSources
from relayer.gateway.bundle.rpc_proof import ProofRpc
from relayer.gateway.crash_points import Crash, unharmed
from relayer.gateway.custody.planning import Planner
from relayer.gateway.custody.rpc_custody import CustodyDesk, CustodyRpc
from relayer.gateway.custody.sending import OperationSender
from relayer.gateway.custody.signers import opened_signers
from relayer.gateway.instruments.reading import InstrumentReader
from relayer.gateway.instruments.rpc_instrument import InstrumentRpc
from relayer.gateway.parties.book import CounterpartyLists
from relayer.gateway.parties.rpc_party import PartyRpc
from relayer.gateway.preflight.ledger_checks import LedgerSources
from relayer.gateway.preflight.rpc_preflight import PreflightDesk, PreflightRpc
from relayer.gateway.preflight.token_checks import GasLimits
from relayer.gateway.service import MoreServices, service_of
from relayer.gateway.store import GatewayStore
from relayer.proof_ends import LedgerAccess


@dataclass(frozen=True)
class Reached:
    """Both ledgers, opened; and a relayer, if one is named."""

    rpc: EvmRpc
    deployment: Deployment
    ledger: LedgerAccess
    custodians: Mapping[str, LedgerClient]
    relayer: RelayerClient | None = None


@dataclass(frozen=True)
class House:
    """What the services share of their gateway."""

    store: GatewayStore
    speakers: Speakers
    admission: Admission
    now_s: Callable[[], int]
    crash: Crash = unharmed


async def opened_services(config: GatewayConfig, reached: Reached, house: House, stack: AsyncExitStack) -> MoreServices:
    """All of them; what they hold open is closed with ``stack``."""
    store, speakers = house.store, house.speakers
    reader = InstrumentReader(reached.rpc, reached.deployment)
    lists = CounterpartyLists(store, time.monotonic)
    ledger = LedgerSources(
        reached.custodians, reached.rpc, reached.deployment, config.ledger.client_id, reached.relayer
    )
    gas = GasLimits(config.custody.max_gas_price_wei)
    desk = PreflightDesk(store, speakers, house.admission, reader, ledger, gas, house.now_s)
    party = PartyRpc(store, speakers, reader, reached.custodians, house.now_s, lists.forget)
    sources = _sources(config, reached, stack)
    proof = ProofRpc(store, speakers, BundleCollector(sources))
    sender = OperationSender(store, reached.rpc, house.now_s, crash=house.crash)
    planner = Planner(reached.rpc, reached.deployment, reader, sources.collector, config.ledger.client_id)
    custody = CustodyDesk(
        store,
        speakers,
        planner,
        reached.rpc,
        await opened_signers(config.custody.signers),
        sender,
        house.now_s,
        config.custody.max_gas_price_wei,
        config.custody.prepared_for_s,
        crash=house.crash,
    )
    return MoreServices(
        (
            service_of(instrument_service_pb2, instrument_service_pb2_grpc, InstrumentRpc(store, speakers, reader)),
            service_of(party_service_pb2, party_service_pb2_grpc, party),
            service_of(preflight_service_pb2, preflight_service_pb2_grpc, PreflightRpc(desk)),
            service_of(proof_service_pb2, proof_service_pb2_grpc, proof),
            service_of(custody_service_pb2, custody_service_pb2_grpc, CustodyRpc(custody)),
        ),
        loops={"operations": sender.run},
        listed=lists.of,
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
