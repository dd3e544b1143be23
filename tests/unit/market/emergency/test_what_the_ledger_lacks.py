"""The difference between an emergency file and the ledger, brought in line by line, and the proof that both agree."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from chains.progmat.market.emergency.chain import verified
from chains.progmat.market.emergency.difference import Agreement, Decisions, agreement
from chains.progmat.market.emergency.errors import (
    EmergencyFileOpen,
    LedgerMovesUnclear,
    MoveNotPossible,
    OutageNormalised,
    OutageUnknown,
    UnitsGone,
)
from chains.progmat.market.emergency.model import EmergencyFile, Move
from chains.progmat.market.emergency.outage import Outage
from chains.progmat.market.emergency.outages import ledger_changes, line_is_in, outage_of, plan_outage
from chains.progmat.market.register.moments import AsOf, Moment
from chains.progmat.market.register.reading import register_at
from chains.progmat.vault.entry_lines import EntryKind
from chains.progmat.vault.updates import newest_sequence
from ibc.dvp import CashAccount
from tests.fakes.emergency_world import THREE_MOVES, base_of_register, closed, move, recorded
from tests.fakes.register_world import CAROL, Books, undone
from tests.fakes.vault_world import ALICE, BOB, BOND

ACCOUNTS = (ALICE, BOB, CAROL)
MOVES = st.tuples(st.sampled_from(ACCOUNTS), st.sampled_from(ACCOUNTS), st.integers(1, 30)).filter(
    lambda drawn: drawn[0] != drawn[1]
)


def planned(connection: Connection, file: EmergencyFile, decisions: Decisions = Decisions()) -> Outage:  # noqa: B008 # frozen
    return plan_outage(connection, file, decisions, "clerk", "chief", 0)


def filed(connection: Connection, *moves: Move) -> EmergencyFile:
    return verified(closed(recorded(base_of_register(register_at(connection, BOND)), *moves)))


def brought_in(books: Books, file: EmergencyFile, most: int = 99) -> Outage:
    """Bring in the next lines of a planned file: what the registrar's forced transfers do to its books."""
    outage = outage_of(books.connection, file.outage_id)
    for _ in range(most):
        line = outage.next_line
        if line is None:
            break
        made = file.moves[line.number - 1].move
        done = books.transfer(made.source, made.to, line.units, EntryKind.OTHER)
        line_is_in(books.connection, file.outage_id, line.number, bytes(done.id))
        outage = outage_of(books.connection, file.outage_id)
    return outage


def proof(connection: Connection, file: EmergencyFile) -> Agreement:
    outage = outage_of(connection, file.outage_id)
    end = newest_sequence(connection) if outage.closed_sequence is None else outage.closed_sequence
    closing = register_at(connection, BOND, Moment(AsOf.SEQUENCE, end))
    changes = ledger_changes(connection, BOND, outage.base_sequence, end)
    return agreement(file, changes, closing, [line.brought_in for line in outage.lines])


@pytest.fixture
def books(connection: Connection) -> Books:
    made = Books(connection)
    made.issue(ALICE, 100)
    made.issue(BOB, 50)
    return made


def test_every_line_comes_in_once_and_both_agree_to_the_unit(books: Books) -> None:
    file = filed(books.connection, *THREE_MOVES)
    planned(books.connection, file)
    assert not proof(books.connection, file).holds
    assert brought_in(books, file).closed_sequence == newest_sequence(books.connection)
    found = proof(books.connection, file)
    assert (found.holds, found.units, found.own) == (True, 150, ())
    assert books.held() == {(a.node, a.key): (units, 0) for a, units in file.units().items()}


def test_killed_after_each_line_and_begun_again_it_moves_nothing_twice(books: Books) -> None:
    file = filed(books.connection, *THREE_MOVES)
    for lines_done in range(4):
        planned(books.connection, file)  # a program that starts anew plans anew
        assert sum(line.is_done for line in brought_in(books, file, 0).lines) == lines_done
        brought_in(books, file, 1)
    assert proof(books.connection, file).holds
    before = books.held()
    planned(books.connection, file)
    brought_in(books, file)
    assert books.held() == before


def test_a_move_that_the_ledger_had_made_itself_is_counted_and_not_made_twice(books: Books) -> None:
    file = filed(books.connection, *THREE_MOVES)
    books.move(ALICE, BOB, 30)  # notarised before the outage, recorded after it
    outage = planned(books.connection, file)
    assert [(line.units, len(line.counted)) for line in outage.lines] == [(0, 1), (60, 0), (5, 0)]
    brought_in(books, file)
    assert proof(books.connection, file).holds


def test_what_the_ledger_did_besides_stays_and_is_shown(books: Books) -> None:
    file = filed(books.connection, *THREE_MOVES)
    books.issue(CAROL, 7)
    books.redeem(ALICE, 3)
    planned(books.connection, file)
    books.move(BOB, ALICE, 1)  # while lines come in
    brought_in(books, file)
    books.move(ALICE, BOB, 50)  # after the outage
    found = proof(books.connection, file)
    assert (found.holds, len(found.own), found.units) == (True, 3, 154)


