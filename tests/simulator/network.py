"""A peer network whose weather is a random number generator: late, lost, repeated, reordered and half-open.

It keeps the promises of ``PeerNetwork`` and none that the seam's docstring does not make; it passes the conformance
suite of the shipped networks when the weather is calm.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from chains.progmat.node.peers import DEFAULT_LIMITS, PeerIdentity, PeerLimits, PeerRouter
from chains.progmat.node.peers.errors import (
    NetworkClosed,
    OversizeBody,
    PeerNotListed,
    PeerTimedOut,
    PeerUnreachable,
)
from chains.progmat.node.peers.failures import error_of, failure_of
from tests.simulator.loop import OUTSIDE, Process

Answer = asyncio.Future[bytes]
Noted = Callable[[str, bytes], None]


@dataclass
class Weather:
    """Probabilities of one request's mishaps, and the links that are down. The default is calm: only latency."""

    least_s: float = 0.000_2
    most_s: float = 0.005
    slow: float = 0.0
    slow_s: float = 8.0
    """A share of messages takes up to so much longer: that is how messages overtake each other."""
    lose_request: float = 0.0
    lose_answer: float = 0.0
    half_open: float = 0.0
    """Share of losses the asker hears nothing of, until its time is out."""
    duplicate: float = 0.0
    replay: float = 0.0
    replay_s: float = 180.0
    """A copy of a request arrives again within this time, when everybody has forgotten it."""
    cut_off: float = 0.0
    """The stream ends under a handler: the asker hears of it, the handler is cancelled wherever it is."""
    down: set[tuple[str, str]] = field(default_factory=set)
    """Pairs of asker and asked whose requests do not arrive; the opposite direction is another pair."""


@dataclass(eq=False)
class _Handling:
    """One request at work; ``answer`` is None for a copy that nobody waits for."""

    asker: str
    peer: str
    method: str
    answer: Answer | None
    task: asyncio.Task[bytes]


@dataclass
class _Node:
    router: PeerRouter
    process: Process
    at_work: dict[_Handling, None] = field(default_factory=dict)


