from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import update

from chains.progmat.validators.errors import (
    CheckpointConflict,
    CheckpointFromTheFuture,
    HeightNotReached,
    HeightOutOfRange,
    SigningLogMismatch,
    SigningStopped,
)
from chains.progmat.validators.schema import heights
from chains.progmat.validators.signing_log import SigningLog
from light_clients.progmat import checkpoint_digest
from primitives.secp256k1 import address_of, recover_compact
from tests.fakes.commit_requests import LEDGER_ID, NOW_S, create, delete
from tests.fakes.notary_world import VALIDATOR_SECRETS
from tests.fakes.toy_ledger import Toy
from tests.fakes.validator_world import ScriptedNotary, ValidatorWorld

ADDRESS = address_of(VALIDATOR_SECRETS[0])


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[ValidatorWorld]:
    world = ValidatorWorld(tmp_path)
    await world.open()
    world.notary.commit(Toy("first", writes=(create("p"),)))
    world.notary.commit(Toy("second", writes=(delete("p"),)), clock_s=NOW_S + 1)
    await world.validator.tail.advance(0)
    yield world
    await world.close()


async def test_a_checkpoint_is_signed_by_this_validator_and_the_same_every_time(world: ValidatorWorld) -> None:
    first = await world.validator.checkpoints.sign(1)
    assert recover_compact(checkpoint_digest(first.checkpoint), first.signature) == ADDRESS
    await world.close()
    await world.open()
    assert await world.validator.checkpoints.sign(1) == first


async def test_a_database_that_changed_under_a_signed_height_is_found_out(world: ValidatorWorld) -> None:
    await world.validator.checkpoints.sign(1)
    await world.database.submit(
        lambda c: c.execute(update(heights).where(heights.c.height == 1).values(root=bytes(32)))
    )
    for attempt in ((CheckpointConflict, 1), (SigningStopped, 1), (SigningStopped, 2)):
        with pytest.raises(attempt[0]):
            await world.validator.checkpoints.sign(attempt[1])


async def test_a_rebuilt_database_under_another_journal_cannot_sign_a_second_root(world: ValidatorWorld) -> None:
    await world.validator.checkpoints.sign(1)
    await world.close()
    for file in world.folder.glob("validator.db*"):
        file.unlink()
    world.notary = ScriptedNotary()
    other = ValidatorWorld(world.folder)
    other.notary.commit(Toy("another history", writes=(create("x"),)))
    await other.open()
    await other.validator.tail.advance(0)
    with pytest.raises(CheckpointConflict):
        await other.validator.checkpoints.sign(1)
    await other.close()
    await world.open()


async def test_a_rebuilt_database_under_the_same_journal_signs_the_same_again(world: ValidatorWorld) -> None:
    first = await world.validator.checkpoints.sign(2)
    await world.close()
    for file in world.folder.glob("validator.db*"):
        file.unlink()
    await world.open()
    await world.validator.tail.advance(0)
    assert await world.validator.checkpoints.sign(2) == first


async def test_a_signing_log_that_was_lost_is_noticed_before_anything_is_signed(world: ValidatorWorld) -> None:
    await world.close()
    for file in world.folder.glob("signing.db*"):
        file.rename(world.folder / f"lost {file.name}")
    with pytest.raises(SigningLogMismatch):
        await world.open()
    world.log.close()
    await world.database.close()
    for file in world.folder.glob("signing.db*"):
        file.unlink()
    for file in world.folder.glob("lost *"):
        file.rename(world.folder / file.name.removeprefix("lost "))
    await world.open()


@pytest.mark.parametrize(("ledger_id", "address"), [("other", ADDRESS), (LEDGER_ID, bytes(20))])
async def test_another_ledgers_or_validators_log_is_not_opened(tmp_path: Path, ledger_id: str, address: bytes) -> None:
    SigningLog(tmp_path / "s.db", LEDGER_ID, ADDRESS).close()
    with pytest.raises(SigningLogMismatch):
        SigningLog(tmp_path / "s.db", ledger_id, address)


async def test_a_crash_after_the_record_and_before_the_signature_leaves_the_same_answer(
    world: ValidatorWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr(world.validator.checkpoints._key, "sign_digest", die)
    with pytest.raises(KeyboardInterrupt):
        await world.validator.checkpoints.sign(1)
    await world.close()
    await world.open()
    signed = await world.validator.checkpoints.sign(1)
    assert recover_compact(checkpoint_digest(signed.checkpoint), signed.signature) == ADDRESS


@pytest.mark.parametrize("height", [3, 1000, 2**63 - 1])
async def test_a_height_above_the_head_is_to_be_waited_for(world: ValidatorWorld, height: int) -> None:
    with pytest.raises(HeightNotReached) as refused:
        await world.validator.checkpoints.sign(height)
    assert refused.value.head == 2


@pytest.mark.parametrize("height", [0, -1, 2**63, 2**64 - 1])
async def test_a_height_that_is_none_is_refused(world: ValidatorWorld, height: int) -> None:
    with pytest.raises(HeightOutOfRange):
        await world.validator.checkpoints.sign(height)


async def test_a_journal_from_the_future_is_not_signed_until_the_clock_has_come_near(world: ValidatorWorld) -> None:
    world.notary.store.append_tick(NOW_S + 1000)
    await world.validator.tail.advance(0)
    with pytest.raises(CheckpointFromTheFuture):
        await world.validator.checkpoints.sign(3)
    world.clock.now_s += 950
    assert (await world.validator.checkpoints.sign(3)).checkpoint.timestamp_s == NOW_S + 1000
