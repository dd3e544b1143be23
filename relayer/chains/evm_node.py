"""Opening the configured endpoints of an EVM chain: the right chain, or a named error."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from chains.evm.client.block_memory import BlockMemory
from chains.evm.client.endpoint_health import BenchTimes
from chains.evm.client.failover import FailoverRpc
from chains.evm.client.node_check import ExpectedChain
from chains.evm.client.rpc import EvmRpc
from chains.evm.client.transport import DEFAULT_TIMEOUT_S


@dataclass(frozen=True)
class NodeSettings:
    """Endpoints in the order of preference, what they must serve, and how patient we are with them."""

    urls: tuple[str, ...]
    expected: ExpectedChain
    timeout_s: float = DEFAULT_TIMEOUT_S
    survey_interval_s: float = 10.0
    times: BenchTimes = field(default_factory=BenchTimes)


@asynccontextmanager
async def opened_evm_node(settings: NodeSettings, memory: BlockMemory | None = None) -> AsyncIterator[FailoverRpc]:
    """The chain behind the endpoints; they are surveyed for as long as it is open.

    ``memory``: what was read before, by default nothing. Raises ``WrongChain`` if every endpoint serves another
    chain; those that do not answer yet are left to their next try.
    """
    nodes = [EvmRpc(url, settings.timeout_s) for url in settings.urls]
    rpc = FailoverRpc(nodes, settings.expected, memory or BlockMemory(), time.time, random.random, settings.times)
    try:
        await rpc.require_some_chain()
        surveying = asyncio.create_task(_survey(rpc, settings.survey_interval_s))
        try:
            yield rpc
        finally:
            surveying.cancel()
            with suppress(asyncio.CancelledError):
                await surveying
    finally:
        await rpc.close()


async def _survey(rpc: FailoverRpc, interval_s: float) -> None:
    while True:
        await asyncio.sleep(interval_s)
        await rpc.survey()