def test_half_a_line_made_by_the_ledger_is_unclear_until_somebody_says(books: Books) -> None:
    file = filed(books.connection, move(ALICE, BOB, 30))
    part = bytes(books.move(ALICE, BOB, 10).id)
    with pytest.raises(LedgerMovesUnclear, match=part.hex()):
        planned(books.connection, file)
    with pytest.raises(LedgerMovesUnclear):
        planned(books.connection, file, Decisions(counted={part: 2}))
    with undone(books.connection):
        planned(books.connection, file, Decisions(separate={part}))
        brought_in(books, file)
        assert books.held()[ALICE.node, ALICE.key] == (60, 0)
        assert proof(books.connection, file).holds


def test_half_a_line_said_to_be_part_of_it_leaves_the_other_half(books: Books) -> None:
    file = filed(books.connection, move(ALICE, BOB, 30))
    part = bytes(books.move(ALICE, BOB, 10).id)
    assert planned(books.connection, file, Decisions(counted={part: 1})).lines[0].units == 20
    brought_in(books, file)
    assert books.held()[ALICE.node, ALICE.key] == (70, 0)
    assert proof(books.connection, file).holds


def test_the_same_units_twice_in_the_file_and_once_in_the_ledger_are_counted_once(books: Books) -> None:
    file = filed(books.connection, move(ALICE, BOB, 10), move(ALICE, BOB, 10))
    books.move(ALICE, BOB, 10)
    assert [line.units for line in planned(books.connection, file).lines] == [0, 10]


def test_units_that_no_longer_exist_stop_everything_before_the_first_line(books: Books) -> None:
    file = filed(books.connection, move(BOB, CAROL, 5), move(ALICE, BOB, 90))
    books.redeem(ALICE, 20)
    with pytest.raises(UnitsGone, match="line 2 moves 90 units"):
        planned(books.connection, file)
    with pytest.raises(OutageUnknown):
        outage_of(books.connection, file.outage_id)


def test_an_open_file_is_not_brought_in(books: Books) -> None:
    file = verified(recorded(base_of_register(register_at(books.connection, BOND)), *THREE_MOVES))
    with pytest.raises(EmergencyFileOpen):
        planned(books.connection, file)


@pytest.mark.parametrize("brought", [0, 1, 99])
def test_a_second_file_of_one_outage(books: Books, brought: int) -> None:
    base = base_of_register(register_at(books.connection, BOND))
    one, other = (verified(closed(recorded(base, *moves))) for moves in (THREE_MOVES, THREE_MOVES[:1]))
    planned(books.connection, one)
    brought_in(books, one, brought)
    with pytest.raises(OutageNormalised):
        planned(books.connection, other)


def test_a_second_file_that_begins_inside_the_outage_is_refused_one_after_it_is_not(books: Books) -> None:
    one = filed(books.connection, *THREE_MOVES)
    books.issue(CAROL, 1)
    inside = filed(books.connection, move(CAROL, BOB, 1))
    planned(books.connection, one)
    brought_in(books, one)
    with pytest.raises(OutageNormalised):
        planned(books.connection, inside)
    after = filed(books.connection, move(CAROL, BOB, 1))
    assert planned(books.connection, after).lines[0].units == 1


def test_a_forced_transfer_of_other_units_than_its_line_is_no_proof(books: Books) -> None:
    file = filed(books.connection, THREE_MOVES[0])
    planned(books.connection, file)
    wrong = books.transfer(ALICE, BOB, 29, EntryKind.OTHER)
    line_is_in(books.connection, file.outage_id, 1, bytes(wrong.id))
    found = proof(books.connection, file)
    assert not found.holds
    assert {(each.account, each.emergency_units - each.ledger_units) for each in found.differences} == {
        (ALICE, -1),
        (BOB, 1),
    }
    assert found.problems == ("line 1: 30 units are to be moved, 29 were",)


def test_any_outage_with_any_moves_of_the_ledger_itself_ends_in_agreement(books: Books) -> None:
    @settings(max_examples=15, deadline=None)
    @given(st.lists(MOVES, max_size=5), st.lists(MOVES, max_size=4), st.lists(st.booleans(), min_size=5, max_size=5))
    def any_outage(by_hand: list[Drawn], by_ledger: list[Drawn], also: list[bool]) -> None:
        with undone(books.connection):
            kept = dict(books.unspent)
            try:
                _outage(books, by_hand, by_ledger, also)
            finally:
                books.unspent = kept

    any_outage()


Drawn = tuple[CashAccount, CashAccount, int]


def _outage(books: Books, by_hand: list[Drawn], by_ledger: list[Drawn], also: list[bool]) -> None:
    content = base_of_register(register_at(books.connection, BOND))
    for drawn in by_hand:
        content = _or_same(lambda content=content, drawn=drawn: recorded(content, move(*drawn)), content)  # type: ignore[misc] # bound at once
    file = verified(closed(content))
    for number, each in enumerate(file.moves):
        if also[number] and books.free(each.move.source) >= each.move.units:
            books.move(each.move.source, each.move.to, each.move.units)
    for source, to, units in by_ledger:
        if books.free(source) >= units:
            books.move(source, to, units)
    changes = ledger_changes(books.connection, BOND, file.base.moment.sequence)
    try:
        planned(books.connection, file)
    except LedgerMovesUnclear:
        separate = {change.tx_id for change in changes}
        try:
            planned(books.connection, file, Decisions(separate=separate))
        except UnitsGone:
            return
    except UnitsGone:
        return
    brought_in(books, file)
    found = proof(books.connection, file)
    assert found.holds, found
    assert found.units == 150


def _or_same(act: Callable[[], bytes], otherwise: bytes) -> bytes:
    try:
        return act()
    except MoveNotPossible:
        return otherwise
