"""An operator's hand on flows: retry, park, unpark, abort. Each act is recorded in the commit in which it takes effect.

An act first takes the flow away from its driver, so that nothing else moves it, then looks at what is stored (the
driver's last write may just have arrived) and decides by the table in ``acts``.
"""

from __future__ import annotations

from functools import partial

from sqlalchemy import Connection

from chains.progmat.flows import store
from chains.progmat.flows.acts import ENDED_AT_ONCE, MAX_REASON_CHARACTERS, Act, note_act, why_not
from chains.progmat.flows.clock import Clock
from chains.progmat.flows.delivery import DeliveryWorker, due_now
from chains.progmat.flows.engine import FlowEngine, Reservations
from chains.progmat.flows.errors import ActNotAllowed, FlowAborted, FlowUnknown, InvalidRequest
from chains.progmat.flows.record import FlowRecord, Wish
from chains.progmat.flows.steps import FlowStep
from chains.progmat.lasting import Lasting
from chains.progmat.node.storage import NodeDatabase


class FlowControl:
    """Acts on the flows of one node."""

    def __init__(
        self,
        database: NodeDatabase,
        engine: FlowEngine,
        deliveries: DeliveryWorker,
        reservations: Reservations,
        clock: Clock,
    ) -> None:
        self._database = database
        self._engine = engine
        self._deliveries = deliveries
        self._reservations = reservations
        self._clock = clock
        self._lasting = Lasting()

    async def act(self, act: Act, flow_id: str, operator: str, reason: str) -> FlowRecord:
        """Do it; the flow as it is stored then.

        Raises ``FlowUnknown``, ``ActNotAllowed`` with the reason why not, ``InvalidRequest`` for a reason (the
        operator's) that is missing, too long or not printable.
        """
        if not reason.strip() or len(reason) > MAX_REASON_CHARACTERS or not reason.isprintable():
            raise InvalidRequest("reason", f"1 to {MAX_REASON_CHARACTERS} printable characters say why")
        acting = self._act(act, flow_id, operator, reason)  # lasting: nobody drives the flow meanwhile
        return await self._lasting.done(acting, f"{act.value} {flow_id}")

    async def _act(self, act: Act, flow_id: str, operator: str, reason: str) -> FlowRecord:
        await self._engine.pause(flow_id)
        try:
            record = await self._database.submit(
                partial(self._take_effect, act=act, flow_id=flow_id, operator=operator, reason=reason)
            )
        except Exception:  # nothing was done, or nobody knows: its driver goes on where it stands
            self._engine.take_up(flow_id)
            raise
        self._engine.tell(record)
        self._engine.resume(record)
        if record.step is FlowStep.RECORDED:
            self._deliveries.hurry()
        return record

    def _take_effect(self, connection: Connection, *, act: Act, flow_id: str, operator: str, reason: str) -> FlowRecord:
        record = store.find_flow(connection, flow_id)
        if record is None:
            raise FlowUnknown(flow_id)
        if refusal := why_not(act, record):
            raise ActNotAllowed(act.value, flow_id, refusal)
        now_ms = self._clock.now_ms()
        note_act(connection, act, record, operator, reason, now_ms)
        return store.save_flow(connection, self._after(connection, act, record, now_ms), expected_step=record.step)

    def _after(self, connection: Connection, act: Act, record: FlowRecord, now_ms: int) -> FlowRecord:
        match act:
            case Act.RETRY:
                due_now(connection, record.flow_id, now_ms // 1000)
                return record.replaced(next_attempt_ms=0)
            case Act.PARK:
                return record.replaced(wish=Wish.PARK)
            case Act.UNPARK:
                return record.replaced(wish=Wish.NONE, next_attempt_ms=0)
            case Act.ABORT if record.step in ENDED_AT_ONCE:
                self._reservations.release(connection, record)
                return record.failed(FlowAborted(record.flow_id), now_ms)
            case Act.ABORT:
                return record.replaced(wish=Wish.ABORT, next_attempt_ms=0)
