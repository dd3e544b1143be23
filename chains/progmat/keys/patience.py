"""Asking what may not answer: who waits does so for a bounded time, and an event loop hardly ever.

What can wait asks ``apart`` from the event loop, which goes on. But a data key is opened where it is needed, in the
event loop of a node as well; a KMS that hangs would stop the loop with it, and with the loop everything else that the
node does. It is held up for a bounded time, once.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final, TypeVar

from chains.progmat.keys.errors import KeyServiceUnavailable

T = TypeVar("T")

ANSWER_S: Final = 5.0
"""How long an event loop waits. An HSM answers within milliseconds, KMS within a second where all is well."""


class Patience:
    """Around the calls of one ``service`` (its name, for errors). Safe from any thread.

    A call from an event loop's thread is made in a thread of its own. If it does not answer within ``answer_s``, it and
    whatever is asked after it fails, at once, until it has ended. If it has ended as unavailable, no event loop is held
    up by the next one either: it shows whether the service is back. Other threads wait as long as it takes.
    """

    def __init__(self, service: str, answer_s: float = ANSWER_S) -> None:
        self._service = service
        self._answer_s = answer_s
        self._late: Future[object] | None = None
        """The last call that did not answer in time."""
        self._watchers: list[Callable[[], None]] = []

    def watch(self, changed: Callable[[], None]) -> None:
        """Have ``changed`` called, in any thread, when the service may have ceased to answer, or begun to."""
        self._watchers.append(changed)

    def require_answers(self) -> None:
        """Raises ``KeyServiceUnavailable`` while the last call that was late has not been answered."""
        late = self._late
        if late is not None and not _is_answered(late):
            raise self._no_answer()

    def call(self, work: Callable[[], T]) -> T:
        """What ``work`` returns or raises; ``KeyServiceUnavailable`` where that takes too long for an event loop."""
        if not _turns_an_event_loop():
            return work()
        ended = self._begun(work)
        if self._late is ended:
            raise self._no_answer()
        try:
            return ended.result(self._answer_s)
        except TimeoutError:
            if ended.done():  # it is what the work raised
                raise
            self._set_late(ended)
            raise self._no_answer() from None

    async def apart(self, work: Callable[[], T]) -> T:
        """As ``call``, while the event loop goes on; so the call that shows whether the service is back is waited for.

        Whoever leaves does not end the call.
        """
        ended = self._begun(work)
        answer = asyncio.wrap_future(ended)
        answer.add_done_callback(_take_note)
        await asyncio.wait((answer,), timeout=self._answer_s)
        if answer.done():
            return answer.result()
        self._set_late(ended)
        raise self._no_answer()

    def _begun(self, work: Callable[[], T]) -> Future[T]:
        """Begin ``work`` in a thread; it is the late call at once where the last was late and ended as unavailable.

        Raises ``KeyServiceUnavailable`` while the last one has not ended.
        """
        late = self._late
        if late is not None and not late.done():
            raise self._no_answer()
        ended: Future[T] = Future()
        if late is not None and not _is_answered(late):
            self._set_late(ended)
        threading.Thread(target=self._run, args=(work, ended), name=f"asks {self._service}", daemon=True).start()
        return ended

    def _run(self, work: Callable[[], T], ended: Future[T]) -> None:
        try:
            ended.set_result(work())
        except BaseException as error:  # noqa: BLE001 - whoever waits gets it
            ended.set_exception(error)
        if self._late is ended:
            self._tell()

    def _set_late(self, call: Future[T]) -> None:
        if self._late is call:
            return
        self._late = call  # type: ignore[assignment] # what it returns is looked at by whoever waits for it
        self._tell()

    def _tell(self) -> None:
        for changed in self._watchers:
            changed()

    def _no_answer(self) -> KeyServiceUnavailable:
        return KeyServiceUnavailable(self._service, f"no answer within {self._answer_s:g} s")


def _is_answered(call: Future[object]) -> bool:
    return call.done() and not isinstance(call.exception(), KeyServiceUnavailable)


def _turns_an_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _take_note(answer: asyncio.Future[T]) -> None:
    """Of an error that nobody waits for any more."""
    if not answer.cancelled():
        answer.exception()
