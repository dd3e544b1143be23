"""Our questions on one stream: correlation of answers, whatever carries the bytes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from chains.progmat.node.peers.deadlines import Deadlines
from chains.progmat.node.peers.errors import PeerStalled, ProtocolViolation
from chains.progmat.node.peers.failures import error_of
from chains.progmat.node.peers.frame_codec import Answer, Request, Response, decode_answers
from chains.progmat.node.peers.limits import PeerLimits
from chains.progmat.node.peers.outbox import Outbox


class OutboundSession:
    """One stream's life on the asking side; ends once, with an error that everybody waiting gets."""

    def __init__(self, peer: str, limits: PeerLimits) -> None:
        self._peer = peer
        self._limits = limits
        self._outbox: Outbox[Request] = Outbox(limits)
        self._waiting: dict[int, asyncio.Future[bytes]] = {}
        self._deadlines = Deadlines()
        self._abandoned: set[int] = set()
        self._last_id = 0
        self._ended: Exception | None = None
        self._end_told = asyncio.Event()

    @property
    def is_open(self) -> bool:
        """Whether requests can still be put on this stream."""
        return self._ended is None

    async def ask(self, method: str, body: bytes, deadline_s: float | None = None) -> bytes:
        """Queue a request and wait for its answer, at most until ``deadline_s`` on the loop's clock.

        When that is over (``TimeoutError``) or this is cancelled, its answer is awaited by nobody but still allowed to
        come. Raises what the peer answered, or what ended the stream.
        """
        if self._ended is not None:
            raise self._ended
        self._last_id += 1
        correlation_id = self._last_id
        waiter: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting[correlation_id] = waiter
        if deadline_s is not None:
            self._deadlines.add(waiter, deadline_s)
        self._outbox.put(Request(correlation_id, method, body))
        try:
            return await waiter
        finally:
            self._deadlines.remove(waiter)
            if self._waiting.pop(correlation_id, None) is not None:
                self._abandon(correlation_id)

    async def write_frames(self, write: Callable[[bytes], Awaitable[object]]) -> None:
        """Write what is asked until cancelled or the stream breaks."""
        await self._outbox.write_frames(write)

    def take_frame(self, data: bytes) -> None:
        """Hand a received frame's answers to their waiters; raises ``ProtocolViolation`` before any is handed out."""
        answers = decode_answers(self._peer, data, self._limits)
        ids = [answer.correlation_id for answer in answers]
        if len(set(ids)) != len(ids):
            raise ProtocolViolation(self._peer, "a correlation id is answered twice in one frame")
        for correlation_id in ids:
            if correlation_id not in self._waiting and correlation_id not in self._abandoned:
                raise ProtocolViolation(self._peer, f"an answer to {correlation_id}, which is not outstanding")
        for answer in answers:
            self._settle(answer)

    def end(self, error: Exception) -> None:
        """Fail everybody who waits; later calls change nothing."""
        if self._ended is not None:
            return
        self._ended = error
        self._end_told.set()
        self._deadlines.stop()
        waiting, self._waiting = self._waiting, {}
        for waiter in waiting.values():
            if not waiter.done():
                waiter.set_exception(error)

    async def wait_for_end(self) -> None:
        """Return when the session has ended, by whichever side."""
        await self._end_told.wait()

    def _settle(self, answer: Answer) -> None:
        self._abandoned.discard(answer.correlation_id)
        waiter = self._waiting.pop(answer.correlation_id, None)
        if waiter is None or waiter.done():
            return
        if isinstance(answer, Response):
            waiter.set_result(answer.body)
        else:
            waiter.set_exception(error_of(answer, self._peer))

    def _abandon(self, correlation_id: int) -> None:
        if self._ended is not None:
            return
        self._abandoned.add(correlation_id)
        if len(self._abandoned) > self._limits.max_abandoned:
            self.end(PeerStalled(self._peer, len(self._abandoned)))
