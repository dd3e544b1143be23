"""Events of an EVM chain held against its headers: none is left out, added or changed without being noticed.

A header's bloom filter says which contracts and topics its block's events may name, its receipts root says what they
are. So a block is asked for its receipts where the bloom allows an event that is wanted, and they have to make up the
root. What remains the node's word is the header itself, and which transaction an event belongs to.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Final

from chains.evm.client.log_reading import logs_as_told, logs_by_halves, may_have_logged
from chains.evm.client.node_types import EvmBlock, EvmLog, LogFilter
from chains.evm.client.receipts_root import events_if_readable
from chains.evm.client.rpc import EvmRpc
from chains.evm.errors import NodeMisbehaved
from primitives.errors import InvalidArgument

_MOST_REMEMBERED: Final = 32
"""Blocks whose events are kept: several questions are asked about each of the newest ones."""
_MOST_BYTES_REMEMBERED: Final = 1 << 20
"""Data of the events of a block that is kept: whoever fills blocks fills no memory."""
_Known = tuple[bytes, bytes]
"""Block hash and receipts root: a header that shows a true hash with a root of its own is another."""
Topics = tuple[tuple[bytes, ...], ...]


class EventPages:
    """Reads one chain. Methods raise `NodeMisbehaved` for what does not fit, and what `EvmRpc` raises."""

    def __init__(self, rpc: EvmRpc) -> None:
        self._rpc = rpc
        self._remembered: OrderedDict[_Known, tuple[EvmLog, ...]] = OrderedDict()

    async def page(self, first: int, last: int) -> EventPage:
        """Give the blocks from height `first` to `last`, whose events can be asked for; at least one."""
        if last < first:
            raise InvalidArgument(f"expected a block or more, found heights {first} to {last}")
        blocks = await self._rpc.on_one(partial(_chained_blocks, first=first, last=last))
        return EventPage(tuple(blocks), self)

    async def search(self, log_filter: LogFilter) -> list[EventPage]:
        """Give the blocks in which a node finds matching events, newest first, each as a page of its own.

        That it finds all of them is its word; what those blocks hold is not.
        """
        logs = await self._rpc.on_one(partial(logs_by_halves, log_filter=log_filter))
        return [await self.page(height, height) for height in sorted({log.height for log in logs}, reverse=True)]

    async def in_block(self, block: EvmBlock, log_filter: LogFilter) -> list[EvmLog]:
        """Give a block's matching events; of one whose receipts are too large to be read, as the node tells them."""
        known = self._remembered.get((block.block_hash, block.receipts_root))
        if known is None:
            known = await self._rpc.on_one(partial(events_if_readable, block=block))
        if known is None:
            return await self._rpc.on_one(partial(logs_as_told, log_filter=log_filter, block=block))
        self._remember(block, known)
        return [log for log in known if log_filter.matches(log)]

    def _remember(self, block: EvmBlock, events: tuple[EvmLog, ...]) -> None:
        if sum(len(log.data) for log in events) > _MOST_BYTES_REMEMBERED:
            return
        self._remembered[block.block_hash, block.receipts_root] = events
        while len(self._remembered) > _MOST_REMEMBERED:
            self._remembered.popitem(last=False)


@dataclass(frozen=True)
class EventPage:
    """Blocks that hang together."""

    blocks: tuple[EvmBlock, ...]
    _events: EventPages

    async def matching(self, addresses: Sequence[bytes], topics: Topics = ()) -> list[EvmLog]:
        """Give all events of any of the contracts with, at each position, any of the topics; in order."""
        log_filter = LogFilter(self.blocks[0].height, self.blocks[-1].height, tuple(addresses), topics)
        suspects = [block for block in self.blocks if may_have_logged(block, log_filter)]
        return [log for block in suspects for log in await self._events.in_block(block, log_filter)]

    def time_s(self, height: int) -> int:
        """Give the time of a block of the page, Unix seconds."""
        return self.blocks[height - self.blocks[0].height].timestamp_s


def require_chained(blocks: Sequence[EvmBlock]) -> None:
    """Raise `NodeMisbehaved` where a block does not name the one before as its parent."""
    for parent, child in pairwise(blocks):
        if child.parent_hash != parent.block_hash:
            what, expected = f"parent of block {child.height}", f"0x{parent.block_hash.hex()}"
            raise NodeMisbehaved(what, expected, f"0x{child.parent_hash.hex()}")


async def _chained_blocks(node: EvmRpc, first: int, last: int) -> list[EvmBlock]:
    blocks = await node.get_blocks(range(first, last + 1))
    require_chained(blocks)
    return blocks
