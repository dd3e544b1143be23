"""When blocks are made, and how they get their time (see `config` for the rules)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from enum import Enum, auto

from chains.evm.devnet.blocks import Block
from chains.evm.devnet.chain import BlockPlan, DevChain
from chains.evm.devnet.config import ClockMode, DevnetConfig, MiningMode
from chains.evm.devnet.errors import InvalidParams
from chains.evm.devnet.mempool import Mempool, WaitingEvmTx

WallClock = Callable[[], float]
"""Seconds since 1970, with a fraction."""

_log = logging.getLogger(__name__)
# one poll of a wall clock that was moved by hand
_LONGEST_NAP_S = 0.5


class Production(Enum):
    """Whether blocks are made by themselves."""

    RUNNING = auto()
    HALTED = auto()


class BlockProducer:
    """Owns the decision to make a block: period, time, round, halting."""

    def __init__(self, config: DevnetConfig, chain: DevChain, mempool: Mempool, wall_clock: WallClock) -> None:
        self.chain = chain
        self.mempool = mempool
        self.production = Production.RUNNING
        self.round_number = 0
        self._config = config
        self._wall_clock = wall_clock
        self._time_offset_s = 0
        self._next_timestamp_s: int | None = None
        self._changed = asyncio.Event()

    def accept(self, raw: bytes) -> WaitingEvmTx:
        """Queue a raw transaction; with instant mining it is in a block when this returns."""
        waiting = self.mempool.add(raw, self.chain.state_after(self.chain.head))
        if self._config.mining is MiningMode.INSTANT and self.production is Production.RUNNING:
            self.produce()
        return waiting

    def produce(self) -> Block:
        """Make one block now, even while halted: stepping by hand is how a halted chain is examined."""
        head = self.chain.head
        state = self.chain.state_after(head)
        plan = BlockPlan(self._timestamp_after(head.timestamp), self.round_number, self.mempool.candidates(state))
        produced = self.chain.produce(plan)
        self._next_timestamp_s = None
        for evm_tx in produced.block.body.evm_txs:
            self.mempool.remove(evm_tx.hash)
        for rejected in produced.rejected:
            _log.warning("dropped transaction 0x%s: %s", rejected.evm_tx_hash.hex(), rejected.why)
            self.mempool.remove(rejected.evm_tx_hash)
        self.mempool.drop_used_nonces(self.chain.state_after(produced.block.header))
        self._changed.set()
        return produced.block

    def halt(self) -> None:
        """Stop making blocks by itself; transactions keep queueing."""
        self.production = Production.HALTED
        self._changed.set()

    def resume(self) -> None:
        """Make blocks again."""
        self.production = Production.RUNNING
        self._changed.set()
        if self._config.mining is MiningMode.INSTANT and len(self.mempool):
            self.produce()

    def set_round(self, round_number: int) -> None:
        """Seal the blocks from now on in a later round, as if proposers had failed."""
        self.round_number = round_number

    def increase_time(self, seconds: int) -> int:
        """Move the chain's clock ahead of the wall clock; returns the whole offset in seconds."""
        self._time_offset_s += seconds
        if self._config.clock is ClockMode.VIRTUAL:
            self._next_timestamp_s = self._timestamp_after(self.chain.head.timestamp) + seconds
        self._changed.set()
        return self._time_offset_s

    def set_next_timestamp(self, timestamp_s: int) -> None:
        """Give the next block exactly this time, and move the chain's clock there if that is ahead of it.

        Raises `InvalidParams` unless it is after the head.
        """
        head_time_s = self.chain.head.timestamp
        if timestamp_s <= head_time_s:
            raise InvalidParams(f"timestamp {timestamp_s} is not after the head's {head_time_s}")
        self._next_timestamp_s = timestamp_s
        self._time_offset_s += max(0, timestamp_s - int(self._now_s()))
        self._changed.set()

    async def run(self) -> None:
        """Make a block each period until cancelled (interval mining only; otherwise returns at once)."""
        if self._config.mining is not MiningMode.INTERVAL:
            return
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + self._config.block_period_ms / 1000
        while True:
            if self.production is Production.HALTED:
                await self._pause(None)
                deadline_s = loop.time()
                continue
            wait_s = self._until_due(deadline_s - loop.time())
            if wait_s > 0:
                await self._pause(wait_s)
                continue
            self.produce()
            deadline_s = max(deadline_s + self._config.block_period_ms / 1000, loop.time())

    def _until_due(self, until_deadline_s: float) -> float:
        """Seconds to the next block: by the wall clock when blocks carry its time, else by the period alone."""
        if self._config.clock is ClockMode.VIRTUAL:
            return until_deadline_s
        due_s = self.chain.head.timestamp + self._config.block_period_ms // 1000
        return min(due_s - self._now_s(), _LONGEST_NAP_S)

    async def _pause(self, longest_s: float | None) -> None:
        self._changed.clear()
        try:
            async with asyncio.timeout(longest_s):
                await self._changed.wait()
        except TimeoutError:
            return

    def _now_s(self) -> float:
        return self._wall_clock() + self._time_offset_s

    def _timestamp_after(self, parent_time_s: int) -> int:
        if self._next_timestamp_s is not None:
            return self._next_timestamp_s
        if self._config.clock is ClockMode.VIRTUAL:
            return parent_time_s + self._config.virtual_step_s
        return max(parent_time_s + 1, int(self._now_s()))
