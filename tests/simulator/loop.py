"""An asyncio event loop without threads, sockets or a clock: everything that happens follows from its seed.

Time is a number that jumps to the next timer when nothing is ready. Callbacks belong to processes (``Process``): those
of one process run in the order asyncio guarantees, those of different processes in a random order, as on different
machines. A killed process runs no line more: no ``finally``, no ``except``, like ``kill -9``.
"""

from __future__ import annotations

import asyncio
import contextvars
import heapq
import itertools
import random
import weakref
from asyncio.events import _set_running_loop
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from concurrent.futures import Executor
from typing import Any, TypeVar

T = TypeVar("T")

LEAST_WORK_S, MOST_WORK_S = 0.000_05, 0.002
"""How long a call in a worker thread takes here."""


class SimulationStalled(Exception):
    """Somebody waits for something that nothing can bring about any more."""


class Process:
    """What dies together: everything that one start of a node does."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_alive = True

    def context(self) -> contextvars.Context:
        """What tasks and callbacks of this process run in."""
        context = contextvars.copy_context()
        context.run(_RUNNING.set, self)
        return context

    def __repr__(self) -> str:
        return f"Process({self.name!r})"


OUTSIDE = Process("outside")
"""The test itself, and what is between the nodes: never killed."""
_RUNNING: contextvars.ContextVar[Process] = contextvars.ContextVar("_RUNNING", default=OUTSIDE)


class SimulatedLoop(asyncio.AbstractEventLoop):
    """See the module's docstring. Only what the ledger's code uses is there; anything else is refused by the base."""

    def __init__(self, chance: random.Random, begin_s: float = 0.0) -> None:
        self._chance = chance
        self._time_s = begin_s
        self._ready: dict[Process, deque[asyncio.Handle]] = {}
        self._turns: list[Process] = []
        self._timers: list[tuple[float, int, Process, asyncio.Handle]] = []
        self._numbers = itertools.count()
        self._busy_until: weakref.WeakKeyDictionary[Executor, float] = weakref.WeakKeyDictionary()
        self._tasks: dict[Process, weakref.WeakSet[asyncio.Task[Any]]] = {}
        self._graveyard: list[asyncio.Task[Any]] = []
        self.unhandled: list[dict[str, Any]] = []
        self.steps = 0

    # ---- what asyncio calls ----

    def time(self) -> float:
        """Virtual seconds since the beginning."""
        return self._time_s

    def call_soon(
        self, callback: Callable[..., object], *args: object, context: contextvars.Context | None = None
    ) -> asyncio.Handle:
        """Run in this process's turn, after what was asked for before."""
        handle = asyncio.Handle(callback, args, self, context)
        self._make_ready(handle, _process_of(handle))
        return handle

    call_soon_threadsafe = call_soon  # there are no threads

    def call_later(
        self, delay: float, callback: Callable[..., object], *args: object, context: contextvars.Context | None = None
    ) -> asyncio.TimerHandle:
        """Run after virtual seconds."""
        return self.call_at(self._time_s + delay, callback, *args, context=context)

    def call_at(
        self, when: float, callback: Callable[..., object], *args: object, context: contextvars.Context | None = None
    ) -> asyncio.TimerHandle:
        """Run at a virtual time."""
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        heapq.heappush(self._timers, (when, next(self._numbers), _process_of(handle), handle))
        return handle

    def _timer_handle_cancelled(self, _handle: asyncio.TimerHandle) -> None:
        """It is dropped when its time comes."""

    def create_future(self) -> asyncio.Future[Any]:
        """A future of this loop."""
        return asyncio.Future(loop=self)

    def create_task(
        self,
        coro: Coroutine[Any, Any, T] | Generator[Any, None, T],
        *,
        name: str | None = None,
        context: contextvars.Context | None = None,
    ) -> asyncio.Task[T]:
        """A task; in the running process, unless a context says otherwise."""
        task = asyncio.Task(coro, loop=self, name=name, context=context)
        process = _RUNNING.get() if context is None else context.get(_RUNNING) or OUTSIDE
        tasks = self._tasks.get(process)
        if tasks is None:
            tasks = self._tasks[process] = weakref.WeakSet()
        tasks.add(task)
        return task

    def run_in_executor(self, executor: Executor | None, func: Callable[..., T], *args: object) -> asyncio.Future[T]:
        """Run ``func`` whole at some moment soon, and answer at a later one. One worker works in order."""
        answer: asyncio.Future[T] = self.create_future()
        begin_s = self._time_s + self.work_s()
        if executor is not None and getattr(executor, "_max_workers", 0) == 1:
            begin_s = max(begin_s, self._busy_until.get(executor, 0.0))
        end_s = begin_s + self.work_s()
        if executor is not None:
            self._busy_until[executor] = end_s
        self.call_at(begin_s, self._work, answer, end_s, func, args)
        return answer

    def get_debug(self) -> bool:
        """Never."""
        return False

    def is_running(self) -> bool:
        """While ``run`` runs."""
        return asyncio._get_running_loop() is self

    def is_closed(self) -> bool:
        """A simulated loop holds nothing to close."""
        return False

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Keep what nobody handled: it fails the schedule."""
        self.unhandled.append(context)

    # ---- what the simulator calls ----

    def work_s(self) -> float:
        """A random duration of some work."""
        return self._chance.uniform(LEAST_WORK_S, MOST_WORK_S)

    def spawn(self, process: Process, coro: Coroutine[Any, Any, T], name: str | None = None) -> asyncio.Task[T]:
        """A task of a process."""
        return self.create_task(coro, name=name, context=process.context())

    def kill(self, process: Process) -> None:
        """From now on no code of this process runs."""
        process.is_alive = False
        # Kept to the end: a task that is collected would run its clean-up now.
        self._graveyard += [task for task in self._tasks.pop(process, ()) if not task.done()]
        if self._ready.pop(process, None) is not None:
            self._turns.remove(process)

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run until ``main`` has ended; raises ``SimulationStalled``."""
        _set_running_loop(self)
        try:
            task: asyncio.Task[T] = asyncio.Task(main, loop=self)
            while not task.done():
                self._run_one()
            return task.result()
        finally:
            _set_running_loop(None)

    def abandon(self) -> None:
        """End what is left: for after the verdict, in no particular order."""
        _set_running_loop(self)
        try:
            for task in asyncio.all_tasks(self):
                task._log_destroy_pending = False  # type: ignore[attr-defined] # as asyncio's own gather does
                _close(task.get_coro())
        finally:
            _set_running_loop(None)
            self._ready.clear()
            self._turns.clear()
            self._timers.clear()
            self._graveyard.clear()

    def _work(self, answer: asyncio.Future[T], end_s: float, func: Callable[..., T], args: tuple[Any, ...]) -> None:
        try:
            result = func(*args)
        except Exception as error:  # noqa: BLE001 - an executor hands every exception to whoever waits
            self.call_at(end_s, _set_exception, answer, error)
        else:
            self.call_at(end_s, _set_result, answer, result)

    def _make_ready(self, handle: asyncio.Handle, process: Process) -> None:
        if not process.is_alive:
            return
        waiting = self._ready.get(process)
        if waiting is None:
            waiting = self._ready[process] = deque()
            self._turns.append(process)
        waiting.append(handle)

    def _run_one(self) -> None:
        if not self._turns:
            self._next_timers()
            return
        turn = int(self._chance.random() * len(self._turns)) if len(self._turns) > 1 else 0
        process = self._turns[turn]
        waiting = self._ready[process]
        handle = waiting.popleft()
        if not waiting:
            del self._ready[process]
            self._turns[turn] = self._turns[-1]
            self._turns.pop()
        if not handle._cancelled:
            self.steps += 1
            handle._run()

    def _next_timers(self) -> None:
        while self._timers and (self._timers[0][3]._cancelled or not self._timers[0][2].is_alive):
            heapq.heappop(self._timers)
        if not self._timers:
            raise SimulationStalled("nothing is ready and no timer is set")
        self._time_s = max(self._time_s, self._timers[0][0])
        while self._timers and self._timers[0][0] <= self._time_s:
            _, _, process, handle = heapq.heappop(self._timers)
            self._make_ready(handle, process)


def simulated_loop(chance: random.Random, begin_s: float = 0.0) -> SimulatedLoop:
    """A loop; what it lacks of asyncio's is abstract, and missed by nobody."""
    return SimulatedLoop(chance, begin_s)  # type: ignore[abstract] # on purpose


def _process_of(handle: asyncio.Handle) -> Process:
    context: contextvars.Context = handle._context  # type: ignore[attr-defined] # set by asyncio.Handle
    return context.get(_RUNNING) or OUTSIDE


def _set_result(answer: asyncio.Future[T], result: T) -> None:
    if not answer.done():
        answer.set_result(result)


def _set_exception(answer: asyncio.Future[Any], error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)


def _close(coroutine: Coroutine[Any, Any, Any] | Generator[Any, None, Any]) -> None:
    try:
        coroutine.close()
    except RuntimeError:
        return  # it waits in its own clean-up: nobody needs that any more
