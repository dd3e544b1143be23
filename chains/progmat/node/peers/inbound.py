"""A peer's questions on one stream: handlers run at the same time, but never more than the bound."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

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
    not read its answers, delays only itself.
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
            for request in decode_requests(self._identity.name, data, self._limits):
                if request.correlation_id <= self._last_id:
                    raise ProtocolViolation(self._identity.name, "correlation ids must grow")
                self._last_id = request.correlation_id
                await self._free_slot()
                self._start(request)

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

    def _start(self, request: Request) -> None:
        self._slots_held += 1
        self._body_bytes_held += len(request.body)
        task = asyncio.create_task(self._answer(request))
        self._running[request.correlation_id] = task
        task.add_done_callback(lambda _task: self._finished(request))

    async def _answer(self, request: Request) -> None:
        try:
            body = await self._router.dispatch(self._identity, request.method, request.body)
            if len(body) > self._limits.max_body_bytes:
                raise OversizeBody(len(body), self._limits.max_body_bytes)  # noqa: TRY301 - told to the asker as any failure
            self._outbox.put(Response(request.correlation_id, body))
        except Exception as error:  # noqa: BLE001 - every failure becomes an answer; a defect is logged in failure_of
            asker = self._identity.name
            self._outbox.put(failure_of(error, request.correlation_id, asker, request.method, self._limits))

    async def _free_slot(self) -> None:
        while self.is_full:
            self._slot_freed.clear()
            await self._slot_freed.wait()

    def _finished(self, request: Request) -> None:
        del self._running[request.correlation_id]
        self._body_bytes_held -= len(request.body)
        self._slot_freed.set()

    def _release(self, written: int) -> None:
        self._slots_held -= written
        self._slot_freed.set()
