"""Validators that sign checkpoints of a ledger with real keys, over a real sparse Merkle tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ibc.light_client import ConsensusAt, TimeBounds
from light_clients.progmat import (
    Checkpoint,
    CheckpointHeader,
    ProgmatClientState,
    ValidatorSet,
    checkpoint_digest,
    encode_header,
    encode_proof,
)
from light_clients.progmat.client_state import encode_client_state
from primitives.keccak import keccak256
from primitives.secp256k1 import compact
from primitives.smt_proof import encode_smt_proof
from primitives.sparse_merkle import MemoryNodeStore, SparseMerkleTree
from tests.fakes.qbft_headers import TIME_0_S, ValidatorKey, validator_keys

LEDGER = "progmat-test"
LATEST_HEIGHT = 20
TRUSTING_PERIOD_S = 1000
DRIFT_S = 15
NOW = TimeBounds.at(TIME_0_S + 5)


def set_of(keys: Sequence[ValidatorKey], threshold: int) -> ValidatorSet:
    return ValidatorSet(threshold, tuple(key.address for key in keys))


def signature(key: ValidatorKey, checkpoint: Checkpoint) -> bytes:
    """EIP-2098 form."""
    return compact(key.seal(checkpoint_digest(checkpoint)))


@dataclass(frozen=True)
class CheckpointScenario:
    """A progmat client at height 20 and the Validators above it."""

    keys: tuple[ValidatorKey, ...] = field(default_factory=lambda: validator_keys(4))
    threshold: int = 3
    frozen: bool = False
    entries: Mapping[bytes, bytes] = field(default_factory=dict)

    @property
    def validator_set(self) -> ValidatorSet:
        return set_of(self.keys, self.threshold)

    def tree(self) -> SparseMerkleTree:
        tree = SparseMerkleTree(MemoryNodeStore())
        for path, value in self.entries.items():
            tree.set(path, value)
        return tree

    @property
    def client_state(self) -> bytes:
        return encode_client_state(
            ProgmatClientState(
                ledger_id=LEDGER,
                latest_height=LATEST_HEIGHT,
                trusting_period_s=TRUSTING_PERIOD_S,
                max_clock_drift_s=DRIFT_S,
                frozen=self.frozen,
                validator_set_hash=self.validator_set.hash(),
            )
        )

    @property
    def latest_checkpoint(self) -> Checkpoint:
        return Checkpoint(
            ledger_id=LEDGER,
            height=LATEST_HEIGHT,
            timestamp_s=TIME_0_S,
            root=self.tree().root,
            journal_hash=keccak256(b"journal"),
            next_validator_set_hash=self.validator_set.hash(),
        )

    @property
    def latest(self) -> ConsensusAt:
        return ConsensusAt(LATEST_HEIGHT, self.latest_checkpoint.consensus_state)

    @property
    def next_checkpoint(self) -> Checkpoint:
        return replace(
            self.latest_checkpoint, height=LATEST_HEIGHT + 1, timestamp_s=TIME_0_S + 1, root=keccak256(b"next")
        )

    def header(self, checkpoint: Checkpoint, signers: Sequence[int] | None = None) -> CheckpointHeader:
        """Signed by the validators at these indexes; by the first k if none are named."""
        chosen = range(self.threshold) if signers is None else signers
        signatures = tuple((index, signature(self.keys[index], checkpoint)) for index in chosen)
        return CheckpointHeader(checkpoint, self.validator_set, signatures)

    def message(self, checkpoint: Checkpoint, signers: Sequence[int] | None = None) -> bytes:
        return encode_header(self.header(checkpoint, signers))

    def proof(self, path: bytes) -> bytes:
        return encode_proof(TIME_0_S, encode_smt_proof(self.tree().prove(path)))
