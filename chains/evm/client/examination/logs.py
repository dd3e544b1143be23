"""eth_getLogs: how many blocks one question may span. And whether several questions may travel together."""

from __future__ import annotations

from typing import Final

from chains.evm.client.examination.findings import Finding, good, limited, unfit
from chains.evm.client.node_types import EvmBlock, LogFilter
from chains.evm.client.rpc import EvmRpc
from chains.evm.client.transport import RpcRequest
from primitives.errors import CrossDvpError

SPANS: Final = (100_000, 10_000, 1_000, 100, 1)
WANTED_SPAN: Final = 1_000
"""Blocks the relayer reads in a page."""
BATCH: Final = 50
_NO_EVENT: Final = b"\xc0\xff\xee".ljust(32, b"\0")


async def log_span(rpc: EvmRpc, head: EvmBlock) -> Finding:
    """The widest range the node answers; the question finds nothing, so only the rule is seen."""
    question = "range of getLogs"
    refusal = ""
    for span in SPANS:
        first = max(0, head.height - span + 1)
        try:
            await rpc.get_logs(LogFilter(first, head.height, (), ((_NO_EVENT,),)))
        except CrossDvpError as refused:
            refusal = str(refused)[:100]
            continue
        text = f"{span:,} blocks" if span <= head.height else f"all {head.height + 1:,} blocks that there are"
        if span >= WANTED_SPAN or not refusal:
            return good(question, text)
        return limited(question, f"{text}, no more: {refusal}", f"configure pages of at most {span} blocks")
    return unfit(question, f"refused: {refusal}", "the node must answer eth_getLogs")


async def batches(rpc: EvmRpc) -> Finding:
    """Whether a JSON-RPC batch is answered whole."""
    question = "batches"
    try:
        await rpc.batch([RpcRequest("eth_chainId", ())] * BATCH)
    except CrossDvpError as refused:
        return limited(question, f"refused: {str(refused)[:100]}", "requests are sent one by one: more round trips")
    return good(question, f"{BATCH} requests at once")
