"""How far the node's records saw its key store come: an old copy of the store, put back, is noticed."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Connection, LargeBinary, MetaData, Table, select

from chains.progmat.keys.errors import KeyStoreRolledBack
from chains.progmat.node.storage.column_types import Int64
from chains.progmat.node.storage.prepared import insert

key_metadata: Final = MetaData()

key_stores = Table(
    "key_stores",
    key_metadata,
    Column("store_id", LargeBinary(16), primary_key=True),
    Column("serial", Int64, nullable=False),
)
"""By store, the most changes that were seen of it."""


def note_serial(connection: Connection, store_id: bytes, serial: int) -> None:
    """Remember how far a store is; raises ``KeyStoreRolledBack`` if it was further before."""
    seen = connection.execute(select(key_stores.c.serial).where(key_stores.c.store_id == store_id)).scalar_one_or_none()
    if seen is not None and serial < seen:
        raise KeyStoreRolledBack(seen, serial)
    if seen != serial:
        row = insert(key_stores).values(store_id=store_id, serial=serial)
        connection.execute(row.on_conflict_do_update(index_elements=["store_id"], set_={"serial": serial}))
