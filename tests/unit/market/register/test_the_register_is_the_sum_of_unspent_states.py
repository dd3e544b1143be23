"""The register against the states themselves, after every step and at every moment of the past."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from chains.progmat.market.register.errors import SecurityNotRecorded
from chains.progmat.market.register.model import Register
from chains.progmat.market.register.moments import NOW, AsOf, Moment
from chains.progmat.market.register.reading import register_at
from chains.progmat.vault.entry_lines import EntryKind
from chains.progmat.vault.errors import UnknownSequence
from chains.progmat.vault.indexing import Asset
from ibc.dvp import CashAccount
from tests.fakes.register_world import CAROL, Books, undone
from tests.fakes.vault_world import ALICE, BOB, BOND

ACCOUNTS = (ALICE, BOB, CAROL)
Held = dict[tuple[str, bytes], tuple[int, int]]
STEPS = st.tuples(
    st.sampled_from(("issue", "move", "force", "redeem", "freeze")),
    st.sampled_from(ACCOUNTS),
    st.sampled_from(ACCOUNTS),
    st.integers(1, 40),
)


def as_held(register: Register) -> Held:
    return {(line.node, line.key): (line.units, line.frozen) for line in register.lines}


def step(books: Books, kind: str, source: CashAccount, to: CashAccount, units: int) -> bool:
    if kind == "issue":
        books.issue(to, units)
        return True
    if books.free(source) < units:
        return False
    match kind:
        case "move" | "force":
            books.transfer(source, to, units, EntryKind.MOVE if kind == "move" else EntryKind.OTHER)
        case "redeem":
            books.redeem(source, units)
        case _:
            books.freeze(source, units)
    return True


def test_at_every_step_of_issues_moves_forces_freezes_and_redemptions(connection: Connection) -> None:
    @settings(max_examples=25, deadline=None)
    @given(st.lists(STEPS, min_size=1, max_size=12))
    def any_history(steps: list[tuple[str, CashAccount, CashAccount, int]]) -> None:
        with undone(connection):
            books = Books(connection)
            past: list[tuple[int, int, Held]] = []
            for kind, source, to, units in steps:
                if step(books, kind, source, to, units):
                    register = register_at(connection, BOND)
                    assert as_held(register) == books.held()
                    past.append((register.moment.sequence, register.moment.recorded_ms, books.held()))
            for sequence, recorded_ms, held in past:
                assert as_held(register_at(connection, BOND, Moment(AsOf.SEQUENCE, sequence))) == held
                assert as_held(register_at(connection, BOND, Moment(AsOf.BEFORE_MS, recorded_ms + 1))) == held

    any_history()


def test_a_copy_with_one_unit_moved_has_another_hash(connection: Connection) -> None:
    books = Books(connection)
    books.issue(ALICE, 100)
    before = register_at(connection, BOND)
    books.move(ALICE, BOB, 1)
    after = register_at(connection, BOND)
    assert (before.units, after.units) == (100, 100)
    assert before.hash != after.hash
    books.move(BOB, ALICE, 1)
    assert register_at(connection, BOND).hash == before.hash


def test_as_of_a_journal_position_counts_what_was_recorded_before_the_next_position(connection: Connection) -> None:
    books = Books(connection)
    for _ in range(4):
        books.issue(ALICE, 10)  # positions 0, 0, 1, 1
    assert register_at(connection, BOND, Moment(AsOf.POSITION, 0)).units == 20
    assert register_at(connection, BOND, Moment(AsOf.POSITION, 1)).units == 40


def test_a_custodian_asks_for_its_own_accounts_and_sees_no_others(connection: Connection) -> None:
    books = Books(connection)
    books.issue(ALICE, 10)
    books.issue(BOB, 20)
    assert {line.account for line in register_at(connection, BOND, NOW, node=BOB.node).lines} == {BOB}


def test_frozen_units_stand_apart(connection: Connection) -> None:
    books = Books(connection)
    books.issue(ALICE, 10)
    books.freeze(ALICE, 4)
    (line,) = register_at(connection, BOND).lines
    assert (line.units, line.frozen) == (10, 4)


def test_a_security_nobody_issued_and_a_moment_not_reached_are_refused_by_name(connection: Connection) -> None:
    Books(connection).issue(ALICE, 10)
    with pytest.raises(SecurityNotRecorded):
        register_at(connection, Asset("ST", "ST-2", "AN"))
    with pytest.raises(UnknownSequence):
        register_at(connection, BOND, Moment(AsOf.SEQUENCE, 99))
    assert register_at(connection, BOND, Moment(AsOf.BEFORE_MS, 5)).lines == ()
