"""Both sides of a settlement on a whole ledger: a modelled EVM chain with real seals and proofs, and the requests."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from crossdvp.validator.v1 import validator_pb2 as pb

from chains.progmat.client.checkpoints import CheckpointCollector
from chains.progmat.client.rpc_validator import CheckpointVote, Handover, PathAnswer, ValidatorHead
from chains.progmat.flows.record import FlowRecord
from chains.progmat.flows.requests import (
    AckPacket,
    CreateLightClient,
    EarmarkProof,
    LockCash,
    ReceivePacket,
    TimeoutPacket,
    UpdateLightClient,
)
from chains.progmat.flows.signed_records import signed_of
from chains.progmat.flows.trades import packet_sent_by
from chains.progmat.ibc_host.earmark import earmark_slot
from chains.progmat.node.roles import ValidatorRole
from ibc.acknowledgement import UNIVERSAL_ERROR_ACK, ack_commitment
from ibc.dvp import LeadLeg, SettlementTerms, packet_of, terms_hash
from ibc.packet import Packet, decode_packet, packet_commitment, packet_receipt_value
from ibc.paths import ack_path, commitment_path, receipt_path
from light_clients.progmat import Checkpoint, ValidatorSet, decode_validator_set
from primitives.types import Address
from tests.fakes.evm_chain_model import EvmChainModel
from tests.fakes.ledger_parties import CN_B, LEDGER_ID, SN, VALIDATORS
from tests.fakes.qbft_headers import ROUTER, RouterState
from tests.fakes.settlement_world import terms_of
from tests.integration.ledger.network import PARAMETERS, PLATFORM_NAME, LedgerNetwork

CLIENT_ID = "qbft-0"
COUNTERPARTY_ID = "progmat-0"
NO_CONTEXT: Any = None
"""The servicers do not look at their context."""


@dataclass
class EvmSide(EvmChainModel):
    """The chain model, whose router keeps the DvpApp's earmarks, too."""

    earmarks: dict[bytes, bytes] = field(default_factory=dict)

    def seal(self, timestamp_s: int | None = None) -> int:
        height = super().seal(timestamp_s)
        block = self.blocks[height]
        self.blocks[height] = replace(block, state=RouterState({**block.state.storage, **self.earmarks}, others=2))
        return height

    def earmark(self, terms: SettlementTerms) -> None:
        self.earmarks[earmark_slot(terms.trade_id)] = terms_hash(terms)

    def earmark_proof(self, terms: SettlementTerms) -> EarmarkProof:
        state = self.blocks[self.height].state
        slot = earmark_slot(terms.trade_id)
        return EarmarkProof(self.height, tuple(state.account_proof()), tuple(state.storage_proof(slot)))

    def receive(self, packet: Packet, acknowledgement: bytes) -> None:
        """What the router writes when it receives."""
        client = packet.destination_client
        self.store[receipt_path(client, packet.sequence)] = packet_receipt_value(packet)
        self.store[ack_path(client, packet.sequence)] = ack_commitment([acknowledgement])


