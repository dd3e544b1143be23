"""Questions of one kind about one block, asked of the node together if they come together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

from primitives.errors import UnavailableError

Answer = TypeVar("Answer")
MOST_TOGETHER: Final = 500
"""geth takes 1,024 slots in one proof; a node that takes fewer is asked for halves."""
_Waiting = tuple[bytes, "asyncio.Future[Answer]"]


class AskedTogether(Generic[Answer]):
    """``fetch`` gives the answers about so many subjects at a height, in their order, or raises.

    Whoever asks in one turn of the event loop shares a fetch. One that fails by its subjects, or by their number, is
    made again for each half of them, so that an error is told to whom it is about; a node that is away is so for all.
    """

    def __init__(self, fetch: Callable[[Sequence[bytes], int], Awaitable[Sequence[Answer]]]) -> None:
        self._fetch = fetch
        self._waiting: dict[int, list[_Waiting[Answer]]] = {}
        self._asking: set[asyncio.Task[None]] = set()

    async def about(self, subject: bytes, height: int) -> Answer:
        """The answer about one subject; raises what ``fetch`` raises."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Answer] = loop.create_future()
        if height not in self._waiting:
            self._waiting[height] = []
            loop.call_soon(self._ask, height)
        self._waiting[height].append((subject, answer))
        return await answer

    def _ask(self, height: int) -> None:
        waiting = self._waiting.pop(height)
        for start in range(0, len(waiting), MOST_TOGETHER):
            task = asyncio.create_task(self._answer(waiting[start : start + MOST_TOGETHER], height))
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)

    async def _answer(self, waiting: Sequence[_Waiting[Answer]], height: int) -> None:
        wanted = [each for each in waiting if not each[1].done()]
        try:
            answers = await self._fetch([subject for subject, _ in wanted], height)
        except Exception as failure:  # noqa: BLE001  # raised by whoever waits
            if len(wanted) > 1 and not isinstance(failure, UnavailableError):
                middle = len(wanted) // 2
                await self._answer(wanted[:middle], height)
                await self._answer(wanted[middle:], height)
                return
            for _, future in wanted:
                if not future.done():
                    future.set_exception(failure)
            return
        for (_, future), answer in zip(wanted, answers, strict=True):
            if not future.done():
                future.set_result(answer)
