"""The audit log's chain: any change of what is stored is found, and the first bad entry is named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chains.audit_chain import AuditChainBroken, AuditHead
from relayer.database import Database
from relayer.gateway.audit import AuditLog
from relayer.gateway.audit_entries import AuditKind, AuditRecord, chained
from relayer.gateway.audit_tables import AuditTable
from tests.fakes.settlement_terms import T0_S

ENTRIES = 6


def record(number: int, **changes: Any) -> AuditRecord:  # noqa: ANN401  # any field
    fields: dict[str, Any] = {
        "kind": AuditKind.INTENT,
        "at_s": T0_S + number,
        "platform": "broker-a",
        "user": "alice",
        "method": "/x/Create",
        "request_id": str(number),
        "request_hash": bytes([number]) * 32,
    }
    return AuditRecord(**(fields | changes))


class World:
    """A log of six entries in a database of its own, in memory."""

    def __init__(self) -> None:
        metadata = sa.MetaData()
        self.table = AuditTable(metadata)
        self.database = Database(None, metadata, 1)
        self.log = AuditLog(self.database, self.table)
        self.log.append([record(number) for number in range(1, 4)])
        self.log.append([record(4, kind=AuditKind.OUTCOME, outcome="OK", intent=1), record(5), record(6)])

    def run(self, statement: sa.Executable) -> None:
        with self.database.transaction() as connection:
            connection.execute(statement)

    def row(self, height: int) -> dict[str, Any]:
        with self.database.transaction() as connection:
            query = sa.select(self.table.entries).where(self.table.entries.c.height == height)
            return dict(connection.execute(query).mappings().one())


@pytest.fixture
def world() -> World:
    return World()


def first_bad(log: AuditLog, *anchors: AuditHead) -> int:
    with pytest.raises(AuditChainBroken) as caught:
        log.verify(anchors)
    return caught.value.height


def test_an_untouched_log_verifies_up_to_its_head(world: World) -> None:
    assert world.log.verify() == world.log.head()
    assert world.log.head().height == ENTRIES


def test_an_empty_log_verifies() -> None:
    metadata = sa.MetaData()
    table = AuditTable(metadata)
    assert AuditLog(Database(None, metadata, 1), table).verify() == AuditHead()


def test_batches_make_the_same_chain_as_single_entries(world: World) -> None:
    records = [
        record(1),
        record(2),
        record(3),
        record(4, kind=AuditKind.OUTCOME, outcome="OK", intent=1),
        record(5),
        record(6),
    ]
    head = AuditHead()
    for each in records:
        entry = chained(head, [each])[0]
        head = AuditHead(entry.height, entry.hash)
    assert head == world.log.head()


def _other(value: object, data: st.DataObject) -> object:
    if isinstance(value, int):
        return data.draw(st.integers(0, 2**62).filter(lambda found: found != value))
    if isinstance(value, bytes):
        return data.draw(st.binary(max_size=40).filter(lambda found: found != value))
    return data.draw(
        st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20).filter(lambda x: x != value)
    )


@given(data=st.data(), height=st.integers(1, ENTRIES))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_single_change_of_a_stored_column_is_found_at_its_entry(data: st.DataObject, height: int) -> None:
    world = World()
    columns = [column.name for column in world.table.entries.c if column.name != "height"]
    name = data.draw(st.sampled_from(columns))
    changed = {name: _other(world.row(height)[name], data)}
    world.run(sa.update(world.table.entries).where(world.table.entries.c.height == height).values(**changed))
    assert first_bad(world.log) == height


@given(data=st.data(), height=st.integers(1, ENTRIES))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_changed_entry_that_is_hashed_again_breaks_the_next_one_or_the_head(data: st.DataObject, height: int) -> None:
    world = World()
    row = world.row(height)
    altered = record(height, user="mallory")
    entry = chained(AuditHead(height - 1, row["previous"]), [altered])[0]
    values = {"user_name": "mallory", "kind": altered.kind.value, "outcome": "", "intent": 0, "hash": entry.hash}
    world.run(sa.update(world.table.entries).where(world.table.entries.c.height == height).values(**values))
    assert first_bad(world.log) == min(height + 1, ENTRIES)
    assert data is not None


@pytest.mark.parametrize("height", range(1, ENTRIES + 1))
def test_a_removed_entry_is_missed(world: World, height: int) -> None:
    world.run(sa.delete(world.table.entries).where(world.table.entries.c.height == height))
    assert first_bad(world.log) == height


@pytest.mark.parametrize("height", [1, 3, ENTRIES])
def test_a_log_that_is_cut_off_is_noticed(world: World, height: int) -> None:
    world.run(sa.delete(world.table.entries).where(world.table.entries.c.height >= height))
    assert first_bad(world.log) == height


def test_two_entries_that_change_places_are_found_at_the_first(world: World) -> None:
    columns = world.table.entries.c
    for before, after in ((2, 99), (3, 2), (99, 3)):
        world.run(sa.update(world.table.entries).where(columns.height == before).values(height=after))
    assert first_bad(world.log) == 2


@pytest.mark.parametrize("at", [0, ENTRIES + 1, 50])
def test_an_entry_that_is_put_there_is_found(world: World, at: int) -> None:
    world.run(sa.insert(world.table.entries).values(**{**world.row(4), "height": at}))
    assert first_bad(world.log) in {1, ENTRIES + 1}


@pytest.mark.parametrize("change", [{"height": 5}, {"height": 7}, {"hash": bytes(32)}, {"id": 2}])
def test_a_changed_head_is_found(world: World, change: dict[str, Any]) -> None:
    world.run(sa.update(world.table.heads).values(**change))
    assert first_bad(world.log) in {ENTRIES, ENTRIES + 1, 1}


def test_a_second_head_is_found(world: World) -> None:
    world.run(sa.insert(world.table.heads).values(id=2, height=3, hash=bytes(32)))
    assert first_bad(world.log) == 0


def _written_anew(world: World, keep: int, forge: Callable[[int], AuditRecord]) -> None:
    """What somebody who owns the database can do: the whole chain and its head, consistent."""
    world.run(sa.delete(world.table.entries))
    world.run(sa.delete(world.table.heads))
    world.log.append([forge(number) for number in range(1, keep + 1)])


def test_a_whole_chain_written_anew_is_found_by_an_anchor_only(world: World) -> None:
    anchor = world.log.head()
    world.log.append([record(7)])
    _written_anew(world, 7, lambda number: record(number, user="nobody"))
    world.log.verify()  # consistent in itself
    assert first_bad(world.log, anchor) == ENTRIES


def test_a_shorter_chain_written_anew_is_found_by_an_anchor(world: World) -> None:
    anchor = world.log.head()
    _written_anew(world, 3, record)
    world.log.verify()
    assert first_bad(world.log, anchor) == 4


def test_an_anchor_of_an_earlier_time_holds_for_a_longer_log(world: World) -> None:
    anchor = world.log.head()
    world.log.append([record(7), record(8)])
    assert world.log.verify([anchor, AuditHead()]).height == 8


def test_an_append_that_fails_leaves_neither_entry_nor_head(world: World) -> None:
    before = world.log.head()
    with pytest.raises(TypeError):
        world.log.append([record(7), record(8, request_hash=None)])
    assert world.log.verify() == before


def test_calls_are_listed_with_their_outcomes_newest_first(world: World) -> None:
    world.log.append([record(9, platform="broker-b")])
    found = world.log.calls(None, 0, 10)
    assert [call.entry.height for call in found] == [7, 6, 5, 3, 2, 1]
    assert [call.outcome.record.outcome if call.outcome else None for call in found] == [
        None,
        None,
        None,
        None,
        None,
        "OK",
    ]
    assert [call.entry.height for call in world.log.calls("broker-b", 0, 10)] == [7]
    assert [call.entry.height for call in world.log.calls("broker-a", 3, 1)] == [2]
