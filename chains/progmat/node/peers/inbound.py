"""A peer's questions on one stream: handlers run at the same time, but never more than the bound."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence

from chains.progmat.node.peers.errors import OversizeBody, ProtocolViolation
from chains.progmat.node.peers.failures import failure_of
from chains.progmat.node.peers.frame_codec import Answer, Request, Response, decode_requests
from chains.progmat.node.peers.limits import PeerLimits
from chains.progmat.node.peers.outbox import Outbox
from chains.progmat.node.peers.router import PeerRouter
from chains.progmat.node.peers.seam import PeerIdentity


class InboundSession:
    """One stream's life on the answering side.

    A slot is held from the arrival of a request until its answer is written. While all are held, or the bodies held
    exceed their bound, nothing more is read and gRPC's flow control holds the peer back: a flood, or a peer that does
    not read its answers, delays only itself. Requests of one frame whose method takes groups are one task.
    """

    def __init__(self, identity: PeerIdentity, router: PeerRouter, limits: PeerLimits) -> None:
        self._identity = identity
        self._router = router
        self._limits = limits
        self._outbox: Outbox[Answer] = Outbox(limits)
        self._running: dict[int, asyncio.Task[None]] = {}
        self._last_id = 0
        self._slots_held = 0
        self._body_bytes_held = 0
        self._slot_freed = asyncio.Event()

    @property
    def is_full(self) -> bool:
        """Whether the next request has to wait."""
        held_bytes = self._body_bytes_held + self._outbox.bytes_queued
        return self._slots_held >= self._limits.max_outstanding or held_bytes >= self._limits.max_outstanding_bytes

    async def read_frames(self, read: Callable[[], Awaitable[bytes | None]]) -> None:
        """Take requests until ``read`` returns None (the peer is done); raises ``ProtocolViolation``."""
        while (data := await read()) is not None:
            together: list[Request] = []
            for request in decode_requests(self._identity.name, data, self._limits):
                if request.correlation_id <= self._last_id:
                    raise ProtocolViolation(self._identity.name, "correlation ids must grow")
                self._last_id = request.correlation_id
                if together and (self.is_full or request.method != together[0].method):
                    self._start_group(together)
                    together = []
                if self.is_full:
                    await self._free_slot()
                self._slots_held += 1
                self._body_bytes_held += len(request.body)
                if self._router.takes_groups(request.method):
                    together.append(request)
                else:
                    self._start(self._answer(request), request.correlation_id, len(request.body))
            if together:
                self._start_group(together)

    async def write_frames(self, write: Callable[[bytes], Awaitable[object]]) -> None:
        """Write answers until cancelled or the stream breaks."""
        await self._outbox.write_frames(write, self._release)

    async def drained(self) -> None:
        """Return when every request taken is answered and written."""
        while self._slots_held:
            self._slot_freed.clear()
            await self._slot_freed.wait()

    async def cancel(self) -> None:
        """Stop all handlers: nobody is left to answer to."""
        running = list(self._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _start_group(self, requests: Sequence[Request]) -> None:
        body_bytes = sum(len(request.body) for request in requests)
        self._start(self._answer_group(requests), requests[0].correlation_id, body_bytes)

    def _start(self, answering: Coroutine[None, None, None], first_id: int, body_bytes: int) -> None:
        task = asyncio.create_task(answering)
        self._running[first_id] = task
        task.add_done_callback(lambda _task: self._finished(first_id, body_bytes))

    async def _answer(self, request: Request) -> None:
        answer: bytes | Exception
        try:
            answer = await self._router.dispatch(self._identity, request.method, request.body)
        except Exception as error:  # noqa: BLE001 - every failure becomes an answer; a defect is logged in failure_of
            answer = error
        self._put(request, answer)

    async def _answer_group(self, requests: Sequence[Request]) -> None:
        method, bodies = requests[0].method, [request.body for request in requests]
        answers: Sequence[bytes | Exception]
        try:
            answers = await self._router.dispatch_group(self._identity, method, bodies)
        except Exception as error:  # noqa: BLE001 - as in _answer
            answers = [error] * len(requests)
        for request, answer in zip(requests, answers, strict=True):
            self._put(request, answer)

    def _put(self, request: Request, answer: bytes | Exception) -> None:
        if isinstance(answer, bytes):
            if len(answer) <= self._limits.max_body_bytes:
                self._outbox.put(Response(request.correlation_id, answer))
                return
            answer = OversizeBody(len(answer), self._limits.max_body_bytes)
        failure = failure_of(answer, request.correlation_id, self._identity.name, request.method, self._limits)
        self._outbox.put(failure)

    async def _free_slot(self) -> None:
        while self.is_full:
            self._slot_freed.clear()
            await self._slot_freed.wait()

    def _finished(self, first_id: int, body_bytes: int) -> None:
        del self._running[first_id]
        self._body_bytes_held -= body_bytes
        self._slot_freed.set()

    def _release(self, written: int) -> None:
        self._slots_held -= written
        self._slot_freed.set()
