"""Registers of record dates: taken once after close of business, then read for ever as they were taken."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, insert, select

from chains.progmat.market.register.errors import RecordDateNotOver, RegisterAltered, SnapshotExists, SnapshotUnknown
from chains.progmat.market.register.model import RecordDateSnapshot, RegisterLine, RegisterMoment, register_hash
from chains.progmat.market.register.moments import AsOf, Moment
from chains.progmat.market.register.reading import register_at
from chains.progmat.market.register.schema import snapshot_lines, snapshots
from chains.progmat.vault.indexing import Asset


def take_snapshot(
    connection: Connection, security: Asset, record_date: date, cut_off_ms: int, now_ms: int, taken_by: str
) -> RecordDateSnapshot:
    """Fix the register before ``cut_off_ms`` for a record date; the one fixed before if there is one.

    Raises ``RecordDateNotOver``, ``SnapshotExists`` (one with another cut-off), ``SecurityNotRecorded``.
    """
    found = _find(connection, security, record_date)
    if found is not None:
        if found.cut_off_ms != cut_off_ms:
            raise SnapshotExists(security.asset_id, record_date, found.cut_off_ms, cut_off_ms)
        return found
    if now_ms < cut_off_ms:
        raise RecordDateNotOver(record_date, cut_off_ms, now_ms)
    register = register_at(connection, security, Moment(AsOf.BEFORE_MS, cut_off_ms))
    taken = RecordDateSnapshot(
        security=security,
        record_date=record_date,
        cut_off_ms=cut_off_ms,
        moment=register.moment,
        lines=register.lines,
        hash=register.hash,
        taken_ms=now_ms,
        taken_by=taken_by,
    )
    _store(connection, taken)
    return taken


def snapshot_of(connection: Connection, security: Asset, record_date: date) -> RecordDateSnapshot:
    """As it was taken. Raises ``SnapshotUnknown``, ``RegisterAltered`` (the stored lines are not those taken)."""
    found = _find(connection, security, record_date)
    if found is None:
        raise SnapshotUnknown(security.asset_id, record_date)
    return found


def snapshot_dates(connection: Connection, security: Asset) -> list[date]:
    """Record dates whose register was taken, in order."""
    query = select(snapshots.c.record_date).where(_of_security(snapshots, security)).order_by(snapshots.c.record_date)
    return [date.fromisoformat(found) for found in connection.execute(query).scalars()]


def _store(connection: Connection, taken: RecordDateSnapshot) -> None:
    network, security_id, registrar = taken.security
    key = {"network": network, "security_id": security_id, "registrar": registrar}
    key["record_date"] = taken.record_date.isoformat()
    row = {
        "cut_off_ms": taken.cut_off_ms,
        "sequence": taken.moment.sequence,
        "recorded_ms": taken.moment.recorded_ms,
        "journal_position": taken.moment.journal_position,
        "hash": taken.hash,
        "taken_ms": taken.taken_ms,
        "taken_by": taken.taken_by,
    }
    connection.execute(insert(snapshots), key | row)
    lines = [
        key | {"node": line.node, "owner_key": line.key, "units": line.units, "frozen": line.frozen}
        for line in taken.lines
    ]
    if lines:
        connection.execute(insert(snapshot_lines), lines)


def _find(connection: Connection, security: Asset, record_date: date) -> RecordDateSnapshot | None:
    row = connection.execute(select(snapshots).where(_of_date(snapshots, security, record_date))).one_or_none()
    if row is None:
        return None
    kept = connection.execute(select(snapshot_lines).where(_of_date(snapshot_lines, security, record_date)))
    lines = tuple(sorted(RegisterLine(line.node, line.owner_key, line.units, line.frozen) for line in kept))
    found_hash = register_hash(security, lines)
    if found_hash != row.hash:
        raise RegisterAltered(expected=row.hash, found=found_hash)
    return _snapshot(row, security, lines)


def _snapshot(row: Row[Any], security: Asset, lines: tuple[RegisterLine, ...]) -> RecordDateSnapshot:
    return RecordDateSnapshot(
        security=security,
        record_date=date.fromisoformat(row.record_date),
        cut_off_ms=row.cut_off_ms,
        moment=RegisterMoment(row.sequence, row.recorded_ms, row.journal_position),
        lines=lines,
        hash=row.hash,
        taken_ms=row.taken_ms,
        taken_by=row.taken_by,
    )


def _of_security(table: Table, security: Asset) -> ColumnElement[bool]:
    return and_(
        table.c.network == security.network,
        table.c.security_id == security.asset_id,
        table.c.registrar == security.issuer,
    )


def _of_date(table: Table, security: Asset, record_date: date) -> ColumnElement[bool]:
    return and_(_of_security(table, security), table.c.record_date == record_date.isoformat())
