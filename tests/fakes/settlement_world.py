"""A ledger and an EVM chain that know each other, with members, coins and terms ready for a settlement."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, replace
from typing import Self

from chains.progmat.contracts.dvp_lock_codec import AckEvidence, Evidence, TimeoutEvidence
from chains.progmat.contracts.ibc_records import ClientRecord, record_of
from chains.progmat.contracts.membership import MemberRole
from chains.progmat.contracts.standard_package import standard_package
from chains.progmat.ibc_host.clients import ClientMessagePlan, build_client_creation, build_client_update
from chains.progmat.ibc_host.settlement import LockPlan, UnlockPlan, build_lock, build_unlock
from chains.progmat.transactions.builder import TransactionBuilder
from chains.progmat.transactions.model import StateAndRef, TimeWindow
from ibc.acknowledgement import UNIVERSAL_ERROR_ACK, ack_commitment
from ibc.dvp import CashLeg, LeadLeg, SecurityLeg, SettlementTerms, packet_of, terms_hash
from ibc.packet import packet_receipt_value
from ibc.paths import ack_path, receipt_path
from light_clients.qbft import QbftLightClient
from light_clients.registry import LightClientRegistry
from primitives.hashing import sha256
from primitives.types import Address, UnixSeconds
from tests.fakes.evm_chain_model import CHAIN_ID, EvmChainModel
from tests.fakes.ledger_model import LedgerModel
from tests.fakes.ledger_parties import (
    BUYER,
    CN_A,
    CN_B,
    COIN_ID,
    LEDGER_ID,
    SELLER,
    SN,
    cash,
    cash_issue,
    membership,
    membership_issue,
)

NOW_S = 1_790_000_000
CLIENT_ID = "qbft-0"
COUNTERPARTY_CLIENT_ID = "progmat-0"
AMOUNT_YEN = 1_000_000


def terms_of(
    trade: int = 1, *, amount_yen: int = AMOUNT_YEN, lock_by_s: int = NOW_S + 600, settle_by_s: int = NOW_S + 1200
) -> SettlementTerms:
    """Terms between the test ledger's buyer and seller; equal arguments give equal terms."""
    return SettlementTerms(
        trade_id=bytes(sha256(b"trade %d" % trade)),
        security=SecurityLeg(
            chain_id=CHAIN_ID,
            token=Address(b"\x11" * 20),
            adapter=Address(b"\x22" * 20),
            quantity=10,
            seller=Address(b"\x33" * 20),
            buyer=Address(b"\x44" * 20),
        ),
        cash=CashLeg(
            ledger_id=LEDGER_ID,
            coin_id=COIN_ID,
            issuer=SN.name,
            amount_yen=amount_yen,
            buyer=BUYER.account_at(CN_B),
            seller=SELLER.account_at(CN_A),
            salt=b"\x55" * 32,
        ),
        lead_leg=LeadLeg.CASH,
        lock_by_s=lock_by_s,
        settle_by_s=settle_by_s,
    )


@dataclass
class Locked:
    """A settlement whose cash is locked."""

    terms: SettlementTerms
    cash: StateAndRef
    lock: StateAndRef
    sequence: int


