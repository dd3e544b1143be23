"""The matching venue: price-time priority, the auction's written rules, and what never happens (by random days)."""

from __future__ import annotations

from datetime import date
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chains.progmat.market.exchange.venue import book as book_module
from chains.progmat.market.exchange.venue.auction import auction_price
from chains.progmat.market.exchange.venue.book import OrderBook
from chains.progmat.market.exchange.venue.errors import (
    BookClosed,
    BookFull,
    OrderIdTaken,
    PriceRefused,
    QuantityRefused,
    SelfTradeRefused,
    VenueOrderUnknown,
    VenueRefusal,
)
from chains.progmat.market.exchange.venue.model import (
    Amend,
    BookOrder,
    Cancel,
    CloseDay,
    EndCause,
    Ended,
    Event,
    Listing,
    Match,
    OpenDay,
    Outcome,
    Phase,
    Place,
    Security,
    Side,
    StartTrading,
)
from primitives.errors import DecodeError

LISTING = Listing(Security("ST-1", "an"), tick_yen=5, lot=10, base_yen=100, lowest_yen=50, highest_yen=150)
DAY = OpenDay(date(2026, 11, 27), date(2026, 11, 27), "clerk")
SELL, BUY = Side.SELL, Side.BUY


def order_id(number: int) -> str:
    return f"ORD-{number:016d}"


def place(number: int, member: str, side: Side, quantity: int, limit_yen: int | None) -> Place:
    return Place(member, order_id(number), side, quantity, limit_yen)


def day_of(*events: Event, start: bool = True) -> tuple[OrderBook, list[Outcome]]:
    book = OrderBook(LISTING)
    numbers = count(1)
    outcomes: list[Outcome] = []
    for event in (DAY, *([StartTrading("clerk")] if start else []), *events):
        outcomes += book.process(event, next(numbers))
    return book, outcomes


def matches(outcomes: list[Outcome]) -> list[tuple[str, str, int, int]]:
    return [
        (match.sell_order_id, match.buy_order_id, match.quantity, match.price_yen)
        for match in outcomes
        if isinstance(match, Match)
    ]


def test_the_better_price_trades_first_and_at_one_price_the_older_order() -> None:
    _, outcomes = day_of(
        place(1, "a", SELL, 10, 105),
        place(2, "b", SELL, 10, 100),
        place(3, "c", SELL, 10, 100),
        place(4, "d", BUY, 30, 105),
    )
    buy = order_id(4)
    assert matches(outcomes) == [
        (order_id(2), buy, 10, 100),
        (order_id(3), buy, 10, 100),
        (order_id(1), buy, 10, 105),
    ]


def test_a_part_that_found_nobody_waits_and_is_filled_later() -> None:
    book, outcomes = day_of(place(1, "a", BUY, 30, 100), place(2, "b", SELL, 10, 100), place(3, "c", SELL, 10, 95))
    assert matches(outcomes) == [(order_id(2), order_id(1), 10, 100), (order_id(3), order_id(1), 10, 100)]
    waiting = book.find(order_id(1))
    assert waiting is not None
    assert waiting.open_quantity == 10


def test_a_market_order_trades_with_who_is_there_and_its_rest_is_gone() -> None:
    book, outcomes = day_of(place(1, "a", SELL, 10, 120), place(2, "b", BUY, 30, None))
    assert outcomes[-1] == Ended(order_id(2), 20, EndCause.NO_COUNTERPARTY)
    assert book.find(order_id(2)) is None


def test_less_keeps_the_place_and_more_or_another_price_gives_it_up() -> None:
    sells = (place(1, "a", SELL, 20, 100), place(2, "b", SELL, 20, 100))
    _, kept = day_of(*sells, Amend("a", order_id(1), 10, 100), place(3, "c", BUY, 10, 100))
    _, lost = day_of(*sells, Amend("a", order_id(1), 30, 100), place(3, "c", BUY, 10, 100))
    _, moved = day_of(*sells, Amend("a", order_id(1), 20, 105), place(3, "c", BUY, 10, 105))
    assert [matches(outcomes)[0][0] for outcomes in (kept, lost, moved)] == [order_id(1), order_id(2), order_id(2)]


def test_an_amended_price_that_meets_another_order_trades_at_once() -> None:
    _, outcomes = day_of(place(1, "a", SELL, 10, 110), place(2, "b", BUY, 10, 100), Amend("b", order_id(2), 10, 115))
    assert matches(outcomes) == [(order_id(1), order_id(2), 10, 110)]


