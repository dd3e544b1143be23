"""The fault proxies themselves: each fault is felt as named, and a mended wire carries everything again."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from tests.fakes.fault_proxy import LATENCY_S, Fault, FaultProxy, schedule
from tests.fakes.rpc_fault_proxy import OTHER_CHAIN, RpcFault, RpcFaultProxy

WORDS = b"0123456789"


@asynccontextmanager
async def wire() -> AsyncIterator[FaultProxy]:
    """A proxy before a server that says what it hears."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while heard := await reader.read(1000):
            writer.write(heard)
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with FaultProxy(f"127.0.0.1:{port}") as proxy:
        yield proxy
    server.close()


async def said(proxy: FaultProxy) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    writer.write(WORDS)
    try:
        return await asyncio.wait_for(reader.readexactly(len(WORDS)), timeout=1.5)
    finally:
        writer.close()


async def test_a_whole_wire_carries_bytes_and_ends_when_either_side_does() -> None:
    async with wire() as proxy:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        writer.write(WORDS)
        writer.write_eof()
        assert await asyncio.wait_for(reader.read(-1), 2) == WORDS
        writer.close()
        assert proxy.bitten == {}


@pytest.mark.parametrize(
    ("fault", "felt"),
    [
        (Fault.RESET, ConnectionResetError),
        (Fault.TRUNCATED, (ConnectionResetError, asyncio.IncompleteReadError)),
        (Fault.HALF_OPEN, TimeoutError),
        (Fault.REFUSED, ConnectionRefusedError),
    ],
)
async def test_each_fault_is_felt_by_its_name_and_a_new_connection_is_whole_after_it(
    fault: Fault, felt: type[Exception]
) -> None:
    async with wire() as proxy:
        assert await said(proxy) == WORDS
        await proxy.switch(fault)
        with pytest.raises(felt):
            await said(proxy)
        await proxy.switch(Fault.NONE)
        assert await said(proxy) == WORDS
        assert proxy.bitten[fault] >= 1


@pytest.mark.parametrize("fault", [Fault.LATENCY, Fault.JITTER, Fault.SLOW_LORIS])
async def test_what_is_slow_arrives_whole(fault: Fault) -> None:
    async with wire() as proxy:
        await proxy.switch(fault)
        began_s = time.monotonic()
        assert await said(proxy) == WORDS
        if fault is Fault.LATENCY:
            assert time.monotonic() - began_s >= 2 * LATENCY_S
        assert proxy.bitten[fault] >= 2


async def test_a_half_open_connection_stays_dead_when_the_wire_is_mended() -> None:
    async with wire() as proxy:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        await proxy.switch(Fault.HALF_OPEN)
        writer.write(b"lost")
        await writer.drain()
        async with asyncio.timeout(2):
            while not proxy.bitten:  # noqa: ASYNC110  # the proxy tells nobody
                await asyncio.sleep(0.01)
        await proxy.switch(Fault.NONE)
        writer.write(b"lost too")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(1), 0.2)
        writer.close()


def test_a_schedule_has_every_fault_on_every_wire_once_and_follows_from_its_seed() -> None:
    faults = [Fault.RESET, Fault.LATENCY]
    once = list(schedule(7, ["a", "b"], faults, 1.0))
    assert once == list(schedule(7, ["a", "b"], faults, 1.0))
    assert {(each.name, each.fault) for each in once} == {(n, f) for n in ("a", "b") for f in faults}
    assert len({tuple(schedule(seed, ["a", "b"], faults, 1.0)) for seed in range(9)}) > 1


@asynccontextmanager
async def node() -> AsyncIterator[RpcFaultProxy]:
    """A proxy before a node with a block a question."""
    height = 10

    async def answer(request: web.Request) -> web.Response:
        nonlocal height
        asked = await request.json()
        height += 1
        block = {"number": hex(height), "hash": f"0x{height:064x}", "parentHash": f"0x{height - 1:064x}"}
        results = {
            "eth_chainId": "0x539",
            "eth_getBlockByNumber": block,
            "eth_getLogs": [{"data": "0x00ff", "topics": []}],
            "eth_getBlockReceipts": [{"logs": []}, {"logs": [{"data": "0x00ff"}]}],
        }
        return web.json_response({"jsonrpc": "2.0", "id": asked["id"], "result": results[asked["method"]]})

    app = web.Application()
    app.router.add_post("/", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with RpcFaultProxy(f"http://127.0.0.1:{runner.addresses[0][1]}") as proxy:
        yield proxy
    await runner.cleanup()


async def _asked(proxy: RpcFaultProxy, method: str, *params: object) -> tuple[int, object]:
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"http://127.0.0.1:{proxy.port}", json=body) as response,
    ):
        text = await response.text()
        try:
            return response.status, json.loads(text)["result"]
        except ValueError:
            return response.status, response.headers.get("Retry-After", text)


async def test_a_node_is_overloaded_broken_behind_and_lying_as_told() -> None:
    async with node() as proxy:
        first = (await _asked(proxy, "eth_getBlockByNumber", "latest"))[1]
        told: dict[RpcFault, tuple[int, object]] = {}
        for fault, method in (
            (RpcFault.TOO_MANY_REQUESTS, "eth_chainId"),
            (RpcFault.SERVER_ERROR, "eth_chainId"),
            (RpcFault.NOT_JSON, "eth_chainId"),
            (RpcFault.STALE, "eth_getBlockByNumber"),
            (RpcFault.OTHER_CHAIN, "eth_chainId"),
            (RpcFault.CHANGED_LOGS, "eth_getLogs"),
            (RpcFault.REORGED, "eth_getBlockByNumber"),
        ):
            proxy.switch(fault)
            told[fault] = await _asked(proxy, method, "latest")
            assert proxy.bitten[fault] == 1
        assert told[RpcFault.TOO_MANY_REQUESTS] == (429, "1")
        assert told[RpcFault.SERVER_ERROR][0] == 503
        assert told[RpcFault.STALE] == (200, first)
        assert told[RpcFault.OTHER_CHAIN] == (200, OTHER_CHAIN)
        assert told[RpcFault.CHANGED_LOGS] == (200, [{"data": "0x00f0", "topics": []}])
        proxy.switch(RpcFault.CHANGED_LOGS)
        receipts = await _asked(proxy, "eth_getBlockReceipts", "0x1")
        assert receipts == (200, [{"logs": []}, {"logs": [{"data": "0x00f0"}]}])
        reorged = told[RpcFault.REORGED][1]
        assert isinstance(reorged, dict)
        assert reorged["hash"] != f"0x{int(reorged['number'], 16):064x}"
        proxy.switch(RpcFault.NONE)
        assert await _asked(proxy, "eth_chainId") == (200, "0x539")
