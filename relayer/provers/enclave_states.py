"""The state an enclave is to build upon, made anew from the chain each time.

Nothing is stored: the chain that checks statements keeps the state's name, so that a wrong state costs a refusal, not a
loss, and a relayer that starts anew knows all it needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from chains.evm.client.proofs import QbftProver, StorageEvidence, TrustTerms
from chains.progmat.client.checkpoints import CheckpointCollector, SignedCheckpoint
from light_clients.progmat import Checkpoint, ProgmatClientState
from light_clients.progmat.client_state import encode_client_state
from light_clients.qbft.codec import decode_client_state, decode_consensus_state, decode_membership_proof
from light_clients.qbft.membership import commitment_slot, word_at
from primitives.errors import PeerError
from primitives.mpt import verify_storage
from relayer.enclave.program import Snapshot


class ValueMissing(PeerError):
    """The chain proves nothing under a path where something should stand."""

    reason = "VALUE_MISSING"


class InnerStates(Protocol):
    """One chain as the light client inside sees it. Raises what the chain's client raises."""

    async def snapshot_at(self, height: int) -> Snapshot:
        """The light client's state at a height."""
        ...

    async def value_at(self, snapshot: Snapshot, proof: bytes, path: bytes) -> bytes:
        """What stands under an IBC path, for a proof of presence; ValueMissing if nothing does."""
        ...


@dataclass(frozen=True, slots=True)
class QbftStates:
    """Implements `InnerStates` for a QBFT chain, asking a node of it."""

    prover: QbftProver
    chain_id: int
    trust: TrustTerms

    async def snapshot_at(self, height: int) -> Snapshot:
        """See InnerStates."""
        found = await self.prover.initial_state(self.chain_id, self.trust, height)
        return Snapshot("qbft", found.client_state, found.height, found.consensus_state)

    async def value_at(self, snapshot: Snapshot, proof: bytes, path: bytes) -> bytes:
        """See InnerStates; read out of the proof itself."""
        slot = commitment_slot(decode_client_state(snapshot.client_state), path)
        storage_root = decode_consensus_state(snapshot.consensus_state).storage_root
        word = verify_storage(storage_root, slot, decode_membership_proof(proof))
        if word is None:
            raise ValueMissing(f"nothing stands under {path.hex()} at height {snapshot.height}")
        return word

    @staticmethod
    def word_at(snapshot: Snapshot, contract: bytes, slot: bytes, evidence: StorageEvidence) -> bytes:
        """The word that a storage proof shows, 32 zero bytes for none; raises AccountAbsent, MptError."""
        consensus = decode_consensus_state(snapshot.consensus_state)
        found = word_at(consensus, contract, slot, evidence.account_proof, evidence.storage_proof)
        return found or bytes(32)


@dataclass(frozen=True, slots=True)
class LedgerStates:
    """Implements `InnerStates` for a Progmat ledger, asking its Validators."""

    collector: CheckpointCollector
    trust: TrustTerms

    async def snapshot_at(self, height: int) -> Snapshot:
        """See InnerStates."""
        return self.snapshot_of((await self.collector.collect(height)).checkpoint)

    def snapshot_of(self, checkpoint: Checkpoint) -> Snapshot:
        """The light client's state after a checkpoint."""
        client_state = ProgmatClientState(
            ledger_id=self.collector.ledger_id,
            latest_height=checkpoint.height,
            trusting_period_s=self.trust.trusting_period_s,
            max_clock_drift_s=self.trust.max_clock_drift_s,
            frozen=False,
            validator_set_hash=checkpoint.next_validator_set_hash,
        )
        return Snapshot("progmat", encode_client_state(client_state), checkpoint.height, checkpoint.consensus_state)

    async def value_at(self, snapshot: Snapshot, proof: bytes, path: bytes) -> bytes:  # noqa: ARG002  # the protocol's signature
        """See InnerStates; a ledger's proof does not carry the value, so a Validator says it."""
        signed: SignedCheckpoint = await self.collector.collect(snapshot.height)
        found = await self.collector.prove(path, signed)
        if found.value is None:
            raise ValueMissing(f"nothing stands under {path.hex()} at height {snapshot.height}")
        return found.value
