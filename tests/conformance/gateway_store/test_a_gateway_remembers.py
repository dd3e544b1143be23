"""What the gateway's store promises, over SQLite and PostgreSQL, for one instance and for several."""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections.abc import Callable, Sequence

import pytest
from crossdvp.gateway.v1 import settlement_service_pb2 as pb

from ibc.dvp import terms_hash
from primitives.errors import CallerError
from relayer.gateway.changes import in_doubt
from relayer.gateway.errors import ReferenceTaken, RequestIdReused
from relayer.gateway.group_commit import GroupCommit
from relayer.gateway.instructing import RULES, Affirmed, InstructionRules, affirm, hold, instruct
from relayer.gateway.lifecycle import SettlementState
from relayer.gateway.listing import ListFilter, ListOrder
from relayer.gateway.matching import Side, Tolerances
from relayer.gateway.model import Doubt, Priority, Said, Settlement
from relayer.gateway.requests import Request, request_of
from relayer.gateway.settlement_codec import encode_terms
from relayer.gateway.settlement_message import encode_settlement
from relayer.gateway.settlement_writes import Outcome, Work
from relayer.gateway.store import GatewayStore
from tests.fakes.settlement_terms import T0_S, some_terms

OpenStore = Callable[[], GatewayStore]
SELLER = Said("broker-a", "ann", "S-1", "T-1", priority=Priority.HIGH, intended_day="2026-04-01")


def asked(number: int, trade: int = 1, caller: str = "broker-a", quantity: int = 10) -> Request:
    message = pb.CreateSettlementRequest(side=pb.SIDE_SELLER, terms=encode_terms(some_terms(trade, quantity=quantity)))
    return request_of(caller, str(uuid.UUID(int=number)), message)


def instruction(trade: int, request: Request | None = None, side: Side = Side.SELLER, said: Said = SELLER) -> Work:
    terms = some_terms(trade)
    claims = (said.platform, said.reference) if said.reference.startswith("unique") else None
    return Work(terms.trade_id, instruct(side, terms, T0_S, said), T0_S, request=request, claims=claims)


def done(outcome: Outcome | Exception) -> Outcome:
    assert isinstance(outcome, Outcome), outcome
    return outcome


def test_everything_of_a_settlement_is_read_back_by_another_instance(open_store: OpenStore) -> None:
    first, rules = open_store(), InstructionRules(Tolerances(100, 5), 5)
    trade_id, nearly = some_terms().trade_id, some_terms(amount_yen=1_000_050)
    buyer = Said("broker-b", "bob", "B-1", "T-1")
    for side, terms, said in ((Side.SELLER, some_terms(), SELLER), (Side.BUYER, nearly, buyer)):
        first.change(trade_id, instruct(side, terms, T0_S, said, rules), T0_S)
    first.change(trade_id, hold(Side.SELLER, SELLER), T0_S + 1)
    first.change(trade_id, in_doubt(Doubt.LEDGER_AWAY, "cn-b: away", T0_S + 2), T0_S + 2)
    written = first.get(trade_id)
    assert open_store().get(trade_id) == written
    assert (written.state, written.revision) == (SettlementState.WITHIN_TOLERANCE, 4)
    affirmed = affirm(Side.BUYER, Affirmed(written.terms_hash), buyer, rules, T0_S)
    first.change(trade_id, affirmed, T0_S + 3)
    read = open_store().get_stored(trade_id)
    assert read.settlement == first.get(trade_id)
    assert read.message == encode_settlement(read.settlement).SerializeToString(deterministic=True)
    assert read.settlement.tolerated


def test_a_request_is_answered_as_it_was_first_whatever_became_of_the_settlement_since(open_store: OpenStore) -> None:
    store = open_store()
    first = done(store.apply([instruction(1, asked(1))])[0])
    store.apply([instruction(1, side=Side.BUYER, said=Said("broker-b"))])
    repeated = done(open_store().apply([instruction(1, asked(1))])[0])
    assert repeated.told == first.told
    assert repeated.message != first.message
    assert pb.Settlement.FromString(repeated.told).state == pb.SETTLEMENT_STATE_UNMATCHED


