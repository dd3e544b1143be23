"""Programs that the fork server starts are processes of their own, and outlive whoever had a part in it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from relayer.devnet import processes
from relayer.devnet.fork_messages import Started
from relayer.devnet.forking import PROGRAMS, Forking
from relayer.devnet.layout import Process
from relayer.devnet.process_facts import started_ticks_of, stat_of
from tests.fakes.forked_program.__main__ import EXIT_CODE

PROGRAM, THREADED = "tests.fakes.forked_program", "tests.fakes.threaded_program"
ROOT = Path(__file__).resolve().parents[3]
STARTER = """
import os, sys
from pathlib import Path
from relayer.devnet.forking import Forking
forking = Forking(frozenset((sys.argv[1],)))
found = forking.start(("-m", *sys.argv[1:]), Path(os.environ["LOG"]))
"""
ADOPTING_STARTER = f"""
import ctypes
assert ctypes.CDLL(None).prctl(36, 1, 0, 0, 0) == 0  # PR_SET_CHILD_SUBREAPER: orphans of ours become children of ours
{STARTER}
forking.close()
print("server ended", flush=True)
print(os.waitstatus_to_exitcode(os.waitpid(found.pid, 0)[1]))
"""
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing is forked")


@pytest.fixture
def forking(monkeypatch: pytest.MonkeyPatch) -> Iterator[Forking]:
    """What starts processes in this test: the fork server, for programs of ours."""
    made = Forking(frozenset((PROGRAM, THREADED)))
    monkeypatch.setattr(processes, "_FORKING", made)
    yield made
    made.close()


def facts_of(file: Path) -> dict[str, Any]:
    processes.wait_until(file.exists, str(file), timeout_s=30)
    found: dict[str, Any] = json.loads(file.read_text())
    return found


def has_ended(pid: int) -> bool:
    return (stat_of(pid) or ("Z", 0))[0] == "Z"


def stopped_server(forking: Forking) -> int:
    """The number of a server that does not answer any more, and has not ended."""
    forking.load((PROGRAM,))
    assert forking.server_pid
    os.kill(forking.server_pid, signal.SIGSTOP)
    return forking.server_pid


def started_by_another(directory: Path) -> Process:
    """A waiting program, forked by a server of a starter that has ended since."""
    arguments = ("-m", PROGRAM, str(directory / "facts"), "wait")
    run = subprocess.run(
        (sys.executable, "-c", STARTER + "print(found.model_dump_json())", *arguments[1:]),
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "LOG": str(directory / "log")},
        check=True,
        timeout=60,
    )
    found = Started.model_validate_json(run.stdout)
    return Process(name="one", pid=found.pid, argv=(sys.executable, *arguments), started_ticks=found.started_ticks)


def wait_for_end(process: Process) -> None:
    processes.wait_until(lambda: not processes.is_alive(process), f"the end of {process.name}", timeout_s=30)


@contextlib.contextmanager
def waiting(directory: Path, name: str = "one") -> Iterator[tuple[Process, dict[str, Any]]]:
    """A program that runs until it is told to end, and its facts."""
    facts = directory / f"{name}.json"
    process = processes.start(directory, name, ("-m", PROGRAM, str(facts), "wait"))
    try:
        yield process, facts_of(facts)
    finally:
        processes.kill(process)


def test_it_has_a_session_arguments_directory_environment_and_log_of_its_own(
    forking: Forking, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forking.load((PROGRAM,))
    # ignored where whoever runs the tests was started so, in a shell's background: a spawned program inherits that, too
    interrupts_are = "SIG_IGN" if signal.getsignal(signal.SIGINT) is signal.SIG_IGN else "default_int_handler"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    monkeypatch.setenv("CROSSDVP_OF_THIS_START", "ja: 円")
    with waiting(tmp_path) as (process, facts):
        assert facts["loaded_by"] == forking.server_pid != process.pid
        assert facts["pid"] == facts["session"] == process.pid
        assert facts["argv"] == list(process.argv[3:])
        assert facts["cwd"] == str(elsewhere)
        assert facts["environment"] == {**os.environ, "SET_WHILE_LOADED": "yes"}
        assert facts["stdin"] == os.devnull
        assert facts["files"] == [0, 1, 2]
        assert facts["handlers"] == ["SIG_DFL", interrupts_are]
        assert facts["collects"]
        assert facts["main"] == f"{PROGRAM}.__main__"
        command = Path(f"/proc/{process.pid}/cmdline").read_bytes().rstrip(b"\0").decode()
        assert command == " ".join(("python", *process.argv[1:]))
        assert process.started_ticks == started_ticks_of(process.pid)
        assert process.started_ticks > 0
    log = (tmp_path / "logs" / "one.log").read_text().splitlines()
    assert log == ["said on standard output", "said on standard error"]


def test_its_log_is_appended_to(forking: Forking, tmp_path: Path) -> None:
    for _ in range(2):
        wait_for_end(processes.start(tmp_path, "one", ("-m", PROGRAM, str(tmp_path / "facts"), "exit")))
    assert (tmp_path / "logs" / "one.log").read_text().count("said at exit") == 2
    assert forking.server_pid


def test_it_ends_as_python_does_with_its_threads_exit_functions_and_traceback(forking: Forking, tmp_path: Path) -> None:
    wait_for_end(processes.start(tmp_path, "exits", ("-m", PROGRAM, str(tmp_path / "facts"), "exit")))
    said = (tmp_path / "logs" / "exits.log").read_text()
    assert said.splitlines()[2:] == ["said by a thread", "said at exit"]
    wait_for_end(processes.start(tmp_path, "raises", ("-m", PROGRAM, str(tmp_path / "facts"), "raise")))
    assert "RuntimeError: said by a traceback" in (tmp_path / "logs" / "raises.log").read_text()
    assert forking.server_pid


def test_its_exit_code_is_the_programs(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    command = (sys.executable, "-c", ADOPTING_STARTER, PROGRAM, str(tmp_path / "facts"), "exit", str(gate))
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, cwd=ROOT, env={**os.environ, "LOG": str(tmp_path / "log")}
    ) as starter:
        assert starter.stdout
        assert starter.stdout.readline() == b"server ended\n"
        gate.touch()
        assert starter.stdout.read().split() == [b"%d" % EXIT_CODE]


def test_it_goes_on_when_its_starter_ends(tmp_path: Path) -> None:
    process = started_by_another(tmp_path)
    facts = facts_of(tmp_path / "facts")
    server = facts["loaded_by"]
    processes.wait_until(lambda: has_ended(server), "the end of the server", timeout_s=30)
    assert processes.is_alive(process)
    processes.stop([process])
    assert not processes.is_alive(process)


def test_it_goes_on_when_the_server_is_killed_and_the_next_start_has_another(forking: Forking, tmp_path: Path) -> None:
    with waiting(tmp_path, "first") as (first, before):
        server = forking.server_pid
        assert server
        os.kill(server, signal.SIGKILL)
        processes.wait_until(lambda: has_ended(server), "the end of the server", timeout_s=30)
        with waiting(tmp_path, "second") as (second, facts):
            assert facts["loaded_by"] == second.pid, "spawned: its own process has loaded it"
        with waiting(tmp_path, "third") as (third, facts):
            assert facts["loaded_by"] == forking.server_pid not in {server, third.pid}
        assert processes.is_alive(first)
        assert before["loaded_by"] == server


def test_a_server_killed_while_it_loads_costs_no_start(forking: Forking, tmp_path: Path) -> None:
    """The start that waits for it is made without it."""
    forking.load((PROGRAM,))
    assert forking.server_pid
    os.kill(forking.server_pid, signal.SIGKILL)
    with waiting(tmp_path) as (process, facts):
        assert facts["pid"] == facts["session"] == facts["loaded_by"] == process.pid


def test_a_server_that_hangs_is_given_up(forking: Forking, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("relayer.devnet.forking.ANSWER_TIMEOUT_S", 0.3)
    server = stopped_server(forking)
    with waiting(tmp_path) as (process, facts):
        assert facts["loaded_by"] == process.pid
    assert has_ended(server)
    assert forking.server_pid is None
    assert (tmp_path / "logs" / "one.log").read_text().count("standard output") == 1


def test_a_start_that_is_interrupted_starts_nothing(forking: Forking, tmp_path: Path) -> None:
    server = stopped_server(forking)
    before = signal.signal(signal.SIGUSR1, signal.default_int_handler)
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGUSR1)).start()
    try:
        with pytest.raises(KeyboardInterrupt):
            processes.start(tmp_path, "one", ("-m", PROGRAM, str(tmp_path / "facts"), "exit"))
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert has_ended(server)
    assert not (tmp_path / "logs" / "one.log").exists()


def test_stopping_and_killing_end_it_and_leave_no_zombie(forking: Forking, tmp_path: Path) -> None:
    with waiting(tmp_path, "stopped") as (stopped, _), waiting(tmp_path, "killed") as (killed, _):
        assert processes.is_alive(stopped)
        assert processes.is_alive(killed)
        processes.stop([stopped])
        processes.kill(killed)
        for each in (stopped, killed):
            wait_for_end(each)
            processes.wait_until(lambda pid=each.pid: stat_of(pid) is None, "reaped", timeout_s=10)  # type: ignore[misc]  # a default binds the loop's value
    assert forking.server_pid


def test_another_process_under_its_number_is_not_it(forking: Forking, tmp_path: Path) -> None:
    with waiting(tmp_path) as (process, _):
        reused = process.model_copy(update={"started_ticks": process.started_ticks - 1})
        assert not processes.is_alive(reused)
        processes.kill(reused)
        processes.stop([reused])
        assert processes.is_alive(process)
    assert forking.server_pid


def test_a_spawned_one_that_ended_is_a_zombie_to_nobody(tmp_path: Path) -> None:
    process = processes.start(tmp_path, "one", ("-c", "pass"))
    processes.wait_until(lambda: (stat_of(process.pid) or ("Z", 0))[0] == "Z", "its end", timeout_s=30)
    assert not processes.is_alive(process)
    assert stat_of(process.pid) is None


@pytest.mark.parametrize("name", ["LD_PRELOAD", "PYTHONHASHSEED", "TZ"])
def test_in_another_environment_it_is_spawned(
    forking: Forking, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with waiting(tmp_path, "before"):
        monkeypatch.setenv(name, {"LD_PRELOAD": "", "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"}[name])
        with waiting(tmp_path, "then") as (process, facts):
            assert facts["loaded_by"] == process.pid != forking.server_pid
            assert facts["environment"][name] == os.environ[name]
        monkeypatch.delenv(name)
        with waiting(tmp_path, "again") as (_, facts):
            assert facts["loaded_by"] == forking.server_pid


def test_what_starts_a_thread_while_it_is_loaded_is_spawned(forking: Forking, tmp_path: Path) -> None:
    wait_for_end(processes.start(tmp_path, "one", ("-m", THREADED)))
    assert (tmp_path / "logs" / "one.log").read_text() == f"ran with {THREADED}.app\n"
    assert forking.server_pid
    with waiting(tmp_path) as (process, facts):  # the thread is in the server for good
        assert facts["loaded_by"] == process.pid


@pytest.mark.parametrize(
    "arguments", [("-c", "print('ran')"), ("-m", "this"), ("-m", "tests.fakes.no_program"), ("-m",)]
)
def test_all_that_is_no_program_of_ours_is_spawned(forking: Forking, tmp_path: Path, arguments: Sequence[str]) -> None:
    wait_for_end(processes.start(tmp_path, "one", arguments))
    assert (tmp_path / "logs" / "one.log").read_text()
    assert forking.server_pid is None


def test_where_threads_cannot_be_counted_all_is_spawned(
    forking: Forking, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relayer.devnet.forking._CAN_FORK", False)
    forking.load((PROGRAM,))
    with waiting(tmp_path) as (process, facts):
        assert facts["loaded_by"] == process.pid
    assert forking.server_pid is None


def test_a_log_that_cannot_be_written_is_told_at_once(forking: Forking, tmp_path: Path) -> None:
    (tmp_path / "logs" / "one.log").mkdir(parents=True)
    with pytest.raises(IsADirectoryError):
        processes.start(tmp_path, "one", ("-m", PROGRAM, str(tmp_path / "facts"), "exit"))
    assert not (tmp_path / "facts").exists()
    assert forking.server_pid


def test_every_program_of_the_devnet_is_loaded_without_a_thread() -> None:
    """One server for all: what forbids forks in one of them would forbid it in all."""
    forking = Forking()
    forking.load(sorted(PROGRAMS))
    try:
        for program in sorted(PROGRAMS):
            assert forking.start(("-m", program, "--help"), Path(os.devnull)), program
    finally:
        forking.close()
