"""Accounts by investor id, from the master data: unknown keys stay keys."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import insert

from chains.progmat.market.master_data.fields import RecordKind
from chains.progmat.market.master_data.holders import MasterDataHolders
from chains.progmat.market.master_data.tables import TABLES, master_data_metadata
from chains.progmat.node.storage.engine import Access, engine_for
from chains.progmat.node.storage.schema import prepare_schema
from ibc.dvp import CashAccount
from tests.fakes.register_world import CAROL
from tests.fakes.vault_world import ALICE, BOB


def test_an_account_is_named_by_its_key_and_who_is_not_known_is_left_out(tmp_path: Path) -> None:
    at = tmp_path / "an.sqlite"
    with engine_for(at, Access.WRITE).connect() as connection, connection.begin():
        prepare_schema(connection, str(at), "AN", [master_data_metadata])
        table = TABLES[RecordKind.INVESTOR_KEY]
        audit = {column.name: 1 if str(column.type) == "BIGINT" else "" for column in table.columns}
        for account, investor_id in ((ALICE, "INV-1"), (BOB, "INV-2")):
            connection.execute(insert(table), audit | {"id": account.key.hex(), "investor_id": investor_id})
        elsewhere = CashAccount("CN-Z", ALICE.key)
        found = MasterDataHolders().investor_ids(connection, [ALICE, BOB, CAROL, elsewhere])
    assert found == {ALICE: "INV-1", BOB: "INV-2", elsewhere: "INV-1"}
