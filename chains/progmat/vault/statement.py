"""An account's statement, and its balance at a moment in the past: read off the books, exactly.

"As of" has three meanings, all of this node's own records (what a peer has not delivered yet is not in them):

- a **time**: after everything this node recorded at or before it, by its own clock;
- a **journal position**: as the books stood before this node entered the first ledger_tx of a higher position.
  Ledger_txs without provable writes have no position; they count if they were recorded before that one;
- a **sequence**: after that update.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, Connection, Row, and_, func, select

from chains.progmat.vault.entry_lines import Entry, EntryKind, PastBalance
from chains.progmat.vault.indexing import AccountAsset
from chains.progmat.vault.pages import Key, Page, page_of
from chains.progmat.vault.paging import beyond
from chains.progmat.vault.schema import entries
from chains.progmat.vault.updates import check_reached

_ORDER: Final = (entries.c.recorded_ms, entries.c.sequence)
_NEWEST_FIRST: Final = (entries.c.recorded_ms.desc(), entries.c.sequence.desc())


NOTHING: Final = PastBalance(0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Period:
    """From ``from_ms`` until ``until_ms`` (exclusive; None: no end), of what was recorded up to ``sequence``."""

    from_ms: int
    until_ms: int | None
    sequence: int


@dataclass(frozen=True, slots=True)
class Statement:
    """A page of a statement; ``opening`` and ``closing`` are the whole period's, so they are the same on every page."""

    opening: PastBalance
    closing: PastBalance
    page: Page[Entry]


def statement(
    connection: Connection, account: AccountAsset, period: Period, limit: int, after: Key | None = None
) -> Statement:
    """An account's entries in a period, oldest first; opening plus all changes is closing."""
    within = [_of(account), entries.c.sequence <= period.sequence, entries.c.recorded_ms >= period.from_ms]
    before_end = [_of(account), entries.c.sequence <= period.sequence]
    if period.until_ms is not None:
        for conditions in (within, before_end):
            conditions.append(entries.c.recorded_ms < period.until_ms)
    query = select(entries).where(*within, *([] if after is None else [beyond(_ORDER, after)]))
    rows = connection.execute(query.order_by(*_ORDER).limit(limit + 1)).all()
    opening = _last(
        connection, _of(account), entries.c.recorded_ms < period.from_ms, entries.c.sequence <= period.sequence
    )
    return Statement(
        opening=opening,
        closing=opening
        if period.until_ms is not None and period.until_ms <= period.from_ms
        else _last(connection, *before_end),
        page=page_of([entry_of(row) for row in rows], limit, lambda entry: (entry.recorded_ms, entry.sequence)),
    )


def balance_at_time(connection: Connection, account: AccountAsset, recorded_ms: int) -> PastBalance:
    """After everything recorded at or before a time, Unix milliseconds."""
    return _last(connection, _of(account), entries.c.recorded_ms <= recorded_ms)


def balance_at_sequence(connection: Connection, account: AccountAsset, sequence: int) -> PastBalance:
    """After an update. Raises ``UnknownSequence`` for one that was not made here yet."""
    check_reached(connection, sequence)
    return _at_sequence(connection, account, sequence)


def balance_at_position(connection: Connection, account: AccountAsset, journal_position: int) -> PastBalance:
    """Before the first ledger_tx of a higher journal position was entered; the present balance if none was.

    One that made no entry (it came after those that spend what it made) does not count: it changed no balance.
    """
    first = select(func.min(entries.c.sequence)).where(
        entries.c.journal_position > 0, entries.c.journal_position > journal_position
    )
    beyond_it = connection.execute(first).scalar_one()
    if beyond_it is None:
        return _last(connection, _of(account))
    return _at_sequence(connection, account, beyond_it - 1)


def entry_of(row: Row[Any]) -> Entry:
    """An entry from a row of ``vault_entries``."""
    columns = cast("Mapping[str, Any]", row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
    kept = {name: columns[name] for name in ("sequence", "tx_id", "recorded_ms", "journal_position")}
    amounts = ("change_amount", "locked_change_amount", "balance_amount", "locked_amount")
    return Entry(
        **kept,
        kind=EntryKind(row.kind),
        account=AccountAsset(row.network, row.asset_id, row.issuer, row.node, row.owner_key),
        counterparty=None if row.counterparty_node is None else (row.counterparty_node, row.counterparty_key),
        **{name: columns[name] for name in amounts},
    )


def _at_sequence(connection: Connection, account: AccountAsset, sequence: int) -> PastBalance:
    """By the time of that sequence, which the books are ordered by, and the sequence itself among equal times."""
    time_of = select(entries.c.recorded_ms).where(entries.c.sequence <= sequence)
    at_ms = connection.execute(time_of.order_by(entries.c.sequence.desc()).limit(1)).scalar_one_or_none()
    if at_ms is None:
        return NOTHING
    return _last(connection, _of(account), entries.c.recorded_ms <= at_ms, entries.c.sequence <= sequence)


def _of(account: AccountAsset) -> ColumnElement[bool]:
    return and_(
        entries.c.network == account.network,
        entries.c.asset_id == account.asset_id,
        entries.c.issuer == account.issuer,
        entries.c.node == account.node,
        entries.c.owner_key == account.owner_key,
    )


def _last(connection: Connection, *conditions: ColumnElement[bool]) -> PastBalance:
    columns = (entries.c.balance_amount, entries.c.locked_amount, entries.c.sequence, entries.c.recorded_ms)
    row = connection.execute(select(*columns).where(*conditions).order_by(*_NEWEST_FIRST).limit(1)).one_or_none()
    return NOTHING if row is None else PastBalance(*row)
