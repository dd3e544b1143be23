"""Makes the next step of a database's tables from what they now say: ``scripts/gen_migration.py PROGRAM NAME``.

PROGRAM is ``node``, ``relayer`` or ``gateway``. Compares the tables after all present steps with the program's tables
and writes what differs into ``NNNN_NAME.py`` in the program's folder of migrations. Read it before you commit it:
Alembic sees no changed CHECK and no renaming. ``--baseline`` for a name throws all steps away and writes one that makes
everything: only before the first release. A node's steps are counted; the number of a relayer's or gateway's newest
step is the ``SCHEMA_VERSION`` beside its tables.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from alembic import command

from chains.migration_folder import MigrationFolder
from chains.progmat.node.storage.engine import Access, sqlite_engine
from chains.progmat.node.storage.migrations.revisions import FOLDER
from relayer.database import Database, bare_connection
from relayer.gateway.store import GatewayStore
from relayer.migrations.running import folder_of
from relayer.store import RelayerStore


@dataclass(frozen=True)
class Program:
    """Where a program's steps are, what Alembic is told of its tables, and the number of the step to be made."""

    folder: MigrationFolder
    attributes: dict[str, Any]
    number: int


def _over(program: str, database: Database) -> Program:
    return Program(folder_of(program), {"metadata": database.metadata}, database.schema_version)


PROGRAMS: Final = {
    "node": lambda: Program(FOLDER, {}, len(FOLDER.revisions()) + 1),
    "relayer": lambda: _over("relayer", RelayerStore(None).database),
    "gateway": lambda: _over("gateway", GatewayStore(None).database),
}


def main() -> int:
    """Write the file; returns the exit code."""
    arguments = sys.argv[1:]
    if len(arguments) != 2 or arguments[0] not in PROGRAMS:
        print(__doc__, file=sys.stderr)
        return 2
    name, program = arguments[1], PROGRAMS[arguments[0]]()
    if name == "--baseline":
        name = "baseline"
        for old in program.folder.versions.glob("[0-9]*.py"):
            old.unlink()
        program = PROGRAMS[arguments[0]]()
    number, known = f"{program.number:04d}", program.folder.revisions()
    if number in known:
        print(f"there is a step {number}: raise SCHEMA_VERSION beside the tables first", file=sys.stderr)
        return 2
    with _fresh_connection(arguments[0]) as connection:
        if known:
            program.folder.upgrade(connection, **program.attributes)
        config = program.folder.config(connection, **program.attributes)
        command.revision(config, message=name, autogenerate=True, rev_id=number)
    written = program.folder.versions / f"{number}_{name}.py"
    lines = written.read_text().splitlines(keepends=True)
    written.write_text("".join(line for line in lines if not line.lstrip().startswith("# ###")))
    subprocess.run([sys.executable, "-m", "ruff", "check", "--fix", "--select", "I,F", "--quiet", written], check=False)
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", written], check=True)
    if not known and arguments[0] == "node":  # a baseline is as long as there are tables
        title, rest = written.read_text().split("\n", 1)
        written.write_text(f"{title}\n# ruff: noqa: PLR0915  # one statement a table\n{rest}")
    print(f"{written.relative_to(Path.cwd())}: read it, then run the tests of migrations")
    return 0


@contextmanager
def _fresh_connection(program: str) -> Iterator[sa.Connection]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "now.sqlite3"
        if program != "node":
            with bare_connection(file) as connection:
                yield connection
            return
        with sqlite_engine(file, Access.WRITE).connect() as connection, connection.begin():
            yield connection


if __name__ == "__main__":
    sys.exit(main())
