"""A registrar's orders, their parts and held lines, and a payer's mandates, as rows. All inside the caller's commit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, select

from chains.progmat.contracts.distribution import DistributionState, Subject
from chains.progmat.contracts.distribution_lines import Line, decode_lines
from chains.progmat.flows.distribution_errors import DistributionIdReused
from chains.progmat.flows.distribution_schema import distribution_parts
from chains.progmat.market.distribution.planning import HeldLine, OrderPart, Totals
from chains.progmat.market.distribution.schema import (
    distribution_held_lines,
    distribution_mandates,
    distribution_order_parts,
    distribution_orders,
)
from chains.progmat.node.storage import insert

_orders, _parts, _held = distribution_orders.c, distribution_order_parts.c, distribution_held_lines.c
_mandates = distribution_mandates.c


@dataclass(frozen=True, slots=True)
class Order:
    """A stored order."""

    distribution_id: bytes
    name: str
    terms: bytes
    totals: Totals
    register_hash: bytes
    author: str
    approver: str
    ordered_ms: int


@dataclass(frozen=True, slots=True)
class Mandate:
    """An account pays a registrar's distributions of one security in one coin, up to ``most`` yen each.

    A grant needs one as well: of the utility token's registrar, whose own key is the account.
    """

    account_key: bytes
    registrar: str
    security_id: str
    asset_id: str
    keeper: str
    most: int
    author: str
    approver: str
    given_ms: int


def find_order(connection: Connection, distribution_id: bytes) -> Order | None:
    """One order, or None."""
    row = connection.execute(
        select(distribution_orders).where(_orders.distribution_id == distribution_id)
    ).one_or_none()
    if row is None:
        return None
    totals = Totals(row.holders, row.units, row.gross, row.national_tax, row.local_tax, row.net)
    return Order(
        row.distribution_id,
        row.name,
        row.terms,
        totals,
        row.register_hash,
        row.author,
        row.approver,
        row.ordered_ms,
    )


def enter_order(connection: Connection, order: Order, parts: Iterable[OrderPart], held: Iterable[HeldLine]) -> bool:
    """Store an order with its parts and held lines; False: it is here already.

    Raises ``DistributionIdReused`` where another one has its id.
    """
    known = find_order(connection, order.distribution_id)
    if known is not None:
        require_same(known, order.terms)
        return False
    totals = order.totals
    values = {
        "distribution_id": order.distribution_id,
        "name": order.name,
        "terms": order.terms,
        "holders": totals.holders,
        "units": totals.units,
        "gross": totals.gross,
        "national_tax": totals.national_tax,
        "local_tax": totals.local_tax,
        "net": totals.net,
        "register_hash": order.register_hash,
        "author": order.author,
        "approver": order.approver,
        "ordered_ms": order.ordered_ms,
    }
    connection.execute(insert(distribution_orders).values(**values))
    enter_parts(connection, parts)
    rows = [
        {
            "distribution_id": order.distribution_id,
            "node": line.node,
            "account_key": line.account_key,
            "amount": line.amount,
            "why": line.why,
        }
        for line in held
    ]
    if rows:
        connection.execute(insert(distribution_held_lines), rows)
    return True


def require_same(known: Order, terms: bytes) -> None:
    """An order is asked for again with its own terms; raises ``DistributionIdReused``."""
    if known.terms != terms:
        raise DistributionIdReused(known.name)


def enter_parts(connection: Connection, parts: Iterable[OrderPart]) -> None:
    """Parts that are to be opened."""
    rows = [
        {
            "distribution_id": part.state.subject.distribution_id,
            "part": part.state.part,
            "state": part.state.encode(),
            "lines": part.lines.encode(),
        }
        for part in parts
    ]
    if rows:
        connection.execute(insert(distribution_order_parts), rows)


def ordered_parts(connection: Connection, distribution_id: bytes) -> list[DistributionState]:
    """The parts of an order, opened or not."""
    query = select(_parts.state).where(_parts.distribution_id == distribution_id).order_by(_parts.part)
    return [DistributionState.decode(data) for data in connection.execute(query).scalars()]


def unopened_parts(connection: Connection, distribution_id: bytes | None = None) -> list[OrderPart]:
    """Parts of one order, or of all, that are not on the ledger yet."""
    opened = distribution_parts.c
    on_ledger = select(opened.part).where(opened.distribution_id == _parts.distribution_id, opened.part == _parts.part)
    query = select(_parts.state, _parts.lines).where(~on_ledger.exists())
    if distribution_id is not None:
        query = query.where(_parts.distribution_id == distribution_id)
    rows = connection.execute(query.order_by(_parts.distribution_id, _parts.part))
    return [OrderPart(DistributionState.decode(state), decode_lines(lines)) for state, lines in rows]


def held_lines(connection: Connection, distribution_id: bytes, limit: int | None = None) -> list[HeldLine]:
    """The lines that wait, by node and key."""
    query = select(distribution_held_lines).where(_held.distribution_id == distribution_id)
    rows = connection.execute(query.order_by(_held.node, _held.account_key).limit(limit))
    return [HeldLine(row.node, row.account_key, row.amount, row.why) for row in rows]


def held_total(connection: Connection, distribution_id: bytes) -> int:
    """How much waits."""
    query = select(func.coalesce(func.sum(_held.amount), 0)).where(_held.distribution_id == distribution_id)
    return int(connection.execute(query).scalar_one())


def take_held(connection: Connection, distribution_id: bytes, nodes: Iterable[str]) -> list[tuple[str, Line]]:
    """The held lines of these nodes, which wait no longer."""
    wanted = (_held.distribution_id == distribution_id, _held.node.in_(list(nodes)))
    rows = connection.execute(select(distribution_held_lines).where(*wanted)).all()
    connection.execute(delete(distribution_held_lines).where(*wanted))
    return [(row.node, Line(row.account_key, row.amount)) for row in rows]


def give_mandate(connection: Connection, mandate: Mandate) -> None:
    """Enter or replace a mandate."""
    values = {name: getattr(mandate, name) for name in Mandate.__slots__}
    key = [_mandates.account_key, _mandates.registrar, _mandates.security_id, _mandates.asset_id, _mandates.keeper]
    statement = insert(distribution_mandates).values(**values)
    connection.execute(statement.on_conflict_do_update(index_elements=key, set_=values))


def mandate_for(connection: Connection, subject: Subject) -> int:
    """Up to how much a distribution may cost its payer by its mandate; 0 without one."""
    query = select(_mandates.most).where(
        _mandates.account_key == subject.payer.key,
        _mandates.registrar == subject.registrar.name,
        _mandates.security_id == subject.security_id,
        _mandates.asset_id == subject.asset_id,
        _mandates.keeper == subject.keeper,
    )
    return int(connection.execute(query).scalar_one_or_none() or 0)
