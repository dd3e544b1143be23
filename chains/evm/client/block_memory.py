"""Blocks that were read, by height and hash: what tells a node of the same chain from one on a fork.

A hash stands for all blocks before it, so that the newest pair that still holds is the last block in common.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from primitives.errors import InvalidArgument

if TYPE_CHECKING:
    from chains.evm.client.rpc import EvmRpc

MOST_PAIRS: Final = 256
"""Beside the genesis block; a reorganisation deeper than these is read again from genesis on."""


class BlockMemory:
    """Pairs of height and hash, bounded. Kept in memory alone; a subclass may keep them elsewhere, too."""

    def __init__(self, pairs: Mapping[int, bytes] | None = None) -> None:
        self._pairs = dict(sorted((pairs or {}).items()))

    @property
    def heights(self) -> tuple[int, ...]:
        """All heights remembered, lowest first; 0 is the genesis block."""
        return tuple(self._pairs)

    def at(self, height: int) -> bytes | None:
        """The hash of a height, None if it is not remembered."""
        return self._pairs.get(height)

    def newest(self, at_most: int | None = None) -> tuple[int, bytes] | None:
        """The newest pair, or the newest not above a height."""
        for height in reversed(self._pairs):
            if at_most is None or height <= at_most:
                return height, self._pairs[height]
        return None

    def remember(self, height: int, block_hash: bytes) -> None:
        """Keep a pair, and forget those above it. Raises ``InvalidArgument`` if the genesis block would change."""
        if height == 0 and self._pairs.get(0, block_hash) != block_hash:
            raise InvalidArgument("the genesis block of a chain never changes")
        if self._pairs.get(height) == block_hash and (height == 0 or self.heights[-1] == height):
            return
        forgotten = [known for known in self._pairs if known > height > 0]
        excess = len(self._pairs) - len(forgotten) - MOST_PAIRS
        forgotten += [known for known in self._pairs if known > 0][: max(excess, 0)]
        self._keep(height, block_hash, forgotten)
        for known in forgotten:
            del self._pairs[known]
        self._pairs = dict(sorted({**self._pairs, height: block_hash}.items()))

    def rewind(self, height: int) -> None:
        """Forget everything above a remembered height, the genesis block's included. Raises ``InvalidArgument``."""
        block_hash = self._pairs.get(height)
        if block_hash is None:
            raise InvalidArgument(f"block {height} is not remembered")
        forgotten = [known for known in self._pairs if known > height]
        self._keep(height, block_hash, forgotten)
        for known in forgotten:
            del self._pairs[known]

    def _keep(self, height: int, block_hash: bytes, forgotten: list[int]) -> None:
        """Store the change before it is relied on; nothing to do for one in memory."""


async def last_common(node: EvmRpc, memory: BlockMemory, head: int) -> tuple[int, bytes] | None:
    """The newest remembered block that a node still has, None if it has none of them.

    Asks for as many headers as the logarithm of what is remembered. Raises what the node says.
    """
    heights = [height for height in memory.heights if height <= head]
    low, high = -1, len(heights)  # heights[low] is common, heights[high] is not
    while high - low > 1:
        middle = (low + high) // 2
        same = (await node.get_block(heights[middle])).block_hash == memory.at(heights[middle])
        low, high = (middle, high) if same else (low, middle)
    if low < 0:
        return None
    return heights[low], memory.at(heights[low]) or b""
