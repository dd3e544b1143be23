"""The gRPC network over a peer's stop, death and return; the in-process network's faults on demand."""

from __future__ import annotations

import asyncio

import pytest

from chains.progmat.node.peers import Delivery, InProcessPeerNetwork, PeerIdentity, PeerLimits, PeerRouter
from chains.progmat.node.peers.errors import PeerUnreachable
from tests.fakes.fault_proxy import Fault, FaultProxy
from tests.fakes.peer_nodes import answering, asking

LIMITS = PeerLimits(connect_timeout_s=3.0, backoff_max_s=0.2)


def counting_router() -> tuple[PeerRouter, list[bytes]]:
    router, seen = PeerRouter(), []

    async def echo(_identity: PeerIdentity, body: bytes) -> bytes:
        seen.append(body)
        return body

    router.register("test.echo", echo)
    return router, seen


async def test_a_stopping_peer_finishes_what_is_under_way() -> None:
    started, gate = asyncio.Event(), asyncio.Event()
    router = PeerRouter()

    async def wait_at_gate(_identity: PeerIdentity, _body: bytes) -> bytes:
        started.set()
        await gate.wait()
        return b"finished"

    router.register("test.wait", wait_at_gate)
    async with answering("bob", router, {"alice"}, LIMITS) as bob, asking("alice", {"bob": bob.endpoint}) as network:
        waiting = asyncio.create_task(network.request("bob", "test.wait", b"", 10))
        await asyncio.wait_for(started.wait(), 5)
        bob.service.stop()
        gate.set()
        assert await waiting == b"finished"


async def test_a_dead_peers_requests_fail_and_the_next_ones_find_it_again() -> None:
    started = asyncio.Event()
    stuck, (healthy, _seen) = PeerRouter(), counting_router()

    async def never(_identity: PeerIdentity, _body: bytes) -> bytes:
        started.set()
        await asyncio.Event().wait()
        return b""

    stuck.register("test.echo", never)
    async with answering("bob", stuck, {"alice"}, LIMITS) as bob:
        endpoints = {"bob": bob.endpoint}
        async with asking("alice", endpoints, LIMITS) as network:
            waiting = asyncio.create_task(network.request("bob", "test.echo", b"", 30))
            await asyncio.wait_for(started.wait(), 5)
            await bob.server.stop(None)
            with pytest.raises(PeerUnreachable):
                await waiting
    async with (
        answering("bob", healthy, {"alice"}, LIMITS) as again,
        asking("alice", {"bob": again.endpoint}, LIMITS) as network,
    ):
        assert await network.request("bob", "test.echo", b"again", 10) == b"again"
        await again.server.stop(None)
        with pytest.raises(PeerUnreachable):
            await network.request("bob", "test.echo", b"", 10)


async def test_a_peer_that_comes_back_on_its_port_is_found_by_the_same_network() -> None:
    router, _seen = counting_router()
    async with (
        answering("bob", router, {"alice"}, LIMITS) as first,
        asking("alice", {"bob": first.endpoint}, LIMITS) as network,
    ):
        assert await network.request("bob", "test.echo", b"1", 10) == b"1"
        await first.server.stop(None)
        with pytest.raises(PeerUnreachable):
            await network.request("bob", "test.echo", b"2", 10)
        async with answering("bob", router, {"alice"}, LIMITS, port=int(first.endpoint.split(":")[1])):
            assert await network.request("bob", "test.echo", b"3", 10) == b"3"


async def test_a_peer_whose_machine_is_gone_without_a_word_is_given_up_and_found_again() -> None:
    router, _seen = counting_router()
    impatient = PeerLimits(backoff_max_s=0.2, keepalive_s=0.5, keepalive_answer_s=0.5)
    async with (
        answering("bob", router, {"alice"}, impatient) as bob,
        FaultProxy(bob.endpoint) as wire,
        asking("alice", {"bob": wire.address}, impatient) as network,
        asyncio.timeout(15),
    ):
        assert await network.request("bob", "test.echo", b"1", 10) == b"1"
        await wire.switch(Fault.HALF_OPEN)
        with pytest.raises(PeerUnreachable):
            await network.request("bob", "test.echo", b"2", 10)
        await wire.switch(Fault.NONE)
        assert await network.request("bob", "test.echo", b"3", 10) == b"3"


@pytest.mark.parametrize(
    ("fate", "times_seen"), [(Delivery.LOSE_REQUEST, 0), (Delivery.LOSE_ANSWER, 1), (Delivery.DUPLICATE, 2)]
)
async def test_the_in_process_network_loses_and_repeats_on_demand(fate: Delivery, times_seen: int) -> None:
    async def policy(_asker: str, _asked: str, _method: str) -> Delivery:
        return fate

    hub = InProcessPeerNetwork(policy=policy)
    router, seen = counting_router()
    hub.join("bob", router)
    network = hub.join("alice", PeerRouter())
    if fate is Delivery.DUPLICATE:
        assert await network.request("bob", "test.echo", b"x", 5) == b"x"
    else:
        with pytest.raises(PeerUnreachable):
            await network.request("bob", "test.echo", b"x", 5)
    assert seen == [b"x"] * times_seen


async def test_the_in_process_network_delays_as_long_as_its_policy_waits() -> None:
    gate = asyncio.Event()

    async def policy(_asker: str, _asked: str, _method: str) -> Delivery:
        await gate.wait()
        return Delivery.DELIVER

    hub = InProcessPeerNetwork(policy=policy)
    router, seen = counting_router()
    hub.join("bob", router)
    waiting = asyncio.create_task(hub.join("alice", PeerRouter()).request("bob", "test.echo", b"x", 5))
    for _turn in range(20):
        await asyncio.sleep(0)
    assert seen == []
    gate.set()
    assert await waiting == b"x"
