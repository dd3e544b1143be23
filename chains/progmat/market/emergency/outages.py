"""What the registrar keeps of an emergency file it brings in: the plan, made once, and how far it has come."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, Row, and_, insert, or_, select, update

from chains.progmat.market.emergency.difference import Decisions, LedgerChange, PlannedLine, plan
from chains.progmat.market.emergency.errors import EmergencyFileOpen, OutageNormalised, OutageUnknown
from chains.progmat.market.emergency.model import EmergencyFile
from chains.progmat.market.emergency.outage import Outage, OutageLine
from chains.progmat.market.emergency.schema import counted, outage_lines, outages
from chains.progmat.market.register.history import details_by_tx
from chains.progmat.market.register.moments import NOW
from chains.progmat.market.register.reading import in_security, register_at
from chains.progmat.vault.indexing import Asset
from chains.progmat.vault.schema import entries
from chains.progmat.vault.updates import newest_sequence
from ibc.dvp import CashAccount

TXS_AT_ONCE: Final = 300


def plan_outage(
    connection: Connection, file: EmergencyFile, decisions: Decisions, author: str, approver: str, now_ms: int
) -> Outage:
    """The outage of a verified file: its plan as made before, or made now and kept.

    Raises ``EmergencyFileOpen``, ``OutageNormalised``, ``LedgerMovesUnclear``, ``UnitsGone``, ``SecurityNotRecorded``.
    """
    if file.closed is None:
        raise EmergencyFileOpen
    known = _find(connection, file.outage_id)
    if known is not None:
        if known.head != file.head:
            raise OutageNormalised(known.outage_id, known.head)
        return known
    _require_no_other(connection, file)
    base, security = file.base, file.base.security
    ledger = ledger_changes(connection, security, base.moment.sequence)
    planned = plan(file, ledger, register_at(connection, security, NOW), decisions)
    sequence = newest_sequence(connection)
    _store(connection, file, planned, sequence, now_ms, (author, approver))
    close_if_done(connection, file.outage_id, sequence)
    return outage_of(connection, file.outage_id)


def outage_of(connection: Connection, outage_id: bytes) -> Outage:
    """Raises ``OutageUnknown``."""
    found = _find(connection, outage_id)
    if found is None:
        raise OutageUnknown(outage_id)
    return found


def line_is_in(connection: Connection, outage_id: bytes, number: int, tx_id: bytes) -> None:
    """The forced transfer of a line is recorded; the last one closes the outage. Doing it again changes nothing."""
    of_line = and_(outage_lines.c.outage_id == outage_id, outage_lines.c.line == number)
    connection.execute(update(outage_lines).where(of_line, outage_lines.c.tx_id.is_(None)).values(tx_id=tx_id))
    close_if_done(connection, outage_id, newest_sequence(connection))


def line_was_refused(connection: Connection, outage_id: bytes, number: int, attempt: int) -> None:
    """The next try is another flow; ``attempt`` is the one that was refused."""
    of_line = and_(outage_lines.c.outage_id == outage_id, outage_lines.c.line == number)
    connection.execute(
        update(outage_lines).where(of_line, outage_lines.c.attempt == attempt).values(attempt=attempt + 1)
    )


def close_if_done(connection: Connection, outage_id: bytes, sequence: int) -> None:
    """Note where the books stood when the last line was in, once."""
    is_open = and_(outage_lines.c.outage_id == outage_id, outage_lines.c.units > 0, outage_lines.c.tx_id.is_(None))
    if connection.execute(select(outage_lines.c.line).where(is_open).limit(1)).first() is None:
        this = and_(outages.c.outage_id == outage_id, outages.c.closed_sequence.is_(None))
        connection.execute(update(outages).where(this).values(closed_sequence=sequence))


def ledger_changes(
    connection: Connection, security: Asset, after: int, up_to: int = 2**63 - 1
) -> tuple[LedgerChange, ...]:
    """What each ledger_tx recorded after one update, up to another, did to the security's accounts."""
    wanted = and_(in_security(security), entries.c.sequence > after, entries.c.sequence <= up_to)
    columns = (entries.c.tx_id, entries.c.sequence, entries.c.node, entries.c.owner_key, entries.c.change_amount)
    changes: dict[tuple[bytes, int], dict[CashAccount, int]] = defaultdict(dict)
    for row in connection.execute(select(*columns).where(wanted).order_by(entries.c.sequence)):
        changes[row.tx_id, row.sequence][CashAccount(row.node, row.owner_key)] = row.change_amount
    tx_ids = sorted({tx_id for tx_id, _ in changes})
    trade_ids: dict[bytes, bytes] = {}
    for start in range(0, len(tx_ids), TXS_AT_ONCE):
        found = details_by_tx(connection, set(tx_ids[start : start + TXS_AT_ONCE]))
        trade_ids |= {tx_id: details.trade_id for tx_id, details in found.items()}
    return tuple(
        LedgerChange(tx_id, sequence, made, trade_ids.get(tx_id, b"")) for (tx_id, sequence), made in changes.items()
    )


def _require_no_other(connection: Connection, file: EmergencyFile) -> None:
    """An outage lasts from its base until its last line is in: no other file's may overlap it."""
    network, security_id, registrar = file.base.security
    overlapping = select(outages).where(
        outages.c.network == network,
        outages.c.security_id == security_id,
        outages.c.registrar == registrar,
        or_(outages.c.closed_sequence.is_(None), outages.c.closed_sequence > file.base.moment.sequence),
    )
    row = connection.execute(overlapping.limit(1)).one_or_none()
    if row is not None:
        raise OutageNormalised(row.outage_id, row.head)


def _store(
    connection: Connection,
    file: EmergencyFile,
    planned: Sequence[PlannedLine],
    sequence: int,
    now_ms: int,
    people: tuple[str, str],
) -> None:
    network, security_id, registrar = file.base.security
    row = {
        "outage_id": file.outage_id,
        "network": network,
        "security_id": security_id,
        "registrar": registrar,
        "head": file.head,
        "base_sequence": file.base.moment.sequence,
        "planned_sequence": sequence,
        "planned_ms": now_ms,
        "author": people[0],
        "approver": people[1],
    }
    connection.execute(insert(outages), row)
    lines = [{"outage_id": file.outage_id, "line": line.number, "units": line.units, "attempt": 1} for line in planned]
    parts = [
        {"outage_id": file.outage_id, "tx_id": tx_id, "line": line.number} for line in planned for tx_id in line.counted
    ]
    for table, rows in ((outage_lines, lines), (counted, parts)):
        if rows:
            connection.execute(insert(table), rows)


def _find(connection: Connection, outage_id: bytes) -> Outage | None:
    row = connection.execute(select(outages).where(outages.c.outage_id == outage_id)).one_or_none()
    if row is None:
        return None
    parts: dict[int, list[bytes]] = defaultdict(list)
    for part in connection.execute(select(counted).where(counted.c.outage_id == outage_id).order_by(counted.c.tx_id)):
        parts[part.line].append(part.tx_id)
    kept = select(outage_lines).where(outage_lines.c.outage_id == outage_id).order_by(outage_lines.c.line)
    lines = tuple(_line(each, tuple(parts[each.line])) for each in connection.execute(kept))
    security = Asset(row.network, row.security_id, row.registrar)
    people = (row.author, row.approver)
    return Outage(outage_id, security, row.head, row.base_sequence, *people, row.closed_sequence, lines)


def _line(row: Row[tuple[object, ...]], parts: tuple[bytes, ...]) -> OutageLine:
    return OutageLine(row.line, row.units, row.attempt, row.tx_id or b"", parts)
