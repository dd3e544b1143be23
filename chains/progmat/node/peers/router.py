"""Method names to handlers."""

from __future__ import annotations

import re

from chains.progmat.node.peers.errors import MethodTaken, UnknownMethod
from chains.progmat.node.peers.seam import PeerHandler, PeerIdentity

_METHOD = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+", re.ASCII)


class PeerRouter:
    """The methods a node answers: ``area.verb`` names, each registered once at start-up."""

    def __init__(self) -> None:
        self._handlers: dict[str, PeerHandler] = {}

    def register(self, method: str, handler: PeerHandler) -> None:
        """Answer ``method`` with ``handler``; raises ``MethodTaken``, or ``ValueError`` for a name that is none."""
        if not _METHOD.fullmatch(method):
            raise ValueError(f"{method!r} is no method name: expected area.verb in lower case")
        if method in self._handlers:
            raise MethodTaken(method)
        self._handlers[method] = handler

    @property
    def methods(self) -> frozenset[str]:
        """Names answered."""
        return frozenset(self._handlers)

    async def dispatch(self, identity: PeerIdentity, method: str, body: bytes) -> bytes:
        """Run the handler of ``method``; raises ``UnknownMethod`` and whatever the handler raises."""
        handler = self._handlers.get(method)
        if handler is None:
            raise UnknownMethod(method)
        return await handler(identity, body)
