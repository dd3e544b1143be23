"""An EVM node's JSON-RPC with a mind of its own: overloaded, broken, behind, or lying, told while it runs."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Self

import aiohttp
from aiohttp import web

OTHER_CHAIN = "0x1"
RETRY_AFTER_S = 1
MOST_REMEMBERED = 64


class RpcFault(Enum):
    """What the node does to its answers."""

    NONE = "none"
    TOO_MANY_REQUESTS = "429"
    SERVER_ERROR = "503"
    NOT_JSON = "not JSON"
    STALE = "stale"  # the newest block is the oldest one remembered
    CHANGED_LOGS = "changed logs"  # a bit of every log's data is another, in blocks' receipts, too
    OTHER_CHAIN = "other chain"
    REORGED = "reorged"  # every block has another hash, and another parent


@dataclass
class RpcFaultProxy:
    """Serves ``url`` for what the node at ``node_url`` answers; an asynchronous context manager."""

    node_url: str
    fault: RpcFault = RpcFault.NONE
    bitten: dict[RpcFault, int] = field(default_factory=dict)
    port: int = 0
    _heads: dict[int, dict[str, Any]] = field(default_factory=dict)
    _runner: web.AppRunner | None = None
    _session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=1 << 24)
        app.router.add_post("/", self._answer)
        self._session = aiohttp.ClientSession()
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_exception: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
        if self._session is not None:
            await self._session.close()

    def switch(self, fault: RpcFault) -> None:
        """From the next request on."""
        self.fault = fault

    def _bite(self) -> None:
        self.bitten[self.fault] = self.bitten.get(self.fault, 0) + 1

    async def _answer(self, request: web.Request) -> web.Response:
        asked = json.loads(await request.read())
        if self.fault in _WITHOUT_ANSWER:
            self._bite()
            status, text, headers = _WITHOUT_ANSWER[self.fault]
            return web.Response(status=status, text=text, headers=headers)
        if self._session is None:
            raise RuntimeError("a proxy is used inside its context")
        try:
            async with self._session.post(self.node_url, json=asked) as response:
                truth = await response.json()
        except (TimeoutError, aiohttp.ClientError, OSError):
            return web.Response(status=502)
        if isinstance(asked, list):
            by_id = {one["id"]: one for one in asked}
            return web.json_response([self._altered(by_id[each["id"]], each) for each in truth])
        return web.json_response(self._altered(asked, truth))

    def _altered(self, asked: dict[str, Any], truth: dict[str, Any]) -> dict[str, Any]:
        result = truth.get("result")
        if result is None:
            return truth
        method, params = asked["method"], asked.get("params", [])
        is_head = method == "eth_getBlockByNumber" and params[0] in {"latest", "finalized", "safe"}
        if is_head and self.fault is not RpcFault.STALE:
            self._remember(result)
        told = self._told(method, result, is_head=is_head)
        if told != result:
            self._bite()
        return {**truth, "result": told}

    def _remember(self, block: dict[str, Any]) -> None:
        self._heads[int(block["number"], 16)] = block
        while len(self._heads) > MOST_REMEMBERED:
            del self._heads[min(self._heads)]

    def _told(self, method: str, result: Any, *, is_head: bool) -> Any:  # noqa: ANN401  # any JSON
        if self.fault is RpcFault.OTHER_CHAIN and method in {"eth_chainId", "net_version"}:
            return OTHER_CHAIN
        if self.fault is RpcFault.STALE and self._heads:
            if is_head:
                return self._heads[min(self._heads)]
            return hex(min(self._heads)) if method == "eth_blockNumber" else result
        if self.fault is RpcFault.REORGED and method.startswith("eth_getBlockBy"):
            return {**result, "hash": _other(result["hash"]), "parentHash": _other(result["parentHash"])}
        if self.fault is RpcFault.CHANGED_LOGS and method in {"eth_getLogs", "eth_getBlockReceipts"}:
            changed = copy.deepcopy(result)
            logs = changed if method == "eth_getLogs" else [log for receipt in changed for log in receipt["logs"]]
            for log in logs:
                log["data"] = _other(log["data"])
            return changed
        return result


_WITHOUT_ANSWER: dict[RpcFault, tuple[int, str, dict[str, str]]] = {
    RpcFault.TOO_MANY_REQUESTS: (429, "", {"Retry-After": str(RETRY_AFTER_S)}),
    RpcFault.SERVER_ERROR: (503, "<html>busy</html>", {}),
    RpcFault.NOT_JSON: (200, '{"jsonrpc": "2.0", "id": 1, "result": [', {"Content-Type": "application/json"}),
}


def _other(hexadecimal: str) -> str:
    """The same length, one digit another."""
    if len(hexadecimal) < 3:
        return hexadecimal
    return hexadecimal[:-1] + ("0" if hexadecimal[-1] != "0" else "1")
