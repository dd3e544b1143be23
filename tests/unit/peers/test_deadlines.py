"""One timer, and yet everybody waits as long as he said."""

from __future__ import annotations

import asyncio

import pytest

from chains.progmat.node.peers.deadlines import Deadlines

SOON_S = 0.01
HOUR_S = 3600.0


async def test_who_has_waited_long_enough_hears_of_it_and_nobody_else() -> None:
    loop, deadlines = asyncio.get_running_loop(), Deadlines()
    patient, first, second, answered, gone = (loop.create_future() for _ in range(5))
    deadlines.add(patient, loop.time() + HOUR_S)
    for waiter in (second, first, answered, gone):
        deadlines.add(waiter, loop.time() + (2 * SOON_S if waiter is second else SOON_S))
    answered.set_result("in time")
    deadlines.remove(gone)
    for waiter in (first, second):
        with pytest.raises(TimeoutError):
            await waiter
    assert await answered == "in time"
    assert not patient.done()
    assert not gone.done()
    deadlines.stop()


async def test_who_comes_after_the_timer_was_set_is_not_forgotten() -> None:
    loop, deadlines = asyncio.get_running_loop(), Deadlines()
    answered, later = loop.create_future(), loop.create_future()
    deadlines.add(answered, loop.time() + SOON_S)
    deadlines.remove(answered)
    deadlines.add(later, loop.time() + 2 * SOON_S)
    with pytest.raises(TimeoutError):
        await later
    again = loop.create_future()
    deadlines.add(again, loop.time() + SOON_S)
    with pytest.raises(TimeoutError):
        await again


async def test_nobody_hears_of_it_after_the_end() -> None:
    loop, deadlines = asyncio.get_running_loop(), Deadlines()
    waiter = loop.create_future()
    deadlines.add(waiter, loop.time())
    deadlines.stop()
    await asyncio.sleep(SOON_S)
    assert not waiter.done()
