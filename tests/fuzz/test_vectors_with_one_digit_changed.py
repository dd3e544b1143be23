"""One hexadecimal digit of a recorded file, changed anywhere: the verifier refuses the file, or cannot read it.

Left out is what no verifier reads, each with the reason why it may not matter.
"""

from __future__ import annotations

import copy
import json
import os
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from relayer.cli.verify.errors import Refused, Unreadable
from relayer.cli.verify.files import VERIFIERS

VECTORS = Path(__file__).parents[1] / "vectors"
DIGITS_A_FILE = 3 * int(os.environ.get("CROSSDVP_FUZZ_EXAMPLES", "30"))
"""`make fuzz` sets more; a number above the file's digits tries every one."""

FILES = {
    "header": sorted((VECTORS / "evm_headers").glob("*.json")),
    "storage": sorted((VECTORS / "evm_proofs").glob("*.json")),
    "ledger-tx": sorted((VECTORS / "corda").glob("corda_*.json")),
    "smt": sorted((VECTORS / "smt").glob("*.json")),
    "checkpoint": [VECTORS / "progmat" / "checkpoints.json"],
}
CASES = [pytest.param(what, path, id=path.stem) for what, paths in FILES.items() for path in paths]
HEXADECIMAL = re.compile(r"0x[0-9a-f]+|[0-9a-f]{16,}")

UNREAD = {
    ".source": "where the record comes from",
    ".trusted.storage_root": "of the trusted block, whose header is not in the file: nothing is proved under it",
    ".trusted.validators": "a starting point is believed; with one of four changed the other three still vouch",
    ".validator_keys": "keys for tests that write vectors; no verifier touches a secret",
}
"""Places, list indexes left out, whose members no verifier is meant to read."""

ABSENT = {
    ".proofs.address": "an absent account's neighbours are absent under the same nodes",
    ".account_non_membership.address": "an absent account's neighbours are absent under the same nodes",
}
"""Places where another value is as true."""


def hexadecimal_places(value: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:  # noqa: ANN401 # JSON
    if isinstance(value, dict):
        for name, member in value.items():
            yield from hexadecimal_places(member, (*place, name))
    elif isinstance(value, list):
        for number, element in enumerate(value):
            yield from hexadecimal_places(element, (*place, number))
    elif isinstance(value, str) and HEXADECIMAL.fullmatch(value):
        yield place, value


def path_of(place: tuple[str | int, ...]) -> str:
    return "".join(f".{step}" for step in place if isinstance(step, str))


def is_told(document: Any, place: tuple[str | int, ...]) -> bool:  # noqa: ANN401 # JSON
    """Whether a verifier is meant to read what stands there."""
    path = path_of(place)
    if any(path == unread or path.startswith(f"{unread}.") for unread in UNREAD):
        return False
    holder = document
    for step in place[:-1]:
        holder = holder[step]
    return path not in ABSENT or (isinstance(holder, dict) and holder.get("exists") is True)


def with_digit(document: Any, place: tuple[str | int, ...], at: int, digit: str) -> Any:  # noqa: ANN401 # JSON
    changed = copy.deepcopy(document)
    holder = changed
    for step in place[:-1]:
        holder = holder[step]
    text = holder[place[-1]]
    holder[place[-1]] = text[:at] + digit + text[at + 1 :]
    return changed


def chosen(document: Any, draw: random.Random) -> list[tuple[tuple[str | int, ...], int]]:  # noqa: ANN401 # JSON
    """Strings and digits in them: of each kind of member one at least, then anywhere in the file."""
    told = [(place, text) for place, text in hexadecimal_places(document) if is_told(document, place)]
    digits = [(place, at) for place, text in told for at in range(2 * text.startswith("0x"), len(text))]
    by_member: dict[str, list[tuple[tuple[str | int, ...], int]]] = {}
    for place, at in digits:
        by_member.setdefault(path_of(place), []).append((place, at))
    one_each = [draw.choice(of_member) for of_member in by_member.values()]
    return one_each + (digits if len(digits) <= DIGITS_A_FILE else draw.sample(digits, DIGITS_A_FILE))


@pytest.mark.parametrize(("what", "path"), CASES)
def test_no_digit_of_a_recorded_file_can_be_changed_unnoticed(what: str, path: Path) -> None:
    document = json.loads(path.read_text())
    draw = random.Random(path.stem)  # noqa: S311 # the same digits each time
    accepted = []
    for place, at in chosen(document, draw):
        holder = document
        for step in place:
            holder = holder[step]
        digit = draw.choice([other for other in "0123456789abcdef" if other != holder[at]])
        try:
            VERIFIERS[what](with_digit(document, place, at, digit))
        except (Refused, Unreadable):
            continue
        accepted.append((place, at, digit))
    assert accepted == []


@pytest.mark.parametrize(("what", "path"), CASES)
def test_what_is_left_out_is_there_and_the_whole_file_holds_without_a_change(what: str, path: Path) -> None:
    document = json.loads(path.read_text())
    assert VERIFIERS[what](document).facts
    assert any(is_told(document, place) for place, _ in hexadecimal_places(document))


def test_no_member_is_left_out_that_no_file_has() -> None:
    documents = [json.loads(path.read_text()) for paths in FILES.values() for path in paths]
    there = {path_of(place) for document in documents for place, _ in hexadecimal_places(document)}
    for left_out in (*UNREAD, *ABSENT):
        assert any(path == left_out or path.startswith(f"{left_out}.") for path in there), left_out
