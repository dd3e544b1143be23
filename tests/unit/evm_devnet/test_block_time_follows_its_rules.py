from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from chains.evm.devnet.config import ClockMode, MiningMode
from tests.fakes.evm_devnet_world import GENESIS_TIME_S, RICH, DevnetWorld, RpcFailure, TurnableClock, devnet_config


def head_time_s(world: DevnetWorld) -> int:
    return int(world.block("latest")["timestamp"], 16)


def test_a_block_carries_the_wall_clocks_time() -> None:
    world = DevnetWorld()
    world.clock.now_s += 7.9
    world.mine()
    assert head_time_s(world) == GENESIS_TIME_S + 7


def test_time_grows_by_a_second_when_the_clock_stands_still_or_goes_back() -> None:
    world = DevnetWorld()
    world.clock.now_s -= 100
    world.mine(3)
    assert head_time_s(world) == GENESIS_TIME_S + 3


def test_virtual_time_ignores_the_wall_clock() -> None:
    world = DevnetWorld(devnet_config(clock=ClockMode.VIRTUAL, virtual_step_s=5))
    world.clock.now_s += 1000
    world.mine(2)
    assert head_time_s(world) == GENESIS_TIME_S + 10


@pytest.mark.parametrize("clock", list(ClockMode))
def test_time_can_be_moved_ahead(clock: ClockMode) -> None:
    world = DevnetWorld(devnet_config(clock=clock))
    world.rpc("devnet_increaseTime", 3600)
    world.mine()
    first = head_time_s(world)
    world.mine()
    assert GENESIS_TIME_S + 3600 <= first <= GENESIS_TIME_S + 3601
    assert head_time_s(world) == first + 1


def test_the_next_block_can_be_given_an_exact_time_and_later_blocks_follow_it() -> None:
    world = DevnetWorld()
    world.rpc("devnet_setNextTimestamp", GENESIS_TIME_S + 500)
    world.mine(2)
    assert head_time_s(world) == GENESIS_TIME_S + 501
    world.clock.now_s += 10
    world.mine()
    assert head_time_s(world) == GENESIS_TIME_S + 510


def test_time_cannot_be_set_to_the_heads_or_before() -> None:
    world = DevnetWorld()
    with pytest.raises(RpcFailure, match="not after") as failure:
        world.rpc("devnet_setNextTimestamp", GENESIS_TIME_S)
    assert failure.value.code == -32602


class Interval:
    """A producer whose task runs while a test looks at it; the clock moves only when the test says so."""

    def __init__(self) -> None:
        self.clock = TurnableClock()
        self.world = DevnetWorld(devnet_config(mining=MiningMode.INTERVAL), self.clock)
        self.producer = self.world.devnet.producer

    async def settle(self) -> int:
        """Let the producer do what it can at this time and give the height."""
        task = asyncio.create_task(self.producer.run())
        for _ in range(20):
            await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        return int(self.world.rpc("eth_blockNumber"), 16)


async def test_interval_blocks_wait_for_the_wall_clock() -> None:
    interval = Interval()
    assert await interval.settle() == 0
    interval.clock.now_s += 0.99
    assert await interval.settle() == 0
    interval.clock.now_s += 0.01
    assert await interval.settle() == 1
    assert head_time_s(interval.world) == GENESIS_TIME_S + 1


async def test_fast_virtual_blocks_follow_the_period_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()
    ahead_s, real_time = 0.0, loop.time
    monkeypatch.setattr(loop, "time", lambda: real_time() + ahead_s)
    config = devnet_config(mining=MiningMode.INTERVAL, clock=ClockMode.VIRTUAL, block_period_ms=3_600_000)
    world = DevnetWorld(config)
    task = asyncio.create_task(world.devnet.producer.run())
    for height in range(4):
        for _ in range(10):
            await asyncio.sleep(0)
        assert int(world.rpc("eth_blockNumber"), 16) == height
        assert head_time_s(world) == GENESIS_TIME_S + height
        ahead_s += 3600
    task.cancel()


async def test_blocks_missed_while_the_process_slept_are_not_made_up() -> None:
    interval = Interval()
    interval.clock.now_s += 60
    assert await interval.settle() == 1
    assert head_time_s(interval.world) == GENESIS_TIME_S + 60


async def test_a_halted_chain_makes_no_blocks_until_it_resumes() -> None:
    interval = Interval()
    interval.world.rpc("devnet_halt")
    interval.clock.now_s += 10
    assert await interval.settle() == 0
    interval.world.rpc("devnet_resume")
    assert await interval.settle() == 1


async def test_a_halted_chain_still_answers_queues_and_can_be_stepped() -> None:
    world = DevnetWorld(devnet_config(mining=MiningMode.INSTANT))
    assert world.rpc("devnet_halt")["production"] == "halted"
    evm_tx_hash = world.send(RICH, value=1)
    assert world.rpc("eth_getTransactionReceipt", evm_tx_hash) is None
    assert world.rpc("eth_getTransactionByHash", evm_tx_hash)["blockNumber"] is None
    world.mine()
    assert world.rpc("eth_getTransactionReceipt", evm_tx_hash)["status"] == "0x1"


async def test_what_queued_while_halted_is_mined_on_resume() -> None:
    world = DevnetWorld(devnet_config(mining=MiningMode.INSTANT))
    world.rpc("devnet_halt")
    evm_tx_hash = world.send(RICH, value=1)
    world.rpc("devnet_resume")
    assert world.rpc("eth_getTransactionReceipt", evm_tx_hash)["status"] == "0x1"
