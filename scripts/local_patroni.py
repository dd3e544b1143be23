"""Three PostgreSQL servers under Patroni over one etcd on this machine: the set-up of docs/ledger/notary.md, to try.

``python scripts/local_patroni.py FOLDER`` runs one in FOLDER until Ctrl-C and prints its URL. Needs Debian's packages
postgresql, etcd-server, patroni. Not for production: one machine, one etcd, and whoever reaches a port may do anything.
"""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final
from urllib.error import URLError
from urllib.request import urlopen

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.local_postgres import SERVER_USER, PostgresMissing, find_programs, free_port

NODES: Final = ("pg-1", "pg-2", "pg-3")
START_S: Final = 120.0
_EVERY_S: Final = 0.2

_SETTINGS: Final = """
scope: notary
name: {name}
restapi: {{listen: "127.0.0.1:{rest}", connect_address: "127.0.0.1:{rest}"}}
etcd3: {{host: "127.0.0.1:{etcd}"}}
bootstrap:
  dcs:
    ttl: 20
    loop_wait: 5
    retry_timeout: 5
    synchronous_mode: true
    synchronous_mode_strict: true
    synchronous_node_count: 1
    postgresql:
      use_pg_rewind: true
      parameters:
        synchronous_commit: "on"
        fsync: "on"
        full_page_writes: "on"
        wal_log_hints: "on"
  initdb: [encoding: UTF8, auth: trust]
postgresql:
  listen: "127.0.0.1:{port}"
  connect_address: "127.0.0.1:{port}"
  data_dir: "{data}"
  bin_dir: "{programs}"
  pgpass: "{folder}/pgpass"
  parameters: {{unix_socket_directories: "{folder}"}}
  pg_hba:
    - host all all 127.0.0.1/32 trust
    - host replication all 127.0.0.1/32 trust
    - local all all trust
  authentication:
    superuser: {{username: postgres}}
    replication: {{username: replicator}}
    rewind: {{username: postgres}}
"""


class LocalPatroni:
    """Running servers. ``url`` leads to whichever is the primary."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ports = {name: (free_port(), free_port()) for name in NODES}
        self._etcd_port = free_port()
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        hosts = ",".join(f"127.0.0.1:{port}" for port, _ in self._ports.values())
        self.url = f"postgresql://postgres@{hosts}/postgres?target_session_attrs=read-write"

    @classmethod
    def start(cls, folder: Path) -> LocalPatroni:
        """Make everything in ``folder``; raises ``PostgresMissing`` where a program is lacking."""
        programs, etcd, patroni = find_programs(), shutil.which("etcd"), shutil.which("patroni")
        if etcd is None or patroni is None:
            raise PostgresMissing("no Patroni here: install Debian's packages etcd-server and patroni")
        folder.mkdir(parents=True, exist_ok=True)
        _give(folder)
        made = cls(folder)
        try:
            made._start_etcd(etcd)
            for name in NODES:
                made._start_patroni(name, patroni, programs)
            made.until(lambda: len(made.members("running", "streaming")) == len(NODES) and made.standby() is not None)
        except BaseException:
            made.stop()
            raise
        return made

    def stop(self) -> None:
        """End everything; what is in the folder stays."""
        for name in (*NODES, "etcd"):
            process = self._processes.pop(name, None)
            if process is not None:
                process.terminate()
                process.wait()

    def kill(self, name: str) -> None:
        """``kill -9`` of a node, Patroni first and PostgreSQL with it: a machine that is gone."""
        pid = int((self._folder / name / "data" / "postmaster.pid").read_text().split()[0])
        process = self._processes.pop(name)
        process.kill()
        os.kill(pid, signal.SIGKILL)
        process.wait()

    def switch_over(self) -> None:
        """Hand over to the synchronous standby, in good order."""
        command = ["patronictl", "-c", str(self._folder / f"{self.primary()}.yml"), "switchover", "--force"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=_environment())

    def primary(self) -> str | None:
        """The node that takes writes, as Patroni says."""
        return next((name for name, member in self._members().items() if member["role"] == "leader"), None)

    def standby(self) -> str | None:
        """The node without which nothing is committed."""
        return next((name for name, member in self._members().items() if member["role"] == "sync_standby"), None)

    def members(self, *states: str) -> list[str]:
        """The nodes in one of these states."""
        return [name for name, member in self._members().items() if member["state"] in states]

    def until(self, holds: Callable[[], bool], patience_s: float = START_S) -> None:
        """Return when it holds; raises ``TimeoutError``."""
        end_s = time.monotonic() + patience_s
        while not holds():
            if time.monotonic() > end_s:
                raise TimeoutError(f"not after {patience_s:g} s: {self._members()}")
            time.sleep(_EVERY_S)

    def _members(self) -> dict[str, dict[str, str]]:
        for _, rest in self._ports.values():
            with contextlib.suppress(URLError, OSError), urlopen(f"http://127.0.0.1:{rest}/cluster", timeout=2) as said:
                return {member["name"]: member for member in json.load(said)["members"]}
        return {}

    def _start_etcd(self, program: str) -> None:
        client, peer = f"http://127.0.0.1:{self._etcd_port}", f"http://127.0.0.1:{free_port()}"
        options = ("--name=e", f"--data-dir={self._folder}/etcd", f"--initial-cluster=e={peer}")
        urls = (f"--listen-client-urls={client}", f"--advertise-client-urls={client}")
        peers = (f"--listen-peer-urls={peer}", f"--initial-advertise-peer-urls={peer}")
        self._processes["etcd"] = self._started("etcd", program, *options, *urls, *peers)

    def _start_patroni(self, name: str, program: str, programs: Path) -> None:
        port, rest = self._ports[name]
        folder = self._folder / name
        folder.mkdir()
        _give(folder)
        settings = self._folder / f"{name}.yml"
        settings.write_text(
            _SETTINGS.format(
                name=name,
                port=port,
                rest=rest,
                etcd=self._etcd_port,
                data=folder / "data",
                folder=folder,
                programs=programs,
            )
        )
        self._processes[name] = self._started(name, program, str(settings))

    def _started(self, name: str, *command: str) -> subprocess.Popen[bytes]:
        owner = SERVER_USER if os.geteuid() == 0 else None
        with (self._folder / f"{name}.log").open("wb") as log:
            return subprocess.Popen(
                command,
                user=owner,
                group=owner,
                extra_groups=[] if owner else None,
                cwd=self._folder,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )


@contextlib.contextmanager
def temporary_patroni() -> Iterator[LocalPatroni]:
    """Servers in a temporary folder; raises ``PostgresMissing``."""
    folder = Path(tempfile.mkdtemp(prefix="crossdvp-patroni-"))
    try:
        made = LocalPatroni.start(folder)
        try:
            yield made
        finally:
            made.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _environment() -> dict[str, str]:
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}


def _give(folder: Path) -> None:
    folder.chmod(0o700)
    if os.geteuid() == 0:
        owner = pwd.getpwnam(SERVER_USER)
        os.chown(folder, owner.pw_uid, owner.pw_gid)


def main() -> int:
    """Run until a signal ends it."""
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        made = LocalPatroni.start(Path(sys.argv[1]).resolve())
    except PostgresMissing as missing:
        print(missing, file=sys.stderr)
        return 1
    print(made.url, flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
    made.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
