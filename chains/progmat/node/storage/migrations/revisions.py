"""Which revisions there are. A node asks at each start; running them is left to the command that does it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from chains.migration_folder import MigrationFolder

VERSIONS: Final = Path(__file__).parent / "versions"
FOLDER: Final = MigrationFolder(Path(__file__).parent, VERSIONS)


@cache
def known_revisions() -> tuple[str, ...]:
    """All revisions, oldest first."""
    return FOLDER.revisions()


def head_revision() -> str:
    """The newest revision: what this program's tables are at."""
    return known_revisions()[-1]
