"""All questions about one node, in order."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum

from chains.evm.client.examination import finality, fork, identity, logs, proofs
from chains.evm.client.examination.findings import Examination, Finding, Fitness
from chains.evm.client.json_fields import as_object
from chains.evm.client.rpc import EvmRpc
from primitives.errors import CrossDvpError


class ConsensusWanted(Enum):
    """What makes a block final for the one who asks."""

    SEALED = "sealed"
    MOCK = "mock"  # tests only


@dataclass(frozen=True)
class Examinee:
    """A node and what is expected of it; `contract`: the router, if one is deployed."""

    rpc: EvmRpc
    chain_id: int | None = None
    contract: bytes | None = None
    consensus: ConsensusWanted = ConsensusWanted.SEALED


async def examine(node: Examinee, now_s: Callable[[], float] = time.time) -> Examination:
    """Ask everything. Raises `NodeUnavailable` if the node does not answer at all; else failures are findings."""
    rpc = node.rpc
    head = await rpc.get_block()
    fields = as_object(await rpc.request("eth_getBlockByNumber", hex(head.height), False), "block")  # noqa: FBT003  # JSON-RPC's own flag
    findings = [
        await _asked("chain id", identity.chain(rpc, node.chain_id)),
        await _asked("software", identity.software(rpc)),
        await _asked("newest block", identity.clock(rpc, head, int(now_s()))),
        finality.sealed_finality(head) if node.consensus is ConsensusWanted.SEALED else finality.mock_finality(head),
        await _asked("EVM rules", fork.fork(rpc)),
        await _asked("gas price", identity.gas_price(rpc, dict(fields))),
        await _asked("state proofs", proofs.state_proofs(rpc, head, node.contract)),
        await _asked("depth of proofs", proofs.proof_depth(rpc, head)),
        await _asked("range of getLogs", logs.log_span(rpc, head)),
        await _asked("revert reasons", fork.revert_reasons(rpc)),
        await _asked("large requests", fork.large_calls(rpc)),
        await _asked("batches", logs.batches(rpc)),
    ]
    return Examination(rpc.url, tuple(findings))


async def _asked(question: str, answer: Awaitable[Finding]) -> Finding:
    try:
        return await answer
    except CrossDvpError as failure:
        return Finding(question, Fitness.UNFIT, str(failure)[:160], "use another node, or ask again")
