"""What a node remembers of its peers: transactions, in memory and bounded."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection
from typing import Final

MAX_PEERS: Final = 1_024
"""Remembered at once."""


class OfPeers:
    """Transaction ids, the newest ``most`` of each peer."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._by_peer: OrderedDict[str, OrderedDict[bytes, None]] = OrderedDict()

    def __contains__(self, fact: tuple[str, bytes]) -> bool:
        """Whether a peer's name and a transaction id are remembered together."""
        peer, tx_id = fact
        return tx_id in self._by_peer.get(peer, ())

    def add(self, peer: str, tx_ids: Collection[bytes]) -> None:
        """Remember these of a peer."""
        if not tx_ids:
            return
        known = self._by_peer.setdefault(peer, OrderedDict())
        for tx_id in tx_ids:
            known[tx_id] = None
            known.move_to_end(tx_id)
        while len(known) > self._most:
            known.popitem(last=False)
        self._by_peer.move_to_end(peer)
        if len(self._by_peer) > MAX_PEERS:
            self._by_peer.popitem(last=False)
