"""The fork server reads strictly, answers every line in order, and goes on after whatever it was sent."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from relayer.devnet.fork_messages import MAX_REQUEST_BYTES, Answer, Load, Refused, Start

PROGRAM = "tests.fakes.forked_program"
ROOT = Path(__file__).resolve().parents[3]
Server = subprocess.Popen[bytes]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing is forked")


@pytest.fixture
def server() -> Iterator[Server]:
    command = (sys.executable, "-m", "relayer.devnet.fork_server")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as running:
        yield running
        assert running.stdin
        running.stdin.close()
        assert running.wait(timeout=10) == 0, "it ends with its standard input"


def ask(server: Server, line: bytes) -> Answer:
    assert server.stdin
    assert server.stdout
    server.stdin.write(line)
    server.stdin.flush()
    return Answer.model_validate_json(server.stdout.readline())


def start(directory: Path, **changed: object) -> Start:
    asked: dict[str, Any] = {
        "program": PROGRAM,
        "arguments": (str(directory / "facts"), "exit"),
        "cwd": str(directory),
        "environment": {},
        "log": str(directory / "log"),
    }
    return Start.model_validate(asked | changed)


def still_serves(server: Server, directory: Path) -> bool:
    return ask(server, start(directory).line()).started is not None


def with_field(name: str, value: object) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda asked: asked | {name: value}


@pytest.mark.parametrize(
    "changed",
    [
        with_field("cwd", 1),
        with_field("environment", {"A": 1}),
        with_field("environment", ["A"]),
        with_field("arguments", "exit"),
        with_field("arguments", [None]),
        with_field("program", None),
        with_field("more", ""),
        lambda asked: {name: value for name, value in asked.items() if name != "log"},
        lambda _: {"load": [1]},
        lambda _: {"load": PROGRAM},
        lambda _: {},
    ],
)
def test_a_request_of_another_shape_is_refused(
    server: Server, tmp_path: Path, changed: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    line = json.dumps(changed(json.loads(start(tmp_path).line()))).encode() + b"\n"
    assert ask(server, line).refused is Refused.MALFORMED
    assert not (tmp_path / "facts").exists()
    assert still_serves(server, tmp_path)


@pytest.mark.parametrize(
    "line", [b"\n", b"{\n", b"\xff\xfe\n", b"null\n", b"[]\n", b'{"load": ["\\ud800"]}\n', b"\0\n"]
)
def test_what_is_no_request_is_refused(server: Server, tmp_path: Path, line: bytes) -> None:
    assert ask(server, line).refused is Refused.MALFORMED
    assert still_serves(server, tmp_path)


@pytest.mark.parametrize("more", [1, MAX_REQUEST_BYTES, 3 * MAX_REQUEST_BYTES])
def test_a_line_that_is_too_long_is_refused_once(server: Server, tmp_path: Path, more: int) -> None:
    assert ask(server, b" " * (MAX_REQUEST_BYTES - 1 + more) + b"\n").refused is Refused.TOO_LARGE
    assert still_serves(server, tmp_path)


def test_a_line_of_just_the_size_is_read(server: Server, tmp_path: Path) -> None:
    line = Load(load=()).line().rstrip()
    assert ask(server, line + b" " * (MAX_REQUEST_BYTES - 1 - len(line)) + b"\n") == Answer()
    assert still_serves(server, tmp_path)


@pytest.mark.parametrize(
    ("name", "value"),
    [("log", "{directory}"), ("cwd", "{directory}/none"), ("environment", {"A": "\0"}), ("environment", {"A=B": ""})],
)
def test_a_start_that_is_not_possible_starts_nothing(
    server: Server, tmp_path: Path, name: str, value: str | dict[str, str]
) -> None:
    value = value.format(directory=tmp_path) if isinstance(value, str) else value
    assert ask(server, start(tmp_path, **{name: value}).line()).refused is Refused.NOT_STARTABLE
    assert not (tmp_path / "facts").exists()
    assert still_serves(server, tmp_path)


@pytest.mark.parametrize("program", ["tests.fakes.no_program", "json", "", ".", "tests.fakes.forked_program.app"])
def test_what_cannot_be_loaded_is_refused(server: Server, tmp_path: Path, program: str) -> None:
    assert ask(server, Load(load=(program,)).line()).refused is Refused.NOT_LOADABLE
    assert ask(server, start(tmp_path, program=program).line()).refused is Refused.NOT_LOADABLE
    assert still_serves(server, tmp_path)


def test_half_a_request_at_the_end_is_none(tmp_path: Path) -> None:
    command = (sys.executable, "-m", "relayer.devnet.fork_server")
    half = start(tmp_path).line().rstrip(b"\n")
    run = subprocess.run(command, input=half, stdout=subprocess.PIPE, cwd=ROOT, timeout=60, check=True)
    assert run.stdout == b""
    assert not (tmp_path / "facts").exists()
