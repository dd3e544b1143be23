"""The starter's end of the fork server: one for a process, made when it is first wanted, and never required."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from relayer.devnet.fork_messages import MAX_ANSWER_BYTES, MAX_REQUEST_BYTES, Answer, Load, Start, Started

PROGRAMS: Final = frozenset(
    (
        "chains.evm.devnet",
        "chains.progmat.node",
        "relayer",
        "relayer.enclave",
        "relayer.enclave_operator",
        "relayer.gateway",
    )
)
"""What may be forked: while it is loaded, none of these starts a thread, opens a connection or reads its files."""
ANSWER_TIMEOUT_S: Final = 60.0
END_GRACE_S: Final = 1.0
_CAN_FORK: Final = sys.platform == "linux"  # where the server can count its threads
_OF_ONE_START: Final = ("CROSSDVP_", "PYTEST_CURRENT_TEST")
"""Variables that programs read when they run: every other may have been read by the interpreter or a library."""


class _Server:
    """A running fork server."""

    def __init__(self) -> None:
        self._environment = _lasting(os.environ)
        self._unread = 0
        self._received = b""
        requests, self._requests = os.pipe()
        self._answers, answers = os.pipe()
        try:
            self._process = subprocess.Popen(
                (sys.executable, "-m", "relayer.devnet.fork_server"),
                stdin=requests,
                stdout=answers,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # an interrupt at the starter's terminal does not reach it
            )
        except OSError:
            os.close(self._requests)
            os.close(self._answers)
            raise
        finally:
            os.close(requests)
            os.close(answers)
        self.pid = self._process.pid

    def suits(self, environment: Mapping[str, str]) -> bool:
        """An environment that a fork of it can have."""
        return _lasting(environment) == self._environment

    def tell(self, request: Load | Start) -> None:
        """Send. Raises ``OSError``: the server is gone; ``ValueError``: nothing that can be sent."""
        line = request.line()
        if len(line) > MAX_REQUEST_BYTES:
            raise ValueError("too large")
        left = memoryview(line)
        while left:
            left = left[os.write(self._requests, left) :]
        self._unread += 1

    def ask(self, request: Start) -> Answer:
        """Send, and wait for its own answer behind those to what was told before. Raises as ``tell``."""
        self.tell(request)
        deadline_s = time.monotonic() + ANSWER_TIMEOUT_S
        while True:
            answer = self._read(deadline_s)
            self._unread -= 1
            if not self._unread:
                return answer

    def _read(self, deadline_s: float) -> Answer:
        poll = select.poll()
        poll.register(self._answers, select.POLLIN)
        while b"\n" not in self._received:
            if not poll.poll(max(0.0, deadline_s - time.monotonic()) * 1000):
                raise TimeoutError("the fork server hangs")
            more = os.read(self._answers, MAX_ANSWER_BYTES)
            if not more or len(self._received) > MAX_ANSWER_BYTES:
                raise ConnectionResetError("the fork server ended, or says too much")
            self._received += more
        line, _, self._received = self._received.partition(b"\n")
        try:
            return Answer.model_validate_json(line)
        except ValueError:
            raise ConnectionResetError("the fork server says what it cannot mean") from None

    def close(self) -> None:
        """End it, and wait; what it has forked goes on. It ends by itself unless it is loading, or hangs.

        Killed at once, it might take along what it has just forked and not yet let go.
        """
        os.close(self._requests)
        os.close(self._answers)
        try:
            self._process.wait(END_GRACE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Forking:
    """Starts programs by a fork server, where that can be; threads may share it.

    ``programs``: packages that may be forked. A server that died is replaced at the next start.
    """

    def __init__(self, programs: frozenset[str] = PROGRAMS) -> None:
        self._programs = programs
        self._lock = threading.Lock()
        self._server: _Server | None = None

    @property
    def server_pid(self) -> int | None:
        """The server's process, if there is one."""
        return None if self._server is None else self._server.pid

    def load(self, programs: Sequence[str]) -> None:
        """Begin to load programs; returns at once."""
        if not _CAN_FORK:
            return
        with self._lock, contextlib.suppress(ValueError):
            try:
                self._running().tell(Load(load=tuple(name for name in programs if name in self._programs)))
            except OSError:
                self._give_up()

    def start(self, argv: Sequence[str], log: Path) -> Started | None:
        """Run ``python ARGV`` here and in this environment, logging to a file; None: it must be spawned.

        Waits until what is being loaded is loaded.
        """
        if not _CAN_FORK or len(argv) < 2 or argv[0] != "-m" or argv[1] not in self._programs:
            return None
        environment = dict(os.environ)
        with self._lock:
            try:
                start = Start(
                    program=argv[1],
                    arguments=tuple(argv[2:]),
                    cwd=str(Path.cwd()),
                    environment=environment,
                    log=str(log.absolute()),
                )
                server = self._running()
                return server.ask(start).started if server.suits(environment) else None
            except ValueError:
                return None
            except OSError:
                self._give_up()
                return None
            except BaseException:
                self._give_up()  # it may have been asked: then nobody would know what it starts
                raise

    def close(self) -> None:
        """End the server, if there is one; what it has forked goes on."""
        with self._lock:
            self._give_up()

    def _running(self) -> _Server:
        if self._server is None:
            self._server = _Server()
        return self._server

    def _give_up(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None


def _lasting(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if not name.startswith(_OF_ONE_START)}
