"""After recovery (正常化): the lines of an emergency file come into the ledger by forced transfers, one by one.

The plan is kept before the first of them. Each line's flow has an id made of the file and the line, so that whoever is
killed in the middle begins again and moves nothing twice. A line that the ledger refuses stops the file there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

from sqlalchemy import Connection

from chains.progmat.flows.record import FlowRecord
from chains.progmat.flows.steps import FlowStep
from chains.progmat.market.emergency.chain import verified
from chains.progmat.market.emergency.difference import Decisions
from chains.progmat.market.emergency.errors import (
    EmergencyFileAltered,
    EmergencyFileOpen,
    LineNotDone,
    LineRefused,
    OtherSecurity,
)
from chains.progmat.market.emergency.kept_files import keep_file, kept_file
from chains.progmat.market.emergency.model import EmergencyFile, RecordedMove
from chains.progmat.market.emergency.outage import Outage
from chains.progmat.market.emergency.outages import line_is_in, line_was_refused, outage_of, plan_outage
from chains.progmat.market.register.moments import AsOf, Moment
from chains.progmat.market.register.reading import register_at
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


def request_id_of(outage_id: bytes, number: int, attempt: int) -> str:
    """Of a line's forced transfer: the same whoever asks for it, and another one after a refusal."""
    return f"emergency-{outage_id.hex()[:_ID_CHARS]}-{number}-{attempt}"


class Normaliser:
    """Brings files into the ledger for one registrar. All methods raise storage errors besides."""

    def __init__(self, database: NodeDatabase, mover: Mover, registrar: str, is_own_key: IsOwnKey) -> None:
        self._database = database
        self._mover = mover
        self._registrar = registrar
        self._is_own_key = is_own_key

    async def keep(self, content: bytes) -> EmergencyFile:
        """Keep a closed file of this registrar's own books.

        Raises ``EmergencyFileAltered``, ``EmergencyFileOpen``, ``OtherSecurity``.
        """
        file = await asyncio.to_thread(verified, content)
        if file.closed is None:
            raise EmergencyFileOpen

        def keep(connection: Connection) -> None:
            self._require_ours(connection, file)
            keep_file(connection, file, content)

        await self._database.submit(keep)
        return file

    async def plan(self, outage_id: bytes, head: bytes, decisions: Decisions, order: PlanOrder) -> Outage:
        """Store what of a kept file is to be brought in, or find it. Raises as ``plan_outage``, ``OutageUnknown``."""
        file = await self._kept(outage_id, head)

        def store(connection: Connection) -> Outage:
            order.permit(connection)
            return plan_outage(connection, file, decisions, order.author, order.approver, order.now_ms)

        return await self._database.submit(store)

    async def preview(self, outage_id: bytes, head: bytes, decisions: Decisions) -> Outage:
        """As ``plan``, but nothing is stored, and nobody is asked who he is."""
        file = await self._kept(outage_id, head)

        def undone(connection: Connection) -> Outage:
            inside = connection.begin_nested()
            try:
                return plan_outage(connection, file, decisions, "", "", 0)
            finally:
                inside.rollback()

        return await self._database.submit(undone)

    async def bring_in(self, outage_id: bytes, most: int = MAX_LINES_A_CALL) -> Outage:
        """Bring in the next lines of a planned file, at most so many; the outage after that.

        Raises ``OutageUnknown``, ``LineRefused``, ``LineNotDone``.
        """
        outage = await self.outage(outage_id)
        file = await self._kept(outage_id, outage.head)
        for _ in range(most):
            line = outage.next_line
            if line is None:
                break
            recorded = file.moves[line.number - 1]
            request_id = request_id_of(outage.outage_id, line.number, line.attempt)
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
            outage = await self.outage(outage_id)
        return outage

    async def outage(self, outage_id: bytes) -> Outage:
        """How far a file has come. Raises ``OutageUnknown``."""
        return await self._database.read(partial(outage_of, outage_id=outage_id))

    async def _kept(self, outage_id: bytes, head: bytes) -> EmergencyFile:
        """Verified where it is read, so that no signature is looked at while others wait to write."""
        return await self._database.read(partial(kept_file, outage_id=outage_id, head=head))

    def _require_ours(self, connection: Connection, file: EmergencyFile) -> None:
        security = file.base.security
        if security.issuer != self._registrar:
            raise OtherSecurity(f"one of {self._registrar}", f"{security.asset_id} of {security.issuer}")
        if not self._is_own_key(file.base.registrar_key):
            raise EmergencyFileAltered(1, "the base is not signed with a key of this node")
        at_base = register_at(connection, security, Moment(AsOf.SEQUENCE, file.base.moment.sequence))
        if at_base.lines != file.base.lines:
            raise EmergencyFileAltered(1, "its holders are not those of this node's books at that moment")
