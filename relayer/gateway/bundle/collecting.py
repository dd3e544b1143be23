"""Collects the proofs of an ended settlement from nodes of both ledgers, and believes none of them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from chains.evm.client.dvp_app import earmark_slot
from chains.evm.client.rpc import EvmRpc
from chains.evm.errors import EvmRequestRefused
from chains.progmat.client.checkpoints import READING_MS, CheckpointCollector, SignedCheckpoint
from chains.progmat.client.ledger_client import TornEvidence
from chains.progmat.transactions.filtered import FilteredTransaction
from ibc.dvp import LeadLeg, SettlementTerms, trade_path
from ibc.paths import ack_path, commitment_path, receipt_path
from light_clients.progmat import ValidatorSet
from light_clients.qbft import ConsensusEngine, read_sealed_header
from light_clients.qbft.verify import TrustAnchor
from primitives.errors import CrossDvpError, UnavailableError
from primitives.keccak import keccak256
from primitives.mpt import mapping_slot
from relayer.cli.verify.bundle import MAX_BUNDLE_BYTES, Ending, Trust, read_bundle, verify_bundle
from relayer.cli.verify.bundle.trust import EvmTrust, LedgerTrust
from relayer.gateway.bundle.encoding import EvmPart, LedgerPart, PacketEnds, bundle_bytes, bundle_document
from relayer.gateway.lifecycle import SettlementState
from relayer.gateway.model import Settlement
from relayer.gateway.service_errors import NothingToProve, ProofInconsistent, ProofNotKept, SettlementNotEnded

_TIMESTAMP_BYTES = 8  # before the sparse Merkle proof in what a light client takes: the checkpoint says it, too


class EvidenceNode(Protocol):
    """A custodian node that shows what it recorded of a trade; ``LedgerClient`` is one."""

    async def trade_evidence(self, terms: SettlementTerms) -> tuple[TornEvidence, ...]:
        """The trade's transactions, torn, in order."""
        ...


@dataclass(frozen=True)
class BundleSources:
    """Whom to ask. ``ledger_client_id`` follows the EVM chain on the ledger, ``evm_client_id`` the ledger there."""

    rpc: EvmRpc
    chain_id: int
    router: bytes
    store_slot: bytes
    collector: CheckpointCollector
    validator_set: ValidatorSet
    custodians: Mapping[str, EvidenceNode]
    ledger_client_id: str
    evm_client_id: str


def ending_of(settlement: Settlement) -> Ending:
    """How a settlement ended. Raises ``SettlementNotEnded``, ``NothingToProve``."""
    facts = {fact.what for fact in settlement.facts}
    match settlement.state:
        case SettlementState.SETTLED:
            return Ending.SETTLED
        case SettlementState.RETURNED:
            refused = facts & {"refused", "securities returned after refusal"}
            return Ending.REFUSED if refused else Ending.TIMED_OUT
        case SettlementState.CANCELLED if "trade cancelled" in facts:
            return Ending.CANCELLED
        case SettlementState.CANCELLED:
            raise NothingToProve(settlement.name)
        case _:
            raise SettlementNotEnded(settlement.name, settlement.state.value)


class BundleCollector:
    """One per gateway process."""

    def __init__(self, sources: BundleSources) -> None:
        self._sources = sources

    async def collect(self, settlement: Settlement) -> bytes:
        """The bundle of an ended settlement, which holds against itself.

        Raises ``SettlementNotEnded``, ``NothingToProve``, ``ProofNotKept``, ``ProofInconsistent``, or what nodes raise.
        """
        ending = ending_of(settlement)
        collecting = _Collecting(self._sources, settlement, ending)
        evm, ledger = await asyncio.gather(collecting.evm_part(), collecting.ledger_part())
        document = bundle_document(settlement.terms, ending, collecting.packet, self._sources.router, evm, ledger)
        encoded = bundle_bytes(document)
        if len(encoded) > MAX_BUNDLE_BYTES:
            raise ProofInconsistent(settlement.name, f"{len(encoded)} bytes of proofs, at most {MAX_BUNDLE_BYTES} fit")
        self._require_holds(settlement, document, evm, ledger)
        return encoded

    def _require_holds(self, settlement: Settlement, document: object, evm: EvmPart, ledger: LedgerPart) -> None:
        """As its reader will, but with the chain's validators and the notary taken from the bundle itself."""
        try:
            verify_bundle(read_bundle(document), self._own_trust(evm, ledger, settlement.terms.cash.ledger_id))
        except UnavailableError:
            raise
        except CrossDvpError as error:
            raise ProofInconsistent(settlement.name, str(error)) from error

    def _own_trust(self, evm: EvmPart, ledger: LedgerPart, ledger_id: str) -> Trust:
        sources, anchor = self._sources, TrustAnchor(0, 0, ())
        if evm.headers:
            first = read_sealed_header(ConsensusEngine.QBFT, evm.headers[min(evm.headers)])
            anchor = replace(anchor, validators=first.validators)
        notaries = [FilteredTransaction.decode(torn.tear_off).notary for torn in ledger.transactions]
        key = next((party.key for party in notaries if party is not None), None)
        return Trust(
            EvmTrust(
                sources.chain_id,
                sources.router,
                sources.store_slot,
                sources.evm_client_id,
                ConsensusEngine.QBFT,
                anchor,
            ),
            LedgerTrust(ledger_id, sources.ledger_client_id, sources.validator_set, key),
        )


