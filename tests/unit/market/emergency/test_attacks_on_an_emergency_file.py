"""Whoever has the file alone, or one of the two keys, changes nothing of it unseen."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chains.progmat.market.emergency.chain import begin, close, record_moves, verified
from chains.progmat.market.emergency.errors import (
    BadStaffKeys,
    EmergencyFileAltered,
    EmergencyFileClosed,
    MoveNotPossible,
)
from chains.progmat.market.emergency.model import StaffKey
from chains.progmat.market.register.model import RegisterLine
from tests.fakes.emergency_world import (
    APPROVER,
    AT_MS,
    AUTHOR,
    HELD,
    REGISTRAR,
    STRANGER,
    THREE_MOVES,
    base_file,
    closed,
    move,
    recorded,
)
from tests.fakes.register_world import CAROL
from tests.fakes.vault_world import ALICE, BOB

FILE = closed(recorded(base_file(), *THREE_MOVES))
LINES = FILE.splitlines(keepends=True)
FIRST_MOVE, CLOSING = len(HELD) + 2, len(LINES) - 1


def altered(lines: list[bytes]) -> None:
    with pytest.raises(EmergencyFileAltered):
        verified(b"".join(lines))


def test_the_file_as_it_was_signed_says_what_each_account_holds() -> None:
    file = verified(FILE)
    assert file.units() == {ALICE: 75, BOB: 20, CAROL: 55}
    assert (len(file.moves), file.closed is not None) == (3, True)
    assert file.moves[2].move.reference == "CASE-7"
    assert (file.moves[0].signed.author, file.moves[0].signed.approver) == ("clerk", "chief")


@pytest.mark.parametrize("number", range(len(LINES) - 1))
def test_a_line_cut(number: int) -> None:
    altered(LINES[:number] + LINES[number + 1 :])


def test_a_cut_at_the_end_is_an_open_file_which_nobody_takes_for_the_whole() -> None:
    assert verified(b"".join(LINES[:-1])).closed is None
    with pytest.raises(EmergencyFileAltered):
        verified(FILE[:-1])


@pytest.mark.parametrize("number", range(len(LINES) - 1))
def test_two_lines_swapped(number: int) -> None:
    altered([*LINES[:number], LINES[number + 1], LINES[number], *LINES[number + 2 :]])


@pytest.mark.parametrize("number", range(FIRST_MOVE, len(LINES)))
def test_a_line_inserted_again(number: int) -> None:
    altered([*LINES[: number + 1], LINES[number], *LINES[number + 1 :]])


@settings(max_examples=80, deadline=None)
@example(FILE.index(b'{"frozen"') + len(b'{"frozen":20,"key":"'), ord("a"))  # no scheme of a key
@example(FILE.index(b'{"frozen"') + len(b'{"frozen":20,"key":"04'), ord("0"))  # no point of the curve
@given(st.integers(0, len(FILE) - 1), st.integers(0, 255))
def test_any_byte_changed(at: int, byte: int) -> None:
    changed = FILE[:at] + bytes([byte]) + FILE[at + 1 :]
    if changed != FILE:
        with pytest.raises(EmergencyFileAltered):
            verified(changed)


def test_more_units_in_a_line_with_the_chain_made_anew_but_without_the_keys() -> None:
    other = recorded(base_file(), replace(THREE_MOVES[0], units=31)).splitlines(keepends=True)[FIRST_MOVE]
    signature = LINES[FIRST_MOVE].split(b'"author_signature":"')[1][:128]
    found = other.split(b'"author_signature":"')[1][:128]
    altered([*LINES[:FIRST_MOVE], other.replace(found, signature), *LINES[FIRST_MOVE + 1 :]])


def test_lines_of_another_file_of_the_same_people() -> None:
    other = recorded(base_file((RegisterLine(ALICE.node, ALICE.key, 100),)), *THREE_MOVES[:1])
    altered([*LINES[:FIRST_MOVE], other.splitlines(keepends=True)[-1]])


def test_the_author_cannot_approve_nor_a_stranger_write() -> None:
    for author, approver in ((AUTHOR, AUTHOR), (STRANGER, APPROVER), (APPROVER, AUTHOR)):
        with pytest.raises(BadStaffKeys):
            record_moves(base_file(), THREE_MOVES, AT_MS, author, approver)
        with pytest.raises(BadStaffKeys):
            close(base_file(), AT_MS, author, approver)


@pytest.mark.parametrize(
    "approver", [StaffKey("clerk", APPROVER.public_key.encoded()), StaffKey("chief", AUTHOR.public_key.encoded())]
)
def test_one_person_under_two_names_or_one_name_with_two_keys(approver: StaffKey) -> None:
    base = replace(verified(base_file()).base, approvers=(approver,))
    with pytest.raises(BadStaffKeys):
        begin(base, REGISTRAR.sign)


def test_a_base_signed_by_somebody_else_who_says_he_is_the_registrar() -> None:
    base = verified(base_file()).base
    with pytest.raises(EmergencyFileAltered):
        verified(begin(base, STRANGER.sign))
    forged = begin(replace(base, registrar_key=STRANGER.public_key.encoded()), STRANGER.sign)
    assert verified(forged).base.registrar_key != REGISTRAR.public_key.encoded()  # which the network map tells


def test_nothing_is_written_below_the_closing_line() -> None:
    with pytest.raises(EmergencyFileClosed):
        recorded(FILE, move(ALICE, BOB, 1))
    with pytest.raises(EmergencyFileClosed):
        closed(FILE)
    altered([*LINES, LINES[FIRST_MOVE]])


@pytest.mark.parametrize(
    "impossible",
    [move(ALICE, BOB, 81), move(CAROL, BOB, 1), move(ALICE, ALICE, 1), move(ALICE, BOB, 0), move(ALICE, BOB, 10**16)],
)
def test_frozen_units_and_units_that_are_not_there_are_not_moved(impossible: object) -> None:
    with pytest.raises(MoveNotPossible):
        recorded(base_file(), impossible)  # type: ignore[arg-type] # a Move


def test_of_several_moves_none_is_written_if_the_last_is_not_possible() -> None:
    with pytest.raises(MoveNotPossible):
        recorded(base_file(), move(ALICE, CAROL, 80), move(CAROL, BOB, 81))
    assert verified(recorded(base_file(), move(ALICE, CAROL, 80), move(CAROL, BOB, 80))).units() == {
        ALICE: 20,
        BOB: 130,
    }
