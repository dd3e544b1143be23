"""An engine over a real database file with a pipeline of scripted steps."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from sqlalchemy import Connection

from chains.progmat.flows import store
from chains.progmat.flows.control import FlowControl
from chains.progmat.flows.delivery import DeliveryWorker
from chains.progmat.flows.engine import Commit, FlowEngine
from chains.progmat.flows.record import FlowKind, FlowRecord
from chains.progmat.flows.retry import RetrySchedule
from chains.progmat.flows.schema import flows_metadata
from chains.progmat.flows.steps import FlowStep
from chains.progmat.node.peers import InProcessPeerNetwork, PeerRouter
from chains.progmat.node.storage import NodeDatabase
from tests.fakes.manual_clock import ManualClock

ORDER = (
    FlowStep.PROPOSED,
    FlowStep.BUILT,
    FlowStep.COUNTERSIGNED,
    FlowStep.APPROVED,
    FlowStep.NOTARISED,
    FlowStep.RECORDED,
    FlowStep.DONE,
)


@dataclass
class ScriptedStep:
    """A step that fails as often as it is told to, then advances."""

    step: FlowStep
    clock: ManualClock
    errors: list[BaseException] = field(default_factory=list)
    skipped: bool = False
    asks_nobody: bool = False
    prepared: int = 0

    def skip(self, _record: FlowRecord) -> FlowStep | None:
        return self._next() if self.skipped else None

    def at_once(self, record: FlowRecord) -> Commit | None:
        return partial(self._commit_at_once, record) if self.asks_nobody else None

    def waiting_on(self, _record: FlowRecord) -> str:
        return f"party of {self.step.value}"

    async def prepare(self, record: FlowRecord) -> Commit:
        self.prepared += 1
        if self.errors:
            raise self.errors.pop(0)
        return partial(self._commit, record)

    def _next(self) -> FlowStep:
        return ORDER[ORDER.index(self.step) + 1]

    def _commit_at_once(self, record: FlowRecord, connection: Connection) -> FlowRecord:
        """Fails, after it has written something, while errors are left: they are ``prepare``'s to raise."""
        if self.errors:
            store.next_count(connection, "undone")
            raise self.errors[0]
        return self._commit(record, connection)

    def _commit(self, record: FlowRecord, _connection: Connection) -> FlowRecord:
        return replace(record, signed_tx=b"tx").advanced(self._next(), self.clock.now_ms())


@dataclass
class Kept:
    """Reservations that only count."""

    released: list[str]
    renewed: list[str]

    def release(self, _connection: Connection, record: FlowRecord) -> None:
        self.released.append(record.flow_id)

    def renew(self, _connection: Connection, record: FlowRecord) -> None:
        self.renewed.append(record.flow_id)


@dataclass
class FlowWorld:
    """The engine, its steps, and what was released."""

    database: NodeDatabase
    clock: ManualClock
    steps: dict[FlowStep, ScriptedStep]
    engine: FlowEngine
    released: list[str]
    renewed: list[str]
    stored: list[FlowStep]

    def record(self, flow_id: str = "flow-1", request: bytes = b"request") -> FlowRecord:
        now_ms = self.clock.now_ms()
        return FlowRecord(flow_id, FlowKind.MOVE_CASH, request, FlowStep.PROPOSED, now_ms, now_ms, now_ms)


@asynccontextmanager
async def flow_world(
    folder: Path, script: Callable[[dict[FlowStep, ScriptedStep]], None] = lambda _steps: None
) -> AsyncIterator[FlowWorld]:
    clock = ManualClock()
    database = await NodeDatabase.open(folder / "node.sqlite3", "node", [flows_metadata])
    steps = {step: ScriptedStep(step, clock) for step in ORDER[:5]}
    script(steps)
    released: list[str] = []
    renewed: list[str] = []
    stored: list[FlowStep] = []
    engine = FlowEngine(
        database=database,
        actions=steps,
        reservations=Kept(released, renewed),
        clock=clock,
        on_stored=lambda record: stored.append(record.step),
        retry=RetrySchedule(first_ms=100, ceiling_ms=1000),
    )
    try:
        yield FlowWorld(database, clock, steps, engine, released, renewed, stored)
    finally:
        await engine.stop()
        await database.close()


def control_of(world: FlowWorld) -> FlowControl:
    """An operator's hand on its flows."""
    network = InProcessPeerNetwork().join("node", PeerRouter())
    deliveries = DeliveryWorker(
        world.database,
        network,
        world.clock,
        lambda effect: effect.body,
        world.engine.tell,
        world.engine.is_awaited,
    )
    return FlowControl(world.database, world.engine, deliveries, Kept(world.released, world.renewed), world.clock)
