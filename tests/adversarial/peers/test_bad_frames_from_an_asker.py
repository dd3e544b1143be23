"""A listed peer that breaks the protocol: its stream is closed with a named error, the node goes on."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc.aio
import pytest

from chains.progmat.node.peers import PeerIdentity, PeerLimits, PeerRouter
from chains.progmat.node.peers.frame_codec import Request, Response, decode_answers, encode_frame
from chains.rpc_status import error_from_rpc
from tests.fakes.peer_nodes import HoldingGate, answering, asking, raw_stream

LIMITS = PeerLimits(max_body_bytes=1000, max_frame_bytes=2000, max_outstanding=8)


def echo_router() -> PeerRouter:
    router = PeerRouter()

    async def echo(_identity: PeerIdentity, body: bytes) -> bytes:
        return body

    router.register("test.echo", echo)
    return router


def frame(*ids: int, body: bytes = b"x", method: str = "test.echo") -> bytes:
    return encode_frame([Request(correlation_id, method, body) for correlation_id in ids])


BAD_FRAMES = {
    "bytes that are no frame": b"\xff\xff\xff",
    "a truncated frame": frame(1)[:-1],
    "trailing bytes": frame(1) + b"\x00",
    "an unknown field": frame(1) + b"\x7a\x01a",
    "an empty frame": b"",
    "33 envelopes": frame(*range(1, 34), body=b""),
    "correlation id 0": frame(0),
    "a correlation id used twice": frame(1, 1),
    "correlation ids that shrink": frame(2, 1),
    "an answer instead of a request": encode_frame([Response(1, b"")]),
    "an empty method name": frame(1, method=""),
    "a method name of 65 bytes": frame(1, method="a" * 65),
    "a body above the bound": frame(1, body=b"x" * 1001),
}


@pytest.mark.parametrize("bad", BAD_FRAMES.values(), ids=BAD_FRAMES.keys())
async def test_the_stream_is_closed_with_a_named_error(bad: bytes) -> None:
    async with (
        answering("bob", echo_router(), {"mallory", "alice"}, LIMITS) as bob,
        raw_stream("mallory", "bob", bob.endpoint) as stream,
    ):
        await stream.write(bad)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await read_to_the_end(stream)
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert error_from_rpc(refused.value, "bob").reason == "PEER_PROTOCOL_VIOLATION"
        async with asking("alice", {"bob": bob.endpoint}) as network:
            assert await network.request("bob", "test.echo", b"still here", 5) == b"still here"


async def test_a_frame_above_the_bound_never_reaches_the_decoder() -> None:
    async with (
        answering("bob", echo_router(), {"mallory"}, LIMITS) as bob,
        raw_stream("mallory", "bob", bob.endpoint) as stream,
    ):
        await stream.write(frame(1, body=b"x" * 3000))
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stream.read()
        assert refused.value.code() in {grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.CANCELLED}


async def test_a_flood_of_requests_is_held_back_at_the_bound() -> None:
    gate, router = HoldingGate(LIMITS.max_outstanding), PeerRouter()
    router.register("test.echo", gate)
    async with (
        answering("bob", router, {"mallory"}, LIMITS) as bob,
        raw_stream("mallory", "bob", bob.endpoint) as stream,
    ):
        flood = asyncio.create_task(_write_all(stream, [frame(*range(n, n + 16)) for n in range(1, 1600, 16)]))
        await asyncio.wait_for(gate.full.wait(), 5)
        for _turn in range(50):
            await asyncio.sleep(0)
        assert gate.most == LIMITS.max_outstanding
        gate.opened.set()
        answered = 0
        while answered < 1600:
            answered += len(_ids_of(await stream.read()))
        await flood
        assert gate.most == LIMITS.max_outstanding


async def test_large_bodies_are_held_back_by_their_bytes() -> None:
    limits = PeerLimits(max_body_bytes=1000, max_frame_bytes=2000, max_outstanding=100, max_outstanding_bytes=3000)
    gate, full = asyncio.Event(), asyncio.Event()
    running = 0
    router = PeerRouter()

    async def wait_at_gate(_identity: PeerIdentity, _body: bytes) -> bytes:
        nonlocal running
        running += 1
        if running == 3:
            full.set()
        await gate.wait()
        return b""

    router.register("test.echo", wait_at_gate)
    async with (
        answering("bob", router, {"mallory"}, limits) as bob,
        raw_stream("mallory", "bob", bob.endpoint) as stream,
    ):
        await _write_all(stream, [frame(n, body=b"x" * 1000) for n in range(1, 10)])
        await asyncio.wait_for(full.wait(), 5)
        for _turn in range(50):
            await asyncio.sleep(0)
        assert running == 3
        gate.set()
        answered = 0
        while answered < 9:
            answered += len(_ids_of(await stream.read()))


async def test_a_second_stream_of_the_same_peer_ends_the_first() -> None:
    async with (
        answering("bob", echo_router(), {"mallory"}, LIMITS) as bob,
        raw_stream("mallory", "bob", bob.endpoint) as first,
    ):
        await first.write(frame(1))
        await first.read()
        async with raw_stream("mallory", "bob", bob.endpoint) as second:
            await second.write(frame(1))
            assert _ids_of(await second.read()) == [1]
            assert await first.read() is grpc.aio.EOF  # type: ignore[attr-defined] # missing in the stubs


async def _write_all(stream: Any, frames: list[bytes]) -> None:  # noqa: ANN401 - gRPC's call object is untyped
    for data in frames:
        await stream.write(data)


def _ids_of(data: bytes) -> list[int]:
    return [answer.correlation_id for answer in decode_answers("bob", data, LIMITS)]


async def read_to_the_end(stream: Any) -> None:  # noqa: ANN401 - gRPC's call object is untyped
    while await stream.read() is not grpc.aio.EOF:  # type: ignore[attr-defined] # missing in the stubs
        pass
