"""Telling peers which epochs and map this node has, and asking for newer ones. Signatures are believed, not peers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Final

import structlog

from chains.progmat.network.map_book import MapBook, SignedNetworkMap
from chains.progmat.network.parameters_book import ParametersBook
from chains.progmat.network.peer_codec import (
    MAX_EPOCHS_TOLD,
    READ_NETWORK,
    WhatIsKnown,
    WhatIsNewer,
    decode_known,
    decode_newer,
    encode_known,
    encode_newer,
)
from chains.progmat.node.peers.seam import PeerIdentity, PeerNetwork
from chains.progmat.transactions.parameters_history import SignedParameters
from primitives.errors import CrossDvpError

ASK_TIMEOUT_S: Final = 10.0
NOTICE_S: Final = 60
"""How far ahead of the notary's clock an epoch must begin when the notary learns of it. A Validator that has asked the
notary knows every epoch that can begin within this time."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Heard:
    """What a peer said of itself: the last epoch its operator accepted, and when it said so (Unix seconds)."""

    accepted_epoch: int
    at_s: int


class NetworkDesk:
    """One node's part in spreading epochs and maps."""

    def __init__(
        self, parameters: ParametersBook, network_map: MapBook, network: PeerNetwork, clock_s: Callable[[], int]
    ) -> None:
        self._parameters = parameters
        self._map = network_map
        self._network = network
        self._clock_s = clock_s
        self._asked_until_s = 0
        self.heard: dict[str, Heard] = {}

    async def answer(self, _peer: PeerIdentity, body: bytes) -> bytes:
        """Handler of ``network.read``; raises DecodeError."""
        known = decode_known(body)
        epochs = self._parameters.history.signed_after(known.epoch)[:MAX_EPOCHS_TOLD]
        newer = WhatIsNewer(
            tuple(signed.encode() for signed in epochs),
            self._map.newer_than(known.map_serial),
            self._parameters.accepted_epoch,
        )
        return encode_newer(newer)

    async def ask(self, peer: str) -> None:
        """Learn what ``peer`` has; raises its errors, and the refusals of what it sent."""
        while True:
            known = WhatIsKnown(self._parameters.history.newest.epoch, self._map.serial)
            body = await self._network.request(peer, READ_NETWORK, encode_known(known), ASK_TIMEOUT_S)
            newer = decode_newer(body)
            self.heard[peer] = Heard(newer.accepted_epoch, self._clock_s())
            for encoded in newer.epochs:
                await asyncio.to_thread(self._parameters.learn, SignedParameters.decode(encoded))
            if newer.network_map:
                signed_map = SignedNetworkMap.decode(newer.network_map)
                await asyncio.to_thread(partial(self._map.learn, signed_map, self._clock_s()))
            has_learnt = self._parameters.history.newest.epoch > known.epoch
            if len(newer.epochs) < MAX_EPOCHS_TOLD or not has_learnt:
                return  # a peer that tells what is known already may do so for ever

    async def ask_all(self, peers: Iterable[str]) -> None:
        """Ask each peer; what one does not answer, or answers wrongly, keeps nobody from the others."""
        await asyncio.gather(*(self._ask_quietly(peer) for peer in peers))

    async def know_epochs_until(self, time_s: int, notary: str) -> None:
        """Return once every epoch is known that is in force at a time the notary has written into its journal.

        Raises what asking the notary raises, where that is needed: at most once in ``NOTICE_S`` of journal time.
        """
        if time_s < self._asked_until_s:
            return
        await self.ask(notary)
        self._asked_until_s = time_s + NOTICE_S

    async def _ask_quietly(self, peer: str) -> None:
        try:
            await self.ask(peer)
        except CrossDvpError as error:
            _log.debug("peer not asked about the network", peer=peer, reason=error.reason, detail=str(error))
