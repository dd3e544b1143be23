"""The witness: whatever dies at whatever moment, a good database is never accused and an old copy is always found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chains.progmat.node.storage.standing import Doubt, Head, judge
from chains.progmat.node.storage.witness import RESERVE, SECTOR, Witness, WitnessRecord

FIRST = WitnessRecord("db", 1, "nonce", 10, 10 + RESERVE)


def head(number: int, incarnation: int = 1, nonce: str = "nonce", database_id: str = "db") -> Head:
    return Head(database_id, incarnation, nonce, number, "test")


def written(path: Path, *, promised: WitnessRecord = FIRST, notes: int = 0) -> None:
    witness = Witness(path)
    witness.promise(promised)
    for number in range(promised.number + 1, promised.number + 1 + notes):
        witness.note(number)
    witness.close()


def found(path: Path) -> WitnessRecord | None:
    witness = Witness(path)
    witness.close()
    return witness.found


def test_what_was_noted_is_found(tmp_path: Path) -> None:
    written(tmp_path / "w", notes=5)
    record = found(tmp_path / "w")
    assert record is not None
    assert (record.number, record.reserved) == (15, 10 + RESERVE)


def test_a_new_file_says_nothing(tmp_path: Path) -> None:
    assert found(tmp_path / "w") is None


@pytest.mark.parametrize("sector", [0, 1, 2])
def test_any_one_torn_sector_accuses_nobody_and_leaves_a_bound(tmp_path: Path, sector: int) -> None:
    path = tmp_path / "w"
    written(path)
    written(path, promised=WitnessRecord("db", 1, "nonce", 20, 20 + RESERVE), notes=3)
    content = bytearray(path.read_bytes())
    content[sector * SECTOR + 30] ^= 0xFF
    path.write_bytes(content)
    record = found(path)
    assert record is not None
    assert judge(head(23), record)[0] is Doubt.NONE
    assert record.least >= 10


def test_a_note_of_an_earlier_start_counts_for_nothing(tmp_path: Path) -> None:
    path = tmp_path / "w"
    written(path, notes=500)
    note = path.read_bytes()[2 * SECTOR :]
    written(path, promised=WitnessRecord("db", 2, "another", 10, 10 + RESERVE))
    content = path.read_bytes()
    path.write_bytes(content[: 2 * SECTOR] + note)  # the power failed before the new note reached the disk
    record = found(path)
    assert record is not None
    assert record.number == 10


def test_a_note_is_synced_at_most_once_a_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = 0.0
    syncs: list[int] = []
    monkeypatch.setattr("os.fsync", syncs.append)
    witness = Witness(tmp_path / "w", lambda: now_s)
    witness.promise(FIRST)
    for number in range(1000):
        now_s += 0.01
        witness.note(10 + number)
    witness.close()
    assert 9 <= len(syncs) <= 11


@given(
    acknowledged=st.integers(0, 3 * RESERVE),
    beyond=st.integers(0, 1),
    note_lost=st.integers(0, 3 * RESERVE),
    rolled_back_by=st.integers(0, 3 * RESERVE),
)
@settings(max_examples=300, deadline=None)
def test_a_good_database_is_never_accused_and_what_an_old_one_can_hide_is_bounded(
    acknowledged: int, beyond: int, note_lost: int, rolled_back_by: int
) -> None:
    """The writer's rule for promises, a power failure that loses notes, and a copy of any age, as arithmetic."""
    start = 7
    last = start + acknowledged
    promised_at = start + acknowledged // RESERVE * RESERVE  # the newest promise that had to be synced
    note = max(promised_at, last - note_lost)
    record = WitnessRecord("db", 1, "nonce", note, promised_at + RESERVE)
    committed = min(last + beyond, record.reserved)  # a commit may have happened that nobody was told of
    assert judge(head(committed), record)[0] is Doubt.NONE
    old = last - rolled_back_by
    doubt, _ = judge(head(old), record)
    if note_lost == 0 and rolled_back_by > 0:
        assert doubt is Doubt.ROLLED_BACK  # a process killed, its machine alive: exact
    if rolled_back_by >= RESERVE:
        assert doubt is Doubt.ROLLED_BACK  # whatever was lost with the power


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (head(0, 0, "", "fresh"), Doubt.DATABASE_REPLACED),
        (head(10, 0, "older"), Doubt.ROLLED_BACK),
        (head(10, 1, "started elsewhere"), Doubt.ROLLED_BACK),
        (head(10 + RESERVE + 1), Doubt.WITNESS_BEHIND),
        (head(11, 2, "killed while starting"), Doubt.NONE),
        (head(12, 2, "started elsewhere"), Doubt.WITNESS_BEHIND),
        (head(11, 3, "the witness of the last but one start"), Doubt.WITNESS_BEHIND),
    ],
)
def test_each_way_to_be_old_has_its_name(at: Head, expected: Doubt) -> None:
    doubt, sentence = judge(at, FIRST)
    assert doubt is expected
    assert bool(sentence) == (expected is not Doubt.NONE)


@pytest.mark.parametrize("stored", list(Doubt))
def test_a_doubt_gives_way_only_to_a_graver_one(stored: Doubt) -> None:
    rolled_back = replace(head(9), doubt=stored, doubt_detail="as before")
    found = judge(rolled_back, FIRST)
    if stored in {Doubt.NONE, Doubt.WITNESS_MISSING, Doubt.WITNESS_BEHIND}:
        assert found[0] is Doubt.ROLLED_BACK
    else:
        assert found == (stored, "as before")
    good = replace(head(10), doubt=stored, doubt_detail="as before")
    assert judge(good, FIRST)[0] is stored


def test_a_lost_witness_is_a_doubt_unless_the_database_is_new() -> None:
    assert judge(head(0, 0), None)[0] is Doubt.NONE
    assert judge(head(1), None)[0] is Doubt.WITNESS_MISSING
