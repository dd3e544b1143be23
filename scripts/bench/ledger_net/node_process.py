"""One node as the real process composes it, with the load's commands on standard input: what benchmarks start.

``CROSSDVP_BENCH_PROFILE=DIRECTORY`` profiles every thread by its processor time and leaves one ``.pstats`` a thread.
"""

from __future__ import annotations

import asyncio
import cProfile
import json
import logging
import os
import sys
import threading
import time
from pathlib import Path
from types import FrameType

import structlog

from chains.progmat.node.app import NodeApp, open_roles
from chains.progmat.node.config import load_node_config
from chains.progmat.node.roles import RunningRole, Surroundings, VaultRole
from scripts.bench.ledger_net.load import Load


class Profiles:
    """A profile of every thread started after ``begin``, and of the one that called it."""

    def __init__(self, directory: Path, node: str) -> None:
        self._directory = directory
        self._node = node
        self._of_thread: list[tuple[str, cProfile.Profile]] = []

    def begin(self) -> None:
        """Profile this thread and all later ones."""
        threading.setprofile(self._enter_thread)
        self._enable()

    def write(self) -> None:
        """Leave the files."""
        threading.setprofile(None)
        self._directory.mkdir(parents=True, exist_ok=True)
        for number, (thread, profile) in enumerate(self._of_thread):
            profile.create_stats()
            profile.dump_stats(self._directory / f"{self._node}-{number}-{thread.replace(' ', '_')}.pstats")

    def _enter_thread(self, _frame: FrameType, _event: str, _argument: object) -> None:
        self._enable()

    def _enable(self) -> None:
        profile = cProfile.Profile(time.thread_time)
        self._of_thread.append((threading.current_thread().name, profile))
        profile.enable()


async def run(config_file: Path) -> None:
    """Start the node, carry out commands until the input ends, stop."""
    config = load_node_config(config_file)
    folder = os.environ.get("CROSSDVP_BENCH_PROFILE")
    profiles = Profiles(Path(folder), config.name) if folder else None
    if profiles:
        profiles.begin()
    load = Load(config.name)

    async def open_loaded(around: Surroundings) -> list[RunningRole]:
        roles = await open_roles(around)
        load.attach(around, next((role for role in roles if isinstance(role, VaultRole)), None))
        return [*roles, load]

    app = NodeApp(config, open_loaded)
    await app.start()
    _answer("ready")
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        command = json.loads(line)
        _answer(await load.carry_out(command.pop("do"), command))
    await app.stop()
    if profiles:
        profiles.write()


def _answer(content: object) -> None:
    sys.stdout.write(json.dumps(content) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    asyncio.run(run(Path(sys.argv[1])))
