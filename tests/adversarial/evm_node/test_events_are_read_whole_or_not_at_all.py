"""A node that leaves events out, refuses ranges, or changes its mind: no event is lost, none is read for another."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chains.evm.client.block_memory import MOST_PAIRS, BlockMemory
from chains.evm.client.head_feed import HeadFeed
from chains.evm.client.node_types import EvmLog
from chains.evm.client.rpc import EvmRpc
from chains.evm.client.transport import MAX_ANSWER_BYTES
from chains.evm.errors import AnswerTooLarge, ChainReorganised, NodeBehind, NodeForked, NodeMisbehaved
from relayer.chains.evm_events import ReadingSettings, RouterLogs
from tests.fakes.scripted_node import ROUTER, TOPIC, TRUTH, Refuses, ScriptedChain, ScriptedNode, committed, served


@dataclass
class Reader:
    node: ScriptedNode
    logs: RouterLogs
    memory: BlockMemory
    cursor: int = 0

    async def read(self) -> list[EvmLog]:
        """Everything up to the head, as the path reads: page after page from the stored cursor."""
        found: list[EvmLog] = []
        while True:
            newest = self.memory.newest()
            page = await self.logs.page(self.cursor, 0)
            assert page.next_cursor >= self.cursor
            found += page.logs
            if page.next_cursor == self.cursor and self.memory.newest() == newest:
                return found
            self.cursor = page.next_cursor


@asynccontextmanager
async def reader_of(
    chain: ScriptedChain, confirmations: int = 0, page_blocks: int = 1000, feed: HeadFeed | None = None
) -> AsyncIterator[Reader]:
    async with served(ScriptedNode(chain)) as node, EvmRpc(node.url) as rpc:
        memory = BlockMemory()
        reading = ReadingSettings(confirmations, page_blocks)
        yield Reader(node, RouterLogs(rpc, ROUTER, (TOPIC,), memory, reading, feed), memory)


def chain_of(*events: int) -> ScriptedChain:
    chain = ScriptedChain()
    chain.add(*events)
    return chain


def expected(chain: ScriptedChain, to: int | None = None) -> list[EvmLog]:
    return [log for height, logs in chain.logs.items() if to is None or height <= to for log in logs]


async def test_a_range_with_too_many_results_is_read_in_halves() -> None:
    chain = chain_of(*[1] * 40)

    def at_most_five_blocks(method: str, params: list[Any]) -> object:
        if method == "eth_getLogs" and int(params[0]["toBlock"], 16) - int(params[0]["fromBlock"], 16) >= 5:
            raise Refuses("query returned more than 10000 results")
        return TRUTH

    async with reader_of(chain) as reader:
        reader.node.fault = at_most_five_blocks
        assert await reader.read() == expected(chain)


def first_of(reader: Reader, count: int) -> None:
    """The node gives only the first so many events, and says nothing about it."""

    def fault(method: str, params: list[Any]) -> object:
        if method != "eth_getLogs":
            return TRUTH
        return reader.node._truth(method, params)[:count]

    reader.node.fault = fault


@pytest.mark.parametrize("given_events", [0, 1, 3, 4])
async def test_events_left_out_without_a_word_are_found_by_bloom_and_receipts(given_events: int) -> None:
    async with reader_of(chain_of(2, 0, 2, 0, 1)) as reader:
        first_of(reader, given_events)
        with pytest.raises(NodeMisbehaved, match="events of block"):
            await reader.read()
        assert reader.cursor == 0
        reader.node.fault = None
        assert len(await reader.read()) == 5


async def test_a_bloom_that_is_true_by_chance_is_no_accusation() -> None:
    """Another contract's events may set the same bits: the receipts make up the root, and none is the router's."""
    chain = chain_of(0)
    chain.add(1)
    (log,) = chain.logs[2]
    chain.logs[2] = [EvmLog(b"\x99" * 20, log.topics, log.data, 2, log.block_hash, log.evm_tx_hash, 0)]

    def of_others(method: str, _: list[Any]) -> object:
        return [] if method == "eth_getLogs" else TRUTH

    async with reader_of(chain) as reader:
        reader.node.fault = of_others
        with pytest.raises(NodeMisbehaved, match="receipts root"):
            await reader.read()  # the header was made for the router's event
        both = [*chain.logs[2], EvmLog(ROUTER, (b"\x98" * 32,), b"", 2, log.block_hash, log.evm_tx_hash, 1)]
        chain.logs[2] = both  # address and topic are both there, in different events
        chain.blocks[2] |= committed(both)
        assert await reader.read() == []


@pytest.mark.parametrize("gas_used", [1_000_000, 2_000_000_000])
async def test_receipts_beyond_what_is_read_are_done_without_only_where_so_many_are_possible(gas_used: int) -> None:
    """Somebody who fills a block must not stop the reader, and a node must not be believed for answering too much."""
    chain = chain_of(1)
    chain.blocks[1]["gasUsed"] = hex(gas_used)

    def too_large(method: str, _: list[Any]) -> object:
        return "0" * (MAX_ANSWER_BYTES + 1) if method == "eth_getBlockReceipts" else TRUTH

    async with reader_of(chain) as reader:
        reader.node.fault = too_large
        if gas_used > MAX_ANSWER_BYTES:
            assert await reader.read() == expected(chain)
        else:
            with pytest.raises(AnswerTooLarge):
                await reader.read()


async def test_events_of_a_block_that_is_not_on_the_chain_are_refused() -> None:
    chain = chain_of(1, 1)
    fork = chain.fork("fork", 0)
    fork.add(1, 1)
    async with reader_of(chain) as reader:
        reader.node.fault = lambda method, params: (
            ScriptedNode(fork)._truth(method, params) if method == "eth_getLogs" else TRUTH
        )
        with pytest.raises(NodeMisbehaved, match="blocks and contracts asked for"):
            await reader.read()


async def test_blocks_that_do_not_hang_together_are_refused() -> None:
    chain = chain_of(0, 0, 0)
    async with reader_of(chain) as reader:
        chain.blocks[2] = chain.blocks[2] | {"parentHash": "0x" + "ab" * 32}
        with pytest.raises(NodeMisbehaved, match="parent of block 2"):
            await reader.read()


async def test_a_block_counts_only_with_its_confirmations() -> None:
    chain = chain_of(1, 1, 1, 1)
    async with reader_of(chain, confirmations=2) as reader:
        assert await reader.read() == expected(chain, to=2)
        assert (await reader.logs.head()).height == 2


async def test_replaced_blocks_are_named_and_read_again_from_the_last_common_one() -> None:
    chain = chain_of(1, 1, 1, 1, 1, 1)
    async with reader_of(chain, confirmations=1, page_blocks=1) as reader:
        first = await reader.read()
        reader.node.chain = chain.fork("fork", 3)
        reader.node.chain.add(2, 0, 1, 1)
        with pytest.raises(ChainReorganised, match="blocks 4 to 5 were replaced") as found:
            await reader.read()
        assert found.value.common == 3
        again = await reader.read()
        assert [log for log in first if log.height <= 3] + again == expected(reader.node.chain, to=6)


async def test_where_blocks_are_final_a_changed_hash_is_the_nodes_fault_and_nothing_moves() -> None:
    chain = chain_of(1, 1, 1)
    async with reader_of(chain) as reader:
        await reader.read()
        reader.node.chain = chain.fork("fork", 1)
        reader.node.chain.add(0, 0, 0)
        with pytest.raises(NodeForked, match="block 3"):
            await reader.read()
        assert reader.memory.newest() == (3, bytes.fromhex(chain.blocks[3]["hash"][2:]))


async def test_a_node_whose_head_went_back_is_waited_for() -> None:
    chain = chain_of(1, 1, 1, 1)
    async with reader_of(chain) as reader:
        await reader.read()
        await reader.logs.head()
        reader.node.chain = chain.fork("main", 2)
        assert await reader.read() == []
        assert reader.cursor == 4
        with pytest.raises(NodeBehind, match="newest block 2, but block 4"):
            await reader.logs.head()


async def test_a_feed_saves_questions_and_hides_no_block() -> None:
    now_s = [0.0]
    feed = HeadFeed("ws://127.0.0.1:1", 5.0, lambda: now_s[0], lambda: 0.0)
    announce = '{"jsonrpc": "2.0", "method": "eth_subscription", "params": {"result": {"number": "%s"}}}'
    chain = chain_of(1, 1)
    async with reader_of(chain, feed=feed) as reader:
        feed.take(announce % "0x2")
        assert await reader.read() == expected(chain)
        asked = len(reader.node.asked)
        now_s[0] = 1.0
        assert await reader.read() == []
        assert len(reader.node.asked) == asked
        chain.add(1)
        feed.take(announce % "0x2")  # it goes on saying what is long known
        now_s[0] = 6.0
        feed.take(announce % "0x2")
        assert len(await reader.read()) == 1


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"params": {"result": {"number": 3}}}', '{"id": 1, "error": {}}'])
def test_a_feed_that_talks_nonsense_is_not_believed(text: str) -> None:
    feed = HeadFeed("ws://127.0.0.1:1", 5.0, lambda: 0.0, lambda: 0.0)
    with pytest.raises(NodeMisbehaved):
        feed.take(text)
    assert not feed.saves_asking(10**9)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.integers(0, 2), min_size=4, max_size=12),
    st.integers(1, 3),
    st.lists(st.tuples(st.integers(1, 4), st.lists(st.integers(0, 2), min_size=5, max_size=7)), max_size=3),
)
async def test_whatever_is_replaced_the_events_of_the_final_chain_are_all_read(
    events: list[int], page_blocks: int, forks: list[tuple[int, list[int]]]
) -> None:
    async with reader_of(chain_of(*events), confirmations=1, page_blocks=page_blocks) as reader:
        seen = {log.evm_tx_hash for log in await reader.read()}
        for number, (depth, added) in enumerate(forks):
            chain = reader.node.chain
            reader.node.chain = chain.fork(f"fork-{number}", max(len(chain.blocks) - 1 - depth, 0))
            reader.node.chain.add(*added)
            for _ in range(2):
                try:
                    seen |= {log.evm_tx_hash for log in await reader.read()}
                except ChainReorganised:
                    continue
        final = reader.node.chain
        assert {log.evm_tx_hash for log in expected(final, to=len(final.blocks) - 2)} <= seen


def test_the_memory_of_blocks_is_bounded_and_keeps_the_genesis_block() -> None:
    memory = BlockMemory()
    memory.remember(0, b"genesis")
    for height in range(1, 3 * MOST_PAIRS):
        memory.remember(height, bytes([height % 256]))
    assert len(memory.heights) <= MOST_PAIRS + 1
    assert memory.at(0) == b"genesis"
