"""Locks and unlocks on a simulated ledger: buyers lock for trades, a relayer brings what a modelled EVM chain says.

The EVM chain has real seals and proofs (``tests.fakes.evm_chain_model``) and never fails: its trouble is the relayer's
own suite's concern. Everybody insists: each request is asked again until it is accepted, then watched until it ends.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from chains.progmat.flows.any_request import AnyRequest
from chains.progmat.flows.record import FlowRecord
from chains.progmat.flows.requests import (
    AckPacket,
    CreateLightClient,
    EarmarkProof,
    LockCash,
    TimeoutPacket,
    UpdateLightClient,
)
from chains.progmat.flows.steps import ENDS, FlowStep
from chains.progmat.ibc_host.earmark import earmark_slot
from chains.progmat.node.operations import packet_of_lock
from ibc.acknowledgement import UNIVERSAL_ERROR_ACK
from ibc.dvp import SettlementTerms, terms_hash
from ibc.packet import Packet, decode_packet
from ibc.paths import ack_path, receipt_path
from primitives.errors import UnavailableError
from primitives.types import Address
from tests.fakes.ledger_parties import CN_B, SN, LedgerParty
from tests.fakes.manual_clock import START_MS
from tests.fakes.qbft_headers import ROUTER
from tests.fakes.settlement_world import terms_of
from tests.integration.ledger.settlement import CLIENT_ID, COUNTERPARTY_ID, EvmSide
from tests.simulator.ledger import Images, SimulatedLedger, made_by_nodes
from tests.simulator.machine import MachineDown
from tests.simulator.parties import ACCOUNTS, CASH_NODES, ROLES
from tests.simulator.workload import Users

PLATFORM = "platform"
LOCK_WITHIN_S, SETTLE_WITHIN_S = 1500, 2400
"""Long after the trouble: a trade that cannot be locked in time is another property."""


def new_light_client(evm: EvmSide) -> CreateLightClient:
    """The request that makes the EVM chain known to the ledger."""
    return CreateLightClient(
        request_id="create-client",
        client_id=CLIENT_ID,
        client_type="qbft",
        client_state=evm.client_state(),
        consensus_state=evm.consensus_state(),
        counterparty_client_id=COUNTERPARTY_ID,
        counterparty_merkle_prefix=(b"",),
    )


@cache
def trading_genesis() -> Images:
    """As ``genesis``, with the light client. Validators begin with empty disks and read the journal from its start."""
    with tempfile.TemporaryDirectory() as folder:
        images = made_by_nodes(tuple(ROLES), (new_light_client(_evm_chain()),), Path(folder))
    return {party.name: images[party.name] for party in CASH_NODES}


def _evm_chain() -> EvmSide:
    return EvmSide(now_s=START_MS // 1000)


@dataclass
class Trades:
    """All trades of one schedule."""

    ledger: SimulatedLedger
    users: Users
    chance: random.Random
    evm: EvmSide = field(default_factory=_evm_chain)

    async def settle(self, number: int, begin_s: float) -> None:
        """One trade from the platform's word to the end of the lock, whichever it is."""
        await asyncio.sleep(begin_s)
        terms = self._terms(number)
        await self._authorise(number, terms)
        self.evm.earmark(terms)
        height = await self._update(f"trade-{number}-seen")
        lock = LockCash(f"trade-{number}-lock", terms, CLIENT_ID, self._earmark_proof(terms, height))
        locked = await self._ended(CN_B, lock)
        if locked.step is not FlowStep.DONE:
            return
        packet = decode_packet(packet_of_lock(locked))
        match self.chance.choice(("delivered", "delivered", "refused", "timed out")):
            case "timed out":
                await self._time_out(number, packet)
            case outcome:
                await self._acknowledge(number, packet, terms if outcome == "delivered" else None)

    async def _acknowledge(self, number: int, packet: Packet, delivered: SettlementTerms | None) -> None:
        acknowledgement = UNIVERSAL_ERROR_ACK if delivered is None else terms_hash(delivered)
        self.evm.receive(packet, acknowledgement)
        height = await self._update(f"trade-{number}-received")
        proof = self.evm.proof(height, ack_path(packet.destination_client, packet.sequence))
        unlock = AckPacket(f"trade-{number}-ack", packet, acknowledgement, proof, height)
        if delivered is not None:
            self.users.delivered[unlock.request_id] = delivered
        await self._must_be_done(unlock)

    async def _time_out(self, number: int, packet: Packet) -> None:
        await asyncio.sleep(packet.timeout_s - self._now_s() + 1)
        height = await self._update(f"trade-{number}-missed")
        proof = self.evm.proof(height, receipt_path(packet.destination_client, packet.sequence))
        await self._must_be_done(TimeoutPacket(f"trade-{number}-timeout", packet, proof, height))

    def _terms(self, number: int) -> SettlementTerms:
        now_s = self._now_s()
        terms = terms_of(
            number,
            amount_yen=self.chance.choice((10, 100, 300)),
            lock_by_s=now_s + LOCK_WITHIN_S,
            settle_by_s=now_s + SETTLE_WITHIN_S,
        )
        buyer = ACCOUNTS[CN_B][0].account_at(CN_B)
        return replace(
            terms,
            security=replace(terms.security, adapter=Address(ROUTER)),
            cash=replace(terms.cash, buyer=buyer),
        )

    async def _authorise(self, number: int, terms: SettlementTerms) -> None:
        while True:
            try:
                await self.ledger.ask(
                    CN_B, lambda operations: operations.authorise_trade(PLATFORM, f"authorise-{number}", terms)
                )
            except (MachineDown, UnavailableError):
                await asyncio.sleep(1)
            else:
                return

    async def _update(self, request_id: str) -> int:
        """Seal a block with what the chain holds now and bring its header; returns the height."""
        self.evm.now_s = max(self.evm.now_s, self._now_s())
        height = self.evm.seal()
        message = self.evm.header(height, trusted_height=1)
        await self._must_be_done(UpdateLightClient(request_id, CLIENT_ID, message))
        return height

    def _earmark_proof(self, terms: SettlementTerms, height: int) -> EarmarkProof:
        state = self.evm.blocks[height].state
        slot = earmark_slot(terms.trade_id)
        return EarmarkProof(height, tuple(state.account_proof()), tuple(state.storage_proof(slot)))

    def _now_s(self) -> int:
        return START_MS // 1000 + int(self.ledger.loop.time())

    async def _must_be_done(self, request: AnyRequest) -> None:
        """The issuer's part has no reason to fail."""
        ended = await self._ended(SN, request)
        if ended.step is not FlowStep.DONE:
            self.users.complaints.append(f"{request.request_id} ended {ended.step.value} ({ended.last_error})")

    async def _ended(self, party: LedgerParty, request: AnyRequest) -> FlowRecord:
        await self.users.until_accepted(party, request)
        while True:
            try:
                record = await self.ledger.ask(party, lambda operations: operations.flow(request.request_id))
            except (MachineDown, UnavailableError):
                await asyncio.sleep(1)
                continue
            if record.step in ENDS:
                return record
            await asyncio.sleep(1)
