"""A whole ledger that follows the EVM chain through enclaves: flows, nodes and Validators as with the direct client."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from chains.progmat.flows.requests import (
    AckPacket,
    CreateLightClient,
    EarmarkProof,
    LockCash,
    TimeoutPacket,
    UpdateLightClient,
)
from chains.progmat.flows.views import TradeStatus
from chains.progmat.ibc_host.earmark import earmark_slot
from chains.progmat.node.light_client_kinds import production_package
from ibc.acknowledgement import ack_commitment
from ibc.dvp import SettlementTerms
from ibc.packet import Packet
from ibc.paths import ack_path, receipt_path
from light_clients.enclave import AttestationPolicy, EnclaveClientState, EnclaveConsensusState, StateStatement
from light_clients.enclave.attestation import SgxCollateral, TcbStatus
from light_clients.enclave.codec import (
    encode_client_state,
    encode_consensus_state,
    encode_membership_proof,
    encode_update,
)
from relayer.enclave.program import Snapshot
from tests.fakes.enclave_world import ENCLAVES, MEASUREMENT, PROGRAM, ROOT, signed
from tests.fakes.evm_chain_model import CHAIN_ID, TRUSTING_PERIOD_S
from tests.fakes.ledger_parties import CN_A, CN_B, SN, network_parameters
from tests.fakes.qbft_headers import ROUTER
from tests.integration.ledger.network import BUYER_ACCOUNT, SELLER_ACCOUNT, LedgerNetwork, running_ledger
from tests.integration.ledger.settlement import CLIENT_ID, COUNTERPARTY_ID, EvmSide, Settlements

PACKAGE = production_package(frozenset({ROOT.pin}))
SIGNERS = ENCLAVES[:2]
POLICY = AttestationPolicy((ROOT.pin,), (MEASUREMENT,), (TcbStatus.UP_TO_DATE,), ())


@dataclass
class EnclaveSettlements(Settlements):
    """Headers and proofs go through two operators' enclaves on their way to the ledger."""

    @classmethod
    async def connect(cls, ledger: LedgerNetwork) -> EnclaveSettlements:
        world = cls(ledger, EvmSide(now_s=ledger.clock.now_s()))
        client = EnclaveClientState(
            policy=POLICY,
            operators=tuple(each.named.operator for each in ENCLAVES),
            threshold=2,
            key_lifetime_s=100_000,
            latest_height=1,
            trusting_period_s=TRUSTING_PERIOD_S,
            max_clock_drift_s=15,
            frozen=False,
            chain_id=CHAIN_ID,
        )
        create = CreateLightClient(
            request_id="create-client",
            client_id=CLIENT_ID,
            client_type="enclave",
            client_state=encode_client_state(client),
            consensus_state=world.first_consensus_state,
            counterparty_client_id=COUNTERPARTY_ID,
            counterparty_merkle_prefix=(b"",),
        )
        await ledger.done(SN, create)
        return world

    @property
    def first_consensus_state(self) -> bytes:
        state_id = self.snapshot(1).state_id
        return encode_consensus_state(EnclaveConsensusState(self.evm.timestamp_s(1), state_id, (), 0))

    @property
    def collateral(self) -> SgxCollateral:
        return ROOT.collateral(self.ledger.clock.now_s())

    def snapshot(self, height: int) -> Snapshot:
        return Snapshot("qbft", self.evm.client_state(height), height, self.evm.consensus_state(height))

    def proof_by(self, statement: StateStatement) -> bytes:
        return encode_membership_proof([each.sign(statement) for each in SIGNERS])

    async def update(self, trusted_height: int = 1) -> int:
        self.evm.now_s = max(self.evm.now_s, self.ledger.clock.now_s())
        height = self.evm.seal()
        statement = PROGRAM.update(self.snapshot(trusted_height), self.evm.header(height, trusted_height)).statement
        keys = [each.registration(collateral=self.collateral) for each in SIGNERS]
        message = encode_update(signed(statement, SIGNERS), self.first_consensus_state, keys)
        await self.ledger.done(SN, UpdateLightClient(self.request_id("update"), CLIENT_ID, message))
        found = await self.ledger.operations(SN).light_client(CLIENT_ID)
        assert found.heights[0][0] == height
        assert statement.post_state_id in found.newest_consensus_state
        return height

    async def unauthorised_lock_request(self, terms: SettlementTerms) -> LockCash:
        request = await super().unauthorised_lock_request(terms)
        at, slot = self.snapshot(request.earmark.height), earmark_slot(terms.trade_id)
        storage = (request.earmark.account_proof, request.earmark.storage_proof)
        statement, word = PROGRAM.storage(at, ROUTER, slot, *storage)
        assert word is not None
        stated = EarmarkProof(at.height, (word,), tuple(each.sign(statement) for each in SIGNERS))
        return replace(request, earmark=stated)

    async def acknowledged(self, packet: Packet, acknowledgement: bytes, trusted_height: int = 1) -> AckPacket:
        request = await super().acknowledged(packet, acknowledgement, trusted_height)
        path = ack_path(packet.destination_client, packet.sequence)
        value = ack_commitment([acknowledgement])
        statement = PROGRAM.membership(self.snapshot(request.height), request.proof, path, value)
        return replace(request, proof=self.proof_by(statement))

    async def timed_out(self, packet: Packet) -> TimeoutPacket:
        request = await super().timed_out(packet)
        path = receipt_path(packet.destination_client, packet.sequence)
        statement = PROGRAM.non_membership(self.snapshot(request.height), request.proof, path)
        return replace(request, proof=self.proof_by(statement))


@asynccontextmanager
async def enclave_ledger(folder: Path) -> AsyncIterator[EnclaveSettlements]:
    async with running_ledger(folder, package=PACKAGE, parameters=network_parameters(PACKAGE)) as ledger:
        yield await EnclaveSettlements.connect(ledger)


async def test_a_delivery_stated_by_enclaves_pays_the_seller(tmp_path: Path) -> None:
    async with enclave_ledger(tmp_path) as world:
        await world.ledger.issue(1000)
        terms = world.terms(amount_yen=400)
        packet = await world.lock(terms)
        await world.ledger.done(SN, await world.delivered(packet, terms))
        assert await world.ledger.free_yen(CN_A, SELLER_ACCOUNT) == 400
        assert await world.ledger.free_yen(CN_B, BUYER_ACCOUNT) == 600
        assert (await world.ledger.operations(CN_A).trade(terms.trade_id)).status is TradeStatus.PAID


async def test_a_time_out_stated_by_enclaves_pays_the_buyer_back(tmp_path: Path) -> None:
    async with enclave_ledger(tmp_path) as world:
        await world.ledger.issue(500)
        packet = await world.lock(world.terms(amount_yen=400))
        await world.ledger.done(SN, await world.timed_out(packet))
        assert await world.ledger.free_yen(CN_B, BUYER_ACCOUNT) == 500
