"""The migration that brings tokens into the books makes of what an older release recorded what recording makes today.

A ledger works; its vaults are put back into the tables of the last release, revision 0003, and of the revision just
before, 0006, as these would have left them; then they are migrated. Afterwards they must say what they said before,
entry by entry, also where updates were forgotten.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import Connection, MetaData, Table, create_engine, insert, select, text

from chains.progmat.flows.market_requests import MoveToken, RedeemToken
from chains.progmat.flows.requests import IssueCash
from chains.progmat.flows.seams import NodeSelf
from chains.progmat.node.database_location import DatabaseLocation
from chains.progmat.node.fsck import Subject, check_database
from chains.progmat.node.storage.engine import Access, engine_for
from chains.progmat.node.storage.migrations.running import upgrade
from chains.progmat.vault.schema import entries, holdings, states, updates
from tests.fakes.ledger_parties import AN, CN_A, CN_B, COIN_ID, SN, LedgerParty
from tests.fakes.token_parties import ST, TOKEN_ID
from tests.integration.ledger.native_trades import NativeTrades, at_one_node
from tests.integration.ledger.network import (
    BUYER_ACCOUNT,
    MAP,
    PACKAGE,
    PARAMETERS,
    SELLER_ACCOUNT,
    TOKEN_PARTIES,
    running_ledger,
)

NOW_S = 4_000_000_000
PARTIES = (AN, CN_A, CN_B, SN)
REMADE = (holdings, entries, states, updates)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def worked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folders of nodes that issued, moved, traded and redeemed tokens, stopped in good order."""
    folder = tmp_path_factory.mktemp("tokens")
    async with running_ledger(folder, TOKEN_PARTIES) as ledger:
        trades = await NativeTrades.open(ledger)
        for number, quantity in enumerate((30, 1)):
            move = MoveToken(f"move-{number}", ST, TOKEN_ID, AN.name, quantity, SELLER_ACCOUNT.key, BUYER_ACCOUNT)
            await ledger.done(CN_A, move)
        terms = trades.terms()
        await trades.authorise(terms)
        await ledger.done(CN_A, trades.settle(terms))
        own = await ledger.operations(CN_A).open_account("second")
        merge = MoveToken("to-oneself", ST, TOKEN_ID, AN.name, 41, BUYER_ACCOUNT.key, BUYER_ACCOUNT)
        await ledger.done(CN_B, merge)
        await ledger.done(CN_A, MoveToken("next-door", ST, TOKEN_ID, AN.name, 9, SELLER_ACCOUNT.key, own))
        await ledger.done(CN_B, RedeemToken("redeem", ST, TOKEN_ID, AN.name, 5, BUYER_ACCOUNT.key))
        inside = at_one_node(trades.terms(trade=2, quantity=3, amount_yen=7), own)
        await ledger.done(SN, IssueCash("to-the-second", COIN_ID, 7, own))
        await trades.authorise(inside, at=CN_A)
        await ledger.done(CN_A, trades.settle(inside))
    return folder


def rows_of(connection: Connection, table: Table) -> list[dict[str, Any]]:
    found = connection.execute(select(table).order_by(*table.primary_key)).mappings()
    return [dict(row) for row in found]


def put_back(source: Connection, target: Connection, forgotten: int, revision: str = "0003") -> None:
    """Make in ``target`` the database of a revision that recorded the same; early updates are forgotten."""
    upgrade(target, revision)
    now, then = MetaData(), MetaData()
    now.reflect(source)
    then.reflect(target)
    held = [dict(row) for row in source.execute(select(now.tables["vault_holdings"])).mappings()]
    keys = {(row["tx_id"], row["output_index"]): row for row in held}
    cash, tokens = ([row for row in held if (row["network"] == "SC") is is_cash] for is_cash in (True, False))
    renamed: dict[str, Sequence[dict[str, Any]]] = {
        "vault_cash": [row | {"coin_id": row["asset_id"], "amount_yen": row["amount"]} for row in cash],
        "vault_tokens": [
            row | {"token_id": row["asset_id"], "registrar": row["issuer"], "quantity": row["amount"]} for row in tokens
        ],
    }
    of_coins, of_tokens = (
        {row.tx_id for row in source.execute(select(entries.c.tx_id).where((entries.c.network == "SC").is_(is_cash)))}
        for is_cash in (True, False)
    )
    for table in then.sorted_tables:
        if table.name == "alembic_version" or (table.name not in now.tables and table.name not in renamed):
            continue
        rows = renamed.get(table.name)
        if rows is None:
            rows = [dict(row) for row in source.execute(select(now.tables[table.name])).mappings()]
        if table.name == "vault_states":
            for row in rows:
                if (holding := keys.get((row["tx_id"], row["output_index"]))) is not None:
                    row["kind"] = "vault_cash" if holding["network"] == "SC" else "vault_tokens"
        if table.name == "vault_entries":
            rows = [
                row | {"kind": "MOVE" if row["kind"] == "DVP" else row["kind"]}
                for row in rows
                if row["network"] == "SC"
            ]
        if table.name == "vault_updates":
            rows = [row for row in rows if row["sequence"] > forgotten]
            for row in rows:
                row["kind"] = _old_kind(row) if row["tx_id"] in of_coins or row["tx_id"] not in of_tokens else "OTHER"
        columns = set(table.columns.keys())
        wanted = [{name: _as_column(table, name, row[name]) for name in row if name in columns} for row in rows]
        if wanted:
            target.execute(insert(table), wanted)


