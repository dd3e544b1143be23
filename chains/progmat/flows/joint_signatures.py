"""One signature for all that a key is to sign at the same time.

Flows come in trains: a group commit, or a frame from a peer, wakes many of them at once. What they have signed by one
key in the same round of the event loop is signed under one Merkle root, as a notary signs its batches, and each gets
the partial tree that leads to its own. A key store is asked once instead of thirty times, and so is whoever verifies.

A key that is kept elsewhere takes its time: what is to be signed meanwhile waits for its answer and is signed together.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Generic, TypeVar

from primitives.apart import Apart
from primitives.public_key import PublicKey
from primitives.signatures import Signer
from primitives.types import Hash32

MAX_TOGETHER: Final = 32
"""As many as a frame to a peer carries: what is signed together is verified together."""

T = TypeVar("T")
SignAll = Callable[[Signer, Sequence[Hash32]], Sequence[T]]
"""Signs 1..``MAX_TOGETHER`` transaction ids; the signatures in their order. May be called in any thread."""


@dataclass(frozen=True, slots=True)
class _Together(Generic[T]):
    """What is signed at once: 1..``MAX_TOGETHER`` ids and whoever waits for each."""

    signer: Signer
    asked: list[tuple[Hash32, asyncio.Future[T]]] = field(default_factory=list)

    @property
    def waiting(self) -> list[tuple[Hash32, asyncio.Future[T]]]:
        """Without those who have been cancelled."""
        return [(tx_id, answer) for tx_id, answer in self.asked if not answer.done()]


_Queue = deque[_Together[T]]


class JointSignatures(Generic[T]):
    """Signatures of one kind, by any number of keys. For one event loop."""

    def __init__(self, sign_all: SignAll[T]) -> None:
        self._sign_all = sign_all
        self._queues: dict[PublicKey, _Queue[T]] = {}
        """Of keys that are asked in this round of the event loop, or kept elsewhere and at work."""
        self._at_work: set[asyncio.Task[None]] = set()

    async def sign(self, signer: Signer, tx_id: Hash32) -> T:
        """``signer``'s signature over a transaction id, alone or with others. Raises what the key's keeper raises."""
        loop = asyncio.get_running_loop()
        key = signer.public_key
        queue = self._queues.get(key)
        if queue is None:
            queue = self._queues[key] = deque()
            loop.call_soon(self._begin, key, queue)
        if not queue or len(queue[-1].asked) == MAX_TOGETHER:
            queue.append(_Together(signer))
        answer: asyncio.Future[T] = loop.create_future()
        queue[-1].asked.append((tx_id, answer))
        return await answer

    def _begin(self, key: PublicKey, queue: _Queue[T]) -> None:
        try:
            apart = queue[0].signer.apart
        except Exception as error:  # noqa: BLE001 - not swallowed: each of those who asked gets it
            apart = None
            _fail([each for together in queue for each in together.waiting], error)
        if apart is not None:
            work = asyncio.create_task(self._sign_apart(key, queue, apart))
            self._at_work.add(work)
            work.add_done_callback(self._at_work.discard)
            return
        del self._queues[key]
        for together in queue:
            asked = together.waiting
            if not asked:  # whoever asked has been cancelled
                continue
            try:
                signatures = self._sign_all(together.signer, [tx_id for tx_id, _ in asked])
            except Exception as error:  # noqa: BLE001 - as above
                _fail(asked, error)
            else:
                _answer(asked, signatures)

    async def _sign_apart(self, key: PublicKey, queue: _Queue[T], apart: Apart) -> None:
        """One after the other, until nothing more is asked for."""
        while queue:
            together = queue.popleft()
            asked = together.waiting
            if not asked:
                continue
            tx_ids = [tx_id for tx_id, _ in asked]
            try:
                signatures = await apart(partial(self._sign_all, together.signer, tx_ids))
            except Exception as error:  # noqa: BLE001 - as above
                _fail(asked, error)
            else:
                _answer(asked, signatures)
        del self._queues[key]


def _answer(asked: Sequence[tuple[Hash32, asyncio.Future[T]]], signatures: Sequence[T]) -> None:
    for (_, answer), signature in zip(asked, signatures, strict=True):
        if not answer.done():  # cancelled while the key was at work
            answer.set_result(signature)


def _fail(asked: Sequence[tuple[Hash32, asyncio.Future[T]]], error: Exception) -> None:
    for _, answer in asked:
        if not answer.done():
            answer.set_exception(error)
