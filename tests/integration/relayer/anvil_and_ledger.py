"""A whole ledger over mTLS and our contracts on anvil; between them the relayer's own endpoints, store and path."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from chains.evm.client.adapters import ESCROW, AdapterPlan
from chains.evm.client.deployment import LedgerAnchor
from chains.evm.client.proofs import TrustTerms
from chains.progmat.client.channel import ApiEndpoint
from chains.progmat.client.checkpoints import CheckpointCollector
from chains.progmat.client.ledger_client import LedgerClient
from chains.progmat.flows.requests import CreateLightClient, EarmarkProof, LockCash, UpdateLightClient
from ibc.dvp import LeadLeg, SettlementTerms
from light_clients.progmat import Checkpoint, ValidatorSet
from relayer.chains.evm import EvmEndpoint
from relayer.chains.evm_consensus import EVM_CONSENSUS
from relayer.chains.progmat import LedgerEndpoint
from relayer.core.crash_points import CrashPoint
from relayer.core.lifecycle import PacketState
from relayer.evm_config import ConsensusKind
from relayer.gateway.evm_side import EvmSide
from relayer.path import Path as RelayedPath
from relayer.path import PathSettings
from relayer.store import RelayerStore
from tests.fakes.anvil_world import BERLIN, AnvilSetting, AnvilWorld, anvil_world
from tests.fakes.evm_devnet_world import CHAIN_ID
from tests.fakes.evm_settlement_world import TIMEOUT_S, LedgerSide
from tests.fakes.ledger_parties import CN_A, CN_B, LEDGER_ID, SN, VALIDATORS, LedgerParty
from tests.fakes.rpc_parties import tls_of
from tests.fakes.settlement_world import terms_of
from tests.integration.ledger.network import (
    BUYER_ACCOUNT,
    OPERATIONS_NAME,
    PLATFORM_NAME,
    SELLER_ACCOUNT,
    LedgerNetwork,
    running_ledger,
)
from tests.integration.ledger.served_vault import served
from tests.integration.ledger.settlement import CLIENT_ID, COUNTERPARTY_ID, LocalValidator
from tests.integration.ledger.test_validator_sets_rotate import set_of, tick
from tests.integration.relayer.mock_consensus import MOCK_PACKAGE, MOCK_PARAMETERS, MOCK_READERS

SET = set_of(MOCK_PARAMETERS)
MOCK = EVM_CONSENSUS[ConsensusKind.MOCK]
BUYER_YEN, PRICE_YEN, QUANTITY = 2000, 400, 10
MOST_ROUNDS = 12


class Killed(BaseException):
    """Stands for SIGKILL: no handler of the product may catch it."""


@dataclass
class AnchoredLedger(LedgerSide):
    """What the EVM chain's light client begins with: a checkpoint of the whole ledger."""

    first: Checkpoint | None = None

    def anchor(self) -> LedgerAnchor:
        assert self.first is not None
        return replace(
            super().anchor(),
            height=self.first.height,
            timestamp_s=self.first.timestamp_s,
            root=self.first.root,
            validator_set_hash=self.validator_set.hash(),
        )

    @property
    def validator_set(self) -> ValidatorSet:
        return SET


