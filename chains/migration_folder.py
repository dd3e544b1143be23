"""A folder of numbered steps of a database's tables, and running them: what ledger nodes, relayer and gateway share.

``0001_baseline.py`` is revision ``0001``. Who asks at each start only reads the files' names; Alembic, and the steps
themselves, are loaded by the command that runs them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection

_FILE: Final = re.compile(r"(\d{4})_[a-z0-9_]+\.py")


@dataclass(frozen=True)
class MigrationFolder:
    """``scripts`` has Alembic's ``env.py`` and ``script.py.mako``, ``versions`` the steps."""

    scripts: Path
    versions: Path

    def revisions(self) -> tuple[str, ...]:
        """All revisions, oldest first."""
        matches = (_FILE.fullmatch(path.name) for path in self.versions.iterdir())
        return tuple(sorted(match.group(1) for match in matches if match is not None))

    def config(self, connection: Connection, **attributes: object) -> Config:
        """Alembic's configuration, without a file; ``env.py`` finds connection and ``attributes`` in it."""
        from alembic.config import Config  # noqa: PLC0415  # most starts need none

        config = Config()
        config.set_main_option("script_location", str(self.scripts))
        config.set_main_option("version_locations", str(self.versions))
        config.set_main_option("path_separator", "newline")
        config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
        config.attributes.update(attributes, connection=connection)
        return config

    def upgrade(self, connection: Connection, revision: str = "head", **attributes: object) -> None:
        """Bring the tables to a revision, in the caller's transaction: all steps or none."""
        from alembic import command  # noqa: PLC0415  # as above

        command.upgrade(self.config(connection, **attributes), revision)
