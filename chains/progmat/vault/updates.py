"""The vault's update stream: what every recorded ledger_tx changed, numbered without gaps by the writer.

A reader keeps the last sequence it has seen and asks for what comes after; nothing of a reader is stored, so a slow one
costs nothing, and one that was away for too long is told so: the newest ``keep`` updates are kept (``forget_updates``).
"""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, delete, func, select

from chains.progmat.node.storage import Prepared
from chains.progmat.transactions.model import StateRef
from chains.progmat.vault.entry_lines import EntryKind, Update
from chains.progmat.vault.errors import OutOfRetention, UnknownSequence
from chains.progmat.vault.schema import consumptions, holdings, updates

_NEWEST: Final = Prepared(select(func.coalesce(func.max(updates.c.sequence), 0)))
FORGOTTEN_AT_ONCE: Final = 10_000
"""Rows one call of ``forget_updates`` deletes at most, so that no commit becomes long."""


def newest_sequence(connection: Connection) -> int:
    """Of the last update; 0 if there was none."""
    ((newest,),) = _NEWEST.rows(connection)
    return int(newest)


def check_reached(connection: Connection, sequence: int) -> None:
    """Raises ``UnknownSequence`` for a sequence beyond the newest."""
    newest = newest_sequence(connection)
    if sequence > newest:
        raise UnknownSequence(sequence, newest)


def updates_after(connection: Connection, after: int, limit: int) -> list[Update]:
    """Updates in order, after a sequence. Raises ``OutOfRetention``, ``UnknownSequence``."""
    found = connection.execute(
        select(updates).where(updates.c.sequence > after).order_by(updates.c.sequence).limit(limit)
    ).all()
    if not found:
        check_reached(connection, after)
    elif found[0].sequence != after + 1:
        raise OutOfRetention(after, found[0].sequence, newest_sequence(connection))
    return [
        Update(row.sequence, row.tx_id, EntryKind(row.kind), row.recorded_ms, row.journal_position) for row in found
    ]


def forget_updates(connection: Connection, keep: int) -> int:
    """Delete all but the newest ``keep`` (1 or more), the oldest first, a bounded number a call; returns how many."""
    if keep < 1:
        raise ValueError(f"at least one update is kept, for its number; not {keep}")
    oldest = connection.execute(select(func.min(updates.c.sequence))).scalar_one()
    if oldest is None:
        return 0
    end = min(newest_sequence(connection) - keep + 1, oldest + FORGOTTEN_AT_ONCE)
    return connection.execute(delete(updates).where(updates.c.sequence < end)).rowcount


def holdings_consumed_by(
    connection: Connection, tx_ids: list[bytes], which: ColumnElement[bool]
) -> dict[bytes, list[StateRef]]:
    """Amounts kept here that some ledger_txs consumed, by ledger_tx; ``which`` is a condition on ``vault_holdings``."""
    same_state = and_(holdings.c.tx_id == consumptions.c.tx_id, holdings.c.output_index == consumptions.c.output_index)
    rows = connection.execute(
        select(consumptions)
        .select_from(consumptions.join(holdings, same_state))
        .where(consumptions.c.consumed_by.in_(tx_ids), which)
        .order_by(consumptions.c.tx_id, consumptions.c.output_index)
    )
    found: dict[bytes, list[StateRef]] = defaultdict(list)
    for row in rows:
        found[row.consumed_by].append(StateRef(row.tx_id, row.output_index))
    return found
