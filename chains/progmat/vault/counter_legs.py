"""The other leg of a trade that was settled in one ledger_tx: what an account gave or received for an entry's change.

Nothing is stored for it. Both legs are entries of one update, so the second one is read beside the first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace

from sqlalchemy import Connection, select

from chains.progmat.vault.entry_lines import CounterLeg, Entry, EntryKind
from chains.progmat.vault.schema import entries as booked
from chains.progmat.vault.statement import entry_of


def with_counter_legs(connection: Connection, entries: Sequence[Entry], node: str) -> tuple[Entry, ...]:
    """The entries, those of kind DVP with their counter leg; ``node``: only legs in accounts kept there, empty: all."""
    settled = [entry.sequence for entry in entries if entry.kind is EntryKind.DVP]
    if not settled:
        return tuple(entries)
    query = select(booked).where(booked.c.sequence.in_(settled))
    if node:
        query = query.where(booked.c.node == node)
    together: dict[int, list[Entry]] = defaultdict(list)
    for row in connection.execute(query):
        together[row.sequence].append(entry_of(row))
    return tuple(replace(entry, counter_leg=counter_leg(entry, together[entry.sequence])) for entry in entries)


def counter_leg(entry: Entry, together: Collection[Entry]) -> CounterLeg | None:
    """Of the entries of one update the only one in another asset that goes the other way; None if not one.

    The buyer's tokens come as its cash goes, the seller's the other way round: so each side meets its own.
    """
    opposite = [
        other
        for other in together
        if other.account.asset != entry.account.asset and other.change_amount * entry.change_amount < 0
    ]
    return CounterLeg(opposite[0].account, opposite[0].change_amount) if len(opposite) == 1 else None