def test_a_member_never_trades_with_itself_in_any_phase() -> None:
    book, _ = day_of(place(1, "a", SELL, 10, 100))
    with pytest.raises(SelfTradeRefused):
        book.process(place(2, "a", BUY, 10, 100), 9)
    book.process(place(3, "a", BUY, 10, 95), 10)
    with pytest.raises(SelfTradeRefused):
        book.process(Amend("a", order_id(3), 10, 105), 11)
    mixed, _ = day_of(place(1, "b", SELL, 10, 95), place(2, "a", SELL, 10, 100))
    with pytest.raises(SelfTradeRefused):
        mixed.process(place(3, "a", BUY, 20, 100), 9)
    filled = mixed.process(place(4, "a", BUY, 10, 100), 10)  # it is filled before it comes to its member's order
    assert matches(filled) == [(order_id(1), order_id(4), 10, 95)]
    auction, _ = day_of(place(1, "a", SELL, 10, None), start=False)
    with pytest.raises(SelfTradeRefused):
        auction.process(place(2, "a", BUY, 10, 50), 9)


@pytest.mark.parametrize(
    ("event", "refusal"),
    [
        (place(9, "a", SELL, 10, 101), PriceRefused),
        (place(9, "a", SELL, 10, 155), PriceRefused),
        (place(9, "a", SELL, 11, 100), QuantityRefused),
        (place(9, "a", BUY, 10**14, 150), PriceRefused),
        (place(1, "a", SELL, 10, 100), OrderIdTaken),
        (Cancel("b", order_id(1)), VenueOrderUnknown),
        (Amend("a", order_id(1), 10, 100), QuantityRefused),
        (DAY, BookClosed),
    ],
)
def test_what_is_refused_changes_nothing(event: Event, refusal: type[VenueRefusal]) -> None:
    book, _ = day_of(place(1, "a", SELL, 30, 100), place(2, "b", BUY, 10, 100))
    before = [list(side) for side in book.sides.values()]
    with pytest.raises(refusal):
        book.process(event, 9)
    assert [list(side) for side in book.sides.values()] == before


def test_a_customers_name_or_investor_id_cannot_be_an_order_id() -> None:
    for name in ("山田太郎", "INV-0000000000000001", "ORD-taro@example.jp", "ORD-0123456789", "ORD-" + "A" * 41):
        with pytest.raises(DecodeError):
            Place("a", name, SELL, 10, 100)


def test_no_member_fills_the_book_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(book_module, "MAX_ORDERS_OF_MEMBER", 2)
    book, _ = day_of(place(1, "a", SELL, 10, 100), place(2, "a", BUY, 10, 95))
    with pytest.raises(BookFull):
        book.process(place(3, "a", SELL, 10, 105), 9)
    book.process(place(4, "b", SELL, 10, 105), 10)
    book.process(Cancel("a", order_id(1)), 11)
    book.process(place(5, "a", SELL, 10, 105), 12)


def _auction(*orders: Place) -> tuple[int, int] | None:
    book, _ = day_of(*orders, start=False)
    found = auction_price(book.sides[SELL], book.sides[BUY], LISTING.base_yen)
    return None if found is None else (found.price_yen, found.volume)


def test_the_auction_takes_the_price_at_which_most_trades() -> None:
    assert _auction(
        place(1, "a", SELL, 50, 95),
        place(2, "b", SELL, 50, 105),
        place(3, "c", BUY, 80, 105),
        place(4, "d", BUY, 10, 90),
    ) == (105, 80)


def test_of_equal_volumes_the_least_surplus_decides_then_the_side_then_the_base_price() -> None:
    assert _auction(place(1, "a", SELL, 10, 80), place(2, "b", BUY, 10, 120)) == (100, 10)  # no surplus: the base price
    assert _auction(place(1, "a", SELL, 10, 80), place(2, "b", BUY, 20, 120)) == (120, 10)  # buyers are left over
    assert _auction(place(1, "a", SELL, 20, 80), place(2, "b", BUY, 10, 120)) == (80, 10)  # sellers are left over
    assert _auction(place(1, "a", SELL, 10, None), place(2, "b", BUY, 10, None)) == (100, 10)
    assert _auction(place(1, "a", SELL, 10, 110), place(2, "b", BUY, 10, 105)) is None


