"""Events of a book as they are stored: a kind and the bytes of the request that asked for it."""

from __future__ import annotations

from typing import Final

from crossdvp.ledger.v1 import exchange_service_pb2 as pb
from google.protobuf.message import Message

from chains.progmat.contracts.execution_codec import date_of
from chains.progmat.market.exchange.venue.model import (
    Amend,
    Cancel,
    CloseDay,
    Event,
    OpenDay,
    Place,
    Security,
    Side,
    StartTrading,
)
from primitives.codec import deterministic_bytes, strict_parse
from primitives.errors import DecodeError

MAX_EVENT_BYTES: Final = 1024

_SIDES: Final = {Side.SELL: pb.SELL, Side.BUY: pb.BUY}


def kind_of(event: Event) -> str:
    """What the database calls it."""
    return type(event).__name__


def encode_event(event: Event, security: Security) -> bytes:
    """Canonical bytes; the member and the request id stand beside them."""
    return deterministic_bytes(_message(event, security))


def decode_event(kind: str, member: str, data: bytes) -> Event:
    """An event from the database; raises ``DecodeError``."""
    match kind:
        case "Place":
            place = strict_parse(pb.PlaceOrderRequest, data, max_bytes=MAX_EVENT_BYTES)
            return place_from_message(member, place)
        case "Amend":
            amend = strict_parse(pb.AmendOrderRequest, data, max_bytes=MAX_EVENT_BYTES)
            return Amend(member, amend.order_id, amend.quantity, amend.limit_yen or None)
        case "Cancel":
            return Cancel(member, strict_parse(pb.CancelOrderRequest, data, max_bytes=MAX_EVENT_BYTES).order_id)
        case _:
            return day_from_message(strict_parse(pb.ChangeDayRequest, data, max_bytes=MAX_EVENT_BYTES))


def place_from_message(member: str, message: pb.PlaceOrderRequest) -> Place:
    """A new order; raises ``DecodeError``."""
    side = side_from_number(int(message.side))
    return Place(member, message.order_id, side, message.quantity, message.limit_yen or None)


def day_from_message(message: pb.ChangeDayRequest) -> OpenDay | StartTrading | CloseDay:
    """A step of the trading day; raises ``DecodeError``."""
    if message.change == pb.OPEN:
        return OpenDay(date_of(message.trading_date), date_of(message.settlement_date), message.author)
    if message.trading_date or message.settlement_date:
        raise DecodeError("dates of a day that is open", expected="none", found=message.trading_date)
    if message.change == pb.START:
        return StartTrading(message.author)
    if message.change == pb.CLOSE:
        return CloseDay(message.author)
    raise DecodeError("change of the day", expected="OPEN, START or CLOSE", found=int(message.change))


def side_from_number(number: int) -> Side:
    """The side a message names; raises ``DecodeError``."""
    for side, known in _SIDES.items():
        if known == number:
            return side
    raise DecodeError("side of an order", expected="SELL or BUY", found=number)


def side_to_number(side: Side) -> pb.OrderSide:
    """As messages name it."""
    return _SIDES[side]


def _message(event: Event, security: Security) -> Message:
    names = {"token_id": security.token_id, "registrar": security.registrar}
    match event:
        case Place():
            return pb.PlaceOrderRequest(
                order_id=event.order_id,
                side=_SIDES[event.side],
                quantity=event.quantity,
                limit_yen=event.limit_yen or 0,
                **names,
            )
        case Amend():
            return pb.AmendOrderRequest(
                order_id=event.order_id, quantity=event.quantity, limit_yen=event.limit_yen or 0
            )
        case Cancel():
            return pb.CancelOrderRequest(order_id=event.order_id)
        case OpenDay():
            return pb.ChangeDayRequest(
                change=pb.OPEN,
                trading_date=event.trading_date.isoformat(),
                settlement_date=event.settlement_date.isoformat(),
                author=event.author,
                **names,
            )
        case StartTrading():
            return pb.ChangeDayRequest(change=pb.START, author=event.author, **names)
        case CloseDay():
            return pb.ChangeDayRequest(change=pb.CLOSE, author=event.author, **names)
