"""The register's entries in the order in which they were made: what changed whose units, when, why, by whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, select

from chains.progmat.flows.signed_records import decoded
from chains.progmat.market.register.details import TransferDetails, details_of
from chains.progmat.market.register.entries import RegisterEntry
from chains.progmat.market.register.reading import in_security
from chains.progmat.node.storage import stored_transactions
from chains.progmat.vault.entry_lines import Entry, EntryKind
from chains.progmat.vault.indexing import Asset
from chains.progmat.vault.pages import Key, Page, page_of
from chains.progmat.vault.paging import beyond
from chains.progmat.vault.schema import entries
from chains.progmat.vault.statement import entry_of

_ORDER: Final = (entries.c.sequence, entries.c.owner_key, entries.c.node)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries: of accounts kept at ``node`` (empty: all), of one key, in ``after`` < sequence <= ``up_to``."""

    security: Asset
    node: str = ""
    account_key: bytes = b""
    after: int = 0
    up_to: int = 2**63 - 1


def register_entries(
    connection: Connection, wanted: Wanted, limit: int, after: Key | None = None
) -> Page[RegisterEntry]:
    """A page of entries, oldest first."""
    conditions = [
        in_security(wanted.security),
        entries.c.sequence > wanted.after,
        entries.c.sequence <= wanted.up_to,
    ]
    for column, value in ((entries.c.node, wanted.node), (entries.c.owner_key, wanted.account_key)):
        if value:
            conditions.append(column == value)
    if after is not None:
        conditions.append(beyond(_ORDER, after))
    rows = connection.execute(select(entries).where(*conditions).order_by(*_ORDER).limit(limit + 1)).all()
    page = page_of([entry_of(row) for row in rows], limit, _key_of)
    details = details_by_tx(connection, {entry.tx_id for entry in page.rows})
    return Page(tuple(_told(entry, details.get(entry.tx_id)) for entry in page.rows), page.next_key)


def details_by_tx(connection: Connection, tx_ids: set[bytes]) -> dict[bytes, TransferDetails]:
    """What the recorded ones of some hundreds of ledger_txs say of themselves."""
    found = stored_transactions(connection, sorted(tx_ids)) if tx_ids else {}
    return {tx_id: details_of(decoded(stored.signed_bytes).wire) for tx_id, stored in found.items()}


def _told(entry: Entry, details: TransferDetails | None) -> RegisterEntry:
    """A move from an account to itself changes nobody's units: it is no transfer."""
    if details is None or entry.kind is EntryKind.MERGE:
        return RegisterEntry(entry, TransferDetails())
    return RegisterEntry(entry, details)


def _key_of(entry: Entry) -> Key:
    return (entry.sequence, entry.account.owner_key, entry.account.node)
