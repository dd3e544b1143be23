"""The register's file: there and back, in both encodings, and what a changed copy is told."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chains.progmat.market.register.cells import Encoding
from chains.progmat.market.register.csv_form import register_from_csv, register_to_csv
from chains.progmat.market.register.errors import BadRegisterFile, RegisterAltered
from chains.progmat.market.register.model import Register, RegisterLine, RegisterMoment
from chains.progmat.vault.indexing import Asset
from tests.fakes.vault_world import ALICE, BOB, BOND, key_of

KEYS = [key_of(f"holder {number}") for number in range(6)]
AMOUNTS = st.integers(1, 10**15)
NODES = st.sampled_from(("CN-A", "東京CN", "=cn", "'cn", "-"))
MOMENT = RegisterMoment(12, 1_790_000_000_000, 3)


@st.composite
def registers(draw: st.DrawFn) -> Register:
    accounts = draw(st.sets(st.tuples(NODES, st.sampled_from(KEYS))))
    lines = []
    for node, key in sorted(accounts):
        units = draw(AMOUNTS)
        lines.append(RegisterLine(node, key, units, draw(st.integers(0, units))))
    return Register(Asset("ST", draw(st.sampled_from(("ST-1", "第1回", "+1"))), "AN"), MOMENT, tuple(sorted(lines)))


@settings(max_examples=60, deadline=None)
@given(registers(), st.sampled_from(Encoding), st.text("INV-0123456789", min_size=1))
def test_written_and_read_back_it_is_the_same_register(register: Register, encoding: Encoding, investor: str) -> None:
    names = {line.account: investor for line in register.lines[:2]}
    assert register_from_csv(register_to_csv(register, names, encoding), encoding) == (register, names)


HELD = sorted(RegisterLine(account.node, account.key, 10) for account in (ALICE, BOB))
REGISTER = Register(BOND, MOMENT, tuple(HELD))


def altered(old: str, new: str) -> bytes:
    text = register_to_csv(REGISTER, {}, Encoding.UTF_8).decode("utf-8-sig")
    assert old in text
    return text.replace(old, new, 1).encode("utf-8-sig")


@pytest.mark.parametrize(("old", "new"), [(",10,0", ",11,0"), (BOB.node, "CN-Z"), (",10,0", ",10,1")])
def test_a_changed_copy_is_refused_by_its_hash(old: str, new: str) -> None:
    with pytest.raises(RegisterAltered):
        register_from_csv(altered(old, new), Encoding.UTF_8)


@pytest.mark.parametrize("cell", ["-10", "1e3", "\N{FULLWIDTH DIGIT ONE}", "", "9" * 30, "0"])
def test_a_row_that_is_no_holding_is_named_by_its_number(cell: str) -> None:
    with pytest.raises(BadRegisterFile, match="row 14"):
        register_from_csv(altered(",10,0", f",{cell},0"), Encoding.UTF_8)


def test_a_file_of_the_other_encoding_is_told_so() -> None:
    with pytest.raises(BadRegisterFile):
        register_from_csv(register_to_csv(REGISTER, {}, Encoding.CP932), Encoding.UTF_8)


def test_a_name_that_cp932_does_not_have_is_not_written_with_a_question_mark() -> None:
    register = Register(Asset("ST", "𠮷野", "AN"), MOMENT, REGISTER.lines)
    with pytest.raises(BadRegisterFile, match="UTF-8"):
        register_to_csv(register, {}, Encoding.CP932)
    assert register_from_csv(register_to_csv(register, {}, Encoding.UTF_8), Encoding.UTF_8)[0] == register


def test_no_cell_of_a_file_begins_a_formula() -> None:
    register = Register(Asset("ST", "=HYPERLINK()", "AN"), MOMENT, REGISTER.lines)
    text = register_to_csv(register, {ALICE: "@SUM(A1)"}, Encoding.UTF_8).decode("utf-8-sig")
    assert not [cell for cell in text.replace("\r\n", ",").split(",") if cell[:1] in tuple("=+-@")]
