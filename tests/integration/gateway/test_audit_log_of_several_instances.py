"""The audit log while several instances of a gateway write it at once, and one whose process dies in between."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from primitives.errors import UnavailableError
from relayer.database import Location
from relayer.gateway.audit import AuditClosed, AuditLog, AuditOverloaded, AuditWriter
from relayer.gateway.audit_entries import AuditKind, AuditRecord
from relayer.gateway.settlement_tables import AUDIT_TABLE
from relayer.gateway.store import GatewayStore
from tests.fakes.settlement_terms import T0_S


def record(platform: str, number: int) -> AuditRecord:
    return AuditRecord(AuditKind.INTENT, T0_S, platform, "", "/x/Create", str(number), bytes(32))


@pytest.fixture(params=["sqlite", "postgresql"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> Location:
    if request.param == "sqlite":
        return tmp_path / "gateway.sqlite3"
    url: str = request.getfixturevalue("postgres_url")
    return url


def test_instances_that_write_at_once_make_one_chain(location: Location) -> None:
    """SQLite has one process, so there two writers share one database; on PostgreSQL each has its own."""
    first = GatewayStore(location)
    second = first if isinstance(location, Path) else GatewayStore(location)
    logs = [AuditLog(store.database, AUDIT_TABLE) for store in (first, second)]

    def write(instance: int) -> None:
        for number in range(20):
            logs[instance].append([record(f"instance-{instance}", number)] * (1 + number % 3))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, range(2)))
    assert logs[0].verify().height == 2 * sum(1 + number % 3 for number in range(20))
    assert {call.entry.record.platform for call in logs[0].calls(None, 0, 100)} == {"instance-0", "instance-1"}
    for store in {first, second}:
        store.close()


async def test_a_batch_is_one_transaction_and_every_waiter_gets_its_own_height(location: Location) -> None:
    store = GatewayStore(location)
    log = AuditLog(store.database, AUDIT_TABLE)
    writer, stopping = AuditWriter(log), asyncio.Event()
    running = asyncio.create_task(writer.run(stopping))
    heights = await asyncio.gather(*(writer.write(record("broker-a", number)) for number in range(200)))
    assert sorted(heights) == list(range(1, 201))
    stored = {call.entry.height: call.entry.record.request_id for call in log.calls(None, 0, 500)}
    assert [stored[height] for height in heights] == [str(number) for number in range(200)]
    stopping.set()
    await running
    with pytest.raises(AuditClosed):
        await writer.write(record("broker-a", 0))
    writer.note(record("broker-a", 201))  # an outcome of a call that was let in before
    await writer.close()
    assert log.verify().height == 201
    store.close()


async def test_a_database_that_fails_refuses_the_intent_and_the_next_one_is_written(tmp_path: Path) -> None:
    store = GatewayStore(tmp_path / "gateway.sqlite3")
    log = AuditLog(store.database, AUDIT_TABLE)
    writer, stopping = AuditWriter(log), asyncio.Event()
    running = asyncio.create_task(writer.run(stopping))
    with store.database.transaction() as connection:
        connection.exec_driver_sql("ALTER TABLE audit_head RENAME TO elsewhere")
    with pytest.raises(UnavailableError):
        await writer.write(record("broker-a", 1))
    with store.database.transaction() as connection:
        connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO audit_head")
    assert await writer.write(record("broker-a", 2)) == 1
    stopping.set()
    await running
    store.close()


async def test_more_than_the_bound_is_refused_rather_than_held(tmp_path: Path) -> None:
    store = GatewayStore(tmp_path / "gateway.sqlite3")
    writer = AuditWriter(AuditLog(store.database, AUDIT_TABLE))
    for number in range(10_000):
        writer.note(record("broker-a", number))
    with pytest.raises(AuditOverloaded):
        await writer.write(record("broker-a", 0))
    await writer.close()
    store.close()


def test_an_intent_whose_process_died_is_listed_without_an_outcome(tmp_path: Path) -> None:
    store = GatewayStore(tmp_path / "gateway.sqlite3")
    AuditLog(store.database, AUDIT_TABLE).append([record("broker-a", 1)])
    store.close()
    again = GatewayStore(tmp_path / "gateway.sqlite3")
    log = AuditLog(again.database, AUDIT_TABLE)
    assert [call.outcome for call in log.calls("broker-a", 0, 10)] == [None]
    assert log.verify().height == 1
    again.close()