@dataclass
class Between:
    """Both chains and a relayer that can be killed at a named line; it keeps nothing but its database's file."""

    ledger: LedgerNetwork
    evm: AnvilWorld
    endpoints: Callable[[], tuple[LedgerEndpoint, EvmEndpoint]]
    database: Path
    kill_at: list[CrashPoint] = field(default_factory=list)
    _running: tuple[RelayerStore, RelayedPath, tuple[LedgerEndpoint, EvmEndpoint]] | None = field(
        default=None, init=False
    )

    def path(self) -> RelayedPath:
        """The running relayer's, started if need be."""
        if self._running is None:
            store, ends = RelayerStore(self.database), self.endpoints()
            path = RelayedPath(ends, store, PathSettings(5), lambda: float(self.ledger.clock.now_s()), self._reach)
            self._running = store, path, ends
        return self._running[1]

    async def stop(self) -> None:
        """End the relayer; the next ``path`` is another process's."""
        if self._running is not None:
            store, _, ends = self._running
            self._running = None
            store.close()
            for end in ends:
                await end.close()

    def _reach(self, point: CrashPoint) -> None:
        if self.kill_at and point is self.kill_at[0]:
            self.kill_at.pop(0)
            raise Killed

    async def relay_until(self, state: PacketState, packets: int = 1) -> None:
        """Rounds until so many packets are in a state and nobody is to be killed; what is killed starts again.

        Both clocks go on by a second between two rounds.
        """
        for _ in range(MOST_ROUNDS):
            try:
                await self.path().round()
            except Killed:
                await self.stop()
            store = self._running and self._running[0]
            if store and not self.kill_at and store.counts().get(state.value, 0) == packets:
                return
            await self.advance(1)
        raise AssertionError(f"not {packets} times {state.value} after {MOST_ROUNDS} rounds; to kill: {self.kill_at}")

    async def advance(self, seconds: int) -> None:
        """Both chains' clocks go on, and both make a block."""
        await tick(self.ledger, *VALIDATORS, forward_s=seconds)
        await self.evm.advance(seconds)

    def terms(self, trade: int, lead_leg: LeadLeg) -> SettlementTerms:
        """To be locked within five minutes, settled within ten."""
        security = self.evm.terms_at(self.ledger.clock.now_s(), trade, QUANTITY).security
        now_s = self.ledger.clock.now_s()
        terms = terms_of(trade, amount_yen=PRICE_YEN, lock_by_s=now_s + 300, settle_by_s=now_s + 600)
        return replace(terms, security=security, lead_leg=lead_leg)

    async def authorise(self, terms: SettlementTerms) -> None:
        """The buyer's platform wants these terms."""
        name = f"authorise-{terms.trade_id[:4].hex()}"
        await self.ledger.operations(CN_B).authorise_trade(PLATFORM_NAME, name, terms)

    async def lock_securities(self, terms: SettlementTerms) -> None:
        """Securities lead: the app on anvil sends the packet."""
        token = type(self.evm.token)(terms.security.token)
        await self.evm.seller.execute(token.approve(terms.security.adapter, QUANTITY), TIMEOUT_S)
        await self.evm.seller.execute(self.evm.app.lock_and_send(terms), TIMEOUT_S)

    async def lock_cash(self, terms: SettlementTerms) -> None:
        """Cash leads: an earmark on anvil, proved as the gateway proves it, and the buyer's custodian locks."""
        name = terms.trade_id[:4].hex()
        await self.authorise(terms)
        token = type(self.evm.token)(terms.security.token)
        await self.evm.seller.execute(token.approve(terms.security.adapter, QUANTITY), TIMEOUT_S)
        await self.evm.seller.execute(self.evm.app.earmark(terms), TIMEOUT_S)
        trusted = (await self.ledger.operations(SN).light_client(CLIENT_ID)).heights[0][0]
        gateway = EvmSide(self.evm.rpc, self.evm.deployment, self.evm.mock_prover)
        (evidence,) = await gateway.earmark_evidence(terms.security.adapter, [terms.trade_id], trusted)
        await self.ledger.done(SN, UpdateLightClient(f"update-{name}", CLIENT_ID, evidence.client_message))
        proof = EarmarkProof(evidence.height, evidence.account_proof, evidence.storage_proof)
        await self.ledger.done(CN_B, LockCash(f"lock-{name}", terms, CLIENT_ID, proof))

    async def tokens(self) -> tuple[int, int]:
        """Seller's and buyer's."""
        token, rpc = self.evm.token, self.evm.rpc
        return (
            await token.balance_of(rpc, self.evm.seller.address),
            await token.balance_of(rpc, self.evm.buyer.address),
        )

    async def yen(self) -> tuple[int, int]:
        """Free yen of the seller and the buyer."""
        for party in (SN, CN_A, CN_B):
            await self.ledger.everything_delivered(party)
        seller = await self.ledger.free_yen(CN_A, SELLER_ACCOUNT)
        return seller, await self.ledger.free_yen(CN_B, BUYER_ACCOUNT)


@asynccontextmanager
async def between(
    folder: Path, setting: AnvilSetting = BERLIN, adapters: tuple[AdapterPlan, ...] = (ESCROW,)
) -> AsyncIterator[Between]:
    """Both chains know each other: the ledger hosts the mock, anvil the contract that ships. The buyer has cash."""
    (folder / "ledger").mkdir()
    async with AsyncExitStack() as stack:
        ledger = await stack.enter_async_context(
            running_ledger(
                folder / "ledger", parameters=MOCK_PARAMETERS, package=MOCK_PACKAGE, chain_readers=MOCK_READERS
            )
        )
        height = await tick(ledger, *VALIDATORS)
        first = (await _collector(ledger).collect(height)).checkpoint
        side = AnchoredLedger(ledger.clock.now_s(), first=first)
        evm = await stack.enter_async_context(anvil_world(setting, adapters, side))
        initial = await evm.mock_prover.initial_state(CHAIN_ID, TrustTerms(86_400, 30))
        states = (initial.client_state, initial.consensus_state)
        await ledger.done(SN, CreateLightClient("create", CLIENT_ID, "mock", *states, COUNTERPARTY_ID, (b"",)))
        await ledger.issue(BUYER_YEN)
        ports = {party: (await stack.enter_async_context(served(ledger, party))).port for party in (SN, CN_A, CN_B)}

        def client(party: LedgerParty) -> LedgerClient:
            return LedgerClient(ApiEndpoint(party.name, f"127.0.0.1:{ports[party]}"), tls_of(OPERATIONS_NAME))

        def endpoints() -> tuple[LedgerEndpoint, EvmEndpoint]:
            custodians = [client(CN_A), client(CN_B)]
            clock, decode = (lambda: float(ledger.clock.now_s())), MOCK.decode_client
            prover = MOCK.prover_over(evm.rpc, evm.deployment)
            return (
                LedgerEndpoint(client(SN), _collector(ledger), CLIENT_ID, custodians, clock, decode),
                EvmEndpoint(evm.rpc, evm.deployment, evm.relayer, prover),
            )

        it = Between(ledger, evm, endpoints, folder / "relayer.sqlite3")
        stack.push_async_callback(it.stop)
        yield it


def _collector(ledger: LedgerNetwork) -> CheckpointCollector:
    return CheckpointCollector(LEDGER_ID, SET, [LocalValidator(party.name, ledger) for party in VALIDATORS])
