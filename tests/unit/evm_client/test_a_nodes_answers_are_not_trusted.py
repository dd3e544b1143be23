"""A real HTTP server that answers what the test says: wrong, too long, late, or never."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from chains.evm.client import transport
from chains.evm.client.abi import EvmCall
from chains.evm.client.rpc import EvmRpc
from chains.evm.client.transport import RpcRequest
from chains.evm.errors import (
    BlockUnavailable,
    EvmRequestRefused,
    EvmTxAlreadyKnown,
    ExecutionReverted,
    InsufficientFunds,
    NodeMisbehaved,
    NodeUnavailable,
    NonceTooLow,
    RateLimited,
    WrongChain,
)
from primitives.errors import CallerError, PeerError, UnavailableError

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def node_that(handler: Handler, timeout_s: float = 5.0) -> AsyncIterator[EvmRpc]:
    app = web.Application()
    app.router.add_post("/", handler)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    try:
        async with EvmRpc(f"http://{host}:{port}", timeout_s) as rpc:
            yield rpc
    finally:
        await runner.cleanup()


def answering(**fields: Any) -> Handler:  # noqa: ANN401 # JSON
    async def handler(request: web.Request) -> web.Response:
        asked = json.loads(await request.read())
        return web.json_response({"jsonrpc": "2.0", "id": asked["id"]} | fields)

    return handler


def raw(body: bytes, status: int = 200) -> Handler:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(body=body, status=status)

    return handler


@pytest.mark.parametrize(
    ("error", "expected", "blame"),
    [
        ({"code": -32000, "message": "nonce too low: next nonce 5, tx nonce 3"}, NonceTooLow, CallerError),
        ({"code": -32000, "message": "Nonce too low"}, NonceTooLow, CallerError),
        ({"code": -32000, "message": "already known"}, EvmTxAlreadyKnown, CallerError),
        ({"code": -32003, "message": "Insufficient funds for gas * price"}, InsufficientFunds, CallerError),
        ({"code": -32000, "message": "header not found"}, BlockUnavailable, UnavailableError),
        ({"code": -32000, "message": "txpool is full"}, NodeUnavailable, UnavailableError),
        ({"code": -32603, "message": "internal error"}, NodeUnavailable, UnavailableError),
        ({"code": 3, "message": "execution reverted", "data": "0x"}, ExecutionReverted, CallerError),
        ({"code": -32000, "message": "execution reverted: no"}, ExecutionReverted, CallerError),
        ({"code": -32601, "message": "no such method"}, EvmRequestRefused, CallerError),
        ({"code": -32005, "message": "query spans 20000 blocks"}, EvmRequestRefused, CallerError),
        ({"code": "x", "message": "?"}, NodeMisbehaved, PeerError),
        ({"message": "?"}, NodeMisbehaved, PeerError),
        ("broken", NodeMisbehaved, PeerError),
    ],
)
async def test_an_error_is_put_to_the_right_blame(
    error: object, expected: type[Exception], blame: type[Exception]
) -> None:
    assert issubclass(expected, blame)
    async with node_that(answering(error=error)) as rpc:
        with pytest.raises(expected):
            await rpc.block_number()


@pytest.mark.parametrize(
    "handler",
    [
        raw(b"not json"),
        raw(b""),
        raw(b"[]"),
        raw(b"[" * 200_000),
        raw(b'{"jsonrpc":"2.0","id":999,"result":"0x1"}'),
        answering(jsonrpc="1.0", result="0x1"),
        answering(),
        answering(result=None),
        answering(result=5),
        answering(result="0x"),
        answering(result="0x" + "f" * 65),
    ],
)
async def test_an_answer_that_no_node_gives_is_refused(handler: Handler) -> None:
    async with node_that(handler) as rpc:
        with pytest.raises(NodeMisbehaved):
            await rpc.block_number()


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_an_overloaded_node_is_unavailable(status: int) -> None:
    async with node_that(raw(b"busy", status)) as rpc:
        with pytest.raises(NodeUnavailable, match=str(status)):
            await rpc.block_number()


async def test_a_node_that_limits_requests_says_how_long_it_wants_to_be_left_alone() -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(status=429, headers={"Retry-After": "7"})

    async with node_that(handler) as rpc:
        with pytest.raises(RateLimited, match="wait 7 s") as limited:
            await rpc.block_number()
    assert limited.value.retry_after_s == 7


async def test_a_providers_key_in_the_url_is_in_no_error() -> None:
    async with EvmRpc("http://user:secret@127.0.0.1:1/v3/secret?key=secret") as rpc:
        with pytest.raises(NodeUnavailable) as away:
            await rpc.block_number()
    assert "secret" not in str(away.value)


async def test_a_node_that_never_answers_is_unavailable() -> None:
    never = asyncio.Event()

    async def handler(_: web.Request) -> web.Response:
        await never.wait()
        return web.Response()

    async with node_that(handler, timeout_s=0.05) as rpc:
        with pytest.raises(NodeUnavailable, match="no answer within"):
            await rpc.block_number()
        never.set()


async def test_a_node_that_is_not_there_is_unavailable() -> None:
    async with node_that(answering(result="0x1")) as rpc:
        url = rpc.url
    async with EvmRpc(url) as rpc:
        with pytest.raises(NodeUnavailable):
            await rpc.block_number()


async def test_an_endless_answer_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "MAX_ANSWER_BYTES", 100_000)

    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b" " * 10_000)
        except (ConnectionError, asyncio.CancelledError):
            return response

    async with node_that(handler) as rpc:
        with pytest.raises(NodeMisbehaved, match="at most 100000 bytes"):
            await rpc.block_number()


async def test_the_block_of_another_height_is_not_the_block_asked_for() -> None:
    block = dict.fromkeys(("parentHash", "sha3Uncles", "stateRoot", "transactionsRoot", "hash"), "0x" + "00" * 32)
    block |= {"receiptsRoot": "0x" + "00" * 32, "mixHash": "0x" + "00" * 32, "logsBloom": "0x" + "00" * 256}
    block |= {"miner": "0x" + "00" * 20, "nonce": "0x" + "00" * 8, "extraData": "0x"}
    block |= dict.fromkeys(("difficulty", "number", "gasLimit", "gasUsed", "timestamp"), "0x1")
    async with node_that(answering(result=block)) as rpc:
        assert (await rpc.get_block(1)).height == 1
        with pytest.raises(NodeMisbehaved, match="height 2"):
            await rpc.get_block(2)


async def test_the_proof_of_another_slot_is_not_the_proof_asked_for() -> None:
    slot = {"key": "0x1", "value": "0x0", "proof": []}
    proof = {
        "address": "0x" + "11" * 20,
        "storageHash": "0x" + "00" * 32,
        "accountProof": ["0x80"],
        "storageProof": [slot],
    }
    async with node_that(answering(result=proof)) as rpc:
        assert (await rpc.get_proof(b"\x11" * 20, [(1).to_bytes(32, "big")], 1)).slots[0].value == 0
        for address, number in ((b"\x12" * 20, 1), (b"\x11" * 20, 2)):
            with pytest.raises(NodeMisbehaved, match="asked for"):
                await rpc.get_proof(address, [number.to_bytes(32, "big")], 1)


async def test_a_batch_comes_back_in_order_whatever_the_nodes_order() -> None:
    async def handler(request: web.Request) -> web.Response:
        asked = json.loads(await request.read())
        answers = [{"jsonrpc": "2.0", "id": item["id"], "result": item["method"]} for item in asked]
        return web.json_response(answers[::-1])

    async with node_that(handler) as rpc:
        assert await rpc.batch([RpcRequest("a", ()), RpcRequest("b", ())]) == ["a", "b"]


async def test_a_batch_with_a_missing_answer_is_refused() -> None:
    async with node_that(raw(b"[]")) as rpc:
        with pytest.raises(NodeMisbehaved):
            await rpc.batch([RpcRequest("a", ())])


async def test_the_wrong_chain_is_noticed() -> None:
    async with node_that(answering(result="0x5")) as rpc:
        await rpc.require_chain(5)
        with pytest.raises(WrongChain, match="serves chain 5, expected 6"):
            await rpc.require_chain(6)


async def test_revert_data_in_an_object_is_found() -> None:
    data = "0x4e487b71" + f"{0x11:064x}"
    error = {"code": 3, "message": "execution reverted", "data": {"data": data}}
    async with node_that(answering(error=error)) as rpc:
        with pytest.raises(ExecutionReverted, match="arithmetic overflow"):
            await rpc.call(EvmCall(b"\x11" * 20, b""))


async def test_trie_nodes_that_are_embedded_in_others_are_left_out_of_a_proof_and_the_root_never() -> None:
    """Some nodes list them. No proof holds them: nothing refers to them by hash."""
    root, inner, embedded = "0x" + "11" * 20, "0x" + "22" * 32, "0x" + "33" * 31
    listed = {"key": "0x0", "value": "0x1", "proof": [root, inner, embedded]}
    answer = {
        "address": "0x" + "44" * 20,
        "storageHash": "0x" + "55" * 32,
        "accountProof": [embedded, inner, embedded, inner],
        "storageProof": [listed],
    }
    async with node_that(answering(result=answer)) as rpc:
        proof = await rpc.get_proof(b"\x44" * 20, (bytes(32),), 1)
    assert proof.slots[0].nodes == (b"\x11" * 20, b"\x22" * 32)
    assert proof.nodes == (b"\x33" * 31, b"\x22" * 32, b"\x22" * 32)
