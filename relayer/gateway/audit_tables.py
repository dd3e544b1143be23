"""The audit log's two tables: entries, and the head of their chain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from chains.audit_chain import NO_HASH, AuditChainBroken, AuditHead
from relayer.database import Int64, upsert
from relayer.gateway.audit_entries import AuditEntry, AuditKind, AuditRecord, chained
from relayer.many_rows import insert_of

_HEAD_ID = 1
_LOWEST = -(2**63)  # of what a height's column can hold: entries that were put below the first are found too
PAGE = 1000


class AuditTable:
    """Entries are inserted and read, never changed. Every method takes the connection of its caller's transaction."""

    def __init__(self, metadata: sa.MetaData) -> None:
        self.entries = sa.Table(
            "audit_entries",
            metadata,
            sa.Column("height", Int64, primary_key=True, autoincrement=False),
            sa.Column("kind", sa.String, nullable=False),
            sa.Column("at_s", Int64, nullable=False),
            sa.Column("platform", sa.String, nullable=False, index=True),
            sa.Column("user_name", sa.String, nullable=False),
            sa.Column("method", sa.String, nullable=False),
            sa.Column("request_id", sa.String, nullable=False),
            sa.Column("request_hash", sa.LargeBinary, nullable=False),
            sa.Column("outcome", sa.String, nullable=False),
            sa.Column("resource", sa.String, nullable=False),
            sa.Column("intent", Int64, nullable=False, index=True),
            sa.Column("previous", sa.LargeBinary, nullable=False),
            sa.Column("hash", sa.LargeBinary, nullable=False),
        )
        self.heads = sa.Table(
            "audit_head",
            metadata,
            sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("height", Int64, nullable=False),
            sa.Column("hash", sa.LargeBinary, nullable=False),
        )
        self._insert = insert_of(self.entries)
        columns = self.heads.c
        at_head = columns.id == _HEAD_ID
        moved = sa.update(self.heads).where(at_head).values(height=columns.height + sa.bindparam("more"))
        self._take = moved.returning(columns.height, columns.hash)
        self._set_hash = sa.update(self.heads).where(at_head).values(hash=sa.bindparam("new_hash"))

    def append(self, connection: sa.Connection, records: Sequence[AuditRecord]) -> list[AuditEntry]:
        """Put records behind the end of the chain; other instances wait for this transaction to do the same."""
        more = {"more": len(records)}
        row = connection.execute(self._take, more).first()
        if row is None:
            first = {"id": _HEAD_ID, "height": 0, "hash": NO_HASH}
            upsert(connection, self.heads, first, ["id"], replace=False)
            row = connection.execute(self._take, more).one()
        entries = chained(AuditHead(row.height - len(records), bytes(row.hash)), records)
        self._insert.write(connection, [_values(entry) for entry in entries])
        connection.execute(self._set_hash, {"new_hash": entries[-1].hash})
        return entries

    def head(self, connection: sa.Connection) -> AuditHead:
        """Where the chain ends, by the head's own row. Raises ``AuditChainBroken`` if there are several."""
        rows = connection.execute(sa.select(self.heads)).all()
        if len(rows) > 1:
            raise AuditChainBroken(0, "has several heads beside it")
        return AuditHead(rows[0].height, bytes(rows[0].hash)) if rows and rows[0].id == _HEAD_ID else AuditHead()

    def read(self, connection: sa.Connection) -> Iterator[AuditEntry]:
        """Every entry stored, by height, read by pages. Raises ``AuditChainBroken`` for one of no kind."""
        after = _LOWEST
        while True:
            query = sa.select(self.entries).where(self.entries.c.height > after)
            rows = connection.execute(query.order_by(self.entries.c.height).limit(PAGE)).all()
            if not rows:
                return
            for row in rows:
                yield _entry(row)
            after = rows[-1].height

    def newest(self, connection: sa.Connection, platform: str | None, below: int, limit: int) -> list[AuditEntry]:
        """Intents and refusals below a height (0 = all), newest first; of one platform, or of all (None)."""
        columns = self.entries.c
        query = sa.select(self.entries).where(columns.kind != AuditKind.OUTCOME.value)
        if platform is not None:
            query = query.where(columns.platform == platform)
        if below:
            query = query.where(columns.height < below)
        return [_entry(row) for row in connection.execute(query.order_by(columns.height.desc()).limit(limit))]

    def outcomes(self, connection: sa.Connection, intents: Sequence[int]) -> dict[int, AuditEntry]:
        """The outcomes of intents, by the intents' heights; none where none was written."""
        if not intents:
            return {}
        rows = connection.execute(sa.select(self.entries).where(self.entries.c.intent.in_(intents)))
        return {row.intent: _entry(row) for row in rows}


def _values(entry: AuditEntry) -> dict[str, object]:
    record = entry.record
    return {
        "height": entry.height,
        "kind": record.kind.value,
        "at_s": record.at_s,
        "platform": record.platform,
        "user_name": record.user,
        "method": record.method,
        "request_id": record.request_id,
        "request_hash": record.request_hash,
        "outcome": record.outcome,
        "resource": record.resource,
        "intent": record.intent,
        "previous": entry.previous,
        "hash": entry.hash,
    }


def _entry(row: sa.Row[tuple[object, ...]]) -> AuditEntry:
    found = row._mapping  # noqa: SLF001  # SQLAlchemy's public name for it
    try:
        kind = AuditKind(found["kind"])
    except ValueError:
        raise AuditChainBroken(found["height"], "is of no kind that is written") from None
    record = AuditRecord(
        kind,
        found["at_s"],
        found["platform"],
        found["user_name"],
        found["method"],
        found["request_id"],
        bytes(found["request_hash"]),
        found["outcome"],
        found["resource"],
        found["intent"],
    )
    return AuditEntry(found["height"], record, bytes(found["previous"]), bytes(found["hash"]))
