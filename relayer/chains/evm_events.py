"""Reading an EVM router's events: pages of blocks that hang together, and with those read before."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from chains.evm.client.block_memory import BlockMemory, last_common
from chains.evm.client.event_pages import require_chained
from chains.evm.client.head_feed import HeadFeed
from chains.evm.client.log_reading import read_logs
from chains.evm.client.node_types import EvmBlock, EvmLog, LogFilter
from chains.evm.client.rpc import EvmRpc
from chains.evm.errors import ChainReorganised, NodeBehind, NodeForked


@dataclass(frozen=True)
class ReadingSettings:
    """``confirmations`` blocks on top of one before it counts, 0 where blocks are final; ``page_blocks`` a page."""

    confirmations: int = 0
    page_blocks: int = 1000


@dataclass(frozen=True)
class LogPage:
    """Events of the blocks after a cursor, and the cursor to continue from: a height, never lower than before."""

    logs: tuple[EvmLog, ...]
    next_cursor: int


class RouterLogs:
    """``memory`` has the hash of each height at which reading stopped; it is written before a page is given out.

    So a reader that is killed anywhere finds the hash of the cursor it has stored. ``feed`` announces new blocks.
    """

    def __init__(
        self,
        rpc: EvmRpc,
        router: bytes,
        topics: tuple[bytes, ...],
        memory: BlockMemory,
        settings: ReadingSettings,
        feed: HeadFeed | None = None,
    ) -> None:
        self._rpc = rpc
        self._router = router
        self._topics = topics
        self._memory = memory
        self._settings = settings
        self._feed = feed
        self._highest = 0

    async def head(self) -> EvmBlock:
        """The newest block that counts. Raises `NodeBehind` instead of going back: nodes restart, and catch up."""
        return await self._rpc.on_one(self._head_of)

    async def page(self, cursor: int, first: int) -> LogPage:
        """The next page after ``cursor``; ``first`` is the newest block without any event.

        Raises `ChainReorganised` where blocks that were read were replaced, on a chain whose tips may be; the next page
        begins after the last block in common. Where blocks are final it is `NodeForked`, held against the node.
        """
        cursor, newest = max(cursor, first), self._memory.newest()
        has_read_all = newest is None or newest[0] >= cursor
        if self._feed is not None and has_read_all and self._feed.saves_asking(cursor + self._settings.confirmations):
            return LogPage((), cursor)
        return await self._rpc.on_one(partial(self._page_of, cursor=cursor, first=first))

    async def _head_of(self, node: EvmRpc) -> EvmBlock:
        block = await node.get_block()
        if self._settings.confirmations:
            block = await node.get_block(max(block.height - self._settings.confirmations, 0))
        if block.height < self._highest:
            raise NodeBehind(node.shown_url, block.height, self._highest)
        self._highest = block.height
        return block

    async def _page_of(self, node: EvmRpc, cursor: int, first: int) -> LogPage:
        newest = self._memory.newest()
        # behind the cursor only after a reorganisation: what replaced the blocks up to it is read again
        begin = max(first, cursor if newest is None else min(cursor, newest[0]))
        last = min(await node.block_number() - self._settings.confirmations, begin + self._settings.page_blocks)
        if last <= begin:
            return LogPage((), cursor)
        blocks = await node.get_blocks(range(begin, last + 1))
        known = self._memory.at(begin)
        if known is not None and blocks[0].block_hash != known:
            await self._went_back(node, begin, known, blocks[0].block_hash)
        require_chained(blocks)
        log_filter = LogFilter(begin + 1, last, (self._router,), (self._topics,))
        logs = await read_logs(node, log_filter, blocks[1:])
        if newest is None:
            self._memory.remember(begin, blocks[0].block_hash)
        self._memory.remember(last, blocks[-1].block_hash)
        return LogPage(tuple(logs), max(cursor, last))

    async def _went_back(self, node: EvmRpc, height: int, was: bytes, now: bytes) -> None:
        common = None
        if self._settings.confirmations:
            common = await last_common(node, self._memory, height)
        if common is None:
            raise NodeForked(node.shown_url, height, was, now)
        self._memory.rewind(common[0])
        raise ChainReorganised(height, was, now, common[0])
