"""Which revisions there are, read off the files' names: ``0001_baseline.py`` is revision ``0001``.

A node asks at each start; loading the migrations themselves, and Alembic, is left to the command that runs them.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Final

VERSIONS: Final = Path(__file__).parent / "versions"
_FILE: Final = re.compile(r"(\d{4})_[a-z0-9_]+\.py")


@cache
def known_revisions() -> tuple[str, ...]:
    """All revisions, oldest first."""
    matches = (_FILE.fullmatch(path.name) for path in VERSIONS.iterdir())
    return tuple(sorted(match.group(1) for match in matches if match is not None))


def head_revision() -> str:
    """The newest revision: what this program's tables are at."""
    return known_revisions()[-1]
