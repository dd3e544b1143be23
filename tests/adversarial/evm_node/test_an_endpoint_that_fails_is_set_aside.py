"""Several endpoints of one chain: one that lies, lags or is away costs nobody but itself anything."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from chains.evm.client.block_memory import BlockMemory
from chains.evm.client.endpoint_health import BenchTimes, EndpointState
from chains.evm.client.failover import FailoverRpc
from chains.evm.client.node_check import ExpectedChain, Finality
from chains.evm.client.rpc import EvmRpc
from chains.evm.errors import (
    EvmRequestRefused,
    NodeForked,
    NodeMisbehaved,
    NoHealthyNode,
    WrongChain,
)
from tests.fakes.scripted_node import TRUTH, Refuses, ScriptedChain, ScriptedNode, served

CHAIN_ID = 7


@dataclass
class Clock:
    now_s: float = 1000.0

    def __call__(self) -> float:
        return self.now_s


@dataclass
class Pool:
    rpc: FailoverRpc
    clock: Clock
    nodes: tuple[ScriptedNode, ...]
    memory: BlockMemory

    def states(self) -> list[EndpointState]:
        return [status.health.state for status in self.rpc.status()]

    def reasons(self) -> list[str]:
        return [status.health.reason for status in self.rpc.status()]


@asynccontextmanager
async def pool_of(
    *nodes: ScriptedNode,
    memory: BlockMemory | None = None,
    finality: Finality = Finality.AT_ONCE,
    timeout_s: float = 5.0,
) -> AsyncIterator[Pool]:
    async with AsyncExitStack() as stack:
        for node in nodes:
            await stack.enter_async_context(served(node))
        memory, clock = memory or BlockMemory(), Clock()
        expected = ExpectedChain(CHAIN_ID, max_lag_blocks=3, finality=finality)
        clients = [EvmRpc(node.url, timeout_s) for node in nodes]
        rpc = FailoverRpc(clients, expected, memory, clock, lambda: 0.0, BenchTimes(1.0, 8.0))
        stack.push_async_callback(rpc.close)
        yield Pool(rpc, clock, nodes, memory)


def chain_of(blocks: int) -> ScriptedChain:
    chain = ScriptedChain()
    chain.add(*[0] * blocks)
    return chain


async def test_the_next_endpoint_answers_where_the_first_serves_another_chain() -> None:
    chain = chain_of(5)
    async with pool_of(ScriptedNode(chain, chain_id=8), ScriptedNode(chain)) as pool:
        assert await pool.rpc.block_number() == 5
        assert pool.states() == [EndpointState.BENCHED, EndpointState.HEALTHY]
        assert pool.reasons()[0] == WrongChain.reason
        assert "eth_blockNumber" not in pool.nodes[0].asked


async def test_a_configuration_of_another_chain_alone_is_an_error_at_once() -> None:
    async with pool_of(ScriptedNode(chain_of(5), chain_id=8)) as pool:
        with pytest.raises(WrongChain):
            await pool.rpc.require_some_chain()


async def test_a_chain_with_another_genesis_is_not_believed_later() -> None:
    ours, others = chain_of(5), ScriptedChain("others")
    others.add(*[0] * 9)
    async with pool_of(ScriptedNode(ours), ScriptedNode(others)) as pool:
        await pool.rpc.survey()
        assert pool.reasons() == ["", NodeForked.reason]


async def test_an_endpoint_on_a_fork_of_what_was_read_is_set_aside() -> None:
    ours = chain_of(6)
    fork = ours.fork("fork", 3)
    fork.add(0, 0, 0, 0)
    memory = BlockMemory({0: bytes.fromhex(ours.blocks[0]["hash"][2:]), 5: bytes.fromhex(ours.blocks[5]["hash"][2:])})
    async with pool_of(ScriptedNode(fork), ScriptedNode(ours), memory=memory) as pool:
        assert await pool.rpc.block_number() == 6
        assert pool.reasons()[0] == NodeForked.reason


async def test_a_stale_endpoint_is_passed_over_and_comes_back_when_it_has_caught_up() -> None:
    ours = chain_of(20)
    stale = ScriptedNode(ours.fork("main", 5))
    async with pool_of(stale, ScriptedNode(ours)) as pool:
        await pool.rpc.survey()
        assert pool.reasons() == ["EVM_NODE_BEHIND", ""]
        assert await pool.rpc.block_number() == 20
        stale.chain = ours
        pool.clock.now_s += 2
        await pool.rpc.survey()
        assert pool.states() == [EndpointState.HEALTHY] * 2


async def test_one_that_claims_blocks_nobody_has_does_not_set_the_others_aside() -> None:
    ours, liar = chain_of(10), ScriptedNode(chain_of(10))
    liar.fault = lambda method, _: hex(10**9) if method == "eth_blockNumber" else TRUTH
    async with pool_of(ScriptedNode(ours), ScriptedNode(ours), liar) as pool:
        await pool.rpc.survey()
        assert pool.states()[:2] == [EndpointState.HEALTHY] * 2


async def test_a_restarted_node_that_shows_less_than_was_read_is_waited_for() -> None:
    ours = chain_of(20)
    memory = BlockMemory({20: bytes.fromhex(ours.blocks[20]["hash"][2:])})
    async with pool_of(ScriptedNode(ours.fork("main", 9)), memory=memory) as pool:
        with pytest.raises(Exception, match="newest block 9, but block 20 was seen before"):
            await pool.rpc.block_number()


async def test_a_nonsensical_answer_is_asked_for_elsewhere_and_held_against_the_node() -> None:
    chain = chain_of(5)
    liar = ScriptedNode(chain, fault=lambda method, _: "much" if method == "eth_gasPrice" else TRUTH)
    honest = ScriptedNode(chain, fault=lambda method, _: "0x5" if method == "eth_gasPrice" else TRUTH)
    async with pool_of(liar, honest) as pool:
        assert await pool.rpc.gas_price_wei() == 5
        assert pool.reasons() == [NodeMisbehaved.reason, ""]


async def test_a_refusal_is_the_answer_and_nobody_else_is_asked() -> None:
    def refuses(method: str, _: list[Any]) -> object:
        if method == "eth_gasPrice":
            raise Refuses("not with me")
        return TRUTH

    chain = chain_of(5)
    async with pool_of(ScriptedNode(chain, fault=refuses), ScriptedNode(chain)) as pool:
        with pytest.raises(EvmRequestRefused, match="not with me"):
            await pool.rpc.gas_price_wei()
        assert pool.nodes[1].asked == []
        assert pool.states()[0] is EndpointState.HEALTHY


async def test_a_node_that_limits_requests_is_left_alone_for_as_long_as_it_asks() -> None:
    chain = chain_of(5)
    limited = ScriptedNode(chain, status=429, headers={"Retry-After": "120"})
    async with pool_of(limited, ScriptedNode(chain)) as pool:
        assert await pool.rpc.block_number() == 5
        limited.status = 200
        pool.clock.now_s += 119
        await pool.rpc.survey()
        assert limited.asked == []
        pool.clock.now_s += 2
        await pool.rpc.survey()
        assert pool.states()[0] is EndpointState.HEALTHY


@pytest.mark.parametrize("away", ["cut", "hangs", "broken"])
async def test_half_an_answer_none_or_an_error_page_is_no_answer(away: str) -> None:
    chain = chain_of(5)
    faulty = ScriptedNode(
        chain,
        cut_answers=away == "cut",
        released=asyncio.Event() if away == "hangs" else None,
        status=503 if away == "broken" else 200,
    )
    async with pool_of(faulty, ScriptedNode(chain), timeout_s=0.3) as pool:
        assert await pool.rpc.block_number() == 5
        assert pool.reasons() == ["EVM_NODE_UNAVAILABLE", ""]


async def test_one_that_keeps_failing_is_tried_less_and_less_often() -> None:
    node = ScriptedNode(chain_of(5), status=503)
    async with pool_of(node) as pool:
        pauses = []
        for _ in range(6):
            await pool.rpc.survey()
            pauses.append(pool.rpc.status()[0].health.next_try_s - pool.clock.now_s)
            pool.clock.now_s += pauses[-1]
        assert pauses == [1.0, 2.0, 4.0, 8.0, 8.0, 8.0]


async def test_where_no_endpoint_is_left_the_error_names_each_with_its_reason_and_next_try() -> None:
    async with pool_of(ScriptedNode(chain_of(5), status=503)) as pool:
        await pool.rpc.survey()
        with pytest.raises(NoHealthyNode, match=r"503.*next try in 1\.0 s"):
            await pool.rpc.block_number()


async def test_an_answer_over_a_new_connection_counts_only_after_a_check() -> None:
    """Behind a load balancer, or after a restart, another node may stand at the same address."""
    chain = chain_of(5)
    node = ScriptedNode(chain, fault=lambda method, _: "0x1" if method == "eth_gasPrice" else TRUTH)
    other = ScriptedNode(chain, fault=lambda method, _: "0x2" if method == "eth_gasPrice" else TRUTH)
    async with pool_of(node, other) as pool:
        assert await pool.rpc.gas_price_wei() == 1
        node.chain_id = 8
        assert await pool.rpc.gas_price_wei() == 1  # the connection is the one that was checked
        inner = pool.rpc._endpoints[0].rpc
        await inner.close()
        assert await pool.rpc.gas_price_wei() == 2
        assert pool.reasons()[0] == WrongChain.reason
