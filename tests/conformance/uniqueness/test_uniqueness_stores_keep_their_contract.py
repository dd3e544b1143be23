from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from chains.progmat.notary.errors import NotarisationConflict, TimeWindowClosed, TimeWindowNotOpen
from chains.progmat.notary.journal import genesis, validate_successor
from chains.progmat.notary.model import Committed, PathProblem, Repeated, StateUse, hidden_id
from chains.progmat.notary.requester import verify_requester
from chains.progmat.notary.uniqueness import UniquenessStore
from chains.progmat.transactions.model import TimeWindow
from primitives.types import UnixSeconds
from tests.fakes.commit_requests import LEDGER_ID, NOW_S, asked_by, create, delete, request, state, tx_id_of
from tests.fakes.notary_world import CN_2_SIGNER
from tests.fakes.uniqueness_stores import STORES, place_of


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest) -> Iterator[UniquenessStore]:
    place = place_of(request.param, request)
    opened = place.open()
    yield opened
    opened.close()


def committed(outcome: object) -> Committed:
    assert isinstance(outcome, Committed)
    return outcome


def conflict(outcome: object) -> NotarisationConflict:
    assert isinstance(outcome, NotarisationConflict)
    return outcome


def test_a_state_spent_in_an_earlier_batch_is_refused_and_only_the_hash_of_the_spender_is_told(
    store: UniquenessStore,
) -> None:
    store.commit_batch([request("first", inputs=(state("coin"),))], NOW_S)
    (outcome,) = store.commit_batch([request("second", inputs=(state("coin"),))], NOW_S)
    (evidence,) = conflict(outcome).states
    assert evidence.ref == state("coin")
    assert evidence.use is StateUse.INPUT
    assert evidence.hash_of_consuming_tx_id == hidden_id(tx_id_of("first"))
    assert tx_id_of("first").hex() not in str(outcome)


def test_of_two_spenders_in_one_batch_the_earlier_wins(store: UniquenessStore) -> None:
    first, second = store.commit_batch(
        [request("first", inputs=(state("coin"),)), request("second", inputs=(state("coin"),))], NOW_S
    )
    assert committed(first).tx_id == tx_id_of("first")
    assert conflict(second).states[0].hash_of_consuming_tx_id == hidden_id(tx_id_of("first"))


def test_a_refused_transaction_leaves_no_trace_behind(store: UniquenessStore) -> None:
    store.commit_batch([request("first", inputs=(state("coin"),))], NOW_S)
    store.commit_batch([request("second", inputs=(state("coin"), state("other")), writes=(create("p"),))], NOW_S)
    (outcome,) = store.commit_batch([request("third", inputs=(state("other"),), writes=(create("p"),))], NOW_S)
    assert committed(outcome).position == 1
    assert store.find_committed(tx_id_of("second")) is None


def test_a_reference_must_be_unspent_across_and_within_batches(store: UniquenessStore) -> None:
    spend, refer = store.commit_batch(
        [request("spend", inputs=(state("rate"),)), request("refer", references=(state("rate"),))], NOW_S
    )
    committed(spend)
    assert conflict(refer).states[0].use is StateUse.REFERENCE
    (later,) = store.commit_batch([request("later", references=(state("rate"),))], NOW_S)
    conflict(later)


def test_many_transactions_may_refer_to_one_state_and_one_may_then_spend_it(store: UniquenessStore) -> None:
    outcomes = store.commit_batch(
        [
            request("a", references=(state("rate"),)),
            request("b", references=(state("rate"),)),
            request("c", inputs=(state("rate"),)),
        ],
        NOW_S,
    )
    assert all(isinstance(outcome, Committed) for outcome in outcomes)


@pytest.mark.parametrize("batches", ["one", "two"])
def test_a_path_is_created_once_deleted_once_and_never_created_again(store: UniquenessStore, batches: str) -> None:
    steps = [
        request("create", writes=(create("p"),)),
        request("again", writes=(create("p", "b"),)),
        request("delete", writes=(delete("p"),)),
        request("twice", writes=(delete("p"),)),
        request("revive", writes=(create("p"),)),
        request("never", writes=(delete("q"),)),
    ]
    if batches == "one":
        outcomes = list(store.commit_batch(steps, NOW_S))
    else:
        outcomes = [store.commit_batch([step], NOW_S)[0] for step in steps]
    problems = [o.paths[0].problem if isinstance(o, NotarisationConflict) else None for o in outcomes]
    assert problems == [
        None,
        PathProblem.ALREADY_CREATED,
        None,
        PathProblem.ALREADY_DELETED,
        PathProblem.ALREADY_CREATED,
        PathProblem.NEVER_CREATED,
    ]
    assert conflict(outcomes[1]).paths[0].hash_of_writing_tx_id == hidden_id(tx_id_of("create"))
    assert conflict(outcomes[4]).paths[0].hash_of_writing_tx_id == hidden_id(tx_id_of("delete"))
    assert conflict(outcomes[5]).paths[0].hash_of_writing_tx_id == b""


def test_a_retry_gets_the_first_answer_though_its_reference_is_spent_and_its_window_closed(
    store: UniquenessStore,
) -> None:
    window = TimeWindow(None, UnixSeconds(NOW_S + 10))
    asked = request("refer", references=(state("rate"),), writes=(create("p"),), window=window)
    (first,) = store.commit_batch([asked], NOW_S)
    store.commit_batch([request("spend", inputs=(state("rate"),))], NOW_S + 5)
    assert store.commit_batch([asked, asked], NOW_S + 1000) == (Repeated(committed(first)),) * 2
    assert store.head().position == 1


