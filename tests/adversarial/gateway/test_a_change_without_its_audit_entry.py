"""A settlement's change and the audit entries that tell of it are stored together, whatever fails or dies between."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sqlite3
import subprocess
import sys
import threading
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from crossdvp.gateway.v1 import settlement_service_pb2 as pb

from primitives.errors import UnavailableError
from relayer.database import Location
from relayer.gateway.audit import MOST_QUEUED, AuditClosed, AuditedCall, AuditLog, AuditOverloaded, AuditWriter
from relayer.gateway.audit_calls import ABANDONED, resource_of
from relayer.gateway.group_commit import GroupCommit
from relayer.gateway.matching import Side
from relayer.gateway.settlement_tables import AUDIT_TABLE
from relayer.gateway.settlement_writes import Outcome, Work
from relayer.gateway.store import GatewayStore
from relayer.store_errors import StoreUnavailable
from tests.fakes.dying_gateway import BATCHES, audited_work
from tests.fakes.running_gateway import create_request, details_of, running_gateway, stored_in

DYING = Path(__file__).parents[2] / "fakes" / "dying_gateway.py"
MOST_STEPS = 34
"""More than both batches take."""


@pytest.fixture(params=["sqlite", "postgresql"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> Location:
    if request.param == "sqlite":
        return tmp_path / "gateway.sqlite3"
    return str(request.getfixturevalue("postgres_url"))


def told(log: AuditLog) -> dict[str, str]:
    """The outcome of each request in a log that is whole; every intent must have one."""
    log.verify()
    found: dict[str, str] = {}
    for call in log.calls(None, 0, 1000):
        assert call.outcome is not None, f"an intent without an outcome: {call.entry}"
        found[call.entry.record.request_id] = call.outcome.record.outcome
    return found


def test_killed_before_any_statement_a_gateway_leaves_both_or_neither(tmp_path: Path) -> None:
    fresh = tmp_path / "fresh.sqlite3"
    GatewayStore(fresh).close()
    databases = [tmp_path / f"{steps}.sqlite3" for steps in range(MOST_STEPS)]
    for database in databases:
        shutil.copy(fresh, database)
    run = subprocess.run([sys.executable, DYING, *databases], stdout=subprocess.PIPE, text=True, check=True, timeout=60)
    ends = run.stdout.split()
    assert ends == sorted(ends, reverse=True), "once it finishes with so many steps, it finishes with more"
    assert set(ends) == {"killed", "finished"}
    lengths = []
    for database in databases:
        store = GatewayStore(database)
        outcomes = told(AuditLog(store.database, AUDIT_TABLE))
        store.close()
        with contextlib.closing(sqlite3.connect(database)) as reader:
            stored = {row[0] for row in reader.execute("SELECT request_id FROM requests")}
            events = reader.execute("SELECT count(*) FROM events").fetchone()[0]
        assert {request for request, outcome in outcomes.items() if outcome == "OK"} | {"s1"} == stored | {"s1"}
        assert events == len(stored), "each of them changed something"
        lengths.append(len(stored))
    assert sorted(set(lengths)) == [0, 2, 4], "a batch is there whole, or not at all"


def test_each_work_of_a_batch_leaves_its_own_outcome_in_order(location: Location) -> None:
    store = GatewayStore(location)
    log = AuditLog(store.database, AUDIT_TABLE)
    for batch in BATCHES:
        store.apply(batch)
    assert log.verify().height == 2 * 5
    calls: list[AuditedCall] = log.calls(None, 0, 100)[::-1]
    assert [call.entry.record.request_id for call in calls] == ["s1", "s2", "b1", "s1", "s4"]
    words = [call.outcome.record.outcome if call.outcome else "" for call in calls]
    assert words == ["OK", "OK", "OK", "REQUEST_ID_REUSED", "OK"]
    assert all(call.outcome is not None and call.outcome.height == call.entry.height + 1 for call in calls)
    store.close()


class _Commit:
    """A store's commit that stands still until it is told to go on, or to fail."""

    def __init__(self, store: GatewayStore) -> None:
        self._store = store
        self.begun, self.go_on = asyncio.Event(), threading.Event()
        self.failure: Exception | None = None
        self._loop = asyncio.get_running_loop()

    def apply(self, works: Sequence[Work]) -> list[Outcome | Exception]:
        self._loop.call_soon_threadsafe(self.begun.set)
        self.go_on.wait(10)
        if self.failure is not None:
            raise self.failure
        return self._store.apply(works)