def test_a_request_id_with_another_body_or_method_is_refused_naming_what_differs(store: GatewayStore) -> None:
    store.apply([instruction(1, asked(1))])
    (other,) = store.apply([instruction(1, asked(1, quantity=11))])
    assert isinstance(other, RequestIdReused)
    assert other.differing_fields == "terms.quantity"
    cancel = request_of("broker-a", str(uuid.UUID(int=1)), pb.CancelSettlementRequest(name="x"))
    (method,) = store.apply([instruction(1, cancel)])
    assert isinstance(method, RequestIdReused)
    assert "method" in method.differing_fields
    (strangers,) = store.apply([instruction(2, asked(1, 2, caller="broker-b"))])
    assert done(strangers).answer is None  # another caller's ids are its own


def test_of_one_batch_each_work_is_judged_on_what_those_before_it_left(store: GatewayStore) -> None:
    works = [
        instruction(1, asked(1)),
        instruction(1, asked(1)),  # the same request again
        instruction(1, asked(1, quantity=12)),  # its id for something else
        Work(some_terms(3).trade_id, hold(Side.SELLER, SELLER), T0_S),  # of nothing
        instruction(1, side=Side.BUYER, said=Said("broker-b")),
        instruction(2),
    ]
    first, again, reused, unknown, matched, other = store.apply(works)
    assert done(again).told == done(first).told
    assert isinstance(reused, RequestIdReused)
    assert isinstance(unknown, CallerError)
    assert done(matched).settlement is not None
    assert [event.number for event in store.events({"cn-a"}, 0, None, 10).events] == [1, 2, 3]
    assert store.get(some_terms(1).trade_id).state is SettlementState.MATCHED
    assert done(other).settlement == store.get(some_terms(2).trade_id)


def test_a_defect_in_one_work_fails_that_work_alone(store: GatewayStore) -> None:
    def broken(_before: Settlement | None) -> Settlement | None:
        raise ZeroDivisionError

    outcomes = store.apply([instruction(1), Work(some_terms(2).trade_id, broken, T0_S), instruction(3)])
    assert [type(outcome) for outcome in outcomes] == [Outcome, ZeroDivisionError, Outcome]
    assert store.newest_number() == 2


def test_a_unique_reference_is_used_for_one_settlement_per_platform(open_store: OpenStore) -> None:
    store = open_store()
    unique = Said("broker-a", reference="unique 1")
    works = [
        instruction(1, said=unique),
        instruction(1, said=unique),  # of the same settlement
        instruction(2, said=unique),
        instruction(2, said=Said("broker-x", reference="unique 1")),
    ]
    outcomes = store.apply(works)
    assert isinstance(outcomes[2], ReferenceTaken)
    assert outcomes[2].name.endswith("01")
    assert [isinstance(outcome, Outcome) for outcome in outcomes] == [True, True, False, True]
    (later,) = open_store().apply([instruction(3, said=unique)])
    assert isinstance(later, ReferenceTaken)


def test_two_instances_that_write_at_once_lose_nothing_and_number_events_as_they_commit(open_store: OpenStore) -> None:
    """Readers that follow meanwhile never see a number appear below one they have passed."""
    each, stores = 40, [open_store(), open_store()]
    reader = open_store()
    seen: list[int] = []
    complete = threading.Event()

    def write(store: GatewayStore, begin: int) -> None:
        for trade in range(begin, begin + each):
            done(store.apply([instruction(trade)])[0])

    def follow() -> None:
        after = 0
        while not (complete.is_set() and after >= 2 * each):
            page = reader.events({"cn-a"}, after, None, 7)
            seen.extend(event.number for event in page.events)
            after = page.reached

    threads = [threading.Thread(target=write, args=(store, 1 + 100 * n)) for n, store in enumerate(stores)]
    following = threading.Thread(target=follow)
    for thread in (*threads, following):
        thread.start()
    for thread in threads:
        thread.join()
    complete.set()
    following.join(timeout=20)
    assert seen == list(range(1, 2 * each + 1))


def test_two_instances_race_for_one_match_and_both_know_it(open_store: OpenStore) -> None:
    stores, terms = [open_store(), open_store()], some_terms()
    for side, store in zip(Side, stores, strict=True):
        store.change(terms.trade_id, instruct(side, terms, T0_S), T0_S)
    for store in stores:
        assert store.get(terms.trade_id).state is SettlementState.MATCHED


