"""Keeps every byte that each node receives from its peers: what a node may know cannot be more."""

from __future__ import annotations

from collections import defaultdict

from chains.progmat.node.peers import PeerIdentity, PeerRouter


class Eavesdropper:
    """``router_of`` makes a node's router; ``heard`` is what the node was told, in requests and in answers."""

    def __init__(self) -> None:
        self.heard: defaultdict[str, list[bytes]] = defaultdict(list)

    def router_of(self, name: str) -> PeerRouter:
        """A node's router that is listened to."""
        return _OverheardRouter(name, self.heard)

    def forget(self) -> None:
        """From here on."""
        self.heard.clear()

    def knows(self, name: str, fact: bytes) -> bool:
        """Whether these bytes stand anywhere in what the node was told."""
        return any(fact in message for message in self.heard[name])


class _OverheardRouter(PeerRouter):
    def __init__(self, name: str, heard: defaultdict[str, list[bytes]]) -> None:
        super().__init__()
        self._name = name
        self._heard = heard

    async def dispatch(self, identity: PeerIdentity, method: str, body: bytes) -> bytes:
        """As always, and note what either side learns."""
        self._heard[self._name].append(body)
        answer = await super().dispatch(identity, method, body)
        self._heard[identity.name].append(answer)
        return answer
