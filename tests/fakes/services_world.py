"""A gateway with all its services over a real EVM devnet reached by HTTP, and a custodian's node in memory."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

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

from chains.evm.client.adapter_family import AdapterFamily
from chains.evm.client.deployment import adapter_address
from chains.progmat.client.channel import ApiEndpoint
from chains.progmat.client.ledger_client import CashBalance, LightClientInfo
from chains.progmat.flows.views import TradeRecord
from chains.rpc_status import RemoteCallerError
from ibc.dvp import CashAccount, SettlementTerms
from light_clients.qbft import IBC_STORE_SLOT, QBFT_FROM_GENESIS, QbftClientState
from light_clients.qbft.codec import encode_client_state
from primitives.types import Address
from relayer.gateway.admission import Admission, Margins, Scope
from relayer.gateway.bundle.rpc_proof import ProofRpc
from relayer.gateway.custody.planning import Planner
from relayer.gateway.custody.rpc_custody import CustodyDesk, CustodyRpc
from relayer.gateway.custody.sending import OperationSender
from relayer.gateway.custody.signers import DelegatedSigners, FileSigner
from relayer.gateway.instruments.reading import InstrumentKey, InstrumentReader
from relayer.gateway.instruments.rpc_instrument import InstrumentRpc
from relayer.gateway.model import Settlement
from relayer.gateway.parties.book import CounterpartyLists
from relayer.gateway.parties.rpc_party import PartyRpc
from relayer.gateway.preflight.ledger_checks import LedgerSources
from relayer.gateway.preflight.rpc_preflight import PreflightDesk, PreflightRpc
from relayer.gateway.preflight.token_checks import GasLimits
from relayer.gateway.service import MoreServices, service_of
from relayer.gateway.services_client import ServicesClient
from relayer.gateway.store import GatewayStore
from tests.fakes.evm_devnet_world import CHAIN_ID
from tests.fakes.evm_settlement_world import SELLER, EvmSettlementWorld, settlement_world
from tests.fakes.rpc_parties import tls_of
from tests.fakes.running_gateway import NAME, SPEAKERS, RunningGateway
from tests.fakes.settlement_sides import NodeAway

TRUSTING_PERIOD_S = 14 * 86_400


@dataclass
class MemoryCustodian:
    """A custodian's node: tells balances or refuses to, knows trades, follows the chain or does not."""

    balance_yen: int | None = None
    away: bool = False
    record: TradeRecord | None = None
    client_time_s: int = 0
    client_status: str = "active"
    asked: list[str] = field(default_factory=list)

    async def balances(self, coin_id: str = "", account_key: bytes = b"") -> tuple[CashBalance, ...]:
        self._here("balances")
        if self.balance_yen is None:
            raise RemoteCallerError("cn-b", "CALLER_NOT_AUTHORISED", "a gateway sees no cash")
        return (CashBalance(coin_id, CashAccount("cn-b", account_key), self.balance_yen, 0, 0),)

    async def trade(self, trade_id: bytes) -> TradeRecord | None:
        self._here("trade")
        assert len(trade_id) == 32
        return self.record

    async def light_client(self, client_id: str) -> LightClientInfo | None:
        self._here("light_client")
        state = QbftClientState(
            chain_id=CHAIN_ID,
            router_address=Address(b"\x01" * 20),
            store_slot=IBC_STORE_SLOT,
            latest_height=1,
            trusting_period_s=TRUSTING_PERIOD_S,
            max_clock_drift_s=30,
            frozen=False,
            eras=QBFT_FROM_GENESIS,
        )
        return LightClientInfo(
            client_type="qbft",
            client_state=encode_client_state(state),
            counterparty_client_id="progmat-0",
            counterparty_merkle_prefix=(b"",),
            heights=((1, self.client_time_s),),
            is_frozen=False,
            consensus_client_id=client_id,
            endorsers=(),
            status=self.client_status,
        )

    def _here(self, what: str) -> None:
        self.asked.append(what)
        if self.away:
            raise NodeAway("the custodian node is away")


