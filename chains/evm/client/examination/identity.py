"""Which chain, which software, how old is its newest block."""

from __future__ import annotations

from chains.evm.client.examination.findings import Finding, good, limited, unfit
from chains.evm.client.node_types import EvmBlock
from chains.evm.client.rpc import EvmRpc

MAX_NAME_LENGTH = 120
RECENT_BLOCKS = 20
MOST_CLOCK_DIFFERENCE_S = 30


async def chain(rpc: EvmRpc, expected: int | None) -> Finding:
    """The chain id, the same from both methods, and the expected one."""
    question = "chain id"
    found = await rpc.chain_id()
    if expected is not None and found != expected:
        return unfit(question, f"{found}, expected {expected}", "check the address: it serves another chain")
    network = await rpc.request("net_version")
    if network != str(found):
        return limited(
            question,
            f"{found}; net_version says {str(network)[:MAX_NAME_LENGTH]}",
            "transactions are signed for the chain id (EIP-155)",
        )
    return good(question, str(found))


async def software(rpc: EvmRpc) -> Finding:
    """What the node calls itself, and whether it still catches up with its network."""
    question = "software"
    name = str(await rpc.request("web3_clientVersion"))[:MAX_NAME_LENGTH]
    syncing = await rpc.request("eth_syncing")
    if syncing is not False:
        return unfit(question, f"{name}, still synchronising", "wait until eth_syncing is false, or use another node")
    return good(question, name)


async def clock(rpc: EvmRpc, head: EvmBlock, now_s: int) -> Finding:
    """The newest block's time against ours, and the block period over the last blocks."""
    question = "newest block"
    oldest = await rpc.get_block(max(0, head.height - RECENT_BLOCKS))
    blocks = head.height - oldest.height
    period = f"{(head.timestamp_s - oldest.timestamp_s) / blocks:.1f} s a block" if blocks else "the first one"
    age_s = now_s - head.timestamp_s
    text = f"height {head.height}, {age_s} s old by this machine's clock, {period}"
    if age_s < -MOST_CLOCK_DIFFERENCE_S:
        return unfit(
            question,
            text,
            "ahead of this clock: light clients here refuse such headers; compare the clocks",
        )
    if age_s > MOST_CLOCK_DIFFERENCE_S:
        return limited(
            question,
            text,
            "the chain stands still, makes blocks on demand, or lags: packets time out by its clock",
        )
    return good(question, text)


async def gas_price(rpc: EvmRpc, head_fields: dict[str, object]) -> Finding:
    """What a legacy transaction has to pay."""
    question = "gas price"
    asked_wei = await rpc.gas_price_wei()
    base_fee = head_fields.get("baseFeePerGas")
    rule = "no base fee" if base_fee is None else f"base fee {int(str(base_fee), 16)} wei"
    text = f"{asked_wei} wei, {rule}, block gas limit {int(str(head_fields['gasLimit']), 16):,}"
    if asked_wei == 0:
        return good(question, text)
    advice = "allow it (evm.max_gas_price_wei), fund the relayer's account, and watch its balance"
    return limited(question, text, advice)