def test_the_same_transaction_twice_in_one_batch_is_one_commit(store: UniquenessStore) -> None:
    asked = request("once", inputs=(state("coin"),), writes=(create("p"),))
    first, second = store.commit_batch([asked, asked], NOW_S)
    assert first == Committed(tx_id_of("once"), NOW_S, 1)
    assert second == Repeated(first)
    assert len(store.read_entries(0, 10)) == 1


@pytest.mark.parametrize(
    ("clock_s", "expected"),
    [
        (NOW_S - 1, TimeWindowNotOpen),
        (NOW_S, Committed),
        (NOW_S + 59, Committed),
        (NOW_S + 60, TimeWindowClosed),
    ],
)
def test_a_time_window_contains_its_start_and_not_its_end(
    store: UniquenessStore, clock_s: int, expected: type[object]
) -> None:
    window = TimeWindow(UnixSeconds(NOW_S), UnixSeconds(NOW_S + 60))
    (outcome,) = store.commit_batch([request("timed", window=window)], clock_s)
    assert isinstance(outcome, expected)


def test_a_clock_set_back_moves_neither_the_journal_nor_a_time_window_back(store: UniquenessStore) -> None:
    store.commit_batch([request("a", writes=(create("p"),))], NOW_S)
    window = TimeWindow(None, UnixSeconds(NOW_S))
    late, journalled = store.commit_batch(
        [request("late", window=window), request("b", writes=(create("q"),))], NOW_S - 500
    )
    assert isinstance(late, TimeWindowClosed)
    assert committed(journalled).time_s == NOW_S
    assert store.head().time_s == NOW_S


def test_ticks_only_move_time_forward(store: UniquenessStore) -> None:
    assert store.append_tick(NOW_S).position == 1
    assert store.append_tick(NOW_S).position == 1
    assert store.append_tick(NOW_S - 1).position == 1
    assert store.append_tick(NOW_S + 1).position == 2


def test_the_journal_is_a_chain_of_the_transactions_with_writes_and_of_ticks(store: UniquenessStore) -> None:
    store.commit_batch([request("a", writes=(create("p"),)), request("silent", inputs=(state("coin"),))], NOW_S)
    store.append_tick(NOW_S + 1)
    store.commit_batch([request("b", writes=(delete("p"),))], NOW_S + 1)
    entries = store.read_entries(0, 10)
    head = genesis(LEDGER_ID)
    for entry in entries:
        validate_successor(head, entry)
        head = entry.head
    assert [entry.tx_id for entry in entries] == [tx_id_of("a"), None, tx_id_of("b")]
    assert head == store.head()
    assert store.read_entries(1, 1) == entries[1:2]
    assert store.read_entries(3, 5) == ()


def test_an_empty_store_ends_in_the_genesis_of_its_ledger(store: UniquenessStore) -> None:
    assert store.head() == genesis(LEDGER_ID)
    assert store.head() != genesis("another-ledger")


def test_who_asked_is_kept_and_its_signature_still_verifies(store: UniquenessStore) -> None:
    asked = request("first", inputs=(state("coin"),))
    again = asked_by(tx_id_of("first"), "cn-2", CN_2_SIGNER)
    store.commit_batch([asked, request("second", inputs=(state("coin"),))], NOW_S)
    store.commit_batch([replace(asked, requester=again)], NOW_S)
    kept = store.requester_of(tx_id_of("first"))
    assert kept == asked_by(tx_id_of("first"))  # the first asker's, not the retry's
    verify_requester(kept, tx_id_of("first"))
    assert store.requester_of(tx_id_of("second")) is None


def test_many_transactions_with_many_states_and_writes_fit_one_batch(store: UniquenessStore) -> None:
    batch = [
        request(f"tx {n}", inputs=tuple(state(f"coin {n}", i) for i in range(20)), writes=(create(f"p {n}"),))
        for n in range(128)
    ]
    assert all(isinstance(outcome, Committed) for outcome in store.commit_batch(batch, NOW_S))
    assert store.commit_batch(batch, NOW_S + 1) == tuple(
        Repeated(Committed(asked.tx_id, NOW_S, n + 1)) for n, asked in enumerate(batch)
    )


def test_a_window_that_is_over_does_not_open_again_when_the_clock_goes_back(store: UniquenessStore) -> None:
    late = request("late", inputs=(state("coin"),), window=TimeWindow(None, UnixSeconds(NOW_S + 10)))
    for clock_s in (NOW_S + 10, NOW_S + 9):
        (outcome,) = store.commit_batch([late], clock_s)
        assert isinstance(outcome, TimeWindowClosed)
    assert store.head().time_s == NOW_S + 10


def test_many_are_looked_up_at_once_and_only_those_committed_are_found(store: UniquenessStore) -> None:
    batch = [request(f"tx {n}", inputs=(state(f"coin {n}"),), writes=(create(f"p {n}"),)) for n in range(600)]
    outcomes = store.commit_batch(batch, NOW_S)
    asked = [asked.tx_id for asked in batch] + [tx_id_of("never")]
    assert store.find_all_committed(asked) == {outcome.tx_id: outcome for outcome in map(committed, outcomes)}
    assert store.find_all_committed([tx_id_of("never")]) == {}
    assert store.find_all_committed([]) == {}


def test_what_is_not_committed_when_the_journal_has_passed_its_window_never_is(store: UniquenessStore) -> None:
    """Whoever asks what is final reads the journal's time first: see ``finder``."""
    late = request("late", inputs=(state("coin"),), window=TimeWindow(None, UnixSeconds(NOW_S + 10)))
    store.append_tick(NOW_S + 10)
    assert store.find_all_committed([late.tx_id]) == {}
    (outcome,) = store.commit_batch([late], NOW_S)
    assert isinstance(outcome, TimeWindowClosed)
