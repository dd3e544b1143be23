"""What every ``PeerNetwork`` promises, held against the gRPC one, the in-process one and the simulator's."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager

import pytest
from structlog.testing import capture_logs

from chains.progmat.node.peers import InProcessPeerNetwork, PeerIdentity, PeerLimits, PeerNetwork, PeerRouter
from chains.progmat.node.peers.errors import (
    MethodTaken,
    NetworkClosed,
    OversizeBody,
    PeerNotListed,
    PeerTimedOut,
    PeerUnreachable,
)
from chains.rpc_status import RemoteCallerError, RemoteInternalError, RemotePeerError, RemoteUnavailableError
from primitives.errors import BadSignature, CallerError, PeerError, UnavailableError
from tests.fakes.peer_nodes import HoldingGate, answering, asking
from tests.simulator.network import SimulatedNetwork

LIMITS = PeerLimits(max_body_bytes=10_000, max_frame_bytes=12_000, max_outstanding=8, connect_timeout_s=3.0)
Connect = Callable[[PeerRouter], AbstractAsyncContextManager[PeerNetwork]]


@contextlib.asynccontextmanager
async def over_grpc(router: PeerRouter) -> AsyncIterator[PeerNetwork]:
    async with (
        answering("bob", router, {"alice"}, LIMITS) as bob,
        asking("alice", {"bob": bob.endpoint, "gone": "127.0.0.1:1"}, LIMITS) as network,
    ):
        yield network


@contextlib.asynccontextmanager
async def in_process(router: PeerRouter) -> AsyncIterator[PeerNetwork]:
    hub = InProcessPeerNetwork(LIMITS)
    hub.join("bob", router)
    hub.join("gone", PeerRouter())
    hub.leave("gone")
    network = hub.join("alice", PeerRouter())
    yield network
    await network.close()


@contextlib.asynccontextmanager
async def simulated(router: PeerRouter) -> AsyncIterator[PeerNetwork]:
    hub = SimulatedNetwork(random.Random(1), LIMITS)  # noqa: S311 - weather, no secret
    hub.join("bob", router)
    hub.list_node("gone")
    network = hub.view("alice")
    yield network
    await network.close()


@pytest.fixture(params=[over_grpc, in_process, simulated])
def connect(request: pytest.FixtureRequest) -> Connect:
    chosen: Connect = request.param
    return chosen


def router_with(**handlers: Callable[[PeerIdentity, bytes], object]) -> PeerRouter:
    router = PeerRouter()
    for name, handler in handlers.items():
        router.register(f"test.{name}", handler)  # type: ignore[arg-type] # each test passes an async function
    return router


async def echo(_identity: PeerIdentity, body: bytes) -> bytes:
    return body


async def test_an_answer_comes_back_to_its_request(connect: Connect) -> None:
    async with connect(router_with(echo=echo)) as network:
        bodies = [n.to_bytes(4, "big") for n in range(300)]
        answers = await asyncio.gather(*(network.request("bob", "test.echo", body, 10) for body in bodies))
    assert answers == bodies


async def test_empty_and_largest_bodies_travel(connect: Connect) -> None:
    async with connect(router_with(echo=echo)) as network:
        for body in (b"", b"x" * LIMITS.max_body_bytes):
            assert await network.request("bob", "test.echo", body, 10) == body


async def test_the_handler_learns_who_asks(connect: Connect) -> None:
    async def who(identity: PeerIdentity, _body: bytes) -> bytes:
        return identity.name.encode()

    async with connect(router_with(who=who)) as network:
        assert await network.request("bob", "test.who", b"", 10) == b"alice"


class Misfit(CallerError):
    reason = "MISFIT"


class Busy(UnavailableError):
    reason = "BUSY"


@pytest.mark.parametrize(
    ("raised", "kind", "reason"),
    [
        (Misfit("wrong amount"), RemoteCallerError, "MISFIT"),
        (BadSignature("not by this key"), RemotePeerError, "BAD_SIGNATURE"),
        (Busy("full"), RemoteUnavailableError, "BUSY"),
    ],
)
async def test_a_named_failure_arrives_as_the_same_kind(
    connect: Connect, raised: Exception, kind: type[Exception], reason: str
) -> None:
    async def fail(_identity: PeerIdentity, _body: bytes) -> bytes:
        raise raised

    async with connect(router_with(fail=fail)) as network:
        with pytest.raises(kind, match=str(raised)) as failed:
            await network.request("bob", "test.fail", b"", 10)
    assert getattr(failed.value, "reason", None) == reason
    assert getattr(failed.value, "remote", None) == "bob"


async def test_a_defect_tells_an_incident_id_and_nothing_else_and_is_logged_once(connect: Connect) -> None:
    async def defect(_identity: PeerIdentity, _body: bytes) -> bytes:
        raise KeyError("the secret passphrase of the operator")

    with capture_logs() as logs:
        async with connect(router_with(defect=defect)) as network:
            with pytest.raises(RemoteInternalError) as failed:
                await network.request("bob", "test.defect", b"", 10)
    incidents = [entry for entry in logs if entry["event"] == "incident"]
    assert len(incidents) == 1
    assert "secret" not in str(failed.value)
    assert incidents[0]["incident"] in str(failed.value)
    assert isinstance(failed.value, PeerError)


async def test_an_unknown_method_is_the_callers_mistake(connect: Connect) -> None:
    async with connect(router_with(echo=echo)) as network:
        with pytest.raises(RemoteCallerError) as failed:
            await network.request("bob", "test.other", b"", 10)
    assert failed.value.reason == "UNKNOWN_METHOD"


async def test_what_is_answered_together_is_still_each_requests_own(connect: Connect) -> None:
    sizes: list[int] = []

    async def answer(_identity: PeerIdentity, bodies: Sequence[bytes]) -> list[bytes | Exception]:
        sizes.append(len(bodies))
        kinds: dict[bytes, bytes | Exception] = {
            b"misfit": Misfit("not this one"),
            b"defect": KeyError("the secret passphrase of the operator"),
            b"grow": b"x" * (LIMITS.max_body_bytes + 1),
        }
        return [kinds.get(body, body) for body in bodies]

    router = PeerRouter()
    router.register_group("test.group", answer)
    router.register("test.echo", echo)
    asked = [b"misfit", b"one", b"defect", b"grow", b"two", *(b"%d" % number for number in range(20))]
    async with connect(router) as network:
        together = (network.request("bob", "test.group", body, 10) for body in asked)
        alone = (network.request("bob", "test.echo", body, 10) for body in asked)
        answers = await asyncio.gather(*together, *alone, return_exceptions=True)
    assert [str(getattr(answer, "reason", answer)) for answer in answers[:5]] == [
        "MISFIT", "b'one'", "INTERNAL", "OVERSIZE_BODY", "b'two'"
    ]  # fmt: skip
    assert answers[5:] == asked[5:] + asked
    assert sum(sizes) == len(asked)
    assert max(sizes) <= LIMITS.max_outstanding


async def test_what_a_group_handler_raises_is_everybodys_answer(connect: Connect) -> None:
    async def busy(_identity: PeerIdentity, _bodies: Sequence[bytes]) -> list[bytes | Exception]:
        raise Busy("full")

    router = PeerRouter()
    router.register_group("test.busy", busy)
    async with connect(router) as network:
        asked = (network.request("bob", "test.busy", b"", 10) for _ in range(12))
        answers = await asyncio.gather(*asked, return_exceptions=True)
    assert all(isinstance(answer, RemoteUnavailableError) for answer in answers)


def test_a_method_has_one_handler_of_either_kind() -> None:
    async def together(_identity: PeerIdentity, bodies: Sequence[bytes]) -> Sequence[bytes]:
        return bodies

    router = PeerRouter()
    router.register_group("test.a", together)
    router.register("test.b", echo)
    with pytest.raises(MethodTaken):
        router.register("test.a", echo)
    with pytest.raises(MethodTaken):
        router.register_group("test.b", together)
    assert router.methods == {"test.a", "test.b"}


async def test_a_long_failure_message_is_cut_not_refused(connect: Connect) -> None:
    async def fail(_identity: PeerIdentity, _body: bytes) -> bytes:
        raise Misfit("円" * 5000)

    async with connect(router_with(fail=fail)) as network:
        with pytest.raises(RemoteCallerError) as failed:
            await network.request("bob", "test.fail", b"", 10)
    assert len(failed.value.message.encode()) <= LIMITS.max_message_bytes


async def test_an_oversize_request_is_refused_before_it_is_sent(connect: Connect) -> None:
    async with connect(router_with(echo=echo)) as network:
        with pytest.raises(OversizeBody):
            await network.request("bob", "test.echo", b"x" * (LIMITS.max_body_bytes + 1), 10)


async def test_an_oversize_answer_becomes_a_failure(connect: Connect) -> None:
    async def grow(_identity: PeerIdentity, body: bytes) -> bytes:
        return body * (LIMITS.max_body_bytes + 1)

    async with connect(router_with(grow=grow)) as network:
        with pytest.raises(RemoteCallerError) as failed:
            await network.request("bob", "test.grow", b"x", 10)
    assert failed.value.reason == "OVERSIZE_BODY"


async def test_an_unlisted_peer_and_oneself_are_not_asked(connect: Connect) -> None:
    async with connect(router_with(echo=echo)) as network:
        for name in ("nobody", "alice"):
            with pytest.raises(PeerNotListed):
                await network.request(name, "test.echo", b"", 10)


async def test_a_peer_that_is_away_is_unreachable(connect: Connect) -> None:
    async with connect(router_with(echo=echo)) as network:
        with pytest.raises(PeerUnreachable):
            await network.request("gone", "test.echo", b"", 10)


async def test_no_answer_in_time_is_a_time_out_and_the_peer_finishes_its_work(connect: Connect) -> None:
    gate, finished = asyncio.Event(), asyncio.Event()

    async def wait_at_gate(_identity: PeerIdentity, _body: bytes) -> bytes:
        await gate.wait()
        finished.set()
        return b""

    async with connect(router_with(wait=wait_at_gate)) as network:
        with pytest.raises(PeerTimedOut):
            await network.request("bob", "test.wait", b"", 0.5)
        gate.set()
        await asyncio.wait_for(finished.wait(), 5)


async def test_no_more_than_the_bound_is_outstanding_at_the_peer(connect: Connect) -> None:
    gate = HoldingGate(LIMITS.max_outstanding)
    async with connect(router_with(count=gate)) as network:
        asked = [asyncio.create_task(network.request("bob", "test.count", b"", 20)) for _ in range(50)]
        await asyncio.wait_for(gate.full.wait(), 5)
        gate.opened.set()
        await asyncio.gather(*asked)
    assert gate.most == LIMITS.max_outstanding


async def test_closing_ends_requests_under_way_and_refuses_new_ones(connect: Connect) -> None:
    started = asyncio.Event()

    async def never(_identity: PeerIdentity, _body: bytes) -> bytes:
        started.set()
        await asyncio.Event().wait()
        return b""

    async with connect(router_with(never=never)) as network:
        waiting = asyncio.create_task(network.request("bob", "test.never", b"", 30))
        await asyncio.wait_for(started.wait(), 5)
        await network.close()
        with pytest.raises(NetworkClosed):
            await waiting
        with pytest.raises(NetworkClosed):
            await network.request("bob", "test.never", b"", 30)


def test_a_method_is_registered_once_under_a_proper_name() -> None:
    router = router_with(echo=echo)
    with pytest.raises(MethodTaken):
        router.register("test.echo", echo)
    with pytest.raises(ValueError, match="no method name"):
        router.register("Echo", echo)
