"""A ledger of ticks whose Validators change at heights a test names, and Validators that say what they are told to.

Signatures, sets and checkpoints are real; a Validator signs for each height with the set in force, as the real
signer does, and says of handovers what the real one says.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

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
from tests.fakes.manual_clock import ManualClock
from tests.fakes.qbft_headers import TIME_0_S, ValidatorKey

LEDGER_ID = "progmat-test"
LOOK_MS = 100
"""Between two looks of a Validator that is waited for."""


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
    """Follows a ledger; ``lies`` are checkpoints it signs in the place of the true ones, by height.

    With a ``clock``, whoever waits for a height waits as long as it says, or until the ledger is there.
    """

    key: ValidatorKey
    ledger: RotatingLedger
    lies: dict[int, Checkpoint] = field(default_factory=dict)
    silent: bool = False
    asked: list[int] = field(default_factory=list)
    clock: ManualClock | None = None

    @property
    def name(self) -> str:
        return self.key.address.hex()[:8]

    async def head(self, min_height: int = 0, wait_ms: int = 0) -> ValidatorHead:
        self._answer()
        if wait_ms > 0 and self.ledger.head_height < min_height <= self.ledger.coming_height:
            self.ledger.head_height = min_height
        if self.clock is not None:
            until_ms = self.clock.now_ms() + wait_ms
            while self.ledger.head_height < min_height and self.clock.now_ms() < until_ms:
                await self.clock.sleep_ms(LOOK_MS)
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


async def ms_until_done(work: asyncio.Task[Any], ledger: RotatingLedger, clock: ManualClock, entry_ms: int) -> int:
    """How long ``work`` takes while Validators with this clock read another entry of the journal every ``entry_ms``."""
    began_ms, began_at = clock.now_ms(), ledger.head_height
    while not work.done():
        asleep = asyncio.create_task(clock.until_somebody_sleeps())
        await asyncio.wait({work, asleep}, return_when=asyncio.FIRST_COMPLETED)
        if asleep.done():
            clock.advance_ms(LOOK_MS)
            ledger.head_height = began_at + (clock.now_ms() - began_ms) // entry_ms
        asleep.cancel()
    return clock.now_ms() - began_ms


def header_of(validator_set: ValidatorSet, checkpoint: Checkpoint, *signers: ValidatorKey) -> bytes:
    """Packed; signatures by ``signers`` in the set's order."""
    digest = checkpoint_digest(checkpoint)
    places = {address: place for place, address in enumerate(validator_set.validators)}
    ordered = sorted(signers, key=lambda key: key.address)
    signatures = tuple((places[key.address], compact(key.seal(digest))) for key in ordered)
    return encode_header(CheckpointHeader(checkpoint, validator_set, signatures))