def _old_kind(row: dict[str, Any]) -> str:
    """A native trade was called by the move of its cash."""
    return "MOVE" if row["kind"] == "DVP" else str(row["kind"])


def _as_column(table: Table, name: str, value: Any) -> Any:  # noqa: ANN401 # a column's value
    return bool(value) if value is not None and str(table.c[name].type) == "BOOLEAN" else value


@pytest.mark.parametrize(
    ("forgotten", "revision"),
    [(0, "0003"), (4, "0003"), (4, "0006")],
    ids=["all updates", "some forgotten", "some forgotten, with notaries and fresh keys"],
)
@pytest.mark.parametrize("party", PARTIES, ids=lambda party: party.name)
def test_a_migrated_vault_says_what_it_would_say_had_it_recorded_tokens_from_the_first_day(
    worked: Path, database_at: DatabaseLocation, party: LedgerParty, forgotten: int, revision: str
) -> None:
    source_engine = create_engine(f"sqlite:///{worked / party.name / 'node.sqlite3'}")
    with (
        source_engine.connect() as source,
        engine_for(database_at, Access.WRITE).connect() as target,
        target.begin(),
    ):
        put_back(source, target, forgotten, revision)
        upgrade(target)
        for table in REMADE:
            expected, found = rows_of(source, table), rows_of(target, table)
            if table is updates:
                expected = [row for row in expected if row["sequence"] > forgotten]
            if table is entries:
                for row in (*expected, *found):  # of a forgotten update only the second is known
                    row["recorded_ms"] //= 1000 if row["sequence"] <= forgotten else 1
            assert found == expected, table.name
        assert any(row["network"] == "ST" for row in rows_of(target, entries)) == (party is not SN)
    source_engine.dispose()


def test_what_was_spent_when_it_came_is_entered_neither_as_income_nor_as_spending(worked: Path, tmp_path: Path) -> None:
    """The registrar's records, the other way round: every ledger_tx came after those that spend what it made."""
    source_engine = create_engine(f"sqlite:///{worked / AN.name / 'node.sqlite3'}")
    with (
        source_engine.connect() as source,
        engine_for(tmp_path / "target.sqlite3", Access.WRITE).connect() as target,
        target.begin(),
    ):
        put_back(source, target, 0)
        last = target.execute(text("SELECT max(sequence) FROM transactions")).scalar_one()
        target.execute(text("UPDATE transactions SET sequence = sequence + 2 * :last"), {"last": last})
        target.execute(text("UPDATE transactions SET sequence = 3 * :last + 1 - sequence"), {"last": last})
        upgrade(target)
        sums: Counter[tuple[object, ...]] = Counter()
        for row in rows_of(target, entries):
            account = (row["network"], row["asset_id"], row["issuer"], row["node"], row["owner_key"])
            sums[account] += row["change_amount"]
            assert row["change_amount"] > 0
        unspent: Counter[tuple[object, ...]] = Counter()
        for row in rows_of(target, holdings):
            if not row["consumed"]:
                unspent[row["network"], row["asset_id"], row["issuer"], row["node"], row["owner_key"]] += row["amount"]
        assert sums == unspent
    source_engine.dispose()


@pytest.mark.parametrize("party", PARTIES, ids=lambda party: party.name)
def test_a_node_with_tokens_passes_the_check_and_an_altered_entry_is_found(
    worked: Path, tmp_path: Path, party: LedgerParty
) -> None:
    at = tmp_path / "node.sqlite3"
    at.write_bytes((worked / party.name / "node.sqlite3").read_bytes())
    entry = MAP.entry(party.name)
    assert entry is not None
    me = NodeSelf(entry.party, entry.roles, entry.index)
    subject = Subject(at, worked / party.name, me, MAP, PARAMETERS, PACKAGE)

    def defects() -> list[str]:
        return [defect.table for defect in check_database(subject, NOW_S, lambda _what, _done: None)]

    assert defects() == []
    engine = create_engine(f"sqlite:///{at}")
    with engine.begin() as connection:
        changed = connection.execute(
            text("UPDATE vault_entries SET balance_amount = balance_amount + 1 WHERE network = 'ST'")
        )
    engine.dispose()
    assert bool(defects()) == bool(changed.rowcount) == (party is not SN)
