"""Makes the next step of the nodes' database schema from what the tables now say: ``scripts/gen_migration.py NAME``.

Compares the tables after all present steps with the program's tables and writes what differs into
``chains/progmat/node/storage/migrations/versions/NNNN_NAME.py``. Read it before you commit it: Alembic sees no changed
CHECK and no renaming. ``--baseline`` throws all steps away and writes one that makes everything: only before the first
release.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from alembic import command

from chains.progmat.node.storage.engine import Access, sqlite_engine
from chains.progmat.node.storage.migrations.revisions import VERSIONS, known_revisions
from chains.progmat.node.storage.migrations.running import alembic_config, upgrade


def main() -> int:
    """Write the file; returns the exit code."""
    arguments = sys.argv[1:]
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    name = arguments[0]
    if name == "--baseline":
        name = "baseline"
        for old in VERSIONS.glob("[0-9]*.py"):
            old.unlink()
    known_revisions.cache_clear()
    number = f"{len(known_revisions()) + 1:04d}"
    with tempfile.TemporaryDirectory() as folder:
        engine = sqlite_engine(Path(folder) / "now.sqlite3", Access.WRITE)
        with engine.connect() as connection:
            if known_revisions():
                with connection.begin():
                    upgrade(connection)
            config = alembic_config(connection)
            command.revision(config, message=name, autogenerate=True, rev_id=number)
    written = VERSIONS / f"{number}_{name}.py"
    lines = written.read_text().splitlines(keepends=True)
    written.write_text("".join(line for line in lines if not line.lstrip().startswith("# ###")))
    subprocess.run([sys.executable, "-m", "ruff", "check", "--fix", "--select", "I,F", "--quiet", written], check=False)
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", written], check=True)
    if len(known_revisions()) == 0:  # a baseline is as long as there are tables
        title, rest = written.read_text().split("\n", 1)
        written.write_text(f"{title}\n# ruff: noqa: PLR0915  # one statement a table\n{rest}")
    print(f"{written.relative_to(Path.cwd())}: read it, then run the tests of migrations")
    return 0


if __name__ == "__main__":
    sys.exit(main())
