"""Updates with what they are about: entries in the books, amounts made and consumed, as far as the reader sees them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import Connection, select

from chains.progmat.vault.counter_legs import with_counter_legs
from chains.progmat.vault.entry_lines import Entry, SeenUpdate
from chains.progmat.vault.lines import Coin
from chains.progmat.vault.listing import Seen, coins_made_by
from chains.progmat.vault.schema import entries, holdings
from chains.progmat.vault.statement import entry_of
from chains.progmat.vault.updates import holdings_consumed_by, updates_after


@dataclass(frozen=True, slots=True)
class Batch:
    """Updates that the reader sees, and the sequence up to which there are no others."""

    reached: int
    updates: tuple[SeenUpdate, ...]


def read_updates(connection: Connection, seen: Seen, after: int, limit: int) -> Batch:
    """The next updates after a sequence, at most ``limit`` looked at. Raises ``OutOfRetention``, ``UnknownSequence``.

    A reader who sees the whole vault gets every update; another one those that touch accounts it sees.
    """
    found = updates_after(connection, after, limit)
    if not found:
        return Batch(after, ())
    tx_ids = [update.tx_id for update in found]
    booked: dict[int, list[Entry]] = defaultdict(list)
    of_updates = entries.c.sequence.in_([update.sequence for update in found])
    found_entries = map(entry_of, connection.execute(select(entries).where(of_updates, seen.among(entries))))
    for entry in with_counter_legs(connection, tuple(found_entries), seen.node):
        booked[entry.sequence].append(entry)
    made: dict[bytes, list[Coin]] = defaultdict(list)
    for coin in coins_made_by(connection, tx_ids, seen):
        made[coin.ref.tx_id].append(coin)
    consumed = holdings_consumed_by(connection, tx_ids, seen.among(holdings))
    updates = (
        SeenUpdate(
            update,
            tuple(sorted(booked[update.sequence], key=lambda entry: entry.account)),
            tuple(made[update.tx_id]),
            tuple(consumed[update.tx_id]),
        )
        for update in found
    )
    shown = tuple(update for update in updates if seen == Seen() or update.is_about_accounts)
    return Batch(found[-1].sequence, shown)
