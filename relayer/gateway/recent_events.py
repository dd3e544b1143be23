"""The end of the stream in memory: whoever keeps up with it asks no database for what this process has just stored.

Numbers have no gaps, so it is known what is missing: another program's events, or those that fell out. Whoever asks for
what is not here is sent to the database.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

MOST_RECENT: Final = 512


@dataclass(frozen=True)
class StoredEvent:
    """One change in the stream: its number, the settlement as encoded for callers, when it was stored."""

    number: int
    settlement: bytes
    at_s: int


@dataclass(frozen=True)
class EventPage:
    """Events of the stream, oldest first, and the number up to which nothing else concerns whoever asked."""

    events: tuple[StoredEvent, ...]
    reached: int


class RecentEvents:
    """Of one process that is alone with its database. Written by one thread at a time, read by any."""

    def __init__(self) -> None:
        self._known: tuple[int, tuple[Mapping[str, Any], ...]] | None = None
        """A number, and all events after it; both change at once. None: nothing is known of the stream."""

    def add(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Rows of the table, committed, in order. Where some are missing before them, only they are known."""
        if not rows:
            return
        first, kept = rows[0]["id"] - 1, tuple(rows)
        if self._known is not None:
            after, known = self._known
            last = after + len(known)
            if first < last:
                return  # told of late: whoever committed later has told of more
            if first == last:
                first, kept = after, (*known, *rows)
        dropped = max(0, len(kept) - MOST_RECENT)
        self._known = (first + dropped, kept[dropped:])

    def heard_of(self, number: int) -> None:
        """The database's last number: where it is beyond what is known here, what came before is not."""
        if self._known is None or number > self._known[0] + len(self._known[1]):
            self._known = (number, ())

    def rows_after(self, number: int) -> Sequence[Mapping[str, Any]] | None:
        """What follows a number; None where the database has to be asked."""
        if self._known is None or number < self._known[0]:
            return None
        after, known = self._known
        return known[number - after :]

    def page(self, nodes: Collection[str], after: int, trade_id: bytes | None, limit: int) -> EventPage | None:
        """See ``GatewayStore.events``; None where the database has to be asked."""
        rows = self.rows_after(after)
        if rows is None:
            return None
        found = [row for row in rows if trade_id in {None, row["trade_id"]} and _concerns(row, nodes)][:limit]
        events = tuple(StoredEvent(row["id"], row["settlement"], row["at_s"]) for row in found)
        if len(events) == limit:
            return EventPage(events, events[-1].number)
        return EventPage(events, rows[-1]["id"] if rows else after)


def _concerns(row: Mapping[str, Any], nodes: Collection[str]) -> bool:
    return row["seller_node"] in nodes or row["buyer_node"] in nodes