class SettlementWorld:
    """``ledger`` and ``evm`` share one clock; ``client`` is the ledger's light client of the EVM chain."""

    def __init__(self) -> None:
        registry = LightClientRegistry.builder().register(QbftLightClient()).seal()
        self.ledger = LedgerModel(standard_package(registry), NOW_S)
        self.evm = EvmChainModel(NOW_S - 10)
        self.issuer_membership = self._member(SN.name, MemberRole.SC_ISSUER)
        self.custodian = self._member(CN_B.name, MemberRole.CUSTODIAN)
        self.seller_custodian = self._member(CN_A.name, MemberRole.CUSTODIAN)
        self.client, self.first_consensus = self.create_client(CLIENT_ID)
        self.consensus: dict[int, StateAndRef] = {1: self.first_consensus}

    def copy(self) -> Self:
        """A world that goes its own way from here."""
        other = copy(self)
        other.ledger, other.evm, other.consensus = self.ledger.copy(), self.evm.copy(), dict(self.consensus)
        return other

    @property
    def now_s(self) -> int:
        return self.ledger.now_s

    @property
    def window(self) -> TimeWindow:
        """From ten seconds ago, a minute to go."""
        return TimeWindow(UnixSeconds(self.now_s - 10), UnixSeconds(self.now_s + 60))

    def advance(self, seconds: int) -> None:
        """Let time pass on both chains."""
        self.ledger.now_s += seconds
        self.evm.now_s = max(self.evm.now_s, self.ledger.now_s)

    def create_client(self, client_id: str, counterparty: str = COUNTERPARTY_CLIENT_ID) -> tuple[StateAndRef, ...]:
        """Client record and first consensus record of a light client of the EVM chain."""
        record = ClientRecord(client_id, "qbft", self.evm.client_state(), counterparty, (b"",))
        registry = self.ledger.package.light_clients
        consensus_state = self.evm.consensus_state(1)
        return self.ledger.commit(
            build_client_creation(self.ledger.frame, registry, record, consensus_state, self.window)
        )

    def issue(self, amount_yen: int) -> StateAndRef:
        """Fresh coins for the buyer."""
        return self.ledger.commit(cash_issue(self.ledger.frame, self.issuer_membership, cash(amount_yen)))[0]

    def lock_builder(
        self, terms: SettlementTerms, *coins: StateAndRef, sequence: int = 1, client: StateAndRef | None = None
    ) -> TransactionBuilder:
        """A valid lock, to be committed or tampered with."""
        window = TimeWindow(UnixSeconds(self.now_s - 10), UnixSeconds(min(self.now_s + 60, terms.lock_by_s)))
        plan = LockPlan(terms, sequence, window, coins, client or self.client, self.custodian, self.seller_custodian)
        return build_lock(self.ledger.frame, plan)

    def lock(self, terms: SettlementTerms, *coins: StateAndRef, sequence: int = 1) -> Locked:
        """Lock the buyer's cash."""
        made = self.ledger.commit(self.lock_builder(terms, *coins, sequence=sequence))
        return Locked(terms, made[0], made[1], sequence)

    def receive(self, locked: Locked, acknowledgement: bytes | None = None) -> bytes:
        """The EVM chain receives the packet: receipt and acknowledgement (of success by default) in its next block."""
        acknowledgement = terms_hash(locked.terms) if acknowledgement is None else acknowledgement
        packet = packet_of(locked.terms, locked.sequence, CLIENT_ID, COUNTERPARTY_CLIENT_ID)
        self.evm.store[receipt_path(COUNTERPARTY_CLIENT_ID, locked.sequence)] = packet_receipt_value(packet)
        self.evm.store[ack_path(COUNTERPARTY_CLIENT_ID, locked.sequence)] = ack_commitment([acknowledgement])
        self.evm.seal()
        return acknowledgement

    def refuse(self, locked: Locked) -> bytes:
        """The EVM chain receives the packet and its app refuses it."""
        return self.receive(locked, UNIVERSAL_ERROR_ACK)

    def update_client(self, height: int | None = None, trusted_height: int = 1) -> int:
        """Record a height of the EVM chain, the latest by default; returns it."""
        height = height or self.evm.height
        if height not in self.consensus:
            self.consensus[height] = self.ledger.commit(self.update_builder(height, trusted_height))[0]
        return height

    def update_builder(self, height: int, trusted_height: int = 1) -> TransactionBuilder:
        """A valid update of the light client to a height."""
        message = self.evm.header(height, trusted_height)
        plan = ClientMessagePlan(self.client, self.consensus[trusted_height], message, CN_B.key, self.window)
        return build_client_update(self.ledger.frame, self.ledger.package.light_clients, plan)

    def ack_evidence(self, locked: Locked, acknowledgement: bytes, height: int) -> AckEvidence:
        """Proof of an acknowledgement at a height."""
        proof = self.evm.proof(height, ack_path(COUNTERPARTY_CLIENT_ID, locked.sequence))
        return AckEvidence(acknowledgement, proof, height)

    def timeout_evidence(self, locked: Locked, height: int) -> TimeoutEvidence:
        """Proof that the packet was not received up to a height."""
        return TimeoutEvidence(self.evm.proof(height, receipt_path(COUNTERPARTY_CLIENT_ID, locked.sequence)), height)

    def unlock_builder(self, locked: Locked, evidence: Evidence) -> TransactionBuilder:
        """The unlock for this evidence, right or wrong."""
        consensus = self.consensus[evidence.height]
        plan = UnlockPlan(locked.lock, locked.cash, self.client, consensus, evidence, self.window)
        return build_unlock(self.ledger.frame, plan)

    def _member(self, name: str, role: MemberRole) -> StateAndRef:
        party = {SN.name: SN, CN_A.name: CN_A, CN_B.name: CN_B}[name]
        return self.ledger.commit(membership_issue(self.ledger.frame, membership(party, role)))[0]


def client_record(state: StateAndRef) -> ClientRecord:
    """The client record in a state."""
    record = record_of(state.state)
    if not isinstance(record, ClientRecord):
        raise TypeError(f"{state.ref} is not a client record")
    return record


def with_reference(builder: TransactionBuilder, old: StateAndRef, new: StateAndRef) -> TransactionBuilder:
    """The transaction with one reference replaced."""
    return replace(builder, references=tuple(new.ref if ref == old.ref else ref for ref in builder.references))
