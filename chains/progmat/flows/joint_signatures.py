"""One signature for all that a key is to sign at the same time.

Flows come in trains: a group commit, or a frame from a peer, wakes many of them at once. What they have signed by one
key in the same round of the event loop is signed under one Merkle root, as a notary signs its batches, and each gets
the partial tree that leads to its own. A key store is asked once instead of thirty times, and so is whoever verifies.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from primitives.public_key import PublicKey
from primitives.signatures import Signer
from primitives.types import Hash32

MAX_TOGETHER: Final = 32
"""As many as a frame to a peer carries: what is signed together is verified together."""

T = TypeVar("T")
SignAll = Callable[[Signer, Sequence[Hash32]], Sequence[T]]
"""Signs 1..``MAX_TOGETHER`` transaction ids; the signatures in their order."""


@dataclass(frozen=True, slots=True)
class _Round(Generic[T]):
    signer: Signer
    asked: list[tuple[Hash32, asyncio.Future[T]]] = field(default_factory=list)


class JointSignatures(Generic[T]):
    """Signatures of one kind, by any number of keys. For one event loop."""

    def __init__(self, sign_all: SignAll[T]) -> None:
        self._sign_all = sign_all
        self._open: dict[PublicKey, _Round[T]] = {}

    async def sign(self, signer: Signer, tx_id: Hash32) -> T:
        """``signer``'s signature over a transaction id, alone or with others. Raises what the key's keeper raises."""
        loop = asyncio.get_running_loop()
        key = signer.public_key
        together = self._open.get(key)
        if together is None:
            together = self._open[key] = _Round(signer)
            loop.call_soon(self._end, key, together)
        answer: asyncio.Future[T] = loop.create_future()
        together.asked.append((tx_id, answer))
        if len(together.asked) == MAX_TOGETHER:
            del self._open[key]
        return await answer

    def _end(self, key: PublicKey, together: _Round[T]) -> None:
        if self._open.get(key) is together:
            del self._open[key]
        asked = [(tx_id, answer) for tx_id, answer in together.asked if not answer.done()]
        if not asked:  # whoever asked has been cancelled
            return
        try:
            signatures = self._sign_all(together.signer, [tx_id for tx_id, _ in asked])
        except Exception as error:  # noqa: BLE001 - not swallowed: each of those who asked gets it
            for _, answer in asked:
                answer.set_exception(error)
            return
        for (_, answer), signature in zip(asked, signatures, strict=True):
            answer.set_result(signature)
