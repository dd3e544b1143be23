"""The pages on security name tests: each must be there, or the page says more than is shown."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PAGES = sorted((TESTS.parent / "docs" / "security").glob("*"))
NAMED = re.compile(
    r"(?:tests/)?(?P<file>[\w/]+\.py)?::(?P<test>test_\w+)|(?:tests/)?(?P<alone>[\w/]+/test_\w+\.py)(?!::)"
)
"""``folder/test_file.py::test_name``, ``::test_name`` of the file named last, or a file alone; from ``tests/`` on."""


@cache
def functions_of(file: str) -> frozenset[str]:
    path = TESTS / file
    return frozenset(re.findall(r"def (test_\w+)\(", path.read_text())) if path.is_file() else frozenset()


def missing(page: str) -> list[str]:
    """What a page names and nobody can run."""
    lost: list[str] = []
    file = ""
    for found in NAMED.finditer(page):
        file = (found["file"] or found["alone"] or file).removeprefix("tests/")
        if not functions_of(file) or (found["test"] and found["test"] not in functions_of(file)):
            lost.append(f"{file}::{found['test'] or ''}")
    return lost


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_every_test_that_a_page_on_security_names_is_there(page: Path) -> None:
    assert missing(page.read_text()) == []


def test_a_test_that_is_gone_is_noticed() -> None:
    here = "unit/test_security_pages.py"
    assert missing(f"`{here}::test_a_test_that_is_gone_is_noticed`, `::test_never_written`") == [
        f"{here}::test_never_written"
    ]
    assert missing("`unit/test_no_such_file.py`") == ["unit/test_no_such_file.py::"]


def test_every_row_of_the_attacks_says_something_in_both_languages() -> None:
    rows = [line for line in (TESTS.parent / "docs/security/attacks.md").read_text().splitlines() if line[:2] == "| "]
    cells = [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows]
    assert len(cells) > 50
    for row in cells:
        assert len(row) == 3
        assert row[0] == "attack" or all("::test_" in cell or "not applicable" in cell for cell in row[1:]), row


def test_an_answer_to_slither_is_more_than_a_word() -> None:
    answers = tomllib.loads((TESTS.parent / "docs/security/slither.toml").read_text())["answer"]
    assert all(len(answer["why"].split()) > 5 for answer in answers)
