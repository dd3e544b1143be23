"""A signing log lost, or brought back older: no second digest for a height is ever signed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from chains.progmat.validators.errors import CheckpointConflict, HeightMayBeSigned, SigningLogInDoubt
from chains.progmat.validators.signing_floor import SigningFloor
from chains.progmat.validators.signing_log import SigningLog

ADDRESS = b"\x01" * 20
ONE, TWO = b"\x11" * 32, b"\x22" * 32


def opened(path: Path) -> SigningLog:
    return SigningLog(path, "ledger-1", ADDRESS)


def copied(path: Path, to: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        to.with_name(to.name + suffix).unlink(missing_ok=True)
        if (source := path.with_name(path.name + suffix)).exists():
            shutil.copyfile(source, to.with_name(to.name + suffix))


@pytest.fixture
def rolled_back(tmp_path: Path) -> Path:
    """A log that signed heights 1 to 3 and knows of 1 only."""
    path, copy = tmp_path / "log", tmp_path / "copy"
    log = opened(path)
    log.record(1, ONE)
    copied(path, copy)
    log.record(2, ONE)
    log.record(3, ONE)
    log.close()
    copied(copy, path)
    return path


def test_a_log_brought_back_older_signs_nothing_new_until_it_has_a_floor(rolled_back: Path) -> None:
    log = opened(rolled_back)
    for height in (2, 3, 4):
        with pytest.raises(SigningLogInDoubt):
            log.record(height, TWO)
    log.record(1, ONE)  # what it still knows, it may say again
    with pytest.raises(CheckpointConflict):
        log.record(1, TWO)
    log.close()
    log = opened(rolled_back)  # restarting settles nothing
    assert log.is_in_doubt
    log.close()


def test_above_the_floor_it_signs_and_below_it_never(rolled_back: Path) -> None:
    log = opened(rolled_back)
    log.set_floor(3)
    for height in (2, 3):
        with pytest.raises(HeightMayBeSigned, match="only what is above 3"):
            log.record(height, TWO)
    log.record(4, TWO)
    log.set_floor(1)  # nobody lowers it
    with pytest.raises(HeightMayBeSigned):
        log.record(2, TWO)
    log.close()
    log = opened(rolled_back)
    with pytest.raises(HeightMayBeSigned):
        log.record(3, TWO)
    with pytest.raises(CheckpointConflict):
        log.record(4, ONE)
    log.close()


def test_the_floor_waits_for_everybody_and_takes_the_highest(rolled_back: Path) -> None:
    log = opened(rolled_back)
    floor = SigningFloor(log, {"notary", "v-2", "v-3"})
    floor.shown("notary", 2)  # rolled back itself, or lying
    floor.shown("v-2", 3)
    floor.shown("a stranger", 99)
    with pytest.raises(SigningLogInDoubt):
        log.record(4, TWO)
    floor.shown("v-3", 1)
    with pytest.raises(HeightMayBeSigned):
        log.record(3, TWO)
    log.record(4, TWO)
    log.close()


def test_a_second_doubt_asks_everybody_again(rolled_back: Path) -> None:
    log = opened(rolled_back)
    floor = SigningFloor(log, {"notary", "v-2"})
    floor.shown("notary", 3)
    floor.shown("v-2", 3)
    log.record(4, ONE)
    log.doubt()
    floor.shown("notary", 3)
    with pytest.raises(SigningLogInDoubt):  # what v-2 showed then says nothing of what was signed since
        log.record(5, TWO)
    floor.shown("v-2", 6)
    with pytest.raises(HeightMayBeSigned):
        log.record(5, TWO)
    log.close()


def test_a_start_that_breaks_off_again_and_again_raises_no_doubt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = opened(tmp_path / "log")
    log.record(1, ONE)
    log.close()

    class PowerFailure(Exception):
        pass

    def fail(*_arguments: object) -> None:
        raise PowerFailure

    for statement in ("_promise", "_set"):
        for _ in range(3):
            with monkeypatch.context() as patch:
                patch.setattr(SigningLog, statement, fail)
                with pytest.raises(PowerFailure):
                    opened(tmp_path / "log")
    log = opened(tmp_path / "log")
    assert not log.is_in_doubt
    log.close()


def test_restarts_and_kills_raise_no_doubt(tmp_path: Path) -> None:
    for height in range(1, 6):
        log = opened(tmp_path / "log")
        log.record(height, ONE)
        if height % 2:
            log.close()
        else:  # killed: nothing is closed in order
            log._connection.close()
            log._witness.close()
        reopened = opened(tmp_path / "log")
        assert not reopened.is_in_doubt
        reopened.close()


def test_a_log_whose_witness_is_lost_is_in_doubt(tmp_path: Path) -> None:
    log = opened(tmp_path / "log")
    log.record(1, ONE)
    log.close()
    (tmp_path / "log.witness").unlink()
    assert opened(tmp_path / "log").is_in_doubt


def test_a_log_made_anew_beside_its_old_witness_is_in_doubt(tmp_path: Path) -> None:
    log = opened(tmp_path / "log")
    log.record(1, ONE)
    log.close()
    (tmp_path / "log").unlink()
    log = opened(tmp_path / "log")
    with pytest.raises(SigningLogInDoubt):
        log.record(1, TWO)
    log.close()
