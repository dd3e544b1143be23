"""What every process of this package does at its edges: arguments, logs, signals, and one line for an error.

Exit codes: 0 stopped when asked; 1 could not go on; 2 the configuration, or something it names, cannot be used.
"""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import gc
import logging
import signal
import sys
import traceback
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any, Final, TypeAlias

import structlog

from primitives.errors import CallerError, CrossDvpError
from relayer.rpc_server import Health
from relayer.telemetry.config import LogLevel
from relayer.telemetry.logs import bounded_fields, set_levels

EXIT_ENDED = 0
EXIT_FAILED = 1
EXIT_UNUSABLE = 2
STOP_GRACE_S = 2.0
_NEW_OBJECTS_A_COLLECTION: Final = 10_000
_ARENA_MAX: Final = -8
"""``M_ARENA_MAX`` of glibc's malloc.h."""

Serve: TypeAlias = Callable[[Path, asyncio.Event], Coroutine[Any, Any, None]]
"""Serves what a configuration file describes until the event is set; raises named errors."""


class LogFormat(Enum):
    """How log lines are written to standard error: for people, or one JSON object a line."""

    TEXT = "text"
    JSON = "json"


def run_process(program: str, serve: Serve, arguments: Sequence[str] | None = None) -> int:
    """Run ``serve`` until SIGTERM or SIGINT; returns the exit code. An error is one line, never a traceback."""
    parser = argparse.ArgumentParser(prog=f"python -m {program}")
    parser.add_argument("--config", type=Path, required=True, metavar="FILE.toml")
    parser.add_argument("--log-format", type=LogFormat, default=LogFormat.TEXT, metavar="text|json")
    parser.add_argument(
        "--log-level",
        type=_package_level,
        action="append",
        default=[],
        metavar="PACKAGE=LEVEL",
        help="how much a package says, for example relayer=debug; may be repeated; [telemetry.log_levels] adds to it",
    )
    options = parser.parse_args(arguments)
    configure_logs(options.log_format, dict(options.log_level))
    log = structlog.get_logger(program)
    try:
        asyncio.run(_until_signalled(serve, options.config))
    except CrossDvpError as error:
        log.error("ended", reason=error.reason, error=str(error))  # noqa: TRY400  # the reason says it all
        return EXIT_UNUSABLE if isinstance(error, CallerError) else EXIT_FAILED
    except Exception as defect:  # noqa: BLE001  # the last line of defence of a process
        log.error("defect", **described(defect))  # noqa: TRY400  # a trace would be more than a line
        return EXIT_FAILED
    return EXIT_ENDED


async def _until_signalled(serve: Serve, config_path: Path) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    await serve(config_path, stopping)


def described(defect: BaseException) -> dict[str, str]:
    """A defect in one line: what it is, and the frames where it came up, innermost last."""
    frames = traceback.extract_tb(defect.__traceback__)[-4:]
    where = " > ".join(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames)
    return {"error": f"{type(defect).__name__}: {defect}", "where": where}


def _package_level(text: str) -> tuple[str, LogLevel]:
    package, equals, level = text.partition("=")
    if not equals:
        package, level = "relayer", package
    return package, LogLevel(level.lower())


def configure_logs(log_format: LogFormat, levels: Mapping[str, LogLevel] | None = None) -> None:
    """Everything to standard error: structlog's lines, and those of libraries from WARNING on, or as ``levels`` say."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _one_line_defects,
        bounded_fields,
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if log_format is LogFormat.JSON
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    set_levels(levels or {})
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )


def _one_line_defects(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """``exc_info`` in words: a log line stays a line."""
    found = event.pop("exc_info", None)
    if found is True:
        found = sys.exc_info()[1]
    if isinstance(found, tuple):
        found = found[1]
    if isinstance(found, BaseException):
        event.update({f"defect_{key}": value for key, value in described(found).items()})
    return event


Jobs: TypeAlias = dict[str, Coroutine[Any, Any, None]]
"""What a process does side by side, by name."""


async def run_until_stopped(stopping: asyncio.Event, jobs: Jobs) -> None:
    """Run jobs side by side until ``stopping``; one that raises ends them all, and its error is raised here.

    A job may return early (a relayer that halted): the others go on, so that people can ask what happened.
    """
    tasks = {asyncio.create_task(job, name=name) for name, job in jobs.items()}
    stopped = asyncio.create_task(stopping.wait(), name="stopping")
    running: set[asyncio.Task[Any]] = {*tasks, stopped}
    try:
        while not stopping.is_set():
            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done - {stopped}:
                task.result()
    finally:
        stopping.set()
        await _settled(tasks)
    for task in tasks:
        if not task.cancelled():
            task.result()


async def _settled(tasks: set[asyncio.Task[None]]) -> None:
    """Give jobs, which look at ``stopping`` themselves, a moment to end; cancel what does not."""
    _, late = await asyncio.wait(tasks, timeout=STOP_GRACE_S)
    for task in late:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def report_health(
    stopping: asyncio.Event,
    is_well: Callable[[], bool],
    tell: Callable[[Health], Awaitable[None]],
    interval_s: float,
) -> None:
    """Tell health checks what ``is_well`` says, at each change, until ``stopping``."""
    told: Health | None = None
    while not stopping.is_set():
        health = Health.SERVING if is_well() else Health.NOT_SERVING
        if health is not told:
            await tell(health)
            told = health
        try:
            await asyncio.wait_for(stopping.wait(), interval_s)
        except TimeoutError:
            continue


def keep_what_is_loaded() -> None:
    """Once, when a process has loaded its program: what stays anyway need not be looked through again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS_A_COLLECTION)
    gc.enable()


def share_one_heap() -> None:
    """Once, before there are threads: they hold the interpreter's lock in turn, and need no heap each.

    Each heap keeps what its thread once needed at a time, so that memory grows for hours. Where the C library is not
    glibc, nothing changes.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_ARENA_MAX, 1)
