"""The engine: drives stored flows through the one pipeline, and knows nothing of what they are about.

A step is an async part that may talk to peers, and a part that runs in the node's group commit and stores the result
together with the flow's next step. Whatever dies in between is repeated after a restart, from the stored step.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from collections.abc import Set as AbstractSet
from functools import partial
from typing import Protocol
from uuid import uuid4

import structlog
from sqlalchemy import Connection

from chains.progmat.flows import store
from chains.progmat.flows.clock import Clock
from chains.progmat.flows.coin_queue import CoinQueue
from chains.progmat.flows.errors import FlowAborted, FlowDefect, FlowUnknown, NodeStopping, TransactionOutdated
from chains.progmat.flows.record import FlowRecord, Wish
from chains.progmat.flows.retry import RetrySchedule
from chains.progmat.flows.steps import ANSWERED, DRIVEN, FINAL_ON_LEDGER, FlowStep
from chains.progmat.node.storage import NodeDatabase
from chains.progmat.node.storage.engine import is_storage_failure
from chains.progmat.node.storage.errors import StorageClosed, StorageFailed, StorageOverloaded
from chains.progmat.node.storage.undoing import undone_alone
from chains.rpc_status import RemoteInternalError
from primitives.errors import CallerError, CrossDvpError, PeerError

ATTEMPTS_BEFORE_A_REBUILD = 4
"""A transaction that is built again waits as long as a step that has failed so often."""

Commit = Callable[[Connection], FlowRecord]
"""Runs in the group commit: stores a step's results and returns the flow at its next step. Must be safe to repeat."""

MAX_CALLERS = 384
"""Three quarters of the calls that a node's server takes at once."""

MAX_IN_DOUBT = 8192
"""Flows of which it is not known whether they are stored: as many as may wait to be."""

log = structlog.get_logger(__name__)


class StepAction(Protocol):
    """How a flow leaves one step."""

    async def prepare(self, record: FlowRecord) -> Commit:
        """Do what needs peers; return what is to be stored. Raises named errors.

        May run any number of times for one step. A ``CallerError`` or ``PeerError`` says that the flow can never leave
        this step; an ``UnavailableError`` that it may, later.
        """
        ...

    def skip(self, record: FlowRecord) -> FlowStep | None:
        """The next step, if there is nothing to do for this flow; it is then stored with the step before."""
        ...

    def at_once(self, record: FlowRecord) -> Commit | None:
        """What a step that asks nobody stores; it is then stored with the step before. None: ``prepare`` has to ask."""
        ...

    def waiting_on(self, record: FlowRecord) -> str:
        """Name of the party whose answer is awaited; empty if none."""
        ...


Actions = Mapping[FlowStep, StepAction]


class Reservations(Protocol):
    """What flows hold of the vault while they run."""

    def release(self, connection: Connection, record: FlowRecord) -> None:
        """Give back what a flow holds: in the commit that ends it or sends it back to be built again."""
        ...

    def renew(self, connection: Connection, record: FlowRecord) -> None:
        """Keep it for a flow that has to wait: in the commit of each failed attempt, and after a restart."""
        ...


