"""``python -m relayer.devnet.fork_server``: one process that loads the devnet's programs, and forks for each start.

Loading a program takes two seconds of processor time, a fork some milliseconds. A forked program has its own session,
command line (as ``ps`` tells it), directory, environment and log, and ends as a process of its own: what remains of
this one is its loaded modules. It differs from a spawned one in one thing: all that are forked from one server share
one seed of hashes, so that sets of texts have the same order in each.

The server ends when its standard input does. What it has forked goes on, then and also if it is killed.
"""

from __future__ import annotations

import gc
import importlib
import os
import runpy
import shlex
import signal
import socket
import sys
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import BinaryIO, Final

from pydantic import ValidationError
from setproctitle import getproctitle, setproctitle

from relayer.devnet.fork_messages import (
    MAX_REQUEST_BYTES,
    REQUESTS,
    Answer,
    Load,
    Refused,
    Start,
    Started,
)
from relayer.devnet.process_facts import started_ticks_of

EXIT_NOT_STARTED: Final = 127
_GO: Final = b"."
_LOG_FLAGS: Final = os.O_WRONLY | os.O_CREAT | os.O_APPEND


class _Side(Enum):
    SERVER = "server"
    CHILD = "child"


class ForkServer:
    """Reads requests and answers each. ``requests`` and ``answers`` are closed in what is forked."""

    def __init__(self, requests: BinaryIO, answers: BinaryIO) -> None:
        self._requests = requests
        self._answers = answers
        self._loaded: set[str] = set()
        self._environment = dict(os.environ)

    def serve(self) -> Start | None:
        """Until there are no more requests: None. In a forked process: what it has to run."""
        for line in self._lines():
            request = _decoded(line)
            if isinstance(request, Refused):
                self._answer(Answer(refused=request))
            elif isinstance(request, Load):
                self._answer(Answer(refused=self._load(request.load)))
            elif refused := self._load((request.program,)) or _threads():
                self._answer(Answer(refused=refused))
            elif self._fork(request) is _Side.CHILD:
                return request
        return None

    def _lines(self) -> Iterator[bytes | None]:
        """Whole lines; None for one that is too long."""
        while line := self._requests.readline(MAX_REQUEST_BYTES):
            if line.endswith(b"\n"):
                yield line
                continue
            while (rest := self._requests.readline(MAX_REQUEST_BYTES)) and not rest.endswith(b"\n"):
                pass
            if not rest:
                return  # the other end is gone
            yield None

    def _answer(self, answer: Answer) -> None:
        self._answers.write(answer.line())
        self._answers.flush()

    def _load(self, programs: tuple[str, ...]) -> Refused | None:
        for program in programs:
            if program in self._loaded:
                continue
            try:
                importlib.import_module(f"{program}.app")
                importlib.import_module(f"{program}.__main__")
            except Exception:  # noqa: BLE001  # started by itself, the program says in its log what is wrong
                return Refused.NOT_LOADABLE
            del sys.modules[f"{program}.__main__"]  # it will be run, as another module
            self._loaded.add(program)
        gc.freeze()  # no collection in what is forked writes to these objects, and so their memory stays shared
        return None

    def _fork(self, start: Start) -> _Side:
        """The new process runs nothing before its starter knows it: if this server dies now, there is none."""
        sys.stdout.flush()
        sys.stderr.flush()
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if not pid:
            ours.close()
            self._become(start, theirs)
            return _Side.CHILD
        theirs.close()
        with ours:
            ticks = ours.recv(32)
            if not ticks:
                self._answer(Answer(refused=Refused.NOT_STARTABLE))
                return _Side.SERVER
            self._answer(Answer(started=Started(pid=pid, started_ticks=int(ticks))))
            ours.sendall(_GO)
        return _Side.SERVER

    def _become(self, start: Start, server: socket.socket) -> None:
        """In the forked process: all that a spawned one has of its own. Ends the process where that is not possible."""
        try:
            os.setsid()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._requests.close()
            self._answers.close()
            log = os.open(start.log, _LOG_FLAGS, 0o644)
            os.dup2(log, 1)
            os.dup2(log, 2)
            os.close(log)
            os.chdir(start.cwd)
            setproctitle(shlex.join(("python", "-m", start.program, *start.arguments)))
            self._take_environment(start)
            server.sendall(b"%d" % (started_ticks_of(os.getpid()) or 0))
            is_known = server.recv(1) == _GO
            server.close()
        except (OSError, ValueError):
            os._exit(EXIT_NOT_STARTED)
        if not is_known:
            os._exit(EXIT_NOT_STARTED)

    def _take_environment(self, start: Start) -> None:
        """What was asked for, and what the programs have set themselves while they were loaded."""
        own = {name: value for name, value in os.environ.items() if self._environment.get(name) != value}
        os.environ.clear()
        os.environ.update({**start.environment, **own})


def _decoded(line: bytes | None) -> Load | Start | Refused:
    if line is None:
        return Refused.TOO_LARGE
    try:
        return REQUESTS.validate_json(line)
    except ValidationError:
        return Refused.MALFORMED


def _threads() -> Refused | None:
    """Native threads count too. Where nobody tells, there may be any."""
    try:
        return None if len(list(Path("/proc/self/task").iterdir())) == 1 else Refused.HAS_THREADS
    except OSError:
        return Refused.HAS_THREADS


def _own_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Requests and answers, moved to where nothing that is loaded reads or prints."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return requests, answers


def _run(start: Start) -> None:
    """What ``python -m`` does, in this process; exits as the program does."""
    gc.enable()
    sys.argv = [start.program, *start.arguments]
    sys.orig_argv = [sys.executable, "-m", start.program, *start.arguments]
    if not sys.flags.safe_path:
        sys.path[0] = start.cwd
    runpy.run_module(start.program, run_name="__main__", alter_sys=True)


def main() -> None:
    """Serve; in a forked process, run its program."""
    gc.disable()  # while programs are loaded: what is loaded stays
    getproctitle()  # now, since the library finds the place of the command line beside the first environment
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps what ends
    try:
        start = ForkServer(*_own_pipes()).serve()
    except BrokenPipeError:  # the starter is gone
        start = None
    if start is None:
        os._exit(0)  # at once: the programs that are loaded have not run here
    _run(start)


if __name__ == "__main__":
    main()
