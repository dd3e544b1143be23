"""A peer network inside one process, for tests and demonstrations; passes the gRPC one's conformance suite."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from enum import Enum

from chains.progmat.node.peers.errors import (
    NetworkClosed,
    OversizeBody,
    PeerNotListed,
    PeerTimedOut,
    PeerUnreachable,
)
from chains.progmat.node.peers.failures import error_of, failure_of
from chains.progmat.node.peers.limits import DEFAULT_LIMITS, PeerLimits
from chains.progmat.node.peers.router import PeerRouter
from chains.progmat.node.peers.seam import PeerIdentity


class Delivery(Enum):
    """What happens to one request."""

    DELIVER = "deliver"
    LOSE_REQUEST = "lose request"  # the handler never runs; the asker sees a broken stream
    LOSE_ANSWER = "lose answer"  # the handler runs; the asker sees a broken stream
    DUPLICATE = "duplicate"  # the handler runs twice, as after a retry; the asker gets the second answer


DeliveryPolicy = Callable[[str, str, str], Awaitable[Delivery]]
"""(asker, asked, method) -> what happens; a policy that awaits delays the delivery."""


async def deliver_all(_asker: str, _asked: str, _method: str) -> Delivery:
    """The policy without faults."""
    return Delivery.DELIVER


class InProcessPeerNetwork:
    """The hub: nodes join it under their names and get their own view of it. ``policy`` may be replaced at any time."""

    def __init__(self, limits: PeerLimits = DEFAULT_LIMITS, policy: DeliveryPolicy = deliver_all) -> None:
        self.limits = limits
        self.policy = policy
        self._routers: dict[str, PeerRouter | None] = {}

    def join(self, name: str, router: PeerRouter) -> InProcessPeerView:
        """Connect a node, perhaps again after a restart; what it asks comes from ``name``."""
        self._routers[name] = router
        return InProcessPeerView(name, self)

    def leave(self, name: str) -> None:
        """Disconnect a node: unreachable from now on, but still listed."""
        self._routers[name] = None

    def router_of(self, asker: str, peer: str) -> PeerRouter:
        """The router of a connected peer; raises ``PeerNotListed``, ``PeerUnreachable``."""
        if peer == asker or peer not in self._routers:
            raise PeerNotListed(peer)
        router = self._routers[peer]
        if router is None:
            raise PeerUnreachable(peer, "it has left")
        return router


class InProcessPeerView:
    """One node's ``PeerNetwork``."""

    def __init__(self, name: str, hub: InProcessPeerNetwork) -> None:
        self._identity = PeerIdentity(name)
        self._hub = hub
        self._slots: dict[str, asyncio.Semaphore] = {}
        self._running: set[asyncio.Task[bytes]] = set()
        self._closed = False

    async def request(self, peer: str, method: str, body: bytes, timeout_s: float) -> bytes:
        """See ``PeerNetwork.request``."""
        if self._closed:
            raise NetworkClosed
        limits = self._hub.limits
        self._hub.router_of(self._identity.name, peer)
        if len(body) > limits.max_body_bytes:
            raise OversizeBody(len(body), limits.max_body_bytes)
        slots = self._slots.setdefault(peer, asyncio.Semaphore(limits.max_outstanding))
        try:
            async with asyncio.timeout(timeout_s), slots:
                delivery = asyncio.create_task(self._deliver(peer, method, body))
                self._running.add(delivery)
                delivery.add_done_callback(self._ended)
                return await asyncio.shield(delivery)  # the peer goes on working when the asker's time is over
        except TimeoutError as error:
            raise PeerTimedOut(peer, method, timeout_s, "its answer") from error
        except asyncio.CancelledError:
            if self._closed:
                raise NetworkClosed from None
            raise

    async def close(self) -> None:
        """End all requests under way."""
        self._closed = True
        running = list(self._running)
        for delivery in running:
            delivery.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _ended(self, delivery: asyncio.Task[bytes]) -> None:
        """Whoever asked may be gone by now: an answer that nobody waits for is nobody's error."""
        self._running.discard(delivery)
        if not delivery.cancelled():
            delivery.exception()

    async def _deliver(self, peer: str, method: str, body: bytes) -> bytes:
        fate = await self._hub.policy(self._identity.name, peer, method)
        if fate is Delivery.LOSE_REQUEST:
            raise PeerUnreachable(peer, "the stream broke before the request was read")
        if fate is Delivery.DUPLICATE:
            await self._answer(peer, method, body)
        answer = await self._answer(peer, method, body)
        if fate is Delivery.LOSE_ANSWER:
            raise PeerUnreachable(peer, "the stream broke before the answer was read")
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def _answer(self, peer: str, method: str, body: bytes) -> bytes | Exception:
        limits = self._hub.limits
        router = self._hub.router_of(self._identity.name, peer)
        try:
            answer = await router.dispatch(self._identity, method, body)
            if len(answer) > limits.max_body_bytes:
                raise OversizeBody(len(answer), limits.max_body_bytes)  # noqa: TRY301 - told to the asker as any failure
        except Exception as error:  # noqa: BLE001 - every failure becomes an answer; a defect is logged in failure_of
            return error_of(failure_of(error, 1, self._identity.name, method, limits), peer)
        return answer
