from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from crossdvp.validator.v1 import validator_pb2 as pb
from sqlalchemy import Connection

from chains.progmat.node.storage.errors import StorageFailed
from chains.progmat.notary.errors import (
    JournalError,
    JournalEvidenceRefused,
    JournalForked,
    JournalGap,
    JournalRolledBack,
    JournalTimeWentBack,
)
from chains.progmat.notary.journal import JournalEntry, JournalHead
from chains.progmat.transactions.filtered import NOTARY_GROUPS
from chains.progmat.transactions.signature import sign_transaction
from chains.progmat.validators.errors import SigningStopped, StateSpentTwice, WriteImpossible
from primitives.errors import DecodeError
from primitives.signatures import SoftwareSigner
from tests.fakes.commit_requests import NOW_S, create, delete, state
from tests.fakes.notary_world import STRANGER, VALIDATORS, request_bytes
from tests.fakes.toy_ledger import Toy
from tests.fakes.validator_world import CN, ValidatorWorld, empty_journal, evidence_of

FIRST = Toy("first", writes=(create("p"),))
SECOND = Toy("second", inputs=(state("coin"),), writes=(create("q"),))


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[ValidatorWorld]:
    world = ValidatorWorld(tmp_path)
    await world.open()
    yield world
    await world.close()


def entry_of(head: JournalHead, toy: Toy, **changes: object) -> JournalEntry:
    honest = JournalEntry(
        position=head.position + 1,
        time_s=max(NOW_S, head.time_s),
        previous_hash=head.entry_hash,
        tx_id=toy.wire.id,
        writes=toy.writes,
        evidence=evidence_of(toy),
    )
    return replace(honest, **changes)  # type: ignore[arg-type]  # a test names fields freely


def serve(world: ValidatorWorld, *entries: JournalEntry) -> None:
    head = entries[-1].head if entries else empty_journal()
    world.notary.forge = lambda _entries, _head: (entries, head)


