"""A vault of a network with one notary is brought up to date: every holding is under it, nothing else changes."""

from __future__ import annotations

from sqlalchemy import Connection, insert, inspect, select, text

from chains.progmat.node.storage.engine import Access, engine_for
from chains.progmat.node.storage.location import DatabaseLocation
from chains.progmat.node.storage.migrations.running import upgrade
from chains.progmat.transactions.component_codec import encode_state
from chains.progmat.vault.schema import cash, states, tokens
from tests.fakes.vault_world import ALICE, NOTARY
from tests.fakes.vault_world import cash as cash_state

BEFORE = "0003"
KEY = {"tx_id": bytes(32), "output_index": 0, "consumed": False}
CASH = {
    **KEY,
    "coin_id": "WSC-1",
    "issuer": "SN",
    "amount_yen": 7,
    "node": "CN-A",
    "owner_key": b"key",
    "encumbered": False,
    "trade_id": None,
    "shard": 3,
}
TOKENS = {
    **KEY,
    "network": "ST",
    "token_id": "ST-1",
    "registrar": "AN",
    "quantity": 5,
    "node": "CN-A",
    "owner_key": b"key",
}


def test_every_holding_is_under_the_one_notary_there_was(database_at: DatabaseLocation) -> None:
    with engine_for(database_at, Access.WRITE).connect() as connection, connection.begin():
        upgrade(connection, BEFORE)
        component = encode_state(cash_state(ALICE, 7))
        state = {"tx_id": bytes(32), "output_index": 0, "kind": cash.name, "component": component}
        connection.execute(insert(states), [state])
        for table, row in ((cash, CASH), (tokens, TOKENS)):
            columns, values = ", ".join(row), ", ".join(f":{name}" for name in row)
            statement = f"INSERT INTO {table.name} ({columns}) VALUES ({values})"  # noqa: S608 - names of our own
            connection.execute(text(statement), row)
        indexes = {table.name: _index_names(connection, table.name) for table in (cash, tokens)}

        upgrade(connection)

        assert dict(connection.execute(select(cash)).mappings().one()) == CASH | {"notary": NOTARY.name}
        assert dict(connection.execute(select(tokens)).mappings().one()) == TOKENS | {"notary": NOTARY.name}
        assert {table.name: _index_names(connection, table.name) for table in (cash, tokens)} == indexes


def test_a_vault_without_states_has_nothing_to_tell(database_at: DatabaseLocation) -> None:
    with engine_for(database_at, Access.WRITE).connect() as connection, connection.begin():
        upgrade(connection, BEFORE)
        upgrade(connection)
        assert connection.execute(select(cash)).all() == []


def _index_names(connection: Connection, table: str) -> set[str | None]:
    return {index["name"] for index in inspect(connection).get_indexes(table)}
