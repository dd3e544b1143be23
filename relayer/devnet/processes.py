"""Starting, finding and ending the devnet's processes. Each writes its log to a file and survives the starter's end."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from primitives.errors import UnavailableError
from relayer.devnet.forking import Forking
from relayer.devnet.layout import Process
from relayer.devnet.process_facts import started_ticks_of, stat_of

STOP_GRACE_S = 5.0
POLL_S = 0.05
_FORKING: Final = Forking()
atexit.register(_FORKING.close)


class ProcessDied(UnavailableError):
    """A process of the devnet ended while it was being waited for; its log's last lines say why."""

    reason = "DEVNET_PROCESS_DIED"

    def __init__(self, name: str, log: Path) -> None:
        self.name, self.log = name, str(log)
        lines = log.read_text(errors="replace").strip().splitlines()[-5:] if log.exists() else []
        super().__init__(f"{name} ended; see {log}. Its last lines:\n  " + "\n  ".join(lines))


class NotReady(UnavailableError):
    """Something of the devnet did not come up in time."""

    reason = "DEVNET_NOT_READY"

    def __init__(self, what: str, waited_s: float) -> None:
        self.what, self.waited_s = what, waited_s
        super().__init__(f"{what} was not ready after {waited_s:.0f} s: see the logs directory")


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now; all different."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(server.getsockname()[1]) for server in sockets]
    for server in sockets:
        server.close()
    return ports


def load_ahead(programs: Sequence[str]) -> None:
    """Begin to load programs (``chains.progmat.node``), so that their starts are quick; returns at once."""
    _FORKING.load(programs)


def start(directory: Path, name: str, arguments: Sequence[str]) -> Process:
    """Start ``python ARGUMENTS`` in the background, logging to ``logs/NAME.log`` (appended).

    A program of ours is forked from a process that has loaded it already, if there is such; all else is spawned.
    """
    logs = directory / "logs"
    logs.mkdir(exist_ok=True)
    log, argv = logs / f"{name}.log", (sys.executable, *arguments)
    forked = _FORKING.start(arguments, log)
    if forked is not None:
        return Process(name=name, pid=forked.pid, argv=argv, started_ticks=forked.started_ticks)
    pid = _spawn(argv, log)
    return Process(name=name, pid=pid, argv=argv, started_ticks=started_ticks_of(pid) or 0)


def _spawn(argv: tuple[str, ...], log: Path) -> int:
    append = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    files = (
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(log), append, 0o644),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    )
    # A session of its own: an interrupt at the starter's terminal does not reach it.
    return os.posix_spawn(argv[0], argv, os.environ, file_actions=files, setsid=True)


def is_alive(process: Process) -> bool:
    """True while that very process runs: a finished child does not count, nor another one under a reused number."""
    found = stat_of(process.pid)
    if found is None and not Path("/proc/self/stat").exists():
        _reap(process.pid)
        return _answers_signal(process.pid)
    if found is None or found[1] != process.started_ticks:
        return False
    has_ended = found[0] == "Z"
    if has_ended:
        _reap(process.pid)
    return not has_ended


def _reap(pid: int) -> None:
    with contextlib.suppress(ChildProcessError):  # not our child: forked, or started by an earlier command
        os.waitpid(pid, os.WNOHANG)


def _answers_signal(pid: int) -> bool:
    """For systems without /proc."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def stop(processes: Sequence[Process]) -> None:
    """Ask all to end, wait, and kill what is left."""
    for process in processes:
        _signal(process, signal.SIGTERM)
    deadline = time.monotonic() + STOP_GRACE_S
    while any(is_alive(process) for process in processes) and time.monotonic() < deadline:
        time.sleep(POLL_S)
    for process in processes:
        kill(process)


def kill(process: Process) -> None:
    """SIGKILL, now; nothing happens if it is gone."""
    _signal(process, signal.SIGKILL)


def _signal(process: Process, number: signal.Signals) -> None:
    if is_alive(process):
        try:
            os.kill(process.pid, number)
        except ProcessLookupError:
            return


def wait_until(
    ready: Callable[[], bool], what: str, timeout_s: float, process: Process | None = None, logs: Path | None = None
) -> None:
    """Poll until ``ready``. Raises ``NotReady`` in time, ``ProcessDied`` as soon as ``process`` ends."""
    deadline = time.monotonic() + timeout_s
    while not ready():
        if process is not None and logs is not None and not is_alive(process):
            raise ProcessDied(process.name, logs / f"{process.name}.log")
        if time.monotonic() > deadline:
            raise NotReady(what, timeout_s)
        time.sleep(POLL_S)


def accepts_connections(host: str, port: int) -> bool:
    """True when somebody listens there."""
    try:
        with socket.create_connection((host, port), timeout=0.2):
            return True
    except OSError:
        return False