class NoBundles:
    """Bundles are collected from a whole ledger: see the end-to-end tests."""

    async def collect(self, settlement: Settlement) -> bytes:
        raise AssertionError(settlement)


@dataclass
class ServicesWorld:
    """Everything, running."""

    chain: EvmSettlementWorld
    gateway: RunningGateway
    custodian: MemoryCustodian
    senders: list[OperationSender]
    stores: list[GatewayStore]
    _trades: Any = field(default_factory=lambda: itertools.count(1))

    @property
    def store(self) -> GatewayStore:
        return self.stores[-1]

    @property
    def key(self) -> InstrumentKey:
        adapter = adapter_address(self.chain.deployment, AdapterFamily.ESCROW)
        return InstrumentKey(CHAIN_ID, self.chain.token.address, adapter)

    def terms(self, quantity: int = 10) -> SettlementTerms:
        return self.chain.terms(next(self._trades), quantity)

    def services(self, caller: str = "house") -> ServicesClient:
        client = ServicesClient(ApiEndpoint(NAME, f"127.0.0.1:{self.gateway.port}"), tls_of(caller), 10.0)
        self.gateway._channels.append(client)
        return client


@asynccontextmanager
async def services_world(folder: Path, *, check_timeout_s: float = 5.0) -> AsyncIterator[ServicesWorld]:
    """Deploy, serve, and close all of it at the end."""
    async with settlement_world() as chain:
        custodian = MemoryCustodian(client_time_s=chain.devnet.chain.head.timestamp)
        senders: list[OperationSender] = []
        stores: list[GatewayStore] = []
        scope = Scope(CHAIN_ID, "progmat-test", frozenset({"cn-a", "cn-b", "cn-c"}))
        admission = Admission(scope, Margins(10, 10, 20, 10))

        def now_s() -> int:
            return int(chain.clock.now_s)

        def more(store: GatewayStore) -> MoreServices:
            stores.append(store)
            reader, lists = InstrumentReader(chain.rpc, chain.deployment), CounterpartyLists(store, chain.clock)
            sender = OperationSender(store, chain.rpc, now_s, 0.02)
            senders.append(sender)
            custodians: dict[str, Any] = {"cn-a": custodian, "cn-b": custodian}
            ledger = LedgerSources(custodians, chain.rpc, chain.deployment, "qbft-0", None)
            preflight = PreflightDesk(store, SPEAKERS, admission, reader, ledger, GasLimits(0), now_s, check_timeout_s)
            collector: Any = None
            planner = Planner(chain.rpc, chain.deployment, reader, collector, "qbft-0")
            signers = DelegatedSigners([("broker-a", FileSigner(SELLER))])
            custody = CustodyDesk(store, SPEAKERS, planner, chain.rpc, signers, sender, now_s)
            party = PartyRpc(store, SPEAKERS, reader, custodians, now_s, lists.forget)
            return MoreServices(
                (
                    service_of(
                        instrument_service_pb2, instrument_service_pb2_grpc, InstrumentRpc(store, SPEAKERS, reader)
                    ),
                    service_of(party_service_pb2, party_service_pb2_grpc, party),
                    service_of(preflight_service_pb2, preflight_service_pb2_grpc, PreflightRpc(preflight)),
                    service_of(proof_service_pb2, proof_service_pb2_grpc, ProofRpc(store, SPEAKERS, NoBundles())),
                    service_of(custody_service_pb2, custody_service_pb2_grpc, CustodyRpc(custody)),
                ),
                {"operations": sender.run},
                lists.of,
            )

        gateway = RunningGateway(folder / "gateway.sqlite3", now_s=now_s(), scope=scope, more=more)
        await gateway.start()
        try:
            yield ServicesWorld(chain, gateway, custodian, senders, stores)
        finally:
            await gateway.close()
