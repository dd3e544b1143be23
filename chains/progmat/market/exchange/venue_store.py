"""The venue's tables: members and listings, accepted events and what came of them, executions to be published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, Row, and_, func, or_, select, update

from chains.progmat.contracts.execution_codec import date_of, trade_id_of
from chains.progmat.market.exchange.schema import (
    exchange_events,
    exchange_executions,
    exchange_listings,
    exchange_orders,
    exchange_traders,
)
from chains.progmat.market.exchange.venue.model import (
    Amend,
    Ended,
    Event,
    Listing,
    Match,
    Outcome,
    Place,
    Security,
    Side,
)
from chains.progmat.market.exchange.venue_codec import decode_event, encode_event, kind_of
from chains.progmat.node.storage import insert

FILLED: Final = "FILLED"
MAX_READ: Final = 500

_events, _orders, _executions = exchange_events.c, exchange_orders.c, exchange_executions.c


@dataclass(frozen=True, slots=True)
class Trader:
    """A broker that may trade here, and the custodian node of its orders."""

    name: str
    custodian: str
    suspended: bool


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An accepted event, by the member's request id."""

    number: int
    security: Security
    event: Event
    data: bytes


@dataclass(frozen=True, slots=True)
class VenueOrder:
    """An order as the venue has it; ``limit_yen`` 0 is a market order; ``ended`` is empty while it waits."""

    order_id: str
    member: str
    custodian: str
    security: Security
    side: Side
    quantity: int
    limit_yen: int
    filled: int
    ended: str


@dataclass(frozen=True, slots=True)
class Execution:
    """Two orders traded; ``seller`` and ``buyer`` are the custodian nodes that are told."""

    number: int
    event_number: int
    trade_id: bytes
    security: Security
    sell_order_id: str
    buy_order_id: str
    selling_member: str
    buying_member: str
    seller: str
    buyer: str
    quantity: int
    price_yen: int
    settlement_date: date
    attempt: int = 1

    @property
    def amount_yen(self) -> int:
        """What the buyer pays."""
        return self.quantity * self.price_yen

    @property
    def flow_id(self) -> str:
        """Of the flow that publishes it: one, whatever happens; another only after that one failed."""
        first = f"execution/{self.trade_id.hex()}"
        return first if self.attempt == 1 else f"{first}/{self.attempt}"


@dataclass(frozen=True, slots=True)
class Accepted:
    """An event that the book took, with what came of it; ``custodian`` of the member that placed an order."""

    number: int
    security: Security
    member: str
    request_id: str
    event: Event
    outcomes: Sequence[Outcome]
    first_execution: int
    custodian: str
    venue: str
    settlement_date: date | None
    at_ms: int


# ---- members and listings ----


def put_trader(connection: Connection, trader: Trader, author: str, approver: str, now_ms: int) -> None:
    """Admit or change."""
    values = {
        "custodian": trader.custodian,
        "suspended": trader.suspended,
        "author": author,
        "approver": approver,
        "changed_ms": now_ms,
    }
    row = insert(exchange_traders).values(trader=trader.name, **values)
    connection.execute(row.on_conflict_do_update(index_elements=["trader"], set_=values))


def find_trader(connection: Connection, name: str) -> Trader | None:
    """A member, or None."""
    table = exchange_traders.c
    row = connection.execute(select(table.custodian, table.suspended).where(table.trader == name)).one_or_none()
    return None if row is None else Trader(name, row.custodian, row.suspended)


def put_listing(connection: Connection, listing: Listing, author: str, approver: str, now_ms: int) -> None:
    """Admit or change."""
    values = {
        "tick_yen": listing.tick_yen,
        "lot": listing.lot,
        "base_yen": listing.base_yen,
        "lowest_yen": listing.lowest_yen,
        "highest_yen": listing.highest_yen,
        "author": author,
        "approver": approver,
        "changed_ms": now_ms,
    }
    names = {"token_id": listing.security.token_id, "registrar": listing.security.registrar}
    row = insert(exchange_listings).values(**names, **values)
    connection.execute(row.on_conflict_do_update(index_elements=list(names), set_=values))


