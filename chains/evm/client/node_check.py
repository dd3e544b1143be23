"""Whether an endpoint may be used: the right chain, not left behind, and still the chain that was read before.

Asked at every new connection: a load balancer, or an address that is given to another machine, may put any node there.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from chains.evm.client.block_memory import BlockMemory, last_common
from chains.evm.client.rpc import EvmRpc
from chains.evm.errors import NodeBehind, NodeForked


class Finality(Enum):
    """``AT_ONCE``: blocks are final when they are made (QBFT, IBFT). ``LATER``: a tip may be replaced."""

    AT_ONCE = "at_once"
    LATER = "later"


@dataclass(frozen=True)
class ExpectedChain:
    """What every endpoint of a chain must serve.

    ``genesis_hash`` None: the first endpoint asked is believed, and what it says is remembered.
    ``max_lag_blocks``: how far an endpoint may be behind the best before it is set aside.
    """

    chain_id: int
    genesis_hash: bytes | None = None
    max_lag_blocks: int = 10
    finality: Finality = Finality.AT_ONCE


async def check_node(node: EvmRpc, expected: ExpectedChain, memory: BlockMemory) -> int:
    """Give the node's newest height if it may be used.

    Raises `WrongChain`, `NodeForked`, and what the node says. Heights are compared by `require_not_behind`.
    """
    await node.require_chain(expected.chain_id)
    genesis = (await node.get_block(0)).block_hash
    known = expected.genesis_hash or memory.at(0)
    if known is not None and genesis != known:
        raise NodeForked(node.shown_url, 0, known, genesis)
    head = await node.block_number()
    await _require_continuity(node, expected.finality, memory, head)
    memory.remember(0, genesis)
    return head


def require_not_behind(node: EvmRpc, head: int, best: int, max_lag_blocks: int) -> None:
    """Raise `NodeBehind` if a node that is at ``head`` is too far behind ``best``."""
    if head + max_lag_blocks < best:
        raise NodeBehind(node.shown_url, head, best)


async def _require_continuity(node: EvmRpc, finality: Finality, memory: BlockMemory, head: int) -> None:
    newest = memory.newest(at_most=head)
    if newest is None:
        return
    height, block_hash = newest
    found = (await node.get_block(height)).block_hash
    if found == block_hash:
        return
    if finality is Finality.AT_ONCE or await last_common(node, memory, head) is None:
        raise NodeForked(node.shown_url, height, block_hash, found)
