"""A listed peer that answers wrongly: the asker gets a named error and nothing of another request's answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import grpc.aio
import pytest

from chains.progmat.node.peers import PeerIdentity, PeerLimits, PeerRouter
from chains.progmat.node.peers.errors import PeerStalled, PeerTimedOut, ProtocolViolation
from chains.progmat.node.peers.frame_codec import Failure, Request, Response, decode_requests, encode_frame
from chains.rpc_status import Blame
from tests.fakes.peer_nodes import answering, asking, misbehaving

LIMITS = PeerLimits(max_body_bytes=1000, max_frame_bytes=2000, max_abandoned=3, connect_timeout_s=3.0)
Answering = Callable[[list[Request]], bytes]


def exchange_with(answer: Answering) -> Callable[[Any, Any], Awaitable[None]]:
    async def exchange(_requests: object, context: Any) -> None:  # noqa: ANN401 - gRPC's context is untyped
        await context.send_initial_metadata(())
        requests = decode_requests("alice", await context.read(), LIMITS)
        await context.write(answer(requests))
        await context.read()

    return exchange


def failure_without_blame(requests: list[Request]) -> bytes:
    good = encode_frame([Failure(requests[0].correlation_id, "REASON", "message", Blame.CALLER)])
    return good.replace(b"\x18\x01", b"\x18\x09")


BAD_ANSWERS: dict[str, Answering] = {
    "an answer to a request never made": lambda requests: encode_frame([Response(requests[0].correlation_id + 7, b"")]),
    "one id answered twice in a frame": lambda requests: encode_frame([Response(requests[0].correlation_id, b"")] * 2),
    "a request instead of an answer": encode_frame,
    "bytes that are no frame": lambda _requests: b"\xff\xff",
    "an empty frame": lambda _requests: b"",
    "33 envelopes": lambda _requests: encode_frame([Response(n, b"") for n in range(1, 34)]),
    "correlation id 0": lambda _requests: encode_frame([Response(0, b"")]),
    "a failure without a reason": lambda requests: encode_frame(
        [Failure(requests[0].correlation_id, "", "message", Blame.CALLER)]
    ),
    "a failure that blames nobody": failure_without_blame,
    "a failure with an endless message": lambda requests: encode_frame(
        [Failure(requests[0].correlation_id, "REASON", "m" * 1025, Blame.CALLER)]
    ),
    "a body above the bound": lambda requests: encode_frame([Response(requests[0].correlation_id, b"x" * 1001)]),
}


@pytest.mark.parametrize("answer", BAD_ANSWERS.values(), ids=BAD_ANSWERS.keys())
async def test_the_asker_names_the_violation(answer: Answering) -> None:
    async with (
        misbehaving("mallory", exchange_with(answer)) as endpoint,
        asking("alice", {"mallory": endpoint}, LIMITS) as network,
    ):
        with pytest.raises(ProtocolViolation) as refused:
            await network.request("mallory", "test.echo", b"x", 5)
        assert refused.value.peer == "mallory"


async def test_an_answer_repeated_in_a_later_frame_closes_the_stream() -> None:
    async def answer_twice(_requests: object, context: Any) -> None:  # noqa: ANN401 - gRPC's context is untyped
        await context.send_initial_metadata(())
        first = decode_requests("alice", await context.read(), LIMITS)[0]
        await context.write(encode_frame([Response(first.correlation_id, b"one")]))
        await context.read()  # the second request is outstanding when the first is answered again
        await context.write(encode_frame([Response(first.correlation_id, b"two")]))
        await context.read()

    async with (
        misbehaving("mallory", answer_twice) as endpoint,
        asking("alice", {"mallory": endpoint}, LIMITS) as network,
    ):
        assert await network.request("mallory", "test.echo", b"x", 5) == b"one"
        with pytest.raises(ProtocolViolation):
            await network.request("mallory", "test.echo", b"x", 5)


async def test_a_late_answer_is_dropped_and_the_stream_goes_on() -> None:
    gate = asyncio.Event()
    router = PeerRouter()

    async def wait_at_gate(_identity: PeerIdentity, _body: bytes) -> bytes:
        await gate.wait()
        return b"late"

    async def at_once(_identity: PeerIdentity, body: bytes) -> bytes:
        return body

    router.register("test.slow", wait_at_gate)
    router.register("test.echo", at_once)
    async with answering("bob", router, {"alice"}) as bob, asking("alice", {"bob": bob.endpoint}) as network:
        with pytest.raises(PeerTimedOut) as late:
            await network.request("bob", "test.slow", b"", 0.3)
        assert late.value.waiting_for == "its answer"
        gate.set()
        assert await network.request("bob", "test.echo", b"next", 5) == b"next"


async def test_a_peer_that_never_answers_is_given_up_and_dialled_anew() -> None:
    streams = 0
    first_given_up = asyncio.Event()
    router = PeerRouter()

    async def at_once(_identity: PeerIdentity, body: bytes) -> bytes:
        return body

    router.register("test.echo", at_once)

    async def swallow(_requests: object, context: Any) -> None:  # noqa: ANN401 - gRPC's context is untyped
        nonlocal streams
        streams += 1
        context.add_done_callback(lambda _context: first_given_up.set())
        await context.send_initial_metadata(())
        while True:
            data = await context.read()
            if data is grpc.aio.EOF:  # type: ignore[attr-defined] # missing in the stubs
                break
            requests = decode_requests("alice", data, LIMITS)
            if streams > 1:
                await context.write(encode_frame([Response(request.correlation_id, b"back") for request in requests]))

    async with (
        misbehaving("mallory", swallow) as endpoint,
        asking("alice", {"mallory": endpoint}, LIMITS) as network,
    ):
        waiting = asyncio.create_task(network.request("mallory", "test.echo", b"", 30))
        overdue = [network.request("mallory", "test.echo", b"", 0.3) for _ in range(LIMITS.max_abandoned + 1)]
        outcomes = await asyncio.gather(*overdue, return_exceptions=True)
        assert all(isinstance(outcome, PeerTimedOut | PeerStalled) for outcome in outcomes)
        with pytest.raises(PeerStalled):
            await waiting
        assert await network.request("mallory", "test.echo", b"", 5) == b"back"
        await asyncio.wait_for(first_given_up.wait(), 5)


async def test_a_slow_peer_delays_only_itself() -> None:
    gate = asyncio.Event()
    slow, quick = PeerRouter(), PeerRouter()
    limits = PeerLimits(max_outstanding=4)

    async def wait_at_gate(_identity: PeerIdentity, _body: bytes) -> bytes:
        await gate.wait()
        return b""

    async def at_once(_identity: PeerIdentity, body: bytes) -> bytes:
        return body

    slow.register("test.echo", wait_at_gate)
    quick.register("test.echo", at_once)
    async with (
        answering("bob", slow, {"alice"}, limits) as bob,
        answering("carol", quick, {"alice"}, limits) as carol,
        asking("alice", {"bob": bob.endpoint, "carol": carol.endpoint}, limits) as network,
    ):
        stuck = [asyncio.create_task(network.request("bob", "test.echo", b"", 30)) for _ in range(50)]
        for turn in range(100):
            body = turn.to_bytes(2, "big")
            assert await network.request("carol", "test.echo", body, 5) == body
        assert not any(task.done() for task in stuck)
        gate.set()
        assert await asyncio.gather(*stuck) == [b""] * 50
