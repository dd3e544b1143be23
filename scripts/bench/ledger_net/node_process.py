"""One node as the real process composes it, with the load's commands on standard input: what benchmarks start.

``CROSSDVP_BENCH_PROFILE=DIRECTORY`` samples the main thread's stack and leaves ``NODE.stacks`` there.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
from collections import Counter
from pathlib import Path
from types import FrameType

import structlog

from chains.progmat.node.app import NodeApp, open_roles
from chains.progmat.node.collector import calm_collector
from chains.progmat.node.config import load_node_config
from chains.progmat.node.roles import RunningRole, Surroundings, VaultRole
from scripts.bench.ledger_net.load import Load

SAMPLE_S = 0.001


class StackSampler:
    """Where the main thread is, at every millisecond of processor time that the process uses.

    A tracing profiler would call a small function ten times as dear as it is; samples cost nothing.
    """

    def __init__(self) -> None:
        self._stacks: Counter[str] = Counter()

    def begin(self) -> None:
        """Begin to sample."""
        signal.signal(signal.SIGPROF, self._sample)
        signal.setitimer(signal.ITIMER_PROF, SAMPLE_S, SAMPLE_S)

    def write(self, file: Path) -> None:
        """Leave one line a stack, outermost first, and how often it was met: what flame graphs are made from."""
        signal.setitimer(signal.ITIMER_PROF, 0)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(f"{stack} {count}\n" for stack, count in self._stacks.most_common()))

    def _sample(self, _signal: int, frame: FrameType | None) -> None:
        names = []
        while frame is not None:
            names.append(f"{Path(frame.f_code.co_filename).name}:{frame.f_code.co_name}")
            frame = frame.f_back
        self._stacks[";".join(reversed(names))] += 1


async def run(config_file: Path) -> None:
    """Start the node, carry out commands until the input ends, stop."""
    config = load_node_config(config_file)
    folder = os.environ.get("CROSSDVP_BENCH_PROFILE")
    sampler = StackSampler() if folder else None
    if sampler:
        sampler.begin()
    load = Load(config.name)

    async def open_loaded(around: Surroundings) -> list[RunningRole]:
        roles = await open_roles(around)
        load.attach(around, next((role for role in roles if isinstance(role, VaultRole)), None))
        return [*roles, load]

    app = NodeApp(config, open_loaded)
    await app.start()
    calm_collector()
    _answer("ready")
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        command = json.loads(line)
        _answer(await load.carry_out(command.pop("do"), command))
    await app.stop()
    if sampler and folder:
        sampler.write(Path(folder) / f"{config.name}.stacks")


def _answer(content: object) -> None:
    sys.stdout.write(json.dumps(content) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    asyncio.run(run(Path(sys.argv[1])))
