"""The simulated loop keeps asyncio's promises, has no others, and kills without a last word."""

from __future__ import annotations

import asyncio
import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.simulator.loop import Process, SimulatedLoop, SimulationStalled, simulated_loop


def loop_of(seed: int = 1) -> SimulatedLoop:
    return simulated_loop(random.Random(seed))  # noqa: S311 - repeatable on purpose


def test_time_passes_only_by_timers() -> None:
    loop = loop_of()

    async def sleep_long() -> float:
        await asyncio.sleep(86_400)
        return asyncio.get_running_loop().time()

    assert loop.run(sleep_long()) == 86_400


def test_a_wait_that_nothing_ends_is_noticed() -> None:
    async def wait_for_ever() -> None:
        await asyncio.Event().wait()

    loop = loop_of()
    with pytest.raises(SimulationStalled):
        loop.run(wait_for_ever())
    loop.abandon()


def test_within_a_process_callbacks_keep_their_order_and_between_processes_they_do_not() -> None:
    def order(seed: int) -> list[str]:
        loop, seen = loop_of(seed), []
        processes = [Process(name) for name in "ab"]

        async def work(process: Process) -> None:
            for number in range(5):
                seen.append(f"{process.name}{number}")
                await asyncio.sleep(0)

        async def both() -> None:
            await asyncio.gather(*(loop.spawn(process, work(process)) for process in processes))

        loop.run(both())
        return seen

    orders = [order(seed) for seed in range(20)]
    for name in "ab":
        assert {tuple(step for step in seen if step[0] == name) for seen in orders} == {
            tuple(f"{name}{number}" for number in range(5))
        }
    assert len({tuple(seen) for seen in orders}) > 10


def test_a_killed_process_runs_no_clean_up() -> None:
    loop, said = loop_of(), []
    process = Process("victim")

    async def last_words() -> None:
        try:
            await asyncio.sleep(10)
        finally:
            said.append("finally")

    async def kill() -> None:
        loop.spawn(process, last_words())
        await asyncio.sleep(1)
        loop.kill(process)
        await asyncio.sleep(100)

    loop.run(kill())
    assert said == []
    assert loop.unhandled == []
    loop.abandon()


def test_work_for_threads_is_done_by_nobody_elses_thread_and_one_worker_works_in_order() -> None:
    loop = loop_of()
    done: list[int] = []
    executor = ThreadPoolExecutor(1)

    async def ask() -> set[int]:
        running = asyncio.get_running_loop()
        await asyncio.gather(*(running.run_in_executor(executor, done.append, number) for number in range(20)))
        return {await asyncio.to_thread(threading.get_ident)}

    before = threading.active_count()
    assert loop.run(ask()) == {threading.get_ident()}
    assert done == list(range(20))
    assert threading.active_count() == before


def test_a_failure_in_a_worker_reaches_whoever_waits() -> None:
    async def ask() -> None:
        await asyncio.to_thread(int, "x")

    with pytest.raises(ValueError, match="invalid literal"):
        loop_of().run(ask())
