"""An Ethereum node of a few made-up blocks behind real HTTP, which lies, lags, limits or hangs as a test says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from chains.evm.client.node_types import EvmLog, EvmReceipt, receipt_of
from chains.evm.client.receipts_root import bloom_of, receipts_root
from primitives.keccak import keccak256

ROUTER = b"\x11" * 20
TOPIC = b"\x22" * 32


def _hex(data: bytes) -> str:
    return "0x" + data.hex()


@dataclass
class ScriptedChain:
    """``add`` makes a block with so many events of the router; ``fork`` a chain that shares the blocks to a height."""

    name: str = "main"
    blocks: list[dict[str, Any]] = field(default_factory=list)
    logs: dict[int, list[EvmLog]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.blocks:
            self.add()

    def add(self, *events: int) -> None:
        for count in events or (0,):
            self._add(count)

    def _add(self, count: int) -> None:
        height = len(self.blocks)
        parent = bytes.fromhex(self.blocks[-1]["hash"][2:]) if self.blocks else bytes(32)
        block_hash = keccak256(parent + f"{self.name}/{height}/{count}".encode())
        self.logs[height] = [
            EvmLog(ROUTER, (TOPIC,), b"", height, block_hash, keccak256(block_hash + bytes([at])), at)
            for at in range(count)
        ]
        zero = dict.fromkeys(("sha3Uncles", "stateRoot", "transactionsRoot", "mixHash"), _hex(bytes(32)))
        self.blocks.append(
            zero
            | dict.fromkeys(("difficulty", "gasUsed", "timestamp"), hex(height))
            | {
                "number": hex(height),
                "hash": _hex(block_hash),
                "parentHash": _hex(parent),
                "miner": _hex(bytes(20)),
                **committed(self.logs[height]),
                "gasLimit": hex(30_000_000),
                "extraData": "0x",
                "nonce": _hex(bytes(8)),
                "transactions": [],
            }
        )

    def fork(self, name: str, height: int) -> ScriptedChain:
        shared = {at: logs for at, logs in self.logs.items() if at <= height}
        return ScriptedChain(name, self.blocks[: height + 1], shared)


Fault = Callable[[str, list[Any]], Any]
"""From method and parameters to what is answered instead of the truth; ``TRUTH`` to leave it. It may raise."""
TRUTH = object()


class Refuses(Exception):  # a word of the tests
    """The node answers with this error."""


@dataclass
class ScriptedNode:
    """``fault`` alters answers; ``status`` other than 200 is all it says; ``hangs`` says nothing until released."""

    chain: ScriptedChain
    chain_id: int = 7
    fault: Fault | None = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut_answers: bool = False
    released: asyncio.Event | None = None
    asked: list[str] = field(default_factory=list)
    url: str = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body = json.loads(await request.read())
        if self.released is not None:
            await self.released.wait()
        if self.status != 200:
            return web.Response(status=self.status, headers=self.headers)
        answers = [self._one(each) for each in body] if isinstance(body, list) else self._one(body)
        content = json.dumps(answers).encode()
        if not self.cut_answers:
            return web.Response(body=content)
        response = web.StreamResponse(headers={"Content-Length": str(len(content))})
        await response.prepare(request)
        await response.write(content[: len(content) // 2])
        if request.transport is not None:
            request.transport.close()
        return response

    def _one(self, asked: dict[str, Any]) -> dict[str, Any]:
        method, params = asked["method"], asked["params"]
        self.asked.append(method)
        answer = {"jsonrpc": "2.0", "id": asked["id"]}
        try:
            altered = TRUTH if self.fault is None else self.fault(method, params)
            return answer | {"result": self._truth(method, params) if altered is TRUTH else altered}
        except Refuses as refusal:
            return answer | {"error": {"code": -32005, "message": str(refusal)}}

    def _truth(self, method: str, params: list[Any]) -> Any:  # noqa: ANN401 # JSON
        blocks = self.chain.blocks
        match method:
            case "eth_chainId":
                return hex(self.chain_id)
            case "eth_blockNumber":
                return hex(len(blocks) - 1)
            case "eth_getBlockByNumber":
                height = len(blocks) - 1 if params[0] == "latest" else int(params[0], 16)
                return blocks[height] if height < len(blocks) else None
            case "eth_getLogs":
                first, last = int(params[0]["fromBlock"], 16), int(params[0]["toBlock"], 16)
                return [_log_json(log) for at in range(first, last + 1) for log in self.chain.logs.get(at, [])]
            case "eth_getBlockReceipts":
                return receipts_json(self.chain.logs.get(int(params[0], 16), []))
        raise Refuses(f"the method {method} does not exist")


def _log_json(log: EvmLog) -> dict[str, Any]:
    return {
        "address": _hex(log.address),
        "topics": [_hex(topic) for topic in log.topics],
        "data": _hex(log.data),
        "blockNumber": hex(log.height),
        "blockHash": _hex(log.block_hash),
        "transactionHash": _hex(log.evm_tx_hash),
        "logIndex": hex(log.log_index),
    }


def receipts_json(logs: list[EvmLog]) -> list[dict[str, Any]]:
    """Receipts of one block: each event is of a transaction of its own."""
    return [_receipt_json(log, 21_000 * (at + 1)) for at, log in enumerate(logs)]


def committed(logs: list[EvmLog]) -> dict[str, str]:
    """What a header says of its block's events."""
    receipts: list[EvmReceipt] = [receipt_of(receipt) for receipt in receipts_json(logs)]
    return {"logsBloom": _hex(bloom_of(logs)), "receiptsRoot": _hex(receipts_root(receipts))}


def _receipt_json(log: EvmLog, gas_so_far: int) -> dict[str, Any]:
    same = {key: value for key, value in _log_json(log).items() if key in {"blockNumber", "blockHash"}}
    return same | {
        "transactionHash": _hex(log.evm_tx_hash),
        "status": "0x1",
        "gasUsed": hex(21_000),
        "cumulativeGasUsed": hex(gas_so_far),
        "logs": [_log_json(log)],
    }


@asynccontextmanager
async def served(node: ScriptedNode) -> AsyncIterator[ScriptedNode]:
    """The node, listening at its ``url``."""
    app = web.Application()
    app.router.add_post("/", node.answer)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    node.url = f"http://{host}:{port}"
    try:
        yield node
    finally:
        if node.released is not None:
            node.released.set()
        await runner.cleanup()
