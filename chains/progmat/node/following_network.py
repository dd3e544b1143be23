"""What a node knows of its network at any moment: epochs, map, its own key; shared by all its roles."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from chains.progmat.flows.clock import Clock
from chains.progmat.flows.seams import NodeSelf, Role
from chains.progmat.identity import KeyStore, NetworkMap
from chains.progmat.network.learning import NetworkDesk
from chains.progmat.network.map_book import MapBook
from chains.progmat.network.parameters_book import ParametersBook
from chains.progmat.network.peer_codec import READ_NETWORK
from chains.progmat.network.present_signer import PresentSigner
from chains.progmat.node.errors import KeyMissing
from chains.progmat.node.peers import PeerNetwork, PeerRouter
from chains.progmat.transactions.network_parameters import NetworkParameters
from primitives.signatures import Signer


class FollowsNetwork:
    """Base of ``roles.Surroundings``, whose fields it reads; each part is opened once, when it is first asked for."""

    me: NodeSelf
    parameters: NetworkParameters
    directory: NetworkMap
    keys: KeyStore
    network: PeerNetwork
    folder: Path
    clock: Clock

    def now_s(self) -> int:
        """Unix seconds."""
        return self.clock.now_ms() // 1000

    @cached_property
    def parameters_book(self) -> ParametersBook:
        """The epochs this node knows; ``parameters`` are the first. Raises ``ParametersStoreBroken``."""
        return ParametersBook.open(self.me.name, self.folder / "network", self.parameters, self.now_s)

    @cached_property
    def map_book(self) -> MapBook:
        """The network map as it is now; a configured one that follows nobody becomes one that does."""
        if isinstance(self.directory, MapBook):
            return self.directory
        return MapBook.open(self.directory, self.folder / "network", lambda: self.parameters_book.history)

    @cached_property
    def network_desk(self) -> NetworkDesk:
        """This node's part in spreading epochs and maps."""
        return NetworkDesk(self.parameters_book, self.map_book, self.network, self.now_s)

    def answer_about_network(self, router: PeerRouter) -> None:
        """Let peers ask for epochs and maps, of whichever role of this node is put together first."""
        if READ_NETWORK not in router.methods:
            router.register(READ_NETWORK, self.network_desk.answer)

    def first_signer(self) -> Signer:
        """The oldest of the node's own keys that is kept here; what follows from it outlives rotations."""
        newest = self.parameters_book.history.newest
        party = newest.identity(self.me.party)
        while (signer := self.keys.signer(party.key)) is None:
            following = newest.successor(party)
            if following is None:
                raise KeyMissing(self.me.name, "node", party.key.encoded())
            party = following
        return signer

    def node_signer(self) -> Signer:
        """The node's own key, its successors' in later epochs; raises ``KeyMissing``."""
        self.first_signer()
        return PresentSigner(self.me.party, self.parameters_book, self.keys)


class ListedWith:
    """Names with a role on the map as it is when somebody asks."""

    def __init__(self, network_map: NetworkMap, role: Role) -> None:
        self._map = network_map
        self._role = role

    def __contains__(self, name: object) -> bool:
        return name in self._map.names_with(self._role)
