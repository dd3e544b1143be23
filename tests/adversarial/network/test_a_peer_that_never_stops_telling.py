"""Peers that are asked for epochs and maps, and a disk that is full: neither ends the asking of the others."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from chains.progmat.identity import NetworkMap
from chains.progmat.network.drafting import LEAST_NOTICE_S, Changes, next_epoch
from chains.progmat.network.errors import NetworkFilesFailed, NoticeTooShort
from chains.progmat.network.learning import NOTICE_S, NetworkDesk
from chains.progmat.network.map_book import MapBook, SignedNetworkMap
from chains.progmat.network.parameters_book import ParametersBook
from chains.progmat.network.peer_codec import MAX_EPOCHS_TOLD, READ_NETWORK, WhatIsNewer, encode_newer
from chains.progmat.node.peers import InProcessPeerNetwork, PeerIdentity, PeerRouter
from chains.progmat.transactions.parameters_history import ParametersHistory
from primitives.errors import UnavailableError
from tests.fakes.epochs import following, signed_epoch
from tests.fakes.ledger_parties import CN_A, CN_B, NN, OPERATOR, SN
from tests.integration.ledger.network import MAP, PARAMETERS

SECOND = signed_epoch(following(PARAMETERS, 1_000_000))
MAP_2 = SignedNetworkMap.sign(NetworkMap(MAP.entries, serial=2), OPERATOR.signer)


class Node:
    """One node that asks; ``liar`` answers with what it is told to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "network"
        self.hub = InProcessPeerNetwork()
        self.parameters = ParametersBook.open(CN_A.name, self.folder, PARAMETERS, lambda: 1)
        self.map = MapBook.open(MAP, self.folder, lambda: self.parameters.history)
        self.desk = NetworkDesk(self.parameters, self.map, self.hub.join(CN_A.name, PeerRouter()), lambda: 1)
        self.asked = 0

    def peer(self, name: str, *epochs: bytes, network_map: bytes = b"") -> None:
        router = PeerRouter()

        async def answer(_asker: PeerIdentity, _body: bytes) -> bytes:
            self.asked += 1
            return encode_newer(WhatIsNewer(epochs, network_map, 1))

        router.register(READ_NETWORK, answer)
        self.hub.join(name, router)


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node(tmp_path)


async def test_a_peer_that_tells_what_is_known_for_ever_is_asked_once(node: Node) -> None:
    node.peer(SN.name, *(SECOND.encode() for _ in range(MAX_EPOCHS_TOLD)))
    node.peer(CN_B.name)
    async with asyncio.timeout(5):
        await node.desk.ask_all([SN.name, CN_B.name])
    assert node.parameters.history.newest == SECOND.parameters
    assert node.asked <= 3  # twice the first, which had something new once


async def test_a_full_disk_costs_one_round_of_asking(node: Node) -> None:
    node.peer(SN.name, SECOND.encode(), network_map=MAP_2.encode())
    shutil.rmtree(node.folder)  # nothing can be written there any more
    with pytest.raises(NetworkFilesFailed):
        await node.desk.ask(SN.name)
    await node.desk.ask_all([SN.name])  # no error leaves the round, or nobody would ask again
    assert (node.parameters.history.newest, node.map.serial) == (PARAMETERS, MAP.serial)
    node.folder.mkdir()
    await node.desk.ask_all([SN.name])
    assert (node.parameters.history.newest, node.map.serial) == (SECOND.parameters, 2)
    shutil.rmtree(node.folder)
    with pytest.raises(NetworkFilesFailed):
        node.parameters.accept(2, SECOND.parameters.hash)
    assert node.parameters.accepted_epoch == 1


async def test_epochs_and_map_in_one_folder_are_read_again(node: Node) -> None:
    node.peer(SN.name, SECOND.encode(), network_map=MAP_2.encode())
    await node.desk.ask(SN.name)
    again = ParametersBook.open(CN_A.name, node.folder, PARAMETERS, lambda: 1)
    assert again.history == ParametersHistory.of(PARAMETERS).extended(SECOND)
    assert MapBook.open(MAP, node.folder, lambda: again.history).serial == 2


async def test_whoever_judges_a_journal_asks_the_notary_again_when_it_has_moved_on(node: Node) -> None:
    """An epoch begins ``NOTICE_S`` after the notary has learnt it, at the earliest: so often it has to be asked."""
    node.peer(NN.name)
    for time_s, asked in ((1_000, 1), (1_000 + NOTICE_S - 1, 1), (1_000 + NOTICE_S, 2), (900, 2)):
        await node.desk.know_epochs_until(time_s, NN.name)
        assert node.asked == asked, time_s
    node.hub.leave(NN.name)
    for _ in range(2):  # what was not answered does not count as asked
        with pytest.raises(UnavailableError):
            await node.desk.know_epochs_until(9_000, NN.name)


def test_no_epoch_is_drafted_that_members_cannot_have_accepted() -> None:
    now_s = 1_000_000
    begins_s = now_s + LEAST_NOTICE_S
    assert next_epoch(PARAMETERS, Changes(), begins_s, now_s).effective_from_s == begins_s
    with pytest.raises(NoticeTooShort):
        next_epoch(PARAMETERS, Changes(), begins_s - 1, now_s)