def find_listing(connection: Connection, security: Security) -> Listing | None:
    """How a security is traded, or None."""
    table = exchange_listings.c
    wanted = select(exchange_listings).where(table.token_id == security.token_id, table.registrar == security.registrar)
    row = connection.execute(wanted).one_or_none()
    if row is None:
        return None
    return Listing(security, row.tick_yen, row.lot, row.base_yen, row.lowest_yen, row.highest_yen)


# ---- events ----


def find_event(connection: Connection, member: str, request_id: str) -> StoredEvent | None:
    """What was accepted under a member's request id, or None."""
    wanted = select(exchange_events).where(_events.member == member, _events.request_id == request_id)
    row = connection.execute(wanted).one_or_none()
    return None if row is None else _event(row)


def events_since_opening(connection: Connection, security: Security) -> list[StoredEvent]:
    """The newest trading day's events of a book, its opening first; none where there was no day."""
    of_book = and_(_events.token_id == security.token_id, _events.registrar == security.registrar)
    opening = connection.execute(
        select(func.max(_events.number)).where(of_book, _events.kind == "OpenDay")
    ).scalar_one_or_none()
    if opening is None:
        return []
    wanted = select(exchange_events).where(of_book, _events.number >= opening).order_by(_events.number)
    return [_event(row) for row in connection.execute(wanted)]


def newest_numbers(connection: Connection) -> tuple[int, int]:
    """Of the newest event and the newest execution; 0 where there is none."""
    event = connection.execute(select(func.max(_events.number))).scalar_one_or_none()
    execution = connection.execute(select(func.max(_executions.number))).scalar_one_or_none()
    return event or 0, execution or 0


def store(connection: Connection, accepted: Accepted) -> None:
    """Enter an event, the orders it changed and the executions it made: all or nothing."""
    event, security = accepted.event, accepted.security
    names = {"token_id": security.token_id, "registrar": security.registrar}
    connection.execute(
        insert(exchange_events).values(
            number=accepted.number,
            kind=kind_of(event),
            member=accepted.member,
            request_id=accepted.request_id,
            event=encode_event(event, security),
            at_ms=accepted.at_ms,
            **names,
        )
    )
    if isinstance(event, Place):
        connection.execute(
            insert(exchange_orders).values(
                order_id=event.order_id,
                member=event.member,
                custodian=accepted.custodian,
                side=event.side.value,
                quantity=event.quantity,
                limit_yen=event.limit_yen or 0,
                filled=0,
                ended="",
                **names,
            )
        )
    elif isinstance(event, Amend):
        changed = {"quantity": event.quantity, "limit_yen": event.limit_yen or 0}
        connection.execute(update(exchange_orders).where(_orders.order_id == event.order_id).values(changed))
    number = accepted.first_execution
    for outcome in accepted.outcomes:
        if isinstance(outcome, Ended):
            ended = update(exchange_orders).where(_orders.order_id == outcome.order_id)
            connection.execute(ended.values(ended=outcome.cause.value))
        else:
            _store_match(connection, accepted, outcome, number)
            number += 1


