"""The register's view of the master data: investor ids of accounts, never a name. See ``register.holder_names``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from sqlalchemy import Connection, select

from chains.progmat.market.master_data.fields import RecordKind
from chains.progmat.market.master_data.tables import TABLES
from ibc.dvp import CashAccount

_AT_ONCE: Final = 500


class MasterDataHolders:
    """``HolderNames`` over the keys that are entered here; an erased investor's id is still told."""

    def investor_ids(self, connection: Connection, accounts: Iterable[CashAccount]) -> Mapping[CashAccount, str]:
        """Ids of those accounts whose key is known."""
        by_key: dict[str, list[CashAccount]] = {}
        for account in accounts:
            by_key.setdefault(account.key.hex(), []).append(account)
        table, keys = TABLES[RecordKind.INVESTOR_KEY], sorted(by_key)
        found: dict[CashAccount, str] = {}
        for start in range(0, len(keys), _AT_ONCE):
            query = select(table.c.id, table.c.investor_id).where(table.c.id.in_(keys[start : start + _AT_ONCE]))
            for key, investor_id in connection.execute(query):
                found.update(dict.fromkeys(by_key[key], investor_id))
        return found