@dataclass
class _Collecting:
    """One settlement's collection."""

    sources: BundleSources
    settlement: Settlement
    ending: Ending

    def __post_init__(self) -> None:
        self.terms = self.settlement.terms
        self.heights = {fact.what: fact.height for fact in self.settlement.facts}
        self.cash_leads = self.terms.lead_leg is LeadLeg.CASH
        ends = (self.sources.ledger_client_id, self.sources.evm_client_id)
        self.source, self.destination = ends if self.cash_leads else ends[::-1]
        self.sequence = self.settlement.packet_sequence

    @property
    def packet(self) -> PacketEnds | None:
        """The packet by name; there is none of a trade that was cancelled."""
        if self.ending is Ending.CANCELLED:
            return None
        return PacketEnds(self.sequence, self.source, self.destination)

    async def evm_part(self) -> EvmPart:
        """Headers and storage proofs of the blocks in which things happened."""
        if self.ending is Ending.CANCELLED:
            return EvmPart({}, {})
        wanted = await (self._evm_if_cash_leads() if self.cash_leads else self._evm_if_securities_lead())
        heights = sorted({height for height, _, _ in wanted.values()})
        blocks = await asyncio.gather(*(self.sources.rpc.get_block(height) for height in heights))
        proved = await asyncio.gather(*(self._slot(*question) for question in wanted.values()))
        return EvmPart({block.height: block.header_rlp for block in blocks}, dict(zip(wanted, proved, strict=True)))

    async def _evm_if_cash_leads(self) -> dict[str, tuple[int, bytes, bytes]]:
        """Per proof: height, contract, slot."""
        receipt, ack = (self._slot_of(path(self.destination, self.sequence)) for path in (receipt_path, ack_path))
        router = self.sources.router
        if self.ending is Ending.TIMED_OUT:
            return {"receipt_absent": (await self.sources.rpc.block_number(), router, receipt)}
        answered = self._height("delivered" if self.ending is Ending.SETTLED else "refused")
        wanted = {"receipt": (answered, router, receipt), "acknowledgement": (answered, router, ack)}
        if self.ending is Ending.SETTLED:
            adapter = bytes(self.terms.security.adapter)
            wanted["earmark"] = (self._height("earmarked"), adapter, earmark_slot(self.terms.trade_id))
        return wanted

    async def _evm_if_securities_lead(self) -> dict[str, tuple[int, bytes, bytes]]:
        slot, router = self._slot_of(commitment_path(self.source, self.sequence)), self.sources.router
        ended = {
            Ending.SETTLED: "securities delivered",
            Ending.REFUSED: "securities returned after refusal",
            Ending.TIMED_OUT: "securities returned after the time-out",
        }[self.ending]
        return {
            "packet": (self._height("securities locked"), router, slot),
            "packet_ended": (self._height(ended), router, slot),
        }

    def _slot_of(self, path: bytes) -> bytes:
        return mapping_slot(keccak256(path), self.sources.store_slot)

    def _height(self, what: str) -> int:
        try:
            return self.heights[what]
        except KeyError:
            raise ProofInconsistent(self.settlement.name, f"it ended, and nobody saw that it was {what}") from None

    async def _slot(self, height: int, contract: bytes, slot: bytes) -> tuple[int, Sequence[bytes], Sequence[bytes]]:
        try:
            proof = await self.sources.rpc.get_proof(contract, (slot,), height)
        except EvmRequestRefused as refusal:
            raise ProofNotKept(height, str(refusal)) from refusal
        return height, proof.nodes, proof.slots[0].nodes

    async def ledger_part(self) -> LedgerPart:
        """Checkpoints, proofs under them, and torn transactions."""
        custodian = self.sources.custodians.get(self.terms.cash.buyer.node)
        torn = () if custodian is None else await custodian.trade_evidence(self.terms)
        if not self.cash_leads and self.ending in {Ending.REFUSED, Ending.TIMED_OUT}:
            torn = ()  # a refusal pays nothing: its receipt and acknowledgement say it all
            positions = [await self.sources.collector.head()]
        else:
            positions = [each.journal_position for each in torn]
        if not positions:
            raise ProofInconsistent(self.settlement.name, "the buyer's custodian node knows nothing of the trade")
        checkpoints = await self.sources.collector.path_through(positions, READING_MS)
        by_height = {each.height: each for each in checkpoints}
        first, last = by_height[positions[0]], by_height[positions[-1]]
        proofs = {
            name: await self._path(path, first if is_first else last)
            for name, (path, is_first) in self._ledger_paths().items()
        }
        return LedgerPart([(each.height, each.header) for each in checkpoints], proofs, torn)

    def _ledger_paths(self) -> dict[str, tuple[bytes, bool]]:
        """Per proof: the path, and whether it is proved where the trade was opened, or where it was closed."""
        trade = trade_path(self.terms.trade_id)
        if self.ending is Ending.CANCELLED:
            return {"cancellation": (trade, True)}
        if self.cash_leads:
            committed = commitment_path(self.source, self.sequence)
            return {"lock": (trade, True), "packet": (committed, True), "packet_ended": (committed, False)}
        receipt, ack = receipt_path(self.destination, self.sequence), ack_path(self.destination, self.sequence)
        if self.ending is Ending.TIMED_OUT:
            return {"receipt_absent": (receipt, True)}
        answered = {"receipt": (receipt, True), "acknowledgement": (ack, True)}
        return {"payment": (trade, True), **answered} if self.ending is Ending.SETTLED else answered

    async def _path(self, path: bytes, at: SignedCheckpoint) -> tuple[int, bytes]:
        proof = await self.sources.collector.prove(path, at)
        return proof.height, proof.proof[_TIMESTAMP_BYTES:]
