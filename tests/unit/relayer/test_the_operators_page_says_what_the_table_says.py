"""docs/relayer/operating.md tells the classes of answers as the program has them."""

from __future__ import annotations

import re
from pathlib import Path

from relayer.core.retry import RETRY_RULES

PAGE = Path(__file__).parents[3] / "docs" / "relayer" / "operating.md"


def test_every_class_of_the_page_has_the_tables_pauses_and_number() -> None:
    rows = dict(re.findall(r"^\| ([a-z_]+) \| [^|]+ \| ([^|]+ \| [^|]+) \|$", PAGE.read_text(), re.MULTILINE))
    rows.pop("class", None)
    assert rows == {
        each.value: f"{rule.first_s:g} s, {rule.cap_s:g} s | {rule.poison_after or 'never'}"
        for each, rule in RETRY_RULES.items()
    }
