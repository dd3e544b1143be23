"""``crossdvp iso20022 check`` and ``cancellation``: offline, for people and for programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from relayer.cli.iso20022 import app
from relayer.gateway.iso20022.instruction import Instruction, write_instruction
from relayer.gateway.iso20022.status import Standing, write_status
from relayer.gateway.lifecycle import SettlementState
from relayer.gateway.matching import Side
from tests.fakes.settlement_terms import some_terms

RUN = CliRunner()
NAME = f"settlements/{some_terms().trade_id.hex()}"


@pytest.fixture
def instruction(tmp_path: Path) -> Path:
    file = tmp_path / "seller.xml"
    file.write_bytes(write_instruction(Instruction(Side.SELLER, some_terms(), "A-1", on_hold=True)))
    return file


def test_a_good_instruction_is_told_to_people_and_to_programs(instruction: Path) -> None:
    told = RUN.invoke(app, ["check", str(instruction)])
    assert told.exit_code == 0
    assert "instruction, on hold" in told.stdout
    found = json.loads(RUN.invoke(app, ["check", str(instruction), "--json"]).stdout)
    assert (found["message"], found["side"], found["settlement"]) == ("sese.023.001.11", "seller", NAME)


def test_a_bad_one_is_refused_naming_the_element(instruction: Path) -> None:
    instruction.write_bytes(instruction.read_bytes().replace(b"<CdtDbtInd>CRDT", b"<CdtDbtInd>DBIT"))
    refused = RUN.invoke(app, ["check", str(instruction), "--json"])
    error = json.loads(refused.stdout)["error"]
    assert (refused.exit_code, error["reason"]) == (1, "ISO20022_PROFILE_VIOLATED")
    assert "SttlmAmt/CdtDbtInd" in error["message"]


def test_a_file_that_is_not_there_is_another_exit_code(tmp_path: Path) -> None:
    missing = RUN.invoke(app, ["check", str(tmp_path / "none.xml"), "--json"])
    assert (missing.exit_code, json.loads(missing.stdout)["error"]["reason"]) == (2, "MESSAGE_UNREADABLE")


def test_a_file_without_end_is_not_read_to_its_end() -> None:
    endless = RUN.invoke(app, ["check", "/dev/zero", "--json"])
    assert json.loads(endless.stdout)["error"]["reason"] == "ISO20022_NOT_A_MESSAGE"


def test_a_message_that_orders_nothing_is_told_as_valid(tmp_path: Path) -> None:
    advice = write_status(Standing(Side.BUYER, some_terms(), "B-1", SettlementState.MATCHED))
    assert advice is not None
    file = tmp_path / "status.xml"
    file.write_bytes(advice)
    assert "orders nothing" in RUN.invoke(app, ["check", str(file)]).stdout


def test_a_cancellation_that_is_written_is_one_that_is_read(tmp_path: Path) -> None:
    file = tmp_path / "cancel.xml"
    wanted = ["cancellation", NAME, "--side", "buyer", "--reference", "B-1", "--out", str(file)]
    assert RUN.invoke(app, wanted).exit_code == 0
    found = json.loads(RUN.invoke(app, ["check", str(file), "--json"]).stdout)
    assert (found["orders"], found["side"], found["settlement"]) == ("cancellation", "buyer", NAME)


def test_every_command_shows_an_example() -> None:
    for command in ("check", "draft", "cancellation", "submit", "status", "confirmation", "cash-leg"):
        assert "Example: crossdvp iso20022" in RUN.invoke(app, [command, "--help"]).stdout
