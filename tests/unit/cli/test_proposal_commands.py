"""``crossdvp ledger network propose|vote|close``: what is wrong with arguments is said before any node is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.test_command_line import CommandLine, crossdvp  # noqa: F401 # a fixture

HASH = "ab" * 32


@pytest.mark.parametrize(
    "arguments",
    [
        ("propose", "--package", HASH, "--network", "SC", "--closes", "2026-12-01T00:00:00"),
        ("propose", "--package", HASH, "--description", "x", "--network", "XX", "--closes", "2026-12-01T00:00:00"),
        ("propose", "--package", HASH, "--description", "x", "--network", "SC", "--closes", "soon"),
        ("vote", HASH),
        ("vote", HASH, "perhaps"),
        ("close",),
        ("proposals", "--limit", "101"),
    ],
    ids=" ".join,
)
def test_misuse_ends_with_2(crossdvp: CommandLine, arguments: tuple[str, ...]) -> None:  # noqa: F811 # the fixture
    assert crossdvp("ledger", "network", *arguments, "--json").code == 2


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("vote", "xyz", "for"), "BAD_ARGUMENT"),
        (("vote", "abcd", "for"), "INVALID_REQUEST"),
        (("close", "abcd"), "INVALID_REQUEST"),
        (("proposals",), "NODE_NOT_NAMED"),
        (("vote", HASH, "for"), "NODE_NOT_NAMED"),
    ],
    ids=str,
)
def test_what_is_wrong_is_named(
    crossdvp: CommandLine,  # noqa: F811 # the fixture
    arguments: tuple[str, ...],
    reason: str,
) -> None:
    ended = crossdvp("ledger", "network", *arguments, "--json")
    assert ended.code == 1
    assert ended.document()["error"]["reason"] == reason


def test_a_description_that_is_not_there_is_named(crossdvp: CommandLine, tmp_path: Path) -> None:  # noqa: F811 # the fixture
    options = ("--package", HASH, "--description", str(tmp_path / "none"), "--network", "SC")
    ended = crossdvp("ledger", "network", "propose", *options, "--closes", "2026-12-01T00:00:00", "--json")
    assert (ended.code, ended.document()["error"]["reason"]) == (1, "UNUSABLE_FILE")
