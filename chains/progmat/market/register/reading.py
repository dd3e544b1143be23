"""The register of a security as of a moment, read off the accounts' books: never computed from moves."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, and_, func, select

from chains.progmat.market.register.errors import SecurityNotRecorded
from chains.progmat.market.register.model import BEGINNING, Register, RegisterLine, RegisterMoment
from chains.progmat.market.register.moments import NOW, AsOf, Moment
from chains.progmat.vault.indexing import Asset
from chains.progmat.vault.schema import entries
from chains.progmat.vault.updates import check_reached


def register_at(connection: Connection, security: Asset, moment: Moment = NOW, node: str = "") -> Register:
    """The register of a security; ``node``: only the accounts kept there. A connection is one snapshot of the books.

    Raises ``SecurityNotRecorded``, ``UnknownSequence`` of the vault.
    """
    at = moment_of(connection, security, moment)
    return Register(security, at, _lines(connection, security, at.sequence, node))


def moment_of(connection: Connection, security: Asset, moment: Moment) -> RegisterMoment:
    """The last entry of the security up to a moment. Raises ``SecurityNotRecorded``, ``UnknownSequence``."""
    of_security = in_security(security)
    if connection.execute(select(entries.c.sequence).where(of_security).limit(1)).first() is None:
        raise SecurityNotRecorded(security.asset_id, security.issuer)
    up_to = and_(of_security, _until(connection, moment))
    newest = select(entries.c.sequence, entries.c.recorded_ms).where(up_to).order_by(entries.c.sequence.desc()).limit(1)
    row = connection.execute(newest).one_or_none()
    if row is None:
        return BEGINNING
    position = select(func.coalesce(func.max(entries.c.journal_position), 0)).where(
        entries.c.journal_position > 0, entries.c.sequence <= row.sequence
    )
    return RegisterMoment(row.sequence, row.recorded_ms, int(connection.execute(position).scalar_one()))


def in_security(security: Asset) -> ColumnElement[bool]:
    """The condition on ``vault_entries``."""
    row = entries.c
    return and_(row.network == security.network, row.asset_id == security.asset_id, row.issuer == security.issuer)


def _until(connection: Connection, moment: Moment) -> ColumnElement[bool]:
    match moment.kind:
        case AsOf.NOW:
            return and_(True)  # noqa: FBT003 # SQL's TRUE
        case AsOf.BEFORE_MS:
            return entries.c.recorded_ms < moment.value
        case AsOf.SEQUENCE:
            check_reached(connection, moment.value)
            return entries.c.sequence <= moment.value
        case AsOf.POSITION:
            beyond = select(func.min(entries.c.sequence)).where(
                entries.c.journal_position > 0, entries.c.journal_position > moment.value
            )
            first = connection.execute(beyond).scalar_one()
            return and_(True) if first is None else entries.c.sequence < first  # noqa: FBT003 # SQL's TRUE


def _lines(connection: Connection, security: Asset, sequence: int, node: str) -> tuple[RegisterLine, ...]:
    """Each account's last entry: time never falls as the sequence rises, so the highest sequence is the last."""
    wanted = and_(in_security(security), entries.c.sequence <= sequence)
    if node:
        wanted = and_(wanted, entries.c.node == node)
    last = (
        select(entries.c.node, entries.c.owner_key, func.max(entries.c.sequence).label("sequence"))
        .where(wanted)
        .group_by(entries.c.node, entries.c.owner_key)
        .subquery()
    )
    same = and_(
        in_security(security),
        entries.c.node == last.c.node,
        entries.c.owner_key == last.c.owner_key,
        entries.c.sequence == last.c.sequence,
    )
    columns = (entries.c.node, entries.c.owner_key, entries.c.balance_amount, entries.c.locked_amount)
    rows = connection.execute(select(*columns).select_from(last.join(entries, same)))
    held = (RegisterLine(row.node, row.owner_key, row.balance_amount, row.locked_amount) for row in rows)
    return tuple(sorted(line for line in held if line.units))
