"""The simulated database keeps the shipped one's contract: it passes its tests, and those of its own faults."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from inspect import signature
from pathlib import Path

import pytest
from sqlalchemy import MetaData

from chains.progmat.node.storage import NodeDatabase
from chains.progmat.node.storage.errors import StorageClosed, StorageFailed
from tests.conformance.node_database import test_group_commit as shipped
from tests.simulator.disk import CommitFate, Disk, SimulatedDatabase
from tests.unit.node_storage import test_group_commit as over_a_file

APPLICABLE = (
    shipped.test_one_bad_operation_in_a_batch_fails_alone,
    shipped.test_operations_of_many_flows_share_transactions,
    over_a_file.test_a_full_disk_fails_the_whole_batch_and_nothing_of_it_is_kept,
    shipped.test_a_reader_sees_what_was_acknowledged_and_cannot_write,
    shipped.test_a_cancelled_waiter_does_not_undo_its_operation,
    shipped.test_another_nodes_database_is_refused,
    shipped.test_what_is_written_is_there_after_reopening,
)
"""Of the others, those about threads and about files that are no databases say nothing here."""


class Events:
    """A machine that meets the fates it is given, and then none."""

    def __init__(self, *fates: CommitFate) -> None:
        self.fates = list(fates)
        self.crashes = 0

    def fate(self) -> CommitFate:
        return self.fates.pop(0) if self.fates else CommitFate.KEPT

    def committed(self, operations: int) -> None:
        assert operations > 0

    def crash(self) -> None:
        self.crashes += 1


def opened_on(disk: Disk, events: Events) -> SimulatedDatabase:
    disk.prepare(Path("node.sqlite"), "bob", [shipped.numbers_metadata])
    return SimulatedDatabase(disk, events, lambda: 0.0001)


@pytest.mark.parametrize("test", APPLICABLE, ids=lambda test: test.__name__)
async def test_it_passes_the_shipped_databases_tests(
    test: Callable[..., Awaitable[None]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disks: dict[Path, Disk] = {}

    async def open_disk(path: Path, node_name: str, schemas: Sequence[MetaData]) -> NodeDatabase:
        disk = disks.setdefault(path, Disk())
        disk.is_prepared = False
        disk.prepare(path, node_name, schemas)
        return SimulatedDatabase(disk, Events(), lambda: 0.0001)

    @contextlib.asynccontextmanager
    async def opened(path: Path, name: str = "bob") -> AsyncIterator[NodeDatabase]:
        database = await open_disk(path, name, [shipped.numbers_metadata])
        yield database
        await database.close()

    monkeypatch.setattr(shipped, "opened", opened)
    monkeypatch.setattr(over_a_file, "opened", opened)
    monkeypatch.setattr(NodeDatabase, "open", open_disk)
    given = {"tmp_path": tmp_path, "database_at": tmp_path / "node.sqlite3", "monkeypatch": monkeypatch}
    await test(**{name: given[name] for name in signature(test).parameters})


async def test_closing_writes_what_is_queued_and_refuses_the_rest() -> None:
    database = opened_on(Disk(), Events())
    queued = [database.submit(shipped.insert_number(number)) for number in range(600)]
    await database.close()
    assert await asyncio.gather(*queued) == list(range(600))
    with pytest.raises(StorageClosed):
        database.submit(shipped.insert_number(601))
    with pytest.raises(StorageClosed):
        await database.read(shipped.all_numbers)


async def test_a_lost_batch_is_told_to_everybody_and_kept_by_nobody() -> None:
    database = opened_on(Disk(), Events(CommitFate.LOST))
    outcomes = await asyncio.gather(
        *(database.submit(shipped.insert_number(number)) for number in (1, 2)), return_exceptions=True
    )
    assert all(isinstance(outcome, StorageFailed) for outcome in outcomes)
    assert await database.read(shipped.all_numbers) == []


async def test_an_untold_batch_is_kept_though_everybody_hears_of_a_failure() -> None:
    database = opened_on(Disk(), Events(CommitFate.UNTOLD))
    with pytest.raises(StorageFailed):
        await database.submit(shipped.insert_number(1))
    assert await database.read(shipped.all_numbers) == [1]


@pytest.mark.parametrize(("fate", "kept"), [(CommitFate.CRASH_BEFORE, []), (CommitFate.CRASH_AFTER, [1])])
async def test_a_crash_at_a_commit_keeps_all_or_nothing_and_tells_nobody(fate: CommitFate, kept: list[int]) -> None:
    disk, events = Disk(), Events(fate)
    waiter = asyncio.ensure_future(opened_on(disk, events).submit(shipped.insert_number(1)))
    while not events.crashes:  # noqa: ASYNC110 - the disk knows no events
        await asyncio.sleep(0.001)
    assert not waiter.done()
    assert await opened_on(disk, Events()).read(shipped.all_numbers) == kept
    waiter.cancel()
