"""After recovery (正常化): the lines of an emergency file come into the ledger by forced transfers, one by one.

The plan is kept before the first of them. Each line's flow has an id made of the file and the line, so that whoever is
killed in the middle begins again and moves nothing twice. A line that the ledger refuses stops the file there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

from sqlalchemy import Connection

from chains.progmat.flows.record import FlowRecord
from chains.progmat.flows.steps import FlowStep
from chains.progmat.market.emergency.difference import Decisions
from chains.progmat.market.emergency.errors import EmergencyFileAltered, LineNotDone, LineRefused, OtherSecurity
from chains.progmat.market.emergency.model import EmergencyFile, RecordedMove
from chains.progmat.market.emergency.outages import Outage, line_is_in, line_was_refused, outage_of, plan_outage
from chains.progmat.market.register.reading import AsOf, Moment, register_at
from chains.progmat.node.storage import NodeDatabase
from chains.progmat.vault.indexing import Asset

MAX_LINES_A_CALL: Final = 200
_ID_CHARS: Final = 40
_RECORDED: Final = (FlowStep.RECORDED, FlowStep.DONE)
IsOwnKey = Callable[[bytes], bool]


@dataclass(frozen=True, slots=True)
class Forced:
    """A line's forced transfer, as the registrar orders it: ``units`` of ``recorded``'s move."""

    request_id: str
    security: Asset
    recorded: RecordedMove
    units: int


@dataclass(frozen=True, slots=True)
class PlanOrder:
    """Who wants a file brought in, and who agrees; ``permit`` refuses them or notes it, in the plan's transaction."""

    author: str
    approver: str
    now_ms: int
    permit: Callable[[Connection], None]


class Mover(Protocol):
    """How a registrar forces a transfer."""

    async def force(self, forced: Forced) -> FlowRecord:
        """Start the transfer, or find the one this request id started; its flow as far as it has come."""
        ...


class Normaliser:
    """Brings files into the ledger for one registrar. All methods raise storage errors besides."""

    def __init__(self, database: NodeDatabase, mover: Mover, registrar: str, is_own_key: IsOwnKey) -> None:
        self._database = database
        self._mover = mover
        self._registrar = registrar
        self._is_own_key = is_own_key

    async def plan(self, file: EmergencyFile, decisions: Decisions, order: PlanOrder) -> Outage:
        """Keep what is to be brought in, or find it. Raises as ``plan_outage``.

        Besides, ``OtherSecurity`` and ``EmergencyFileAltered``: the file is not of this registrar's own books.
        """
        return await self._database.submit(partial(self._plan, file, decisions, order))

    async def dry_plan(self, file: EmergencyFile, decisions: Decisions, order: PlanOrder) -> Outage:
        """As ``plan``, but nothing is kept."""

        def undone(connection: Connection) -> Outage:
            inside = connection.begin_nested()
            try:
                return self._plan(file, decisions, order, connection)
            finally:
                inside.rollback()

        return await self._database.submit(undone)

    async def bring_in(self, file: EmergencyFile, most: int = MAX_LINES_A_CALL) -> Outage:
        """Bring in the next lines of a planned file, at most so many; the outage after that.

        Raises ``OutageUnknown``, ``LineRefused``, ``LineNotDone``.
        """
        outage = await self.outage(file.outage_id)
        for _ in range(most):
            line = outage.next_line
            if line is None:
                break
            recorded = file.moves[line.number - 1]
            request_id = f"emergency-{outage.outage_id.hex()[:_ID_CHARS]}-{line.number}-{line.attempt}"
            record = await self._mover.force(Forced(request_id, outage.security, recorded, line.units))
            if record.step is FlowStep.FAILED:
                refused = partial(
                    line_was_refused, outage_id=outage.outage_id, number=line.number, attempt=line.attempt
                )
                await self._database.submit(refused)
                raise LineRefused(line.number, record.last_error_reason, record.last_error)
            if record.step not in _RECORDED or record.tx_id is None:
                raise LineNotDone(line.number, record.flow_id)
            done = partial(line_is_in, outage_id=outage.outage_id, number=line.number, tx_id=bytes(record.tx_id))
            await self._database.submit(done)
            outage = await self.outage(file.outage_id)
        return outage

    async def outage(self, outage_id: bytes) -> Outage:
        """How far a file has come. Raises ``OutageUnknown``."""
        return await self._database.read(partial(outage_of, outage_id=outage_id))

    def _plan(self, file: EmergencyFile, decisions: Decisions, order: PlanOrder, connection: Connection) -> Outage:
        order.permit(connection)
        self._require_ours(connection, file)
        return plan_outage(connection, file, decisions, order.author, order.approver, order.now_ms)

    def _require_ours(self, connection: Connection, file: EmergencyFile) -> None:
        security = file.base.security
        if security.issuer != self._registrar:
            raise OtherSecurity(f"one of {self._registrar}", f"{security.asset_id} of {security.issuer}")
        if not self._is_own_key(file.base.registrar_key):
            raise EmergencyFileAltered(1, "the base is not signed with a key of this node")
        at_base = register_at(connection, security, Moment(AsOf.SEQUENCE, file.base.moment.sequence))
        if at_base.lines != file.base.lines:
            raise EmergencyFileAltered(1, "its holders are not those of this node's books at that moment")
