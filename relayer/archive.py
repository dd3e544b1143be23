"""Moving packets that ended long ago out of the way: the row becomes a short one, the attempts are dropped."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import sqlalchemy as sa

from primitives.hashing import sha256
from relayer.core.chain import EventKind
from relayer.store_tables import archived_packets, packets, steps, stored_packet

_EVENTS = [kind.value for kind in EventKind]


def archive_packets(connection: sa.Connection, path: str, ended_before_s: float, archived_s: float, limit: int) -> int:
    """Move at most ``limit`` packets of a path; returns how many. Their identities stay known for ever."""
    ended = sa.and_(packets.c.path == path, packets.c.ended_s > 0, packets.c.ended_s < ended_before_s)
    query = sa.select(packets).where(ended).order_by(packets.c.ended_s, packets.c.id).limit(limit).with_for_update()
    rows = connection.execute(query).mappings().all()
    if not rows:
        return 0
    ids = [row["id"] for row in rows]
    events = _events(connection, ids)
    values = [_archived(row, events[row["id"]], archived_s) for row in rows]
    connection.execute(sa.insert(archived_packets), values)
    connection.execute(sa.delete(steps).where(steps.c.packet_id.in_(ids)))
    connection.execute(sa.delete(packets).where(packets.c.id.in_(ids)))
    return len(rows)


def _events(connection: sa.Connection, ids: list[int]) -> dict[int, list[list[object]]]:
    query = sa.select(steps).where(steps.c.packet_id.in_(ids), steps.c.what.in_(_EVENTS))
    found: dict[int, list[list[object]]] = defaultdict(list)
    for row in connection.execute(query.order_by(steps.c.packet_id, steps.c.number)):
        found[row.packet_id].append([row.chain, row.what, row.tx_id, row.height, row.at_s])
    return found


def _archived(row: Any, events: list[list[object]], archived_s: float) -> dict[str, object]:  # noqa: ANN401  # a result row
    whose = ("path", "source_chain", "source_client", "sequence", "trade_id")
    same = (*whose, "state", "timeout_s", "attempts", "ended_s")
    return {name: row[name] for name in same} | {
        "destination_client": stored_packet(row["packet"]).destination_client,
        "digest": sha256(row["packet"]),
        "archived_s": archived_s,
        "events": events,
    }
