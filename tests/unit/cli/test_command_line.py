"""The command line as people and programs meet it: help everywhere, --json everywhere, exit codes, no traceback."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chains.deferred_commands import Commands
from relayer.cli.main import COMMANDS, main

VECTORS = Path(__file__).parents[2] / "vectors"
TRADE_ID = "ab" * 32


class Ended(NamedTuple):
    """How a command ended: exit code and what it wrote."""

    code: int
    out: str
    err: str

    def document(self) -> Any:  # noqa: ANN401  # any JSON
        """Standard output, which must be exactly one JSON document."""
        return json.loads(self.out)


class CommandLine:
    """Runs the real entry point in this process."""

    def __init__(self, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]) -> None:
        self._patch, self._capture = patch, capture

    def __call__(self, *arguments: str) -> Ended:
        self._patch.setattr(sys, "argv", ["crossdvp", *arguments])
        self._capture.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        written = self._capture.readouterr()
        assert "Traceback" not in written.out + written.err
        code = ended.value.code
        return Ended(code if isinstance(code, int) else 0, written.out, written.err)


@pytest.fixture
def crossdvp(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Iterator[CommandLine]:
    monkeypatch.setenv("CROSSDVP_DEVNET", str(tmp_path / "no-devnet"))
    monkeypatch.setenv("TERMINAL_WIDTH", "200")
    return CommandLine(monkeypatch, capsys)  # type: ignore[return-value]  # pytest takes values as well as generators


def _commands() -> dict[tuple[str, ...], Any]:
    """Every command there is by its words, found by walking the tree; a deferred one is imported."""
    found: dict[tuple[str, ...], Any] = {}
    deferred: dict[tuple[str, ...], Commands] = {("crossdvp",): COMMANDS}
    while deferred:
        above, commands = deferred.popitem()
        for name, (module, _) in commands.items():
            words = (*above[1:], name)
            command: Any = typer.main.get_command(import_module(module).app)
            if (below := getattr(import_module(module), "COMMANDS", None)) is not None:
                deferred[("crossdvp", *words)] = below
                continue
            found |= _leaves(words, command)
    return found


def _leaves(words: tuple[str, ...], command: Any) -> dict[tuple[str, ...], Any]:  # noqa: ANN401  # typer's own
    inner = getattr(command, "commands", {})
    if not inner:
        return {words: command}
    return {path: leaf for name in inner for path, leaf in _leaves((*words, name), inner[name]).items()}


ALL_COMMANDS = _commands()


@pytest.mark.parametrize("command", ALL_COMMANDS, ids=" ".join)
def test_every_command_explains_itself_and_every_option_of_it(crossdvp: CommandLine, command: tuple[str, ...]) -> None:
    assert crossdvp(*command, "--help").code == 0
    real = ALL_COMMANDS[command]
    assert len(real.help or "") > 20
    for parameter in real.params:
        assert getattr(parameter, "help", None), parameter.name


@pytest.mark.parametrize("command", ALL_COMMANDS, ids=" ".join)
def test_every_command_takes_json(crossdvp: CommandLine, command: tuple[str, ...]) -> None:
    assert "--json" in crossdvp(*command, "--help").out


@pytest.mark.parametrize("command", [command for command in _commands() if command[0] in {"devnet", "settlement"}])
def test_without_a_devnet_every_command_says_how_to_start_one(crossdvp: CommandLine, command: tuple[str, ...]) -> None:
    if command == ("devnet", "up"):
        return
    takes_none = command[0] == "devnet" or command[1] in {"create", "list", "watch"}
    arguments = () if takes_none else (TRADE_ID,)
    for_people = crossdvp(*command, *arguments)
    assert (for_people.code, for_people.out) == (1, "")
    assert "crossdvp devnet up" in for_people.err
    for_programs = crossdvp(*command, *arguments, "--json")
    assert for_programs.code == 1
    error = for_programs.document()["error"]
    assert (error["reason"], error["blame"]) == ("DEVNET_NOT_RUNNING", "caller")


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("settlement", "nonsense"),
        ("settlement", "show"),
        ("settlement", "create", "--quantity", "x"),
        ("settlement", "create", "--quantity", "0"),
        ("settlement", "create", "--side", "middle"),
        ("settlement", "list", "--size", "501"),
        ("verify", "header"),
        ("verify", "header", "a", "b"),
        ("devnet", "up", "--block-period", "0"),
    ],
    ids=" ".join,
)
def test_misuse_ends_with_2_in_words_or_in_json(crossdvp: CommandLine, arguments: tuple[str, ...]) -> None:
    for_people = crossdvp(*arguments)
    assert for_people.code == 2
    assert len(for_people.err) > 20
    for_programs = crossdvp(*arguments, "--json")
    assert for_programs.code == 2
    error = for_programs.document()["error"]
    assert error["reason"] == "USAGE"
    assert error["message"]


RECORDED = {
    "header": "evm_headers/besu_qbft_e2e_blocks27_28_4vals_with_proofs.json",
    "storage": "evm_proofs/goquorum_ibft1_account_proofs.json",
    "checkpoint": "progmat/checkpoints.json",
    "ledger-tx": "corda/corda_transactions.json",
}


@pytest.mark.parametrize("what", list(RECORDED))
def test_a_recorded_file_holds_and_ends_with_0(crossdvp: CommandLine, what: str) -> None:
    file = str(VECTORS / RECORDED[what])
    for_people = crossdvp("verify", what, file)
    assert (for_people.code, for_people.err) == (0, "")
    assert "holds" in for_people.out
    for_programs = crossdvp("verify", what, file, "--json")
    assert for_programs.code == 0
    assert for_programs.document()["holds"] is True
    assert for_programs.document()["facts"]


def test_a_header_changed_after_it_was_sealed_is_refused_and_ends_with_1(crossdvp: CommandLine, tmp_path: Path) -> None:
    recorded = (VECTORS / "evm_headers/besu_qbft_block7528_4vals_round1.json").read_text()
    header = json.loads(recorded)["header_rlp"]
    forged = header[:200] + ("0" if header[200] != "0" else "1") + header[201:]  # another state root
    file = tmp_path / "forged.json"
    file.write_text(recorded.replace(header, forged))
    ended = crossdvp("verify", "header", str(file), "--json")
    assert ended.code == 1
    assert ended.document()["error"]["reason"] == "VERIFY_REFUSED"


@pytest.mark.parametrize("what", ["header", "storage", "checkpoint", "ledger-tx"])
@pytest.mark.parametrize(
    "content", [b"", b"{", b"null", b"[]", b"{}", b"\xff\xfe", b"5", b'"x"', b"[" * 100_000, b'{"a": NaN}']
)
def test_an_unreadable_file_ends_with_2_and_its_name(
    crossdvp: CommandLine, tmp_path: Path, what: str, content: bytes
) -> None:
    file = tmp_path / "evidence.json"
    file.write_bytes(content)
    ended = crossdvp("verify", what, str(file), "--json")
    assert ended.code == 2
    assert ended.document()["error"]["message"]
    assert crossdvp("verify", what, str(file)).code == 2


@pytest.mark.parametrize("what", ["header", "storage", "checkpoint", "ledger-tx"])
@pytest.mark.parametrize("missing", ["none.json", "."])
def test_a_file_that_cannot_be_opened_ends_with_2(
    crossdvp: CommandLine, tmp_path: Path, what: str, missing: str
) -> None:
    ended = crossdvp("verify", what, str(tmp_path / missing), "--json")
    assert ended.code == 2
    assert ended.document()["error"]["reason"]


def test_a_trade_id_with_markup_in_it_is_text_not_markup(crossdvp: CommandLine, tmp_path: Path) -> None:
    ended = crossdvp("verify", "header", str(tmp_path / "[/bold][red]none.json"))
    assert ended.code == 2
    assert "[/bold][red]none.json" in ended.err.replace("\n", "")


def test_a_defect_is_one_line_for_people_and_a_document_for_programs(
    crossdvp: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("lost")

    monkeypatch.setattr("relayer.cli.settlement.read_state", broken)
    for_people = crossdvp("settlement", "list")
    assert for_people.code == 70
    assert for_people.err.startswith("crossdvp failed: KeyError")
    assert crossdvp("settlement", "list", "--json").document()["error"]["reason"] == "DEFECT"


@given(arguments=st.lists(st.sampled_from(["settlement", "show", "list", "--json", "--size", "-1", "verify", "", "é"])))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_arguments_whatever_lead_to_a_traceback(crossdvp: CommandLine, arguments: list[str]) -> None:
    assert crossdvp(*arguments).code in {0, 1, 2}
