"""``crossdvp ledger members`` and ``tokens``: what is wrong with their arguments is said before any node is asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from light_clients.progmat import encode_equivocation, equivocation_of
from tests.fakes.equivocations import evidence, some_checkpoint, statement
from tests.fakes.ledger_parties import LEDGER_ID, VALIDATORS
from tests.unit.cli.test_command_line import CommandLine, crossdvp  # noqa: F401 # a fixture

KEY = "04" + "ab" * 32


@pytest.mark.parametrize(
    "arguments",
    [
        ("members", "admit", "cn-a", "--network", "SC"),
        ("members", "admit", "cn-a", "--network", "XX", "--role", "custodian"),
        ("members", "admit", "cn-a", "--network", "SC", "--role", "king"),
        ("members", "suspend", "cn-a"),
        ("tokens", "issue", "ST-1", "0", "--network", "ST", "--to", f"cn-a:{KEY}"),
        ("tokens", "issue", "ST-1", "1", "--network", "SC", "--to", f"cn-a:{KEY}"),
        ("tokens", "move", "ST-1", "1", "--network", "ST", "--to", f"cn-a:{KEY}"),
    ],
    ids=" ".join,
)
def test_misuse_ends_with_2(crossdvp: CommandLine, arguments: tuple[str, ...]) -> None:  # noqa: F811 # the fixture
    assert crossdvp("ledger", *arguments, "--json").code == 2


@pytest.mark.parametrize("account", ["cn-a", "cn-a:xyz", f"cn-a:{KEY[:-2]}", f":{KEY}"])
def test_an_account_that_is_none_is_refused_by_name(crossdvp: CommandLine, account: str) -> None:  # noqa: F811 # the fixture
    ended = crossdvp("ledger", "tokens", "issue", "ST-1", "1", "--network", "ST", "--to", account, "--json")
    assert ended.code == 1
    assert ended.document()["error"]["reason"] == "BAD_ARGUMENT"


@pytest.mark.parametrize(
    "arguments",
    [
        ("members", "list"),
        ("members", "suspend", "cn-a", "--network", "SC"),
        ("tokens", "balances"),
        ("tokens", "trade", "07" * 32),
    ],
    ids=" ".join,
)
def test_without_a_node_to_ask_a_command_says_how_to_name_one(
    crossdvp: CommandLine,  # noqa: F811 # the fixture
    arguments: tuple[str, ...],
) -> None:
    ended = crossdvp("ledger", *arguments, "--json")
    assert ended.code == 1
    assert ended.document()["error"]["reason"] == "NODE_NOT_NAMED"


HONEST = statement(VALIDATORS[0].secret, some_checkpoint(LEDGER_ID))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"not JSON", "BAD_ARGUMENT"),
        (b"[]", "BAD_ARGUMENT"),
        (b'{"equivocation": 5}', "BAD_ARGUMENT"),
        (b'{"equivocation": "xyz"}', "BAD_ARGUMENT"),
        (b'{"equivocation": "00"}', "PROGMAT_MALFORMED"),
        (
            json.dumps({"equivocation": encode_equivocation(equivocation_of(HONEST, HONEST)).hex()}).encode(),
            "PROGMAT_NO_MISBEHAVIOUR",
        ),
        (b" " * 70_000, "UNREADABLE_FILE"),
        (json.dumps({"equivocation": evidence(VALIDATORS[0].secret, LEDGER_ID).hex()}).encode(), "NODE_NOT_NAMED"),
    ],
    ids=["not JSON", "a list", "a number", "no hex", "too short", "one statement twice", "too large", "good"],
)
def test_worthless_evidence_is_refused_before_a_node_is_asked(
    crossdvp: CommandLine,  # noqa: F811 # the fixture
    tmp_path: Path,
    content: bytes,
    reason: str,
) -> None:
    file = tmp_path / "evidence.json"
    file.write_bytes(content)
    ended = crossdvp("ledger", "members", "suspend-validator", str(file), "--json")
    assert (ended.code, ended.document()["error"]["reason"]) == (1, reason)
