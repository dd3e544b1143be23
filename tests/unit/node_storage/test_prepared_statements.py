"""``Prepared`` against Core itself: same rows, same types, same effects, on both databases."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    bindparam,
    create_engine,
    delete,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from chains.progmat.node.storage import prepared
from chains.progmat.node.storage.engine import Access, is_storage_failure, sqlite_engine
from chains.progmat.node.storage.prepared import Prepared, insert
from chains.progmat.vault.schema import UInt64

things = Table(
    "things",
    MetaData(),
    Column("key", LargeBinary(32), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("name", String, nullable=False),
    Column("amount_yen", BigInteger, nullable=False),
    Column("height", UInt64, nullable=False),
    Column("consumed", Boolean, nullable=False),
    Column("note", LargeBinary),
)
numbered = Table(
    "numbered",
    things.metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("name", String, nullable=False, unique=True),
)

ADD = Prepared(insert(things), columns=things.c.keys())
ADD_OR_LEAVE = Prepared(insert(things).on_conflict_do_nothing(), columns=things.c.keys())
ALL = Prepared(select(things).order_by(things.c.key, things.c.place))
A, B, C = (bytes([n]) * 32 for n in (1, 2, 3))


def thing(key: bytes, place: int = 0, **others: object) -> dict[str, Any]:
    values: dict[str, object] = {"name": "coin", "amount_yen": 5, "height": 7, "consumed": False, "note": None}
    return {"key": key, "place": place} | values | others


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "sqlite":
        opened = sqlite_engine(tmp_path / "things.sqlite", Access.WRITE)
    else:
        url = make_url(request.getfixturevalue("postgres_url")).set(drivername="postgresql+psycopg")
        opened = create_engine(url, poolclass=NullPool)
    with opened.begin() as connection:
        things.metadata.create_all(connection)
    yield opened
    opened.dispose()


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as opened, opened.begin():
        yield opened


def test_what_goes_in_comes_out_with_its_type(connection: Connection) -> None:
    given_row = thing(A, 3, amount_yen=10**15, height=2**64 - 1, consumed=True, note=b"\x00\xff", name="円")
    assert ADD.change(connection, given_row) == 1
    (row,) = ALL.rows(connection)
    assert row == tuple(given_row.values())
    assert [type(value) for value in row] == [bytes, int, str, int, int, bool, bytes]


def test_a_missing_row_is_none_and_null_stays_null(connection: Connection) -> None:
    at = Prepared(select(things.c.note, things.c.height).where(things.c.key == bindparam("of")))
    assert at.first(connection, {"of": A}) is None
    ADD.change(connection, thing(A))
    assert at.first(connection, {"of": A}) == (None, 7)


def test_a_condition_on_a_converted_column_finds_its_row(connection: Connection) -> None:
    ADD.change_all(connection, [thing(A, height=2**63), thing(B, height=2**63 - 1), thing(C, consumed=True)])
    above = Prepared(
        select(things.c.key).where(things.c.height >= bindparam("from_height"), things.c.consumed == bindparam("is"))
    )
    assert above.rows(connection, {"from_height": 2**63, "is": False}) == [(A,)]


def test_constants_of_the_statement_and_limits_are_kept(connection: Connection) -> None:
    ADD.change_all(connection, [thing(key, name=name) for key, name in ((A, "coin"), (B, "coin"), (C, "lock"))])
    coins = Prepared(
        select(things.c.key).where(things.c.name == "coin").order_by(things.c.key.desc()).limit(bindparam("most"))
    )
    assert coins.rows(connection, {"most": 1}) == [(B,)]
    assert coins.rows(connection, {"most": 9}) == [(B,), (A,)]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5, 8])
def test_a_list_of_any_length_finds_exactly_its_rows(connection: Connection, count: int) -> None:
    ADD.change_all(connection, [thing(bytes([n]) * 32, n) for n in range(1, 10)])
    among = Prepared(
        select(things.c.place)
        .where(things.c.key.in_(bindparam("keys", expanding=True)), things.c.amount_yen > bindparam("over"))
        .order_by(things.c.place)
    )
    keys = [bytes([n]) * 32 for n in range(1, count + 1)]
    assert among.rows(connection, {"keys": keys, "over": 4}) == [(n,) for n in range(1, count + 1)]
    assert among.rows(connection, {"keys": keys, "over": 5}) == []


@pytest.mark.parametrize("count", [0, 1, 3, 4])
def test_a_list_of_pairs_finds_exactly_its_rows(connection: Connection, count: int) -> None:
    ADD.change_all(connection, [thing(key, place) for key in (A, B) for place in range(4)])
    among = tuple_(things.c.key, things.c.place).in_(bindparam("refs", expanding=True))
    found = Prepared(select(things.c.place).where(among).order_by(things.c.place))
    assert found.rows(connection, {"refs": [(B, place) for place in range(count)]}) == [(n,) for n in range(count)]
    removed = Prepared(delete(things).where(among))
    assert removed.change(connection, {"refs": [(B, place) for place in range(count)]}) == count
    assert len(ALL.rows(connection)) == 8 - count


def test_a_row_that_is_there_is_left_or_replaced_as_the_statement_says(connection: Connection) -> None:
    statement = insert(things)
    replace_if = Prepared(
        statement.on_conflict_do_update(
            index_elements=[things.c.key, things.c.place],
            set_={"name": statement.excluded.name},
            where=or_(things.c.name == statement.excluded.name, things.c.amount_yen <= bindparam("most_yen")),
        ),
        columns=things.c.keys(),
    )
    assert ADD_OR_LEAVE.change(connection, thing(A)) == 1
    assert ADD_OR_LEAVE.change(connection, thing(A, name="other")) == 0
    assert replace_if.change(connection, thing(A, name="other") | {"most_yen": 4}) == 0
    assert replace_if.change(connection, thing(A, name="other") | {"most_yen": 5}) == 1
    assert ALL.rows(connection) == [tuple(thing(A, name="other").values())]


def test_an_update_counts_what_it_changed(connection: Connection) -> None:
    ADD.change_all(connection, [thing(A), thing(B), thing(C, consumed=True)])
    consume = Prepared(
        update(things)
        .where(things.c.consumed.is_(False), things.c.key != bindparam("but"))
        .values(consumed=True, amount_yen=things.c.amount_yen + bindparam("more"))
    )
    assert consume.change(connection, {"but": B, "more": 1}) == 1
    assert consume.change(connection, {"but": C, "more": 1}) == 1
    assert [row[3] for row in ALL.rows(connection)] == [6, 6, 5]


def test_many_changes_are_made_in_order_and_none_is_no_statement(connection: Connection) -> None:
    assert ADD_OR_LEAVE.change_all(connection, []) == 0
    ADD_OR_LEAVE.change_all(connection, [thing(A, name="first"), thing(A, name="second"), thing(B)])
    assert [row[2] for row in ALL.rows(connection)] == ["first", "coin"]


def test_keys_that_the_database_makes_are_made(connection: Connection) -> None:
    add = Prepared(insert(numbered).on_conflict_do_nothing(), columns=["name"])
    assert [add.change(connection, {"name": name}) for name in ("a", "b", "a")] == [1, 1, 0]
    named = Prepared(select(numbered.c.number).where(numbered.c.name == bindparam("of")))
    assert named.first(connection, {"of": "a"}) < named.first(connection, {"of": "b"})  # type: ignore[operator] # rows are there


def test_a_parameter_that_is_missing_is_a_defect_said_at_once(connection: Connection) -> None:
    with pytest.raises(KeyError, match="note"):
        ADD.change(connection, {name: value for name, value in thing(A).items() if name != "note"})


def test_what_a_transaction_wrote_is_undone_with_it(engine: Engine) -> None:
    with engine.connect() as opened:
        ADD.change(opened, thing(A))  # begins, as Core's first statement does
        assert ALL.first(opened) is not None
        opened.rollback()
    with engine.connect() as opened:
        assert ALL.rows(opened) == []


def test_a_broken_rule_of_the_schema_is_the_operations_failure_not_the_databases(connection: Connection) -> None:
    ADD.change(connection, thing(A))
    with pytest.raises((sqlite3.IntegrityError, psycopg.errors.UniqueViolation)) as refused:
        ADD.change(connection, thing(A))
    assert not is_storage_failure(refused.value)


def test_one_statement_serves_both_databases_at_the_same_time(tmp_path: Path, postgres_url: str) -> None:
    lite = sqlite_engine(tmp_path / "things.sqlite", Access.WRITE)
    post = create_engine(make_url(postgres_url).set(drivername="postgresql+psycopg"), poolclass=NullPool)
    for each in (lite, post):
        with each.begin() as connection:
            things.metadata.create_all(connection)
    with lite.begin() as first, post.begin() as second:
        for key, connection in ((A, first), (B, second), (C, first)):
            ADD.change(connection, thing(key))
        assert [[row[0] for row in ALL.rows(connection)] for connection in (first, second)] == [[A, C], [B]]


def test_few_texts_exist_however_long_lists_are(connection: Connection) -> None:
    among = Prepared(select(things.c.place).where(things.c.key.in_(bindparam("keys", expanding=True))))
    for length in range(1, 65):
        among.rows(connection, {"keys": [bytes([length]) * 32] * length})
    assert len(among._forms) == 7
    assert prepared._padded([1, 2, 3, 4, 5]) == [1, 2, 3, 4, 5, 5, 5, 5]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {
                "key": st.binary(min_size=0, max_size=40),
                "place": st.integers(0, 2**31 - 1),
                "name": st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20),
                "amount_yen": st.integers(-(2**63), 2**63 - 1),
                "height": st.integers(0, 2**64 - 1),
                "consumed": st.booleans(),
                "note": st.none() | st.binary(max_size=10),
            }
        ),
        max_size=6,
        unique_by=lambda row: (row["key"], row["place"]),
    )
)
def test_core_and_prepared_read_and_write_the_same(connection: Connection, rows: list[dict[str, Any]]) -> None:
    everything = select(things).order_by(things.c.key, things.c.place)
    with connection.begin_nested() as undone:
        ADD.change_all(connection, rows)
        assert ALL.rows(connection) == [tuple(row) for row in connection.execute(everything)]
        written = ALL.rows(connection)
        undone.rollback()
    with connection.begin_nested() as undone:
        if rows:
            connection.execute(things.insert(), rows)
        assert ALL.rows(connection) == written
        undone.rollback()
