"""A vault of a network with one notary is brought up to date, through all steps: every holding is under that one.

Its other columns stay as they were. A holding that knows its notary and its fresh key already keeps them.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, inspect, select, text

from chains.progmat.node.database_location import DatabaseLocation
from chains.progmat.node.storage.engine import Access, engine_for
from chains.progmat.node.storage.migrations.running import upgrade
from chains.progmat.transactions.component_codec import encode_state
from chains.progmat.vault.schema import holdings, states
from chains.progmat.vault.shards import shard_of
from primitives.types import Hash32
from tests.fakes.vault_world import ALICE, NOTARY
from tests.fakes.vault_world import cash as cash_state

BEFORE = "0003"
WITH_NOTARIES = "0005"
WITH_FRESH_KEYS = "0006"
TX = Hash32(bytes(32))
CASH = {
    "tx_id": TX,
    "output_index": 0,
    "consumed": False,
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
    "tx_id": TX,
    "output_index": 1,
    "consumed": False,
    "network": "ST",
    "token_id": "ST-1",
    "registrar": "AN",
    "quantity": 5,
    "node": "CN-A",
    "owner_key": b"key",
}


def as_holdings(notary: str, fresh_key: bytes | None) -> list[dict[str, Any]]:
    """``CASH`` and ``TOKENS`` in the one table of today."""
    common = {"tx_id": TX, "consumed": False, "node": "CN-A", "owner_key": b"key", "encumbered": False}
    coin = {"output_index": 0, "network": "SC", "asset_id": "WSC-1", "issuer": "SN", "amount": 7, "shard": 3}
    token = {"output_index": 1, "network": "ST", "asset_id": "ST-1", "issuer": "AN", "amount": 5}
    no_trade = {"trade_id": None, "notary": notary, "frozen": False}
    return [
        common | coin | no_trade | {"fresh_key": fresh_key},
        common | token | no_trade | {"fresh_key": None, "shard": shard_of(TX, 1)},
    ]


def test_every_holding_is_under_the_one_notary_there_was(database_at: DatabaseLocation) -> None:
    with engine_for(database_at, Access.WRITE).connect() as connection, connection.begin():
        upgrade(connection, BEFORE)
        _enter_both(connection, {})
        indexes = {table: _index_names(connection, table) for table in ("vault_cash", "vault_tokens")}

        upgrade(connection, WITH_NOTARIES)

        assert _row(connection, "vault_cash") == CASH | {"notary": NOTARY.name}
        assert _row(connection, "vault_tokens") == TOKENS | {"notary": NOTARY.name}
        assert {table: _index_names(connection, table) for table in indexes} == indexes

        upgrade(connection)

        assert _held(connection) == as_holdings(NOTARY.name, None)
        assert set(connection.execute(select(states.c.kind)).scalars()) == {holdings.name}


def test_a_holding_keeps_the_notary_and_the_fresh_key_it_has(database_at: DatabaseLocation) -> None:
    with engine_for(database_at, Access.WRITE).connect() as connection, connection.begin():
        upgrade(connection, WITH_FRESH_KEYS)
        _enter_both(connection, {"notary": "NN-2"}, {"fresh_key": b"fresh"})
        upgrade(connection)
        assert _held(connection) == as_holdings("NN-2", b"fresh")


def test_a_vault_without_states_has_nothing_to_tell(database_at: DatabaseLocation) -> None:
    with engine_for(database_at, Access.WRITE).connect() as connection, connection.begin():
        upgrade(connection, BEFORE)
        upgrade(connection)
        assert _held(connection) == []


def _enter_both(connection: Connection, of_both: dict[str, Any], of_cash: dict[str, Any] | None = None) -> None:
    component = encode_state(cash_state(ALICE, 7))
    for table, row in (("vault_cash", CASH | of_both | (of_cash or {})), ("vault_tokens", TOKENS | of_both)):
        state = {"tx_id": TX, "output_index": row["output_index"], "kind": table, "component": component}
        _insert(connection, states.name, state)
        _insert(connection, table, row)


def _insert(connection: Connection, table: str, row: dict[str, Any]) -> None:
    columns, values = ", ".join(row), ", ".join(f":{name}" for name in row)
    connection.execute(text(f"INSERT INTO {table} ({columns}) VALUES ({values})"), row)  # noqa: S608 - names of our own


def _row(connection: Connection, table: str) -> dict[str, Any]:
    row = dict(connection.execute(text(f"SELECT * FROM {table}")).mappings().one())  # noqa: S608 - names of our own
    return row | {name: bool(row[name]) for name in ("consumed", "encumbered") if name in row}


def _held(connection: Connection) -> list[dict[str, Any]]:
    rows = connection.execute(select(holdings).order_by(holdings.c.output_index)).mappings()
    return [dict(row) for row in rows]


def _index_names(connection: Connection, table: str) -> set[str | None]:
    return {index["name"] for index in inspect(connection).get_indexes(table)}
