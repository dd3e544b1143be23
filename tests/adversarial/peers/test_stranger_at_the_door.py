"""Who gets a stream: only listed names with a certificate of the network's authority."""

from __future__ import annotations

import datetime as dt

import pytest

from chains.progmat.identity import issue_node_certificate
from chains.progmat.identity.certificates import NODE_VALID
from chains.progmat.node.peers import PeerIdentity, PeerLimits, PeerRouter, PeerTls
from chains.progmat.node.peers.errors import PeerNotListed, PeerUnreachable, RefusedByPeer
from tests.fakes.peer_nodes import answering, asking, authority_of, tls_of

LIMITS = PeerLimits(connect_timeout_s=3.0)


class Door:
    """A router that remembers who came in."""

    def __init__(self) -> None:
        self.visitors: list[str] = []
        self.router = PeerRouter()
        self.router.register("door.knock", self._knock)

    async def _knock(self, identity: PeerIdentity, _body: bytes) -> bytes:
        self.visitors.append(identity.name)
        return b"come in"


async def _knock_in_vain(door: Door, listening: str, tls: PeerTls | None = None) -> None:
    """Alice, with her certificate or another, asks bob where ``listening`` listens, and never gets to the door."""
    async with (
        answering(listening, door.router, {"alice"}) as node,
        asking("alice", {"bob": node.endpoint}, LIMITS, tls) as network,
    ):
        with pytest.raises(PeerUnreachable):
            await network.request("bob", "door.knock", b"", 5)
    assert door.visitors == []


async def test_a_listed_peer_is_known_by_its_certificate() -> None:
    door = Door()
    async with answering("bob", door.router, {"alice"}) as bob, asking("alice", {"bob": bob.endpoint}) as network:
        assert await network.request("bob", "door.knock", b"", 5) == b"come in"
    assert door.visitors == ["alice"]


async def test_a_strangers_certificate_with_a_listed_name_gets_no_connection() -> None:
    door = Door()
    forged = tls_of("alice", network="stranger", trusts="devnet")
    await _knock_in_vain(door, "bob", forged)


async def test_an_expired_certificate_gets_no_connection() -> None:
    door = Door()
    long_ago = dt.datetime.now(dt.UTC) - NODE_VALID - dt.timedelta(days=1)
    issued = issue_node_certificate(authority_of("devnet"), "alice", long_ago)
    expired = PeerTls(authority_of("devnet").certificate_pem, issued.certificate_pem, issued.private_key_pem)
    await _knock_in_vain(door, "bob", expired)


async def test_a_good_certificate_with_an_unlisted_name_is_refused_by_name() -> None:
    door = Door()
    async with answering("bob", door.router, {"alice"}) as bob, asking("mallory", {"bob": bob.endpoint}) as network:
        with pytest.raises(RefusedByPeer, match="'mallory' is not a peer"):
            await network.request("bob", "door.knock", b"", 5)
    assert door.visitors == []


async def test_a_listed_node_that_listens_in_anothers_place_is_not_asked() -> None:
    door = Door()
    await _knock_in_vain(door, "mallory")


async def test_a_server_of_a_strange_authority_is_not_asked() -> None:
    door = Door()
    distrusting = tls_of("alice", network="devnet", trusts="stranger")
    await _knock_in_vain(door, "bob", distrusting)


async def test_a_name_that_is_not_on_the_map_is_not_dialled() -> None:
    async with asking("alice", {}) as network:
        with pytest.raises(PeerNotListed):
            await network.request("bob", "door.knock", b"", 5)
