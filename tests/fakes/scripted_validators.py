"""A ledger of ticks whose Validators change at heights a test names, and Validators that say what they are told to.

Signatures, sets and checkpoints are real; a Validator signs for each height with the set in force, as the real
signer does, and says of handovers what the real one says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from chains.progmat.client.rpc_validator import CheckpointVote, Handover, PathAnswer, ValidatorHead
from chains.progmat.validators.errors import HeightNotReached, NotSigningAtHeight
from chains.rpc_status import RemoteUnavailableError
from light_clients.progmat import (
    Checkpoint,
    CheckpointHeader,
    ValidatorSet,
    checkpoint_digest,
    encode_header,
)
from primitives.hashing import sha256
from primitives.secp256k1 import compact
from primitives.smt_proof import encode_smt_proof
from primitives.sparse_merkle import MemoryNodeStore, SparseMerkleTree
from tests.fakes.qbft_headers import TIME_0_S, ValidatorKey

LEDGER_ID = "progmat-test"


def set_of(keys: Sequence[ValidatorKey], threshold: int) -> ValidatorSet:
    return ValidatorSet(threshold, tuple(sorted(key.address for key in keys)))


@dataclass
class RotatingLedger:
    """``sets`` by the first height that each signs; the tree is one and the same at all heights.

    ``coming_height`` is where Validators arrive while somebody waits for them.
    """

    sets: Mapping[int, ValidatorSet]
    head_height: int
    coming_height: int = 0
    time_0_s: int = TIME_0_S
    tree: SparseMerkleTree = field(default_factory=lambda: SparseMerkleTree(MemoryNodeStore()))

    def signing_set(self, height: int) -> ValidatorSet:
        return self.sets[max(first for first in self.sets if first <= height)]

    def checkpoint(self, height: int) -> Checkpoint:
        return Checkpoint(
            ledger_id=LEDGER_ID,
            height=height,
            timestamp_s=self.time_0_s + height,
            root=self.tree.root,
            journal_hash=sha256(b"journal %d" % height),
            next_validator_set_hash=self.signing_set(height + 1).hash(),
        )

    def handovers(self, after_height: int) -> tuple[Handover, ...]:
        starts = sorted(first for first in self.sets if first > 1)
        return tuple(
            Handover(first - 1, self.sets[first]) for first in starts if after_height < first - 1 <= self.head_height
        )


def vote_of(key: ValidatorKey, checkpoint: Checkpoint) -> CheckpointVote:
    """What the holder of a key says."""
    return CheckpointVote(checkpoint, compact(key.seal(checkpoint_digest(checkpoint))), key.address)


@dataclass
class ScriptedValidator:
    """Follows a ledger; ``lies`` are checkpoints it signs in the place of the true ones, by height."""

    key: ValidatorKey
    ledger: RotatingLedger
    lies: dict[int, Checkpoint] = field(default_factory=dict)
    silent: bool = False
    asked: list[int] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.key.address.hex()[:8]

    async def head(self, min_height: int = 0, wait_ms: int = 0) -> ValidatorHead:
        self._answer()
        if wait_ms > 0 and self.ledger.head_height < min_height <= self.ledger.coming_height:
            self.ledger.head_height = min_height
        height = self.ledger.head_height
        return ValidatorHead(height, self.ledger.checkpoint(height).timestamp_s)

    async def sign_checkpoint(self, height: int) -> CheckpointVote:
        self._answer()
        self.asked.append(height)
        if height > self.ledger.head_height:
            raise HeightNotReached(height, self.ledger.head_height)
        if height in self.lies:
            return vote_of(self.key, self.lies[height])
        if self.key.address not in self.ledger.signing_set(height).validators:
            raise NotSigningAtHeight(height, 1)
        return vote_of(self.key, self.ledger.checkpoint(height))

    async def handovers(self, after_height: int) -> tuple[Handover, ...]:
        self._answer()
        return self.ledger.handovers(after_height)

    async def prove(self, path: bytes, height: int) -> PathAnswer:
        del height
        self._answer()
        proof = self.ledger.tree.prove(path)
        return PathAnswer(None, encode_smt_proof(proof))

    async def close(self) -> None:
        pass

    def _answer(self) -> None:
        if self.silent:
            raise RemoteUnavailableError(self.name, "AWAY", "away")


def header_of(validator_set: ValidatorSet, checkpoint: Checkpoint, *signers: ValidatorKey) -> bytes:
    """Packed; signatures by ``signers`` in the set's order."""
    digest = checkpoint_digest(checkpoint)
    places = {address: place for place, address in enumerate(validator_set.validators)}
    ordered = sorted(signers, key=lambda key: key.address)
    signatures = tuple((places[key.address], compact(key.seal(digest))) for key in ordered)
    return encode_header(CheckpointHeader(checkpoint, validator_set, signatures))
