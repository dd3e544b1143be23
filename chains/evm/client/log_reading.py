"""Events of a range of blocks, all of them: a node that leaves some out is found by its own headers and receipts.

`eth_getLogs` has no proof. Nodes refuse ranges with too many results, and some cut their answers without a word. Each
header has a bloom filter of what its block's events name: where it has the contract and one of the topics, and no
event was given, the block's receipts are read; they are complete exactly if they make up the header's receipts root.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chains.evm.client.node_types import EvmBlock, EvmLog, LogFilter
from chains.evm.client.receipts_root import bloom_bits, events_if_readable
from chains.evm.client.rpc import EvmRpc
from chains.evm.errors import EvmRequestRefused, NodeMisbehaved


async def read_logs(node: EvmRpc, log_filter: LogFilter, blocks: Sequence[EvmBlock]) -> list[EvmLog]:
    """The matching events of the range, in order; ``blocks`` are its headers, all of them, in order.

    Asks one node, so call it within `EvmRpc.on_one`. Raises `NodeMisbehaved` if events are missing, or are of other
    blocks or contracts than asked for, and what the node says.
    """
    logs = await logs_by_halves(node, log_filter)
    _require_wanted(logs, log_filter, blocks)
    found: dict[int, list[EvmLog]] = {}
    for log in logs:
        found.setdefault(log.height, []).append(log)
    # an answer that was cut ends in the midst of a block: the last one that has any is looked at, too
    edge = logs[-1].height if logs else -1
    for block in blocks:
        is_suspect = block.height not in found and may_have_logged(block, log_filter)
        if is_suspect or block.height == edge:
            await _require_complete(node, block, log_filter, found.get(block.height, []))
    return logs


def may_have_logged(block: EvmBlock, log_filter: LogFilter) -> bool:
    """Whether a header's bloom has one of the addresses, and one of the alternatives at each position. Pure."""
    bloom = int.from_bytes(block.logs_bloom, "big")
    wanted = (log_filter.addresses, *log_filter.topics)
    return all(not alternatives or any(_is_in(bloom, value) for value in alternatives) for alternatives in wanted)


def _is_in(bloom: int, value: bytes) -> bool:
    bits = bloom_bits(value)
    return bloom & bits == bits


async def logs_by_halves(node: EvmRpc, log_filter: LogFilter) -> list[EvmLog]:
    """A range that the node refuses is asked for in halves; a single block that it refuses is an error."""
    try:
        return await node.get_logs(log_filter)
    except EvmRequestRefused:
        if log_filter.from_height >= log_filter.to_height:
            raise
    middle = (log_filter.from_height + log_filter.to_height) // 2
    lower = await logs_by_halves(node, replace(log_filter, to_height=middle))
    return lower + await logs_by_halves(node, replace(log_filter, from_height=middle + 1))


def _require_wanted(logs: Sequence[EvmLog], log_filter: LogFilter, blocks: Sequence[EvmBlock]) -> None:
    hashes = {block.height: block.block_hash for block in blocks}
    places = [(log.height, log.log_index) for log in logs]
    if places != sorted(set(places)):
        raise NodeMisbehaved("events", "in order, each once", "others")
    for log in logs:
        if log.address not in log_filter.addresses or hashes.get(log.height) != log.block_hash:
            what = f"events of blocks {log_filter.from_height} to {log_filter.to_height}"
            raise NodeMisbehaved(
                what, "those of the blocks and contracts asked for", f"one of 0x{log.address.hex()} at {log.height}"
            )


async def logs_as_told(node: EvmRpc, block: EvmBlock, log_filter: LogFilter) -> list[EvmLog]:
    """One block's matching events by the node's word; raises `NodeMisbehaved` if they are another block's."""
    one_block = replace(log_filter, from_height=block.height, to_height=block.height)
    logs = await node.get_logs(one_block)
    _require_wanted(logs, one_block, [block])
    return logs


async def _require_complete(node: EvmRpc, block: EvmBlock, log_filter: LogFilter, found: Sequence[EvmLog]) -> None:
    """Compare with the block's receipts, which must make up the header's root, unless they are too large to be read."""
    events = await events_if_readable(node, block)
    if events is None:
        return
    matching = [log for log in events if log_filter.matches(log)]
    if [(log.topics, log.data) for log in matching] != [(log.topics, log.data) for log in found]:
        expected, given = f"the {len(matching)} that are in its receipts", f"{len(found)} by eth_getLogs, or others"
        raise NodeMisbehaved(f"events of block {block.height}", expected, given)