class SimulatedNetwork:
    """The hub. ``weather`` may change at any time."""

    def __init__(
        self, chance: random.Random, limits: PeerLimits = DEFAULT_LIMITS, noted: Noted = lambda _what, _body: None
    ) -> None:
        self.limits = limits
        self.weather = Weather()
        self._chance = chance
        self._noted = noted
        self._listed: set[str] = set()
        self._nodes: dict[str, _Node] = {}
        self._between = OUTSIDE.context()

    def list_node(self, name: str) -> None:
        """It is on the network map from now on."""
        self._listed.add(name)

    def join(self, name: str, router: PeerRouter, process: Process = OUTSIDE) -> SimulatedPeers:
        """A process of a node answers from now on."""
        self._listed.add(name)
        self._nodes[name] = _Node(router, process)
        return SimulatedPeers(name, self)

    def view(self, name: str) -> SimulatedPeers:
        """A node's side from which it asks, before it answers."""
        self._listed.add(name)
        return SimulatedPeers(name, self)

    def leave(self, name: str) -> None:
        """A node is gone: what it was asked is broken off; what it asked is cancelled, or goes on unheard."""
        gone = self._nodes.pop(name, None)
        if gone is not None:
            for handling in gone.at_work:
                self._lost(name, handling.answer, "it went away")
        asked_by_it = [h for node in self._nodes.values() for h in node.at_work if h.asker == name]
        for handling in asked_by_it:
            if self._chance.random() < 0.5:
                self._later(self._latency_s(), handling.task.cancel)

    def send(self, asker: str, peer: str, method: str, body: bytes, answer: Answer) -> None:
        """One request on its way."""
        weather, chance = self.weather, self._chance
        self._noted(f"{asker} asks {peer} {method}", body)
        if (asker, peer) in weather.down or chance.random() < weather.lose_request:
            self._lost(peer, answer, "the stream broke before the request was read")
            return
        arrive = partial(self._arrive, asker, peer, method, body)
        if chance.random() < weather.duplicate:
            self._later(self._latency_s(), partial(arrive, None))
        if chance.random() < weather.replay:
            self._later(chance.uniform(0, weather.replay_s), partial(arrive, None))
        self._later(self._latency_s(), partial(arrive, answer))

    def knows(self, name: str) -> bool:
        """Whether it is on the network map."""
        return name in self._listed

    def _arrive(self, asker: str, peer: str, method: str, body: bytes, answer: Answer | None) -> None:
        node = self._nodes.get(peer)
        if node is None:
            self._lost(peer, answer, "nobody answers at its address")
            return
        work = node.router.dispatch(PeerIdentity(asker), method, body)
        task = asyncio.get_running_loop().create_task(work, context=node.process.context())
        handling = _Handling(asker, peer, method, answer, task)
        node.at_work[handling] = None
        task.add_done_callback(partial(self._handled, node, handling), context=self._between)
        if self._chance.random() < self.weather.cut_off:
            self._later(self._chance.uniform(0, 0.02), handling.task.cancel)

    def _handled(self, node: _Node, handling: _Handling, task: asyncio.Task[bytes]) -> None:
        node.at_work.pop(handling, None)
        if task.cancelled():
            self._lost(handling.peer, handling.answer, "the stream broke before the answer was read")
            return
        result: bytes | Exception
        try:
            result = task.result()
            if len(result) > self.limits.max_body_bytes:
                raise OversizeBody(len(result), self.limits.max_body_bytes)  # noqa: TRY301 - as any handler's failure
        except Exception as error:  # noqa: BLE001 - every failure becomes an answer; a defect is logged in failure_of
            failure = failure_of(error, 1, handling.asker, handling.method, self.limits)
            result = error_of(failure, handling.peer)
        if handling.answer is None:
            return
        told = result if isinstance(result, bytes) else type(result).__name__.encode()
        self._noted(f"{handling.peer} answers {handling.asker} {handling.method}", told)
        way_back = (handling.peer, handling.asker)
        if way_back in self.weather.down or self._chance.random() < self.weather.lose_answer:
            self._lost(handling.peer, handling.answer, "the stream broke before the answer was read")
        else:
            self._later(self._latency_s(), partial(_settle, handling.answer, result))

    def _lost(self, peer: str, answer: Answer | None, detail: str) -> None:
        if answer is not None and self._chance.random() >= self.weather.half_open:
            self._later(self._latency_s(), partial(_settle, answer, PeerUnreachable(peer, detail)))

    def _latency_s(self) -> float:
        weather = self.weather
        if weather.slow and self._chance.random() < weather.slow:
            return self._chance.uniform(weather.most_s, weather.slow_s)
        return self._chance.uniform(weather.least_s, weather.most_s)

    def _later(self, delay_s: float, call: Callable[[], object]) -> None:
        asyncio.get_running_loop().call_later(delay_s, call, context=self._between)


class SimulatedPeers:
    """One node's ``PeerNetwork``."""

    def __init__(self, name: str, hub: SimulatedNetwork) -> None:
        self._name = name
        self._hub = hub
        self._slots: dict[str, asyncio.Semaphore] = {}
        self._waiting: dict[Answer, None] = {}
        self._closed = False

    async def request(self, peer: str, method: str, body: bytes, timeout_s: float) -> bytes:
        """See ``PeerNetwork.request``."""
        if self._closed:
            raise NetworkClosed
        limits = self._hub.limits
        if peer == self._name or not self._hub.knows(peer):
            raise PeerNotListed(peer)
        if len(body) > limits.max_body_bytes:
            raise OversizeBody(len(body), limits.max_body_bytes)
        slots = self._slots.setdefault(peer, asyncio.Semaphore(limits.max_outstanding))
        try:
            async with asyncio.timeout(timeout_s), slots:
                return await self._answer(peer, method, body)
        except TimeoutError as error:
            raise PeerTimedOut(peer, method, timeout_s, "its answer") from error

    async def close(self) -> None:
        """End all requests under way."""
        self._closed = True
        for answer in list(self._waiting):
            _settle(answer, NetworkClosed())

    async def _answer(self, peer: str, method: str, body: bytes) -> bytes:
        answer: Answer = asyncio.get_running_loop().create_future()
        self._waiting[answer] = None
        try:
            self._hub.send(self._name, peer, method, body, answer)
            return await answer
        finally:
            del self._waiting[answer]


def _settle(answer: Answer, result: bytes | Exception) -> None:
    if answer.done():
        return
    if isinstance(result, bytes):
        answer.set_result(result)
    else:
        answer.set_exception(result)
        answer.exception()  # whoever asked may be dead: then nobody's error
