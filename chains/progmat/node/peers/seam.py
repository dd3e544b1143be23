"""What the rest of a node sees of the network: ask a named peer, be asked by one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class PeerIdentity:
    """Who asks: the common name of the certificate that opened the stream, already found on the network map."""

    name: str


PeerHandler = Callable[[PeerIdentity, bytes], Awaitable[bytes]]
"""Answers one request.

A raised ``CallerError``, ``PeerError`` or ``UnavailableError`` reaches the asker as the same kind with its reason;
anything else reaches it as INTERNAL with an incident id. A handler is cancelled when the asker's stream ends, so its
effects go through the node's database in one step or are safe to repeat.
"""

PeerGroupHandler = Callable[[PeerIdentity, Sequence[bytes]], Awaitable[Sequence[bytes | Exception]]]
"""Answers requests that came together as a ``PeerHandler`` would one by one: for methods asked all the time.

Returns for each, in their order, the answer or the exception that a ``PeerHandler`` would have raised; what it raises
is everybody's answer. All answers leave together, so no request of a group may wait for somebody else.
"""


class PeerNetwork(Protocol):
    """Ask other nodes.

    Guarantees: an answer belongs to its request and comes from the node whose certificate bears the name. A request is
    sent at most once per call. Not guaranteed: order between requests; and that a request that raised an
    ``UnavailableError`` was not carried out (the answer may be what was lost), so methods are idempotent.
    """

    async def request(self, peer: str, method: str, body: bytes, timeout_s: float) -> bytes:
        """Send ``body`` to ``peer`` and wait for the answer at most ``timeout_s`` seconds, queueing included.

        Raises ``CallerError`` (unknown peer, oversize request, or the peer blames the request), ``PeerError`` (the peer
        broke the protocol or blames somebody's bytes, or has a defect), ``UnavailableError`` (retry later).
        """
        ...

    async def close(self) -> None:
        """End all streams; requests under way raise ``UnavailableError``."""
        ...