def _store_match(connection: Connection, accepted: Accepted, match: Match, number: int) -> None:
    if accepted.settlement_date is None:
        raise ValueError("a day that is open has a settlement date")
    ids = (match.sell_order_id, match.buy_order_id)
    connection.execute(
        update(exchange_orders).where(_orders.order_id.in_(ids)).values(filled=_orders.filled + match.quantity)
    )
    filled = and_(_orders.order_id.in_(ids), _orders.filled == _orders.quantity)
    connection.execute(update(exchange_orders).where(filled).values(ended=FILLED))
    of_orders = connection.execute(select(_orders.order_id, _orders.custodian).where(_orders.order_id.in_(ids)))
    custodians = {row.order_id: row.custodian for row in of_orders}
    security = accepted.security
    connection.execute(
        insert(exchange_executions).values(
            number=number,
            event_number=accepted.number,
            trade_id=trade_id_of(accepted.venue, security.token_id, security.registrar, number),
            token_id=security.token_id,
            registrar=security.registrar,
            sell_order_id=match.sell_order_id,
            buy_order_id=match.buy_order_id,
            selling_member=match.selling_member,
            buying_member=match.buying_member,
            seller=custodians[match.sell_order_id],
            buyer=custodians[match.buy_order_id],
            quantity=match.quantity,
            price_yen=match.price_yen,
            settlement_date=accepted.settlement_date.isoformat(),
            attempt=1,
            handed_on=False,
        )
    )


def _event(row: Row[Any]) -> StoredEvent:
    event = decode_event(row.kind, row.member, row.event)
    return StoredEvent(row.number, Security(row.token_id, row.registrar), event, row.event)


# ---- orders and executions ----


def find_order(connection: Connection, order_id: str) -> VenueOrder | None:
    """An order of any day, or None."""
    row = connection.execute(select(exchange_orders).where(_orders.order_id == order_id)).one_or_none()
    if row is None:
        return None
    return VenueOrder(
        row.order_id,
        row.member,
        row.custodian,
        Security(row.token_id, row.registrar),
        Side(row.side),
        row.quantity,
        row.limit_yen,
        row.filled,
        row.ended,
    )


def executions_of_event(connection: Connection, event_number: int) -> list[Execution]:
    """What an event made, in order."""
    wanted = select(exchange_executions).where(_executions.event_number == event_number)
    return [_execution(row) for row in connection.execute(wanted.order_by(_executions.number))]


def executions_after(connection: Connection, number: int, member: str, limit: int = MAX_READ) -> list[Execution]:
    """A member's executions after a number; of an empty name all."""
    wanted = select(exchange_executions).where(_executions.number > number)
    if member:
        wanted = wanted.where(or_(_executions.selling_member == member, _executions.buying_member == member))
    return [_execution(row) for row in connection.execute(wanted.order_by(_executions.number).limit(limit))]


def executions_to_hand_on(connection: Connection, limit: int = MAX_READ) -> list[Execution]:
    """Those whose publishing flow does not exist for certain."""
    wanted = select(exchange_executions).where(_executions.handed_on.is_(False))
    return [_execution(row) for row in connection.execute(wanted.order_by(_executions.number).limit(limit))]


def note_handed_on(connection: Connection, numbers: Sequence[int]) -> None:
    """Their flows exist."""
    connection.execute(update(exchange_executions).where(_executions.number.in_(numbers)).values(handed_on=True))


def find_execution(connection: Connection, trade_id: bytes) -> Execution | None:
    """The execution of a trade id, or None."""
    wanted = select(exchange_executions).where(_executions.trade_id == trade_id)
    row = connection.execute(wanted).one_or_none()
    return None if row is None else _execution(row)


def hand_on_again(connection: Connection, execution: Execution) -> Execution:
    """Its flow failed: another one is to be started."""
    again = replace(execution, attempt=execution.attempt + 1)
    changed = {"attempt": again.attempt, "handed_on": False}
    connection.execute(update(exchange_executions).where(_executions.number == execution.number).values(changed))
    return again


def _execution(row: Row[Any]) -> Execution:
    return Execution(
        number=row.number,
        event_number=row.event_number,
        trade_id=row.trade_id,
        security=Security(row.token_id, row.registrar),
        sell_order_id=row.sell_order_id,
        buy_order_id=row.buy_order_id,
        selling_member=row.selling_member,
        buying_member=row.buying_member,
        seller=row.seller,
        buyer=row.buyer,
        quantity=row.quantity,
        price_yen=row.price_yen,
        settlement_date=date_of(row.settlement_date),
        attempt=row.attempt,
    )
