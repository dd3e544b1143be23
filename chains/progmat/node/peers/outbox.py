"""A connection's outbox: whatever is queued when the previous write ends goes out in the next frame."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from chains.progmat.node.peers.frame_codec import Failure, Request, Response, encode_frame, size_in_frame
from chains.progmat.node.peers.limits import PeerLimits

EnvelopeT = TypeVar("EnvelopeT", Request, Response | Failure)


class Outbox(Generic[EnvelopeT]):
    """Queue of envelopes of one stream. Bounded by its users: each queued envelope holds one of their slots."""

    def __init__(self, limits: PeerLimits) -> None:
        self._limits = limits
        self._queue: deque[tuple[EnvelopeT, int]] = deque()  # with its size in a frame
        self._filled = asyncio.Event()
        self.bytes_queued = 0

    def __len__(self) -> int:
        return len(self._queue)

    def put(self, envelope: EnvelopeT) -> None:
        """Queue one envelope."""
        size = size_in_frame(envelope)
        self._queue.append((envelope, size))
        self.bytes_queued += size
        self._filled.set()

    async def write_frames(
        self, write: Callable[[bytes], Awaitable[object]], sent: Callable[[int], None] = lambda _count: None
    ) -> None:
        """Write frames until cancelled or ``write`` raises; ``sent`` hears how many envelopes each carried."""
        while True:
            await self._filled.wait()
            frame = self._take()
            await write(encode_frame(frame))
            sent(len(frame))

    def _take(self) -> list[EnvelopeT]:
        envelope, size = self._queue.popleft()
        frame = [envelope]
        while self._queue and len(frame) < self._limits.max_envelopes_per_frame:
            envelope, more = self._queue[0]
            if size + more > self._limits.max_frame_bytes:
                break
            self._queue.popleft()
            frame.append(envelope)
            size += more
        self.bytes_queued -= size
        if not self._queue:
            self._filled.clear()
        return frame
