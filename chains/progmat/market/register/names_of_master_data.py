"""The investor ids of accounts as the node's master data have them (``Key``: investor id and public key)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from sqlalchemy import Connection, select

from chains.progmat.market.master_data.fields import RecordKind
from chains.progmat.market.master_data.tables import TABLES
from ibc.dvp import CashAccount

KEYS_AT_ONCE: Final = 500


class NamesOfMasterData:
    """``holder_names.HolderNames``. An erased investor's id stays: it names nobody any more."""

    def investor_ids(self, connection: Connection, accounts: Iterable[CashAccount]) -> Mapping[CashAccount, str]:
        """By account; two nodes' accounts of one key are one investor's."""
        wanted = list(accounts)
        keys = sorted({account.key.hex() for account in wanted})
        table, names = TABLES[RecordKind.INVESTOR_KEY], dict[str, str]()
        for start in range(0, len(keys), KEYS_AT_ONCE):
            some = table.c.id.in_(keys[start : start + KEYS_AT_ONCE])
            for row in connection.execute(select(table.c.id, table.c.investor_id).where(some)):
                names[row.id] = row.investor_id
        return {account: names[account.key.hex()] for account in wanted if names.get(account.key.hex())}
