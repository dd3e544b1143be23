"""Checkpoints for other chains: k Validators' signatures over one checkpoint, and proofs under its root.

Nothing a Validator says is believed: signatures are recovered against the Validator set of the network parameters, and
proofs are verified against the root that k of them signed, before they are returned.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from chains.progmat.client.errors import TooFewCheckpointSignatures, ValidatorAnswerRefused
from chains.progmat.client.rpc_validator import CheckpointVote, PathAnswer, ValidatorHead
from light_clients.progmat import Checkpoint, ValidatorSet, assemble_header, checkpoint_digest, encode_header
from light_clients.progmat import encode_proof as encode_membership_proof
from primitives.errors import CrossDvpError
from primitives.secp256k1 import recover_compact
from primitives.smt_proof import decode_smt_proof, verify_absence, verify_presence

MAX_WAIT_MS: Final = 30_000


class ValidatorSource(Protocol):
    """A Validator that can be asked; ``ValidatorApi`` is one."""

    @property
    def name(self) -> str:
        """Its name on the network map."""
        ...

    async def head(self, min_height: int = 0, wait_ms: int = 0) -> ValidatorHead:
        """The highest position verified, waited for if below ``min_height``."""
        ...

    async def sign_checkpoint(self, height: int) -> CheckpointVote:
        """A vote for the checkpoint at ``height``."""
        ...

    async def prove(self, path: bytes, height: int) -> PathAnswer:
        """Presence or absence of a path at ``height``."""
        ...

    async def close(self) -> None:
        """Stop using it."""
        ...


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint with exactly the threshold's signatures; ``header`` is the packed client message."""

    checkpoint: Checkpoint
    header: bytes

    @property
    def height(self) -> int:
        """Journal position."""
        return self.checkpoint.height


@dataclass(frozen=True, slots=True)
class LedgerPathProof:
    """A verified proof: ``value`` is None if it proves absence; ``proof`` is what the progmat light client takes."""

    path: bytes
    height: int
    value: bytes | None
    proof: bytes


class CheckpointCollector:
    """Asks all Validators at once and takes the first k that agree."""

    def __init__(self, ledger_id: str, validator_set: ValidatorSet, validators: Sequence[ValidatorSource]) -> None:
        self._ledger_id = ledger_id
        self._set = validator_set
        self._validators = tuple(validators)

    @property
    def ledger_id(self) -> str:
        """Which ledger's checkpoints these are."""
        return self._ledger_id

    @property
    def validator_set(self) -> ValidatorSet:
        """Whose signatures count."""
        return self._set

    async def head(self, min_height: int = 0, wait_ms: int = 0) -> int:
        """The height of ``verified_head``."""
        return (await self.verified_head(min_height, wait_ms)).height

    async def verified_head(self, min_height: int = 0, wait_ms: int = 0) -> ValidatorHead:
        """The highest position that k Validators have verified, waited for up to ``wait_ms`` if below ``min_height``.

        Raises ``TooFewCheckpointSignatures`` when fewer than k answer.
        """
        wait_ms = min(wait_ms, MAX_WAIT_MS)
        heads: list[ValidatorHead] = []
        problems: list[str] = []
        tasks = [asyncio.create_task(validator.head(min_height, wait_ms)) for validator in self._validators]
        try:
            for answer in asyncio.as_completed(tasks):
                try:
                    heads.append(await answer)
                except CrossDvpError as error:
                    problems.append(str(error))
                reached = self._reached_by_threshold(heads)
                if reached is not None and reached.height >= min_height:
                    return reached
        finally:
            _cancel(tasks)
        reached = self._reached_by_threshold(heads)
        if reached is None:
            raise TooFewCheckpointSignatures(min_height, self._set.threshold, len(heads), tuple(problems))
        return reached

    def _reached_by_threshold(self, heads: Sequence[ValidatorHead]) -> ValidatorHead | None:
        ranked = sorted(heads, key=lambda head: head.height, reverse=True)
        return ranked[self._set.threshold - 1] if len(ranked) >= self._set.threshold else None

    async def collect(self, height: int) -> SignedCheckpoint:
        """The checkpoint at ``height`` with k valid signatures. Raises ``TooFewCheckpointSignatures``."""
        votes: dict[Checkpoint, dict[bytes, bytes]] = defaultdict(dict)
        problems: list[str] = []
        tasks = [asyncio.create_task(self._vote(validator, height)) for validator in self._validators]
        try:
            for answer in asyncio.as_completed(tasks):
                try:
                    vote = await answer
                except CrossDvpError as error:
                    problems.append(f"{error.reason}: {error}")
                    continue
                of_checkpoint = votes[vote.checkpoint]
                of_checkpoint[vote.address] = vote.signature
                if len(of_checkpoint) == self._set.threshold:
                    header = assemble_header(vote.checkpoint, self._set, of_checkpoint)
                    return SignedCheckpoint(vote.checkpoint, encode_header(header))
        finally:
            _cancel(tasks)
        most = max((len(of_checkpoint) for of_checkpoint in votes.values()), default=0)
        raise TooFewCheckpointSignatures(height, self._set.threshold, most, tuple(problems))

    async def prove(self, path: bytes, at: SignedCheckpoint) -> LedgerPathProof:
        """Presence or absence of ``path`` under a collected checkpoint, from the first Validator whose proof verifies.

        Raises the last Validator's error when none can.
        """
        last: CrossDvpError = TooFewCheckpointSignatures(at.height, 1, 0, ())
        for validator in self._validators:
            try:
                answer = await validator.prove(path, at.height)
                self._verify(path, answer, at.checkpoint)
            except CrossDvpError as error:
                last = error
                continue
            proof = encode_membership_proof(at.checkpoint.timestamp_s, answer.proof)
            return LedgerPathProof(path, at.height, answer.value, proof)
        raise last

    async def close(self) -> None:
        """Close the channels."""
        await asyncio.gather(*(validator.close() for validator in self._validators))

    async def _vote(self, validator: ValidatorSource, height: int) -> CheckpointVote:
        vote = await validator.sign_checkpoint(height)
        checkpoint = vote.checkpoint
        if (checkpoint.ledger_id, checkpoint.height) != (self._ledger_id, height):
            raise ValidatorAnswerRefused(
                f"{validator.name} signed another checkpoint than asked for", expected=height, found=checkpoint.height
            )
        signer = recover_compact(checkpoint_digest(checkpoint), vote.signature)
        if signer != vote.address or signer not in self._set.validators:
            raise ValidatorAnswerRefused(
                f"{validator.name} signed with another key", expected=vote.address, found=signer
            )
        return vote

    def _verify(self, path: bytes, answer: PathAnswer, checkpoint: Checkpoint) -> None:
        proof = decode_smt_proof(answer.proof)
        if answer.value is None:
            verify_absence(checkpoint.root, path, proof)
        else:
            verify_presence(checkpoint.root, path, answer.value, proof)


def _cancel(tasks: Sequence[asyncio.Task[ValidatorHead]] | Sequence[asyncio.Task[CheckpointVote]]) -> None:
    for task in tasks:
        task.cancel()