@pytest.mark.parametrize("failure", [None, StoreUnavailable("the disk is full")])
async def test_of_a_caller_who_left_the_entries_say_what_was_done(tmp_path: Path, failure: Exception | None) -> None:
    store = GatewayStore(tmp_path / "gateway.sqlite3")
    log = AuditLog(store.database, AUDIT_TABLE)
    slow, writer, work = _Commit(store), AuditWriter(log), audited_work(1, Side.SELLER, "s1")
    slow.failure, entries, commit = failure, work.audit, GroupCommit(slow.apply)
    assert entries is not None
    call = asyncio.create_task(commit.do(work))
    await slow.begun.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    entries.unless_written(lambda: writer.note(*entries.records(None, "", work.now_s)))
    slow.go_on.set()
    await commit.close()
    await writer.close()
    assert told(log) == {"s1": "OK"}
    assert log.verify().height == 2, "once, by whichever of the two"
    assert bool(store.find([work.trade_id])) is (failure is None)
    store.close()


async def test_a_log_that_cannot_be_written_refuses_the_change(tmp_path: Path) -> None:
    async with running_gateway(tmp_path / "gateway.sqlite3") as gateway:
        stub = gateway.stub()
        await stub.CreateSettlement(create_request(str(uuid.UUID(int=1))))
        before = stored_in(gateway.database)
        with contextlib.closing(sqlite3.connect(gateway.database)) as writer:
            writer.execute("ALTER TABLE audit_head RENAME TO elsewhere")
        affirm = pb.CreateSettlementRequest()
        affirm.CopyFrom(create_request(str(uuid.UUID(int=2)), side=pb.SIDE_BUYER))
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.CreateSettlement(affirm)
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
        with contextlib.closing(sqlite3.connect(gateway.database)) as writer:
            writer.execute("ALTER TABLE elsewhere RENAME TO audit_head")
        assert [line for line in stored_in(gateway.database) if "INSERT" in line] == [
            line for line in before if "INSERT" in line
        ]
        assert (await stub.CreateSettlement(affirm)).settlement.state == pb.SETTLEMENT_STATE_MATCHED


async def test_a_call_that_comes_to_no_change_leaves_its_entries_all_the_same(tmp_path: Path) -> None:
    request_ids = [str(uuid.UUID(int=number)) for number in range(1, 5)]
    refused: list[tuple[str, Any]] = [
        ("BAD_REQUEST", create_request("no uuid")),
        ("REQUEST_ID_REUSED", create_request(request_ids[0], side=pb.SIDE_BUYER)),
        ("NOT_SERVED", create_request(request_ids[1])),
    ]
    refused[2][1].terms.evm_chain_id = 5
    async with running_gateway(tmp_path / "gateway.sqlite3") as gateway:
        stub = gateway.stub()
        await stub.CreateSettlement(create_request(request_ids[0]), metadata=(("x-request-id", "made"),))
        await stub.CreateSettlement(create_request(request_ids[0]), metadata=(("x-request-id", "again"),))
        preview = create_request(request_ids[2], side=pb.SIDE_BUYER, validate_only=True)
        await stub.CreateSettlement(preview, metadata=(("x-request-id", "preview"),))
        for reason, request in refused:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await stub.CreateSettlement(request, metadata=(("x-request-id", reason),))
            assert details_of(caught.value)[0] == reason
    store = GatewayStore(tmp_path / "gateway.sqlite3")
    expected = {"made": "OK", "again": "OK", "preview": "OK"} | {reason: reason for reason, _ in refused}
    assert told(AuditLog(store.database, AUDIT_TABLE)) == expected
    store.close()


async def test_a_writer_that_closes_or_is_full_admits_no_change(tmp_path: Path) -> None:
    store = GatewayStore(tmp_path / "gateway.sqlite3")
    writer = AuditWriter(AuditLog(store.database, AUDIT_TABLE))
    with contextlib.ExitStack() as calls:
        for _ in range(MOST_QUEUED):
            calls.enter_context(writer.admitted())
        with pytest.raises(AuditOverloaded), writer.admitted():
            pass
    with writer.admitted():
        pass  # those that ended make room
    await writer.close()
    with pytest.raises(AuditClosed), writer.admitted():
        pass
    store.close()


async def test_a_name_with_a_zero_byte_spoils_no_neighbours_entry(location: Location) -> None:
    resource = resource_of(pb.CancelSettlementRequest(name="settlements/\0"))
    store = GatewayStore(location)
    log, work = AuditLog(store.database, AUDIT_TABLE), audited_work(1, Side.SELLER, "s1")
    assert work.audit is not None
    try:
        log.append(list(work.audit.records(UnavailableError(ABANDONED), resource, work.now_s)))
        assert "\0" not in log.calls(None, 0, 1)[0].entry.record.resource
        assert log.verify().height == 2
    finally:
        store.close()