@pytest.mark.parametrize("order", list(ListOrder))
def test_filters_hold_together_and_pages_miss_nothing(store: GatewayStore, order: ListOrder) -> None:
    for trade in range(1, 8):
        terms = some_terms(trade)
        said = Said("broker-a", reference=f"S-{trade % 2}", trade_reference=f"T-{trade}")
        store.change(terms.trade_id, instruct(Side.SELLER, terms, T0_S, said), T0_S + trade)
    store.change(some_terms(3).trade_id, instruct(Side.BUYER, some_terms(3), T0_S), T0_S + 20)

    def listed(nodes: set[str], wanted: ListFilter) -> list[int]:
        found: list[int] = []
        beyond = 0
        while page := store.list_page(wanted, nodes, beyond, 2):
            found += [int.from_bytes(each.settlement.trade_id, "big") for each in page]
            beyond = page[-1].row_id
        return found if order is ListOrder.OLDEST_FIRST else found[::-1]

    assert listed({"cn-a"}, ListFilter(order=order)) == [1, 2, 3, 4, 5, 6, 7]
    assert listed({"cn-a"}, ListFilter(reference="S-1", order=order)) == [1, 3, 5, 7]
    assert listed({"cn-b"}, ListFilter(reference="S-1", order=order)) == []  # the other side's reference
    assert listed({"cn-b"}, ListFilter(side=Side.BUYER, order=order)) == [1, 2, 3, 4, 5, 6, 7]
    assert listed({"cn-b"}, ListFilter(side=Side.SELLER, order=order)) == []
    assert listed({"cn-b"}, ListFilter(trade_reference="T-4", order=order)) == [4]
    matched = frozenset({SettlementState.MATCHED})
    assert listed({"cn-a"}, ListFilter(matched, since_at_most_s=T0_S + 20, order=order)) == [3]
    assert listed({"cn-a"}, ListFilter(matched, since_at_most_s=T0_S + 19, order=order)) == []
    assert listed({"cn-a"}, ListFilter(since_at_most_s=T0_S + 2, order=order)) == [1, 2]
    between = ListFilter(created_from_s=T0_S, created_before_s=T0_S + 1, order=order)
    assert listed({"cn-a"}, between) == [1, 2, 3, 4, 5, 6, 7]  # when it was said, not when it was stored
    assert listed({"cn-c"}, ListFilter(order=order)) == []


def test_who_waits_under_a_trade_reference_is_found_between_the_same_nodes_only(store: GatewayStore) -> None:
    store.apply([instruction(1), instruction(2, said=Said("broker-a", trade_reference="T-2"))])
    nodes = {Side.SELLER: "cn-a", Side.BUYER: "cn-b"}
    assert [each.trade_id for each in store.waiting_for(Side.BUYER, "T-2", nodes)] == [some_terms(2).trade_id]
    assert store.waiting_for(Side.SELLER, "T-2", nodes) == []
    assert store.waiting_for(Side.BUYER, "T-2", {**nodes, Side.BUYER: "cn-c"}) == []


async def test_what_is_asked_for_at_once_is_written_together_and_each_is_told_its_own(store: GatewayStore) -> None:
    sizes: list[int] = []

    def apply(works: Sequence[Work]) -> list[Outcome | Exception]:
        sizes.append(len(works))
        return store.apply(works)

    commit = GroupCommit(apply)
    trades = [*range(1, 40), 5, 5]
    outcomes = await asyncio.gather(
        *(commit.do(instruction(trade, asked(number, trade))) for number, trade in enumerate(trades)),
        return_exceptions=True,
    )
    settlements = [done(each).settlement for each in outcomes if not isinstance(each, BaseException)]
    assert [each.trade_id[-1] for each in settlements if each is not None] == trades
    assert len(sizes) <= 2
    assert store.newest_number() == 39


async def test_a_caller_who_stops_waiting_takes_nobody_elses_answer(store: GatewayStore) -> None:
    commit = GroupCommit(store.apply)
    leaving = asyncio.create_task(commit.do(instruction(1)))
    staying = asyncio.create_task(commit.do(instruction(2)))
    await asyncio.sleep(0)
    leaving.cancel()
    assert (await staying).settlement == store.get(some_terms(2).trade_id)
    assert (await commit.do(instruction(3))).settlement is not None


def test_a_matched_settlement_is_open_until_its_end(store: GatewayStore) -> None:
    for trade in (1, 2):
        store.apply([instruction(trade)])
    affirmed = affirm(Side.BUYER, Affirmed(terms_hash(some_terms(2))), Said("broker-b"), RULES, T0_S)
    store.change(some_terms(2).trade_id, affirmed, T0_S)
    assert [each.trade_id for each in store.open_settlements(10)] == [some_terms(2).trade_id]
    assert store.changed_after(1, 10) == ((some_terms(2).trade_id,), 3)
