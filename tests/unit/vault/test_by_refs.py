"""A statement about states does the same for one reference as for a list of them."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, delete, select

from chains.progmat.vault import record_transaction
from chains.progmat.vault.by_refs import ByRefs, Key
from chains.progmat.vault.schema import holdings, states
from tests.fakes.vault_world import ALICE, BOB, RULES, cash, tx

MADE = tx("issue", cash(ALICE, 1), cash(BOB, 2), cash(ALICE, 3))
STRANGE: Key = (bytes(32), 0)

FOUND = ByRefs(lambda these: select(states.c.tx_id, states.c.output_index).where(these(states)))
DROPPED = ByRefs(lambda these: delete(holdings).where(these(holdings)))


@pytest.mark.parametrize("indexes", [(), (1,), (0, 2), (0, 1, 2)])
def test_exactly_the_named_states_are_found_and_changed(connection: Connection, indexes: tuple[int, ...]) -> None:
    record_transaction(connection, MADE, RULES)
    keys = [(bytes(MADE.id), index) for index in indexes]
    assert sorted(FOUND.rows(connection, keys)) == keys
    assert (FOUND.first(connection, keys) is None) == (not keys)
    assert FOUND.rows(connection, [STRANGE]) == []
    assert sorted(FOUND.rows(connection, [STRANGE, *keys])) == keys
    assert DROPPED.change(connection, keys) == len(keys)
    left = connection.execute(select(holdings.c.output_index).order_by(holdings.c.output_index)).scalars().all()
    assert left == [index for index in range(3) if index not in indexes]
