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
from chains.progmat.client.rpc_validator import CheckpointVote, Handover, PathAnswer, ValidatorHead
from light_clients.progmat import Checkpoint, ValidatorSet, assemble_header, checkpoint_digest, encode_header
from light_clients.progmat import encode_proof as encode_membership_proof
from primitives.errors import CrossDvpError
from primitives.secp256k1 import recover_compact
from primitives.smt_proof import decode_smt_proof, verify_absence, verify_presence

MAX_WAIT_MS: Final = 30_000
READING_MS: Final = 10_000
"""How long Validators are given to read in the journal what a node has told already: a settlement's end, mostly."""
MAX_HANDOVERS_TOLD: Final = 64


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

    async def handovers(self, after_height: int) -> tuple[Handover, ...]:
        """Where the Validator set is said to have changed above a height, ascending."""
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


@dataclass(frozen=True, slots=True)
class Statements:
    """Verified votes of a height by members of the set that signs it; they may contradict each other."""

    height: int
    signing_set: ValidatorSet
    votes: tuple[CheckpointVote, ...]


class CheckpointCollector:
    """Asks all Validators at once and takes the first k that agree.

    Begins with a trusted Validator set and follows it through rotations: a set is taken over only when k of the set
    before have signed the checkpoint that names it.
    """

    def __init__(self, ledger_id: str, validator_set: ValidatorSet, validators: Sequence[ValidatorSource]) -> None:
        self._ledger_id = ledger_id
        self._sets: list[tuple[int, ValidatorSet]] = [(1, validator_set)]
        self._handovers: list[SignedCheckpoint] = []
        self._following = asyncio.Lock()
        self._led_to = 0  # the height that the last path led to
        self._validators = tuple(validators)

    @property
    def ledger_id(self) -> str:
        """Which ledger's checkpoints these are."""
        return self._ledger_id

    @property
    def validator_set(self) -> ValidatorSet:
        """Whose signatures count for what is newest, as far as rotations have been followed."""
        return self._sets[-1][1]

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
            raise TooFewCheckpointSignatures(min_height, self.validator_set.threshold, len(heads), tuple(problems))
        return reached

    def _reached_by_threshold(self, heads: Sequence[ValidatorHead]) -> ValidatorHead | None:
        ranked = sorted(heads, key=lambda head: head.height, reverse=True)
        threshold = self.validator_set.threshold
        return ranked[threshold - 1] if len(ranked) >= threshold else None

    async def collect(self, height: int) -> SignedCheckpoint:
        """The checkpoint at ``height`` with k valid signatures of the set that signs it.

        Raises ``TooFewCheckpointSignatures``.
        """
        signing = self._set_of(height)
        try:
            signed = await self._collect(height, signing)
        except TooFewCheckpointSignatures:
            if not await self._follow_rotations(height):
                raise
        else:  # sets may overlap: k of the old one may have signed what only the new one answers for
            if signed.checkpoint.next_validator_set_hash == signing.hash():
                return signed
            if not await self._follow_rotations(height):
                return signed
        return await self._collect(height, self._set_of(height))

    async def path_through(self, heights: Sequence[int], wait_ms: int) -> list[SignedCheckpoint]:
        """The checkpoints at ``heights`` (ascending) and each handover before them, in order.

        Validators read the notary's journal in their own time: waits once, at most ``wait_ms`` for all heights, until k
        of them have come as far as the last. Raises ``TooFewCheckpointSignatures``.
        """
        await self.head(heights[-1], wait_ms)
        found: list[SignedCheckpoint] = []
        for reached, height in zip((0, *heights), heights, strict=False):
            found += await self.path_to(reached, height)
        return found

    async def path_to(self, trusted_height: int, height: int) -> tuple[SignedCheckpoint, ...]:
        """What a light client at ``trusted_height`` is to be shown, in order: each handover between, then ``height``.

        Whoever brought it there, and whatever the set was then: all handovers are looked for that this object has not
        seen happen. Raises ``TooFewCheckpointSignatures``.
        """
        if trusted_height != self._led_to:
            await self._follow_rotations(height)
        target = await self.collect(height)
        self._led_to = height
        between = (item for item in self._handovers if trusted_height < item.height < height)
        return (*between, target)

    def _set_of(self, height: int) -> ValidatorSet:
        return next(found for first, found in reversed(self._sets) if first <= height)

    async def _follow_rotations(self, height: int) -> bool:
        """Take over the sets that followed the newest one known, as far as ``height``; whether there was any."""
        known = len(self._sets)
        async with self._following:  # two at once would take each set over twice
            while (found := await self._next_handover(height)) is not None:
                checkpoint, following = found
                self._handovers.append(checkpoint)
                self._sets.append((checkpoint.height + 1, following))
        return len(self._sets) > known

    async def _next_handover(self, height: int) -> tuple[SignedCheckpoint, ValidatorSet] | None:
        """The first handover after the newest set's beginning that anybody tells and k of that set signed.

        Those before it are of sets that came before the one that this object began with.
        """
        first, current = self._sets[-1]
        for validator in self._validators:
            try:
                told = await validator.handovers(first - 1)
            except CrossDvpError:  # the next one may tell
                continue
            for item in told[:MAX_HANDOVERS_TOLD]:
                if not first <= item.height < height or item.next_set == current:
                    continue
                if (signed := await self._handed_over(item, current)) is not None:
                    return signed, item.next_set
        return None

    async def _handed_over(self, told: Handover, current: ValidatorSet) -> SignedCheckpoint | None:
        """The checkpoint of a handover, if it is what k of the current set say."""
        try:
            signed = await self._collect(told.height, current)
        except CrossDvpError:
            return None
        return signed if signed.checkpoint.next_validator_set_hash == told.next_set.hash() else None

    async def _collect(self, height: int, signing: ValidatorSet) -> SignedCheckpoint:
        votes: dict[Checkpoint, dict[bytes, bytes]] = defaultdict(dict)
        problems: list[str] = []
        tasks = [asyncio.create_task(self._vote(validator, height, signing)) for validator in self._validators]
        try:
            for answer in asyncio.as_completed(tasks):
                try:
                    vote = await answer
                except CrossDvpError as error:
                    problems.append(f"{error.reason}: {error}")
                    continue
                of_checkpoint = votes[vote.checkpoint]
                of_checkpoint[vote.address] = vote.signature
                if len(of_checkpoint) == signing.threshold:
                    header = assemble_header(vote.checkpoint, signing, of_checkpoint)
                    return SignedCheckpoint(vote.checkpoint, encode_header(header))
        finally:
            _cancel(tasks)
        most = max((len(of_checkpoint) for of_checkpoint in votes.values()), default=0)
        raise TooFewCheckpointSignatures(height, signing.threshold, most, tuple(problems))

    async def statements(self, height: int) -> Statements:
        """What each Validator says of a height, lies included: every answer whose signature is by one of its set.

        Asks all and waits for all, those that fail excepted.
        """
        asked = [self._statement(validator, height) for validator in self._validators]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        votes = [answer for answer in answers if isinstance(answer, CheckpointVote)]
        signing = self._set_of(height)
        of_known_set = sum(vote.address in signing.validators for vote in votes)
        hands_over = any(vote.checkpoint.next_validator_set_hash != signing.hash() for vote in votes)
        if (of_known_set < signing.threshold or hands_over) and await self._follow_rotations(height):
            signing = self._set_of(height)
        return Statements(height, signing, tuple(vote for vote in votes if vote.address in signing.validators))

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

    async def _vote(self, validator: ValidatorSource, height: int, signing: ValidatorSet) -> CheckpointVote:
        vote = await self._statement(validator, height)
        if vote.address not in signing.validators:
            raise ValidatorAnswerRefused(
                f"{validator.name} is none of the set that signs height {height}",
                expected=signing.hash(),
                found=vote.address,
            )
        return vote

    async def _statement(self, validator: ValidatorSource, height: int) -> CheckpointVote:
        """A vote that is signed by the address it names, about this height of this ledger."""
        vote = await validator.sign_checkpoint(height)
        checkpoint = vote.checkpoint
        if (checkpoint.ledger_id, checkpoint.height) != (self._ledger_id, height):
            raise ValidatorAnswerRefused(
                f"{validator.name} signed another checkpoint than asked for", expected=height, found=checkpoint.height
            )
        signer = recover_compact(checkpoint_digest(checkpoint), vote.signature)
        if signer != vote.address:
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
