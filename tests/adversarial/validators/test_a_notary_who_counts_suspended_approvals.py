"""A Validator counts approvals again as the journal orders them: a notary that does not is stopped for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from chains.progmat.notary.journal import JournalEntry, JournalHead
from chains.progmat.transactions.filtered import NOTARY_GROUPS
from chains.progmat.transactions.model import ProvableWrite, WriteKind
from chains.progmat.transactions.signature import sign_transaction
from chains.progmat.transactions.validator_suspension import suspension_path
from chains.progmat.validators.errors import SuspendedApprovalCounted
from primitives.secp256k1 import address_of
from primitives.signatures import SoftwareSigner
from tests.fakes.commit_requests import NOW_S, create, value
from tests.fakes.notary_world import VALIDATOR_SECRETS, VALIDATORS, request_bytes
from tests.fakes.toy_ledger import Toy
from tests.fakes.validator_world import ValidatorWorld, empty_journal

SUSPENSION = Toy(
    "suspension",
    writes=(ProvableWrite(WriteKind.CREATE, suspension_path(address_of(VALIDATOR_SECRETS[0])), value("evidence")),),
)
LATER = Toy("later", writes=(create("later"),))


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[ValidatorWorld]:
    world = ValidatorWorld(tmp_path)
    await world.open()
    yield world
    await world.close()


def entry(head: JournalHead, toy: Toy, signers: tuple[SoftwareSigner, ...]) -> JournalEntry:
    """As a notary would journal it, approved by these."""
    approvals = [sign_transaction(signer, toy.wire.id) for signer in signers]
    evidence = request_bytes(toy.wire.filter(NOTARY_GROUPS), approvals)
    return JournalEntry(head.position + 1, NOW_S, head.entry_hash, toy.wire.id, toy.wire.provable_writes, evidence)


def serve(world: ValidatorWorld, *entries: JournalEntry) -> None:
    world.notary.forge = lambda _entries, _head: (entries, entries[-1].head)


async def test_a_suspended_approval_that_the_notary_counted_stops_signing(world: ValidatorWorld) -> None:
    first = entry(empty_journal(), SUSPENSION, VALIDATORS[:3])
    serve(world, first)
    assert (await world.validator.tail.advance(0)).height == 1
    serve(world, entry(first.head, LATER, VALIDATORS[:3]))
    with pytest.raises(SuspendedApprovalCounted, match="too few approved"):
        await world.validator.tail.advance(0)
    assert world.validator.gate.alarm is not None
    assert world.validator.tail.head.height == 1


async def test_it_is_found_in_one_page_with_the_suspension(world: ValidatorWorld) -> None:
    first = entry(empty_journal(), SUSPENSION, VALIDATORS[:3])
    serve(world, first, entry(first.head, LATER, VALIDATORS[:3]))
    with pytest.raises(SuspendedApprovalCounted):
        await world.validator.tail.advance(0)
    assert world.validator.tail.head.height == 0


@pytest.mark.parametrize("signers", [VALIDATORS[1:], VALIDATORS], ids=["the others", "the others and the suspended"])
async def test_the_threshold_of_the_others_is_enough(
    world: ValidatorWorld, signers: tuple[SoftwareSigner, ...]
) -> None:
    first = entry(empty_journal(), SUSPENSION, VALIDATORS[:3])
    serve(world, first, entry(first.head, LATER, signers))
    assert (await world.validator.tail.advance(0)).height == 2
    assert world.validator.gate.alarm is None


async def test_what_was_journalled_before_the_suspension_stays(world: ValidatorWorld) -> None:
    first = entry(empty_journal(), LATER, VALIDATORS[:3])
    serve(world, first, entry(first.head, SUSPENSION, VALIDATORS[:3]))
    assert (await world.validator.tail.advance(0)).height == 2