@dataclass
class Settlements:
    """A ledger and an EVM chain that know each other."""

    ledger: LedgerNetwork
    evm: EvmSide
    requests: int = 0

    @classmethod
    async def connect(cls, ledger: LedgerNetwork) -> Settlements:
        """Create the light client of the EVM chain on the ledger."""
        evm = EvmSide(now_s=ledger.clock.now_s())
        create = CreateLightClient(
            request_id="create-client",
            client_id=CLIENT_ID,
            client_type="qbft",
            client_state=evm.client_state(),
            consensus_state=evm.consensus_state(),
            counterparty_client_id=COUNTERPARTY_ID,
            counterparty_merkle_prefix=(b"",),
        )
        await ledger.done(SN, create)
        return cls(ledger, evm)

    def terms(self, trade: int = 1, amount_yen: int = 400) -> SettlementTerms:
        """Terms that are due in ten minutes; the app is the router of the model."""
        now_s = self.ledger.clock.now_s()
        terms = terms_of(trade, amount_yen=amount_yen, lock_by_s=now_s + 600, settle_by_s=now_s + 1200)
        return replace(terms, security=replace(terms.security, adapter=Address(ROUTER)))

    def leading_terms(self, trade: int = 1, amount_yen: int = 400) -> SettlementTerms:
        """``terms``, with securities leading."""
        return replace(self.terms(trade, amount_yen), lead_leg=LeadLeg.SECURITIES)

    def request_id(self, what: str) -> str:
        self.requests += 1
        return f"{what}-{self.requests}"

    async def update(self, trusted_height: int = 1) -> int:
        """Seal a block with what the chain holds now and bring its header to the ledger; returns the height."""
        self.evm.now_s = max(self.evm.now_s, self.ledger.clock.now_s())
        height = self.evm.seal()
        message = self.evm.header(height, trusted_height)
        await self.ledger.done(SN, UpdateLightClient(self.request_id("update"), CLIENT_ID, message))
        return height

    async def authorise(self, terms: SettlementTerms) -> None:
        """The buyer's platform wants these terms."""
        await self.ledger.operations(CN_B).authorise_trade(PLATFORM_NAME, self.request_id("authorise"), terms)

    async def lock_request(self, terms: SettlementTerms) -> LockCash:
        """The buyer's platform authorises, the seller earmarks, and this is what the gateway then asks."""
        await self.authorise(terms)
        return await self.unauthorised_lock_request(terms)

    async def unauthorised_lock_request(self, terms: SettlementTerms) -> LockCash:
        """As ``lock_request``, of a gateway that does not wait for the buyer's platform."""
        self.evm.earmark(terms)
        await self.update()
        return LockCash(self.request_id("lock"), terms, CLIENT_ID, self.evm.earmark_proof(terms))

    async def lock(self, terms: SettlementTerms) -> Packet:
        """The buyer's custodian locks; returns the packet."""
        record = await self.ledger.done(CN_B, await self.lock_request(terms))
        return packet_of_flow(record)

    async def sent(self, terms: SettlementTerms, sequence: int = 1) -> ReceivePacket:
        """The seller locks on the EVM chain, which sends the packet; returns what the relayer then asks."""
        packet = packet_of(terms, sequence, COUNTERPARTY_ID, CLIENT_ID)
        path = commitment_path(packet.source_client, sequence)
        self.evm.store[path] = packet_commitment(packet)
        height = await self.update()
        return ReceivePacket(self.request_id("receive"), packet, self.evm.proof(height, path), height)

    def again(self, request: ReceivePacket) -> ReceivePacket:
        """The same packet, brought by another request."""
        return replace(request, request_id=self.request_id("receive"))

    async def acknowledged(self, packet: Packet, acknowledgement: bytes, trusted_height: int = 1) -> AckPacket:
        """The EVM chain receives with this outcome; returns what the relayer then asks the issuer."""
        self.evm.receive(packet, acknowledgement)
        height = await self.update(trusted_height)
        proof = self.evm.proof(height, ack_path(packet.destination_client, packet.sequence))
        return AckPacket(self.request_id("ack"), packet, acknowledgement, proof, height)

    async def delivered(self, packet: Packet, terms: SettlementTerms, trusted_height: int = 1) -> AckPacket:
        """As ``acknowledged``, with success."""
        return await self.acknowledged(packet, terms_hash(terms), trusted_height)

    async def refused(self, packet: Packet) -> AckPacket:
        """As ``acknowledged``, with the error acknowledgement."""
        return await self.acknowledged(packet, UNIVERSAL_ERROR_ACK)

    async def timed_out(self, packet: Packet) -> TimeoutPacket:
        """Time passes the packet's time-out without a receipt; returns what the relayer then asks."""
        self.ledger.clock.advance_s(packet.timeout_s - self.ledger.clock.now_s() + 1)
        height = await self.update()
        proof = self.evm.proof(height, receipt_path(packet.destination_client, packet.sequence))
        return TimeoutPacket(self.request_id("timeout"), packet, proof, height)

    def collector(self) -> CheckpointCollector:
        """Checkpoints of the ledger's own Validators."""
        validators = PARAMETERS.validators
        sources = [LocalValidator(name.name, self.ledger) for name in VALIDATORS]
        return CheckpointCollector(LEDGER_ID, ValidatorSet(validators.threshold, validators.addresses), sources)


@dataclass
class LocalValidator:
    """``ValidatorSource`` straight at a Validator's servicer."""

    name: str
    ledger: LedgerNetwork

    @property
    def _role(self) -> ValidatorRole:
        role = self.ledger.nodes[self.name].role
        assert isinstance(role, ValidatorRole)
        return role

    async def head(self, min_height: int = 0, wait_ms: int = 0) -> ValidatorHead:
        answer = await self._role.rpc.GetHead(pb.GetHeadRequest(min_height=min_height, wait_ms=wait_ms), NO_CONTEXT)
        return ValidatorHead(answer.height, answer.timestamp_s)

    async def sign_checkpoint(self, height: int) -> CheckpointVote:
        answer = await self._role.rpc.SignCheckpoint(pb.SignCheckpointRequest(height=height), NO_CONTEXT)
        said = answer.checkpoint
        checkpoint = Checkpoint(
            ledger_id=said.ledger_id,
            height=said.height,
            timestamp_s=said.timestamp_s,
            root=said.root,
            journal_hash=said.journal_hash,
            next_validator_set_hash=said.next_validator_set_hash,
        )
        return CheckpointVote(checkpoint, answer.signature, answer.address)

    async def handovers(self, after_height: int) -> tuple[Handover, ...]:
        answer = await self._role.rpc.ListHandovers(pb.ListHandoversRequest(after_height=after_height), NO_CONTEXT)
        return tuple(Handover(item.height, decode_validator_set(item.next_validator_set)) for item in answer.handovers)

    async def prove(self, path: bytes, height: int) -> PathAnswer:
        answer = await self._role.rpc.GetProof(pb.GetProofRequest(path=path, height=height), NO_CONTEXT)
        return PathAnswer(answer.value if answer.presence == pb.PRESENCE_PRESENT else None, answer.proof)

    async def close(self) -> None:
        pass


def packet_of_flow(record: FlowRecord) -> Packet:
    """The packet that a lock's flow sent."""
    return decode_packet(packet_sent_by(signed_of(record).wire))
