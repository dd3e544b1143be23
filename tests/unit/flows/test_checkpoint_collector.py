"""Collecting checkpoints from Validators of whom some lie, are silent, or answer for another height."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from chains.progmat.client.checkpoints import CheckpointCollector
from chains.progmat.client.errors import TooFewCheckpointSignatures, ValidatorAnswerRefused
from chains.progmat.client.rpc_validator import CheckpointVote, Handover, PathAnswer, ValidatorHead
from chains.rpc_status import RemoteUnavailableError
from light_clients.progmat import Checkpoint, ValidatorSet, checkpoint_digest, decode_header
from primitives.errors import SmtError
from primitives.hashing import sha256
from primitives.secp256k1 import address_of, compact, sign_digest
from primitives.sparse_merkle import MemoryNodeStore, SparseMerkleTree, encode_smt_proof

SECRETS = tuple(sha256(b"validator %d" % number) for number in range(4))
SET = ValidatorSet(3, tuple(sorted(address_of(secret) for secret in SECRETS)))
TREE = SparseMerkleTree(MemoryNodeStore())
PATH, ABSENT, VALUE = b"trade/1", b"trade/2", sha256(b"value")
TREE.set(PATH, VALUE)
CHECKPOINT = Checkpoint(
    ledger_id="progmat-test",
    height=5,
    timestamp_s=1_800_000_000,
    root=TREE.root,
    journal_hash=sha256(b"journal"),
    next_validator_set_hash=SET.hash(),
)


@dataclass
class Validator:
    """A scripted Validator."""

    secret: bytes
    says: Checkpoint = CHECKPOINT
    silent: bool = False
    claims: bytes | None = None
    height: int = 5
    value: bytes | None = VALUE

    @property
    def name(self) -> str:
        return self.secret.hex()[:8]

    async def head(self, min_height: int = 0, wait_ms: int = 0) -> ValidatorHead:
        del min_height, wait_ms
        self._answer()
        return ValidatorHead(self.height, 0)

    async def sign_checkpoint(self, height: int) -> CheckpointVote:
        del height
        self._answer()
        signature = compact(sign_digest(self.secret, checkpoint_digest(self.says)))
        return CheckpointVote(self.says, signature, self.claims or address_of(self.secret))

    async def handovers(self, after_height: int) -> tuple[Handover, ...]:
        del after_height
        return ()

    async def prove(self, path: bytes, height: int) -> PathAnswer:
        del height
        self._answer()
        return PathAnswer(self.value if path == PATH else None, encode_smt_proof(TREE.prove(path)))

    async def close(self) -> None:
        pass

    def _answer(self) -> None:
        if self.silent:
            raise RemoteUnavailableError(self.name, "AWAY", "away")


def collector(*changed: Validator) -> CheckpointCollector:
    """Three or four Validators, the first ones replaced."""
    validators = [*changed, *(Validator(secret) for secret in SECRETS[len(changed) :])]
    return CheckpointCollector("progmat-test", SET, validators)


async def test_three_of_four_make_a_header_of_exactly_three_signatures() -> None:
    signed = await collector(Validator(SECRETS[0], silent=True)).collect(5)
    header = decode_header(signed.header, "progmat-test")
    assert (header.checkpoint, len(header.signatures), header.validator_set) == (CHECKPOINT, 3, SET)


LIES = {
    "another root": Validator(SECRETS[0], says=replace(CHECKPOINT, root=sha256(b"other"))),
    "another height": Validator(SECRETS[0], says=replace(CHECKPOINT, height=6)),
    "another ledger": Validator(SECRETS[0], says=replace(CHECKPOINT, ledger_id="other")),
    "a key of nobody": Validator(sha256(b"stranger")),
    "in another's name": Validator(sha256(b"stranger"), claims=address_of(SECRETS[0])),
    "twice": Validator(SECRETS[1]),
}


@pytest.mark.parametrize("lie", LIES)
async def test_one_liar_is_outvoted_and_with_one_silent_makes_too_few(lie: str) -> None:
    signed = await collector(LIES[lie]).collect(5)
    assert signed.checkpoint == CHECKPOINT
    silent = Validator(SECRETS[1], silent=True) if lie != "twice" else Validator(SECRETS[2], silent=True)
    validators = [LIES[lie], silent, *(Validator(s) for s in SECRETS[2:] if s != silent.secret)]
    with pytest.raises(TooFewCheckpointSignatures) as missing:
        await CheckpointCollector("progmat-test", SET, validators).collect(5)
    assert missing.value.found < 3


async def test_the_head_is_the_height_that_three_have_reached() -> None:
    assert await collector(Validator(SECRETS[0], height=9), Validator(SECRETS[1], height=2)).head(5) == 5
    behind = collector(Validator(SECRETS[0], height=3), Validator(SECRETS[1], height=2))
    assert await behind.head(5) == 3
    with pytest.raises(TooFewCheckpointSignatures):
        await collector(Validator(SECRETS[0], silent=True), Validator(SECRETS[1], silent=True)).head(5)


async def test_a_proof_that_does_not_lead_to_the_signed_root_is_never_returned() -> None:
    honest = collector()
    at = await honest.collect(5)
    assert (await honest.prove(PATH, at)).value == VALUE
    assert (await honest.prove(ABSENT, at)).value is None
    liars = [Validator(secret, value=sha256(b"lie")) for secret in SECRETS]
    with pytest.raises(SmtError):
        await CheckpointCollector("progmat-test", SET, liars).prove(PATH, at)
    one_liar = collector(Validator(SECRETS[0], value=None))
    assert (await one_liar.prove(PATH, at)).value == VALUE


async def test_a_foreign_vote_is_named() -> None:
    alone = collector()
    with pytest.raises(ValidatorAnswerRefused, match="none of the set"):
        await alone._vote(Validator(sha256(b"stranger")), 5, SET)
    with pytest.raises(ValidatorAnswerRefused, match="another key"):
        await alone._vote(LIES["in another's name"], 5, SET)


async def test_statements_are_everybodys_lies_included_and_no_strangers() -> None:
    """What the watch compares: not the first k that agree, but all that members of the set say."""
    said = await collector(LIES["another root"], Validator(SECRETS[1], silent=True)).statements(5)
    assert said.signing_set == SET
    assert {vote.checkpoint.root for vote in said.votes} == {CHECKPOINT.root, sha256(b"other")}
    assert len(said.votes) == 3
    for lie in ("a key of nobody", "in another's name", "another height", "another ledger"):
        assert len((await collector(LIES[lie]).statements(5)).votes) == 3
