"""A statement about states does the same for one reference as for several or a list of them, by an index."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, delete, select

from chains.progmat.vault.by_refs import ByRefs, Key
from chains.progmat.vault.recording import record_transaction
from chains.progmat.vault.schema import holdings, states
from tests.fakes.vault_world import ALICE, BOB, RULES, cash, tx

MADE = tx("issue", *(cash(ALICE if number % 2 else BOB, number + 1) for number in range(12)))
STRANGE: Key = (bytes(32), 0)

FOUND = ByRefs(lambda these: select(states.c.tx_id, states.c.output_index).where(these(states)))
DROPPED = ByRefs(lambda these: delete(holdings).where(these(holdings)))


@pytest.mark.parametrize("indexes", [(), (1,), (0, 2), (0, 1, 2), tuple(range(8)), tuple(range(1, 10))])
def test_exactly_the_named_states_are_found_and_changed(connection: Connection, indexes: tuple[int, ...]) -> None:
    record_transaction(connection, MADE, RULES)
    keys = [(bytes(MADE.id), index) for index in indexes]
    assert sorted(FOUND.rows(connection, keys)) == keys
    assert (FOUND.first(connection, keys) is None) == (not keys)
    assert FOUND.rows(connection, [STRANGE]) == []
    assert sorted(FOUND.rows(connection, [STRANGE, *keys])) == keys
    assert DROPPED.change(connection, keys) == len(keys)
    left = connection.execute(select(holdings.c.output_index).order_by(holdings.c.output_index)).scalars().all()
    assert left == [index for index in range(12) if index not in indexes]


@pytest.mark.parametrize("count", [1, 2, 3, 8, 9, 40])
@pytest.mark.parametrize("statement", [FOUND, DROPPED])
def test_no_number_of_references_makes_sqlite_go_through_the_whole_table(statement: ByRefs, count: int) -> None:
    texts: list[str] = []
    with create_engine("sqlite://").connect() as connection:
        states.metadata.create_all(connection)
        driver: Any = connection.connection.driver_connection
        driver.set_trace_callback(texts.append)
        statement.rows(connection, [(bytes([number]) * 32, number) for number in range(count)])
        driver.set_trace_callback(None)
        plan = [row[3] for row in driver.execute(f"EXPLAIN QUERY PLAN {texts[-1]}")]
    assert any(step.startswith("SEARCH vault_") for step in plan)
    assert not any(step.startswith("SCAN vault_") for step in plan)
