"""Method names to handlers."""

from __future__ import annotations

import re
from collections.abc import Sequence

from chains.progmat.node.peers.errors import MethodTaken, UnknownMethod
from chains.progmat.node.peers.seam import PeerGroupHandler, PeerHandler, PeerIdentity

_METHOD = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+", re.ASCII)


class PeerRouter:
    """The methods a node answers: ``area.verb`` names, each registered once at start-up."""

    def __init__(self) -> None:
        self._handlers: dict[str, PeerHandler] = {}
        self._group_handlers: dict[str, PeerGroupHandler] = {}

    def register(self, method: str, handler: PeerHandler) -> None:
        """Answer ``method`` with ``handler``; raises ``MethodTaken``, or ``ValueError`` for a name that is none."""
        self._check_free(method)
        self._handlers[method] = handler

    def register_group(self, method: str, handler: PeerGroupHandler) -> None:
        """Answer ``method`` with ``handler``, together what came together; raises as ``register`` does."""
        self._check_free(method)
        self._group_handlers[method] = handler

    @property
    def methods(self) -> frozenset[str]:
        """Names answered."""
        return frozenset(self._handlers.keys() | self._group_handlers.keys())

    def takes_groups(self, method: str) -> bool:
        """Whether requests of ``method`` that came together are answered together."""
        return method in self._group_handlers

    async def dispatch(self, identity: PeerIdentity, method: str, body: bytes) -> bytes:
        """Run the handler of ``method``; raises ``UnknownMethod`` and whatever the handler raises."""
        handler = self._handlers.get(method)
        if handler is not None:
            return await handler(identity, body)
        (answer,) = await self.dispatch_group(identity, method, (body,))
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def dispatch_group(
        self, identity: PeerIdentity, method: str, bodies: Sequence[bytes]
    ) -> Sequence[bytes | Exception]:
        """Run the group handler of ``method``; raises ``UnknownMethod`` and whatever the handler raises."""
        handler = self._group_handlers.get(method)
        if handler is None:
            raise UnknownMethod(method)
        return await handler(identity, bodies)

    def _check_free(self, method: str) -> None:
        if not _METHOD.fullmatch(method):
            raise ValueError(f"{method!r} is no method name: expected area.verb in lower case")
        if method in self._handlers or method in self._group_handlers:
            raise MethodTaken(method)