def test_the_close_ends_every_order_and_the_next_day_is_a_later_one() -> None:
    book, outcomes = day_of(place(1, "a", SELL, 10, 100), place(2, "b", BUY, 10, 95), CloseDay("clerk"))
    assert [outcome.cause for outcome in outcomes if isinstance(outcome, Ended)] == [EndCause.EXPIRED] * 2
    assert book.phase is Phase.CLOSED
    with pytest.raises(BookClosed):
        book.process(DAY, 9)
    with pytest.raises(BookClosed):
        book.process(place(3, "a", SELL, 10, 100), 9)


PRICES = st.one_of(st.none(), st.integers(16, 24).map(lambda tick: tick * 5))
MEMBERS = st.sampled_from(["a", "b", "c"])
QUANTITIES = st.integers(1, 5).map(lambda lots: lots * 10)
EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("place"), MEMBERS, st.sampled_from(Side), QUANTITIES, PRICES),
        st.tuples(st.just("amend"), MEMBERS, st.integers(1, 30), QUANTITIES, PRICES),
        st.tuples(st.just("cancel"), MEMBERS, st.integers(1, 30)),
        st.just(("start",)),
    ),
    max_size=40,
)


def _event(number: int, drawn: tuple[object, ...]) -> Event:
    match drawn:
        case ("place", str(member), Side() as side, int(quantity), limit):
            return Place(member, order_id(number), side, quantity, limit)  # type: ignore[arg-type] # drawn as int or None
        case ("amend", str(member), int(order), int(quantity), limit):
            return Amend(member, order_id(order), quantity, limit)  # type: ignore[arg-type] # as above
        case ("cancel", str(member), int(order)):
            return Cancel(member, order_id(order))
        case _:
            return StartTrading("clerk")


def _rank(order: BookOrder) -> tuple[int, int]:
    if order.limit_yen is None:
        return (-(10**9), order.priority)
    return (order.limit_yen if order.side is SELL else -order.limit_yen, order.priority)


@settings(max_examples=80, deadline=None)
@given(EVENTS)
def test_in_any_day_no_book_is_crossed_no_unit_lost_and_nobody_passed_over(drawn: list[tuple[object, ...]]) -> None:
    book, replayed = OrderBook(LISTING), OrderBook(LISTING)
    numbered = [(1, DAY)] + [(number, _event(number - 1, what)) for number, what in enumerate(drawn, start=2)]
    taken: list[tuple[int, Event]] = []
    all_outcomes: list[Outcome] = []
    ordered: dict[str, int] = {}
    members: dict[str, str] = {}
    done: dict[str, int] = {}
    for number, event in numbered:
        waiting = {order.order_id: (_rank(order), order.side) for side in book.sides.values() for order in side}
        try:
            outcomes = book.process(event, number)
        except VenueRefusal:
            continue
        taken.append((number, event))
        all_outcomes += outcomes
        if isinstance(event, Place | Amend):
            ordered[event.order_id] = event.quantity
        if isinstance(event, Place):
            members[event.order_id] = event.member
        for outcome in outcomes:
            if isinstance(outcome, Match):
                assert members[outcome.sell_order_id] != members[outcome.buy_order_id]
                for traded in (outcome.sell_order_id, outcome.buy_order_id):
                    done[traded] = done.get(traded, 0) + outcome.quantity
                    if traded in waiting and not (isinstance(event, Amend) and event.order_id == traded):
                        rank, side = waiting[traded]
                        passed = [
                            other
                            for other, (other_rank, other_side) in waiting.items()
                            if other_side is side and other_rank < rank
                        ]
                        for other in passed:  # better or older: nothing of it is left
                            left = book.find(other)
                            assert left is None or left.order_id == getattr(event, "order_id", "")
            else:
                done[outcome.order_id] = done.get(outcome.order_id, 0) + outcome.quantity
        sell, buy = book.sides[SELL].best(), book.sides[BUY].best()
        if book.phase is Phase.CONTINUOUS and sell is not None and buy is not None:
            assert sell.limit_yen is not None
            assert buy.limit_yen is not None
            assert sell.limit_yen > buy.limit_yen
    left_over = {order.order_id: order.open_quantity for side in book.sides.values() for order in side}
    for each, quantity in ordered.items():
        assert done.get(each, 0) + left_over.get(each, 0) == quantity
    sold = sum(match.quantity for match in all_outcomes if isinstance(match, Match))
    assert sold * 2 == sum(done.values()) - sum(end.quantity for end in all_outcomes if isinstance(end, Ended))
    assert [outcome for number, event in taken for outcome in replayed.process(event, number)] == all_outcomes
