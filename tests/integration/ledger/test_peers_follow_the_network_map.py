"""A member more on a running network: it is dialled and admitted without a restart; one that left is neither."""

from __future__ import annotations

import pytest

from chains.progmat.node.peers import PeerIdentity, PeerRouter
from chains.progmat.node.peers.errors import PeerNotListed
from primitives.errors import CrossDvpError
from tests.fakes.peer_nodes import answering, asking


async def echo(_identity: PeerIdentity, body: bytes) -> bytes:
    return body


def router() -> PeerRouter:
    made = PeerRouter()
    made.register("test.echo", echo)
    return made


async def test_a_new_peer_is_dialled_one_that_moved_is_found_and_one_that_left_is_not_asked() -> None:
    async with (
        answering("alice", router(), {"cn"}) as alice,
        answering("bob", router(), {"cn"}) as bob,
        asking("cn", {"alice": alice.endpoint}) as network,
    ):
        assert await network.request("alice", "test.echo", b"1", 5) == b"1"
        with pytest.raises(PeerNotListed):
            await network.request("bob", "test.echo", b"2", 5)
        network.list_peers({"alice": (alice.endpoint,), "bob": (bob.endpoint,)})
        assert await network.request("bob", "test.echo", b"2", 5) == b"2"
        assert await network.request("alice", "test.echo", b"3", 5) == b"3"
        async with answering("alice", router(), {"cn"}) as moved:
            network.list_peers({"alice": (moved.endpoint,)})
            assert await network.request("alice", "test.echo", b"4", 5) == b"4"
            with pytest.raises(PeerNotListed):
                await network.request("bob", "test.echo", b"5", 5)


async def test_a_peer_struck_off_the_map_loses_its_stream_and_gets_no_new_one() -> None:
    listed = {"cn"}
    async with answering("alice", router(), listed) as alice, asking("cn", {"alice": alice.endpoint}) as network:
        assert await network.request("alice", "test.echo", b"1", 5) == b"1"
        listed.clear()
        alice.service.end_unlisted()
        for _ in range(2):
            with pytest.raises(CrossDvpError):
                await network.request("alice", "test.echo", b"2", 2)