async def test_a_page_whose_commit_has_an_unknown_fate_accuses_nobody(
    world: ValidatorWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection breaks after the commit: the page is there, and the notary does not hand it out again."""
    only = entry_of(empty_journal(), FIRST)
    serve(world, only)
    submit = world.database.submit

    async def kept_but_not_told(operation: Callable[[Connection], object]) -> object:
        await submit(operation)
        raise StorageFailed("the connection broke at the commit")

    monkeypatch.setattr(world.database, "submit", kept_but_not_told)
    with pytest.raises(StorageFailed):
        await world.validator.tail.advance(0)
    monkeypatch.undo()
    world.notary.forge = lambda _entries, _head: ((), only.head)
    assert (await world.validator.tail.advance(0)).height == 1
    assert world.validator.gate.alarm is None


async def expect_alarm(world: ValidatorWorld, error: type[JournalError], applied: int = 0) -> None:
    """The error is raised, nothing of the page was applied, and nothing is signed any more, also after a restart."""
    with pytest.raises(error):
        await world.validator.tail.advance(0)
    for restarted in (False, True):
        if restarted:
            await world.close()
            await world.open()
        assert world.validator.tail.head.height == applied
        with pytest.raises(SigningStopped, match=error.reason):
            await world.validator.checkpoints.sign(1)
        with pytest.raises(SigningStopped):
            await world.validator.approver.approve(CN, Toy("later", writes=(create("z"),)).signed().encode())
        head = await world.validator.rpc.GetHead(pb.GetHeadRequest(), None)  # type: ignore[arg-type]  # the context is not used
        assert head.status == pb.SIGNING_STATUS_STOPPED
        assert head.alarm_reason == error.reason


async def test_an_honest_journal_raises_no_alarm(world: ValidatorWorld) -> None:
    world.notary.commit(FIRST, SECOND)
    assert (await world.validator.tail.advance(0)).height == 2
    assert world.validator.gate.alarm is None


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"position": 2}, JournalGap),
        ({"previous_hash": bytes(32)}, JournalForked),
        ({"writes": (create("p", "other value"),)}, JournalEvidenceRefused),
        ({"writes": (create("other path"),)}, JournalEvidenceRefused),
        ({"writes": ()}, JournalEvidenceRefused),
        ({"evidence": b""}, JournalEvidenceRefused),
        ({"evidence": b"\x00\x01"}, JournalEvidenceRefused),
        ({"evidence": evidence_of(SECOND)}, JournalEvidenceRefused),
        ({"tx_id": SECOND.wire.id}, JournalEvidenceRefused),
        ({"tx_id": None}, JournalEvidenceRefused),
        ({"time_s": NOW_S + 60}, JournalEvidenceRefused),
        ({"time_s": NOW_S - 61}, JournalEvidenceRefused),
    ],
)
async def test_a_changed_entry_stops_signing(
    world: ValidatorWorld, changes: dict[str, object], error: type[JournalError]
) -> None:
    serve(world, entry_of(empty_journal(), FIRST, **changes))
    await expect_alarm(world, error)


@pytest.mark.parametrize("signers", [VALIDATORS[:2], (), (*VALIDATORS[:2], STRANGER), (*VALIDATORS[:2], VALIDATORS[1])])
async def test_an_entry_without_the_validators_threshold_stops_signing(
    world: ValidatorWorld, signers: Sequence[SoftwareSigner]
) -> None:
    approvals = [sign_transaction(signer, FIRST.wire.id) for signer in signers]
    evidence = request_bytes(FIRST.wire.filter(NOTARY_GROUPS), approvals)
    serve(world, entry_of(empty_journal(), FIRST, evidence=evidence))
    await expect_alarm(world, JournalEvidenceRefused)


async def test_evidence_that_hides_the_inputs_stops_signing(world: ValidatorWorld) -> None:
    hiding = request_bytes(SECOND.wire.filter(NOTARY_GROUPS - {0}), SECOND.final().signatures[1:4])
    serve(world, entry_of(empty_journal(), SECOND, evidence=hiding))
    await expect_alarm(world, JournalEvidenceRefused)


async def test_time_that_goes_back_stops_signing(world: ValidatorWorld) -> None:
    first = entry_of(empty_journal(), FIRST)
    serve(world, first, entry_of(first.head, SECOND, time_s=NOW_S - 1))
    await expect_alarm(world, JournalTimeWentBack)


async def test_a_bad_entry_takes_the_good_ones_of_its_page_with_it(world: ValidatorWorld) -> None:
    first = entry_of(empty_journal(), FIRST)
    serve(world, first, entry_of(first.head, SECOND, position=3))
    await expect_alarm(world, JournalGap, applied=0)


@pytest.mark.parametrize(
    ("second", "error"),
    [
        (Toy("again", writes=(create("p", "b"),)), WriteImpossible),
        (Toy("never", writes=(delete("q"),)), WriteImpossible),
        (Toy("spends", inputs=(state("coin"),), writes=(create("r"),)), StateSpentTwice),
    ],
)
@pytest.mark.parametrize("pages", [1, 2])
async def test_a_notary_that_breaks_uniqueness_stops_signing(
    world: ValidatorWorld, second: Toy, error: type[JournalError], pages: int
) -> None:
    first = entry_of(empty_journal(), Toy("first", inputs=(state("coin"),), writes=(create("p"),)))
    bad = entry_of(first.head, second)
    if pages == 2:
        serve(world, first)
        await world.validator.tail.advance(0)
        serve(world, bad)
    else:
        serve(world, first, bad)
    await expect_alarm(world, error, applied=pages - 1)


async def test_a_path_that_was_deleted_cannot_come_back(world: ValidatorWorld) -> None:
    world.notary.commit(FIRST, Toy("delete", writes=(delete("p"),)))
    head = world.notary.store.head()
    entries = world.notary.store.read_entries(0, 10)
    serve(world, *entries, entry_of(head, Toy("revive", writes=(create("p"),))))
    await expect_alarm(world, WriteImpossible)


def rewritten(entries: Sequence[JournalEntry], head: JournalHead) -> tuple[Sequence[JournalEntry], JournalHead]:
    del entries
    return (), replace(head, entry_hash=bytes(32))


def shortened(entries: Sequence[JournalEntry], head: JournalHead) -> tuple[Sequence[JournalEntry], JournalHead]:
    del entries, head
    return (), empty_journal()


def forked(entries: Sequence[JournalEntry], head: JournalHead) -> tuple[Sequence[JournalEntry], JournalHead]:
    del entries
    other = entry_of(replace(head, entry_hash=bytes(32)), SECOND)
    return (other,), other.head


@pytest.mark.parametrize(
    ("forge", "error"), [(rewritten, JournalForked), (shortened, JournalRolledBack), (forked, JournalForked)]
)
async def test_a_journal_that_was_rewritten_after_it_was_read_stops_signing(
    world: ValidatorWorld, forge: Callable[..., object], error: type[JournalError]
) -> None:
    world.notary.commit(FIRST)
    await world.validator.tail.advance(0)
    world.notary.forge = forge  # type: ignore[assignment]  # parametrize hides the type
    await expect_alarm(world, error, applied=1)


async def test_the_first_alarm_stays(world: ValidatorWorld) -> None:
    serve(world, entry_of(empty_journal(), FIRST, position=2))
    with pytest.raises(JournalGap):
        await world.validator.tail.advance(0)
    serve(world, entry_of(empty_journal(), FIRST, previous_hash=bytes(32)))
    with pytest.raises(JournalForked):
        await world.validator.tail.advance(0)
    assert world.validator.gate.alarm is not None
    assert world.validator.gate.alarm.reason == JournalGap.reason


async def test_bytes_that_are_no_page_move_nothing(world: ValidatorWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    async def garbage(*_: object) -> bytes:
        return b"\xff\xff"

    monkeypatch.setattr(world.network, "request", garbage)
    with pytest.raises(DecodeError):
        await world.validator.tail.advance(0)
    assert world.validator.tail.head.height == 0
