"""Moves by spreadsheet: exported, written on, brought in; what cannot be is told by row, and then nothing is."""

from __future__ import annotations

import pytest

from chains.progmat.market.emergency.chain import verified
from chains.progmat.market.emergency.errors import BadMoveRows
from chains.progmat.market.emergency.spreadsheet import COLUMNS, holders_to_csv, moves_from_csv, moves_to_csv
from chains.progmat.market.register.cells import Encoding, from_csv, to_csv
from tests.fakes.emergency_world import THREE_MOVES, base_file, recorded
from tests.fakes.register_world import CAROL
from tests.fakes.vault_world import ALICE, BOB

FILE = verified(recorded(base_file(), THREE_MOVES[0]))


def row(
    units: object = 5, source: object = ALICE, to: object = CAROL, reason: str = "OUTAGE", day: str = ""
) -> list[str]:
    cells = (source.node, source.key.hex(), to.node, to.key.hex())  # type: ignore[attr-defined] # accounts
    return ["", *cells, str(units), reason, "CASE-9", "", day]


def exported(*added: list[str], encoding: Encoding = Encoding.UTF_8) -> bytes:
    return to_csv([*from_csv(moves_to_csv(FILE, encoding), encoding), *added], encoding)


@pytest.mark.parametrize("encoding", list(Encoding))
def test_rows_without_a_number_are_the_new_moves(encoding: Encoding) -> None:
    added = moves_from_csv(FILE, exported(row(5), row(6, BOB, ALICE), encoding=encoding), encoding)
    assert [(each.source, each.to, each.units) for each in added] == [(ALICE, CAROL, 5), (BOB, ALICE, 6)]
    file = verified(recorded(recorded(base_file(), THREE_MOVES[0]), *added))
    again = moves_from_csv(file, moves_to_csv(file, encoding), encoding)
    assert again == ()  # brought in twice it adds nothing


def test_each_row_that_cannot_be_recorded_is_named_with_its_reason() -> None:
    content = exported(
        row(1000),
        row(reason="because"),
        row("five"),
        row(day="2026-02-30"),
        row(to=ALICE),
        ["", "CN-A", "zz", "", "", "1", "X"],
    )
    with pytest.raises(BadMoveRows) as refused:
        moves_from_csv(FILE, content, Encoding.UTF_8)
    assert [problem.split(":")[0] for problem in refused.value.problems] == [f"row {number}" for number in range(3, 9)]
    assert "not frozen, 1000 are wanted" in str(refused.value)


def test_a_recorded_row_that_was_changed_in_the_spreadsheet_is_refused() -> None:
    changed = moves_to_csv(FILE, Encoding.UTF_8).replace(b",30,", b",31,")
    with pytest.raises(BadMoveRows, match="row 2: move 1 was recorded and signed otherwise"):
        moves_from_csv(FILE, changed, Encoding.UTF_8)


def test_a_spreadsheet_from_before_the_last_moves_is_told_to_be_exported_again() -> None:
    with pytest.raises(BadMoveRows, match="export the file again"):
        moves_from_csv(FILE, to_csv([COLUMNS, row()], Encoding.UTF_8), Encoding.UTF_8)
    with pytest.raises(BadMoveRows, match="leave the number of a new row empty"):
        moves_from_csv(FILE, exported(["2", *row()[1:]]), Encoding.UTF_8)
    with pytest.raises(BadMoveRows, match="row 1 says"):
        moves_from_csv(FILE, b"", Encoding.UTF_8)


def test_what_each_account_holds_is_a_spreadsheet_too() -> None:
    rows = from_csv(holders_to_csv(FILE, Encoding.CP932), Encoding.CP932)[1:]
    assert {(row[0], row[2], row[3]) for row in rows} == {(ALICE.node, "70", "20"), (BOB.node, "80", "0")}
