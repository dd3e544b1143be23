"""A PostgreSQL server of one's own, on a free port of this machine, for tests and benchmarks; gone when it is stopped.

``python scripts/local_postgres.py FOLDER`` runs one in FOLDER until Ctrl-C and prints its URL. Not for production:
whoever reaches the port may do everything.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql

SERVER_USER = "postgres"  # the server refuses to run as root
START_TIMEOUT_S = 30
_numbers = count(1)


class PostgresMissing(Exception):  # named after what is the matter
    """The server's programs are not on this machine; the message says how to get them."""


class LocalPostgres:
    """A running server. ``url`` is that of its empty database; ``fresh_database`` makes another one."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder = folder
        self.port = port
        self.url = self._url_of("postgres")

    @classmethod
    def start(cls, folder: Path) -> LocalPostgres:
        """Make a cluster in ``folder`` unless one is there, and start it; raises ``PostgresMissing``."""
        programs = find_programs()
        owner = SERVER_USER if os.geteuid() == 0 else None
        folder.mkdir(parents=True, exist_ok=True)
        if owner is not None:
            uid = pwd.getpwnam(owner)
            os.chown(folder, uid.pw_uid, uid.pw_gid)
        data = folder / "data"
        if not (data / "PG_VERSION").exists():
            _run(owner, programs / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--encoding=UTF8")
        server = cls(folder, free_port())
        server.start_again()
        return server

    @property
    def pid(self) -> int:
        """The server's first process; it has a child for each session."""
        return int((self._folder / "data" / "postmaster.pid").read_text().split()[0])

    def start_again(self) -> None:
        """Start it after ``stop``, on the same port."""
        owner = SERVER_USER if os.geteuid() == 0 else None
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=64"
        paths = ("-D", self._folder / "data", "-l", self._folder / "server.log")
        _run(owner, find_programs() / "pg_ctl", *paths, "-o", options, "-w", "-t", START_TIMEOUT_S, "start")

    def stop(self, mode: str = "fast") -> None:
        """End it; ``mode="immediate"`` is a crash."""
        owner = SERVER_USER if os.geteuid() == 0 else None
        _run(owner, find_programs() / "pg_ctl", "-D", self._folder / "data", "-m", mode, "-w", "stop")

    def fresh_database(self) -> str:
        """The URL of a new, empty database."""
        name = f"fresh_{os.getpid()}_{next(_numbers)}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self._url_of(name)

    def _url_of(self, database: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"


@contextlib.contextmanager
def temporary_postgres() -> Iterator[LocalPostgres]:
    """A server in a temporary folder; raises ``PostgresMissing``."""
    folder = Path(tempfile.mkdtemp(prefix="crossdvp-postgres-"))
    try:
        server = LocalPostgres.start(folder)
        try:
            yield server
        finally:
            server.stop("immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def find_programs() -> Path:
    """The folder of ``initdb`` and ``pg_ctl``: on the path, or where Debian keeps them; raises ``PostgresMissing``."""
    on_path = shutil.which("initdb")
    candidates = [Path(on_path).resolve().parent] if on_path else []
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in candidates:
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    raise PostgresMissing("no PostgreSQL server programs here: install Debian's package postgresql, or set its path")


def _run(owner: str | None, *command: object) -> None:
    done = subprocess.run(
        [str(part) for part in command],
        check=False,
        user=owner,
        group=owner,
        extra_groups=[] if owner else None,
        cwd=tempfile.gettempdir(),
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if "start" not in command else subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed with {done.returncode}: {done.stdout}")


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def main() -> int:
    """Run a server until a signal ends it."""
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        server = LocalPostgres.start(Path(sys.argv[1]).resolve())
    except PostgresMissing as missing:
        print(missing, file=sys.stderr)
        return 1
    print(server.url, flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
    server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