class FlowEngine:
    """Runs every flow that is not at an end, one task each.

    At most ``max_at_work`` flows at once wait for the same party, so that one that does not answer holds up only those
    that need it. At most ``MAX_CALLERS`` callers of ``outcome`` wait: more of them would keep others out of the API.
    """

    def __init__(
        self,
        database: NodeDatabase,
        actions: Actions,
        reservations: Reservations,
        clock: Clock,
        on_stored: Callable[[FlowRecord], None],
        retry: RetrySchedule | None = None,
        max_at_work: int = 128,
        coin_queue: CoinQueue | None = None,
    ) -> None:
        self._database = database
        self._actions = actions
        self._reservations = reservations
        self._clock = clock
        self._on_stored = on_stored
        self._retry = retry or RetrySchedule()
        self._coin_queue = coin_queue or CoinQueue()
        self._max_at_work = max_at_work
        self._at_work: dict[str, asyncio.Semaphore] = {}
        """By who is waited for; there are as many as sets of parties on the network map that sign together."""
        self._waiting_callers = 0
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._in_doubt: dict[str, None] = {}
        """Flows that nobody drives, perhaps, since what was to be stored of them is not known; in order."""
        self._looking: asyncio.Task[None] | None = None
        self._driven: dict[str, FlowRecord] = {}
        self._watchers: dict[str, dict[asyncio.Future[FlowRecord | None], AbstractSet[FlowStep]]] = defaultdict(dict)
        self._stopping = False

    async def start(self) -> int:
        """Resume all unfinished flows; returns their number."""
        unfinished = await self._database.read(partial(store.flows_at, steps=DRIVEN))
        await asyncio.gather(*(self._database.submit(partial(self._keep, record)) for record in unfinished))
        for record in unfinished:
            self._run(record)
        return len(unfinished)

    async def submit(self, record: FlowRecord) -> FlowRecord:
        """Store a flow and start it. A flow stored under that id before is returned as it is."""
        if self._stopping:
            raise NodeStopping
        return await self._database.submit(partial(self._add, record), heard=partial(self._added, record))

    def _added(self, record: FlowRecord, ended: asyncio.Future[FlowRecord]) -> None:
        """What is stored is driven, also where whoever submitted it has gone; what may be stored is looked for."""
        if ended.exception() is not None:
            self.take_up(record.flow_id)
            return
        stored = ended.result()
        if stored.step is not record.step:
            self._on_stored(stored)
        self._run(stored)

    async def pause(self, flow_id: str) -> None:
        """Nobody drives the flow when this returns; what was on its way to the database still arrives there."""
        self._in_doubt.pop(flow_id, None)
        task = self._tasks.get(flow_id)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def resume(self, record: FlowRecord) -> None:
        """Drive a stored flow (again), unless it is at an end or parked."""
        self._run(record)

    def take_up(self, flow_id: str) -> None:
        """Drive a flow as it is stored, as soon as that can be read; nothing if there is no such flow."""
        if len(self._in_doubt) >= MAX_IN_DOUBT:
            log.error("flow not looked for: if it is stored, the next start drives it", flow=flow_id)
        elif not self._stopping:
            self._in_doubt[flow_id] = None
            if self._looking is None or self._looking.done():
                self._looking = asyncio.create_task(self._take_up(), name="flows in doubt")

    async def outcome(self, flow_id: str, wait_s: float, until: AbstractSet[FlowStep] = ANSWERED) -> FlowRecord:
        """The flow at a step of ``until``, or as it stands after ``wait_s`` seconds. Raises ``FlowUnknown``.

        Where too many wait already, the answer is the flow as it stands.
        """
        if self._waiting_callers >= MAX_CALLERS:
            return await self._as_it_stands(flow_id)
        loop = asyncio.get_running_loop()
        watcher: asyncio.Future[FlowRecord | None] = loop.create_future()
        self._watchers[flow_id][watcher] = until
        try:
            record = await self._as_it_stands(flow_id)
            if record.step in until or wait_s <= 0:
                return record
            self._waiting_callers += 1
            time_over = loop.call_later(wait_s, _told_nothing, watcher)
            try:
                return await watcher or await self._as_it_stands(flow_id)
            finally:
                time_over.cancel()
                self._waiting_callers -= 1
        finally:
            self._forget_watcher(flow_id, watcher)

    async def stop(self) -> None:
        """Stop driving; every flow goes on from its stored step at the next start."""
        self._stopping = True
        tasks = [*self._tasks.values(), *([self._looking] if self._looking else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _run(self, record: FlowRecord) -> None:
        if record.step not in DRIVEN or record.flow_id in self._tasks or self._stopping or record.wish == Wish.PARK:
            return
        self._driven[record.flow_id] = record  # a caller may ask before the task has run at all
        task = asyncio.create_task(self._drive(record), name=f"flow {record.flow_id}")
        self._tasks[record.flow_id] = task
        task.add_done_callback(partial(self._forget_task, record.flow_id))

    async def _take_up(self) -> None:
        """One after another, whoever they are of: while the database is away there may be many."""
        while self._in_doubt:
            flow_id = next(iter(self._in_doubt))
            try:
                record = await self._read_at_last(flow_id)
            except FlowUnknown:
                self._in_doubt.pop(flow_id, None)
            except StorageClosed:
                return
            else:
                if flow_id in self._in_doubt:  # no operator has stopped it meanwhile
                    self._run(record)
                self._in_doubt.pop(flow_id, None)

    def _forget_task(self, flow_id: str, _task: asyncio.Task[None]) -> None:
        self._tasks.pop(flow_id, None)
        self._coin_queue.leave(flow_id)
        self._driven.pop(flow_id, None)

    def _forget_watcher(self, flow_id: str, watcher: asyncio.Future[FlowRecord | None]) -> None:
        watchers = self._watchers[flow_id]
        watchers.pop(watcher, None)
        if not watchers:
            del self._watchers[flow_id]

    async def _as_it_stands(self, flow_id: str) -> FlowRecord:
        """As stored last: by the task that drives it, or as the database has it."""
        return self._driven.get(flow_id) or await self._read(flow_id)

    async def _read(self, flow_id: str) -> FlowRecord:
        record = await self._database.look_up(partial(store.find_flow, flow_id=flow_id))
        if record is None:
            raise FlowUnknown(flow_id)
        return record

    async def _drive(self, record: FlowRecord) -> None:
        while record.step in DRIVEN:
            await self._until_due(record)
            try:
                async with self._lane(record.waiting_on):
                    record = await self._attempt(record)
            except StorageClosed:
                return
            except (StorageFailed, StorageOverloaded):  # what was stored last is unknown: look, when that is possible
                try:
                    await self._clock.sleep_ms(self._retry.ceiling_ms)
                    record = await self._read_at_last(record.flow_id)
                except StorageClosed:
                    return
            if record.attempts == 0:
                self._coin_queue.leave(record.flow_id)
            self._driven[record.flow_id] = record
            self._on_stored(record)
            self.tell(record)

    def _lane(self, waiting_on: str) -> asyncio.Semaphore:
        lane = self._at_work.get(waiting_on)
        if lane is None:
            lane = self._at_work[waiting_on] = asyncio.Semaphore(self._max_at_work)
        return lane

    async def _read_at_last(self, flow_id: str) -> FlowRecord:
        while True:
            try:
                return await self._read(flow_id)
            except (StorageFailed, StorageOverloaded) as error:
                log.warning("flow waits for the database", flow=flow_id, reason=error.reason, detail=str(error))
            await self._clock.sleep_ms(self._retry.ceiling_ms)

    async def _until_due(self, record: FlowRecord) -> None:
        wait_ms = record.next_attempt_ms - self._clock.now_ms()
        if wait_ms > 0:
            await self._coin_queue.turn(record.flow_id, self._clock.sleep_ms(min(wait_ms, self._retry.ceiling_ms)))

    async def _attempt(self, record: FlowRecord) -> FlowRecord:
        """One try at leaving the present step; the record as stored afterwards."""
        try:
            commit = await self._actions[record.step].prepare(record)
            return await self._store(record, commit)
        except (StorageClosed, StorageFailed, StorageOverloaded):
            raise
        except TransactionOutdated as error:
            return await self._store(record, partial(self._build_again, record, error))
        except (CallerError, PeerError) as error:
            if record.step in FINAL_ON_LEDGER or isinstance(
                error, RemoteInternalError
            ):  # proves nothing: go on, visibly
                return await self._postpone(record, error)
            return await self._store(record, partial(self._fail, record, error))
        except CrossDvpError as error:
            return await self._postpone(record, error)
        except Exception as error:
            incident = uuid4().hex
            log.exception("flow defect", flow=record.flow_id, step=record.step.value, incident=incident)
            defect = FlowDefect(incident)
            defect.__cause__ = error
            return await self._postpone(record, defect)

    def _store(self, record: FlowRecord, commit: Commit) -> Awaitable[FlowRecord]:
        return self._database.submit(partial(self._commit, record, commit))

    def _commit(self, record: FlowRecord, commit: Commit, connection: Connection) -> FlowRecord:
        """Runs in the writer: the step's effects, those of the steps that ask nobody, and the flow itself."""
        reached = self._go_on(connection, commit(connection))
        return store.save_flow(connection, reached, expected_step=record.step)

    def _add(self, record: FlowRecord, connection: Connection) -> FlowRecord:
        stored = store.find_flow(connection, record.flow_id)
        if stored is not None:  # submitted before
            return stored
        return store.add_flow(connection, self._go_on(connection, record))

    def _go_on(self, connection: Connection, reached: FlowRecord) -> FlowRecord:
        """As far as a flow comes without asking anybody: past steps with nothing to do, and through those of our own.

        A step of our own that fails here changes nothing; it is tried by itself next, where its error is dealt with. A
        flow that has to wait first stays where it is.
        """
        while (action := self._actions.get(reached.step)) is not None and reached.next_attempt_ms == 0:
            following = action.skip(reached)
            if following is not None:
                reached = reached.advanced(following, self._clock.now_ms())
                continue
            own = action.at_once(reached)
            if own is None:
                return reached.replaced(waiting_on=action.waiting_on(reached))
            try:
                reached = undone_alone(connection, own)
            except Exception as error:
                if is_storage_failure(error):
                    raise
                return reached
        return reached

    async def _postpone(self, record: FlowRecord, error: CrossDvpError) -> FlowRecord:
        self._coin_queue.note(record.flow_id, error)
        now_ms = self._clock.now_ms()
        next_attempt_ms = now_ms + self._retry.wait_ms(record.attempts + 1)
        waiting_on = str(getattr(error, "peer", "") or getattr(error, "remote", "")) or self._actions[
            record.step
        ].waiting_on(record)
        later = record.attempt_failed(error, now_ms, next_attempt_ms, waiting_on)
        return await self._database.submit(partial(self._keep_waiting, later))

    def _keep_waiting(self, later: FlowRecord, connection: Connection) -> FlowRecord:
        self._reservations.renew(connection, later)
        return store.save_flow(connection, later, expected_step=later.step)

    def _keep(self, record: FlowRecord, connection: Connection) -> None:
        self._reservations.renew(connection, record)

    @property
    def at_work(self) -> int:
        """Flows that are driven now, waiting ones included."""
        return len(self._tasks)

    def _fail(self, record: FlowRecord, error: CallerError | PeerError, connection: Connection) -> FlowRecord:
        self._reservations.release(connection, record)
        return record.failed(error, self._clock.now_ms())

    def _build_again(self, record: FlowRecord, error: TransactionOutdated, connection: Connection) -> FlowRecord:
        """After a pause: where clocks are apart, the next transaction may be outdated when it is built."""
        self._reservations.release(connection, record)
        if record.wish == Wish.ABORT:  # now it is certain that nothing will happen
            return record.failed(FlowAborted(record.flow_id), self._clock.now_ms())
        now_ms = self._clock.now_ms()
        return record.to_be_built_again(error, now_ms, now_ms + self._retry.wait_ms(ATTEMPTS_BEFORE_A_REBUILD))

    def is_awaited(self, flow_id: str) -> bool:
        """Whether a caller waits for what the flow reaches."""
        return flow_id in self._watchers

    def tell(self, record: FlowRecord) -> None:
        """Wake the callers who wait for what this flow has reached."""
        for watcher, until in self._watchers.get(record.flow_id, {}).items():
            if record.step in until and not watcher.done():
                watcher.set_result(record)


def _told_nothing(watcher: asyncio.Future[FlowRecord | None]) -> None:
    """Whoever waits has waited long enough."""
    if not watcher.done():
        watcher.set_result(None)
