"""One gate before every signature: closed by the first misbehaviour seen, and it stays closed across restarts.

Opening it again is an operator's act on the database, after the notary's operator has explained what happened: a
program that forgives a forked journal has given up the only thing Validators are for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog
from sqlalchemy import Connection, select

from chains.progmat.node.storage import NodeDatabase, insert
from chains.progmat.node.storage.errors import StorageClosed
from chains.progmat.validators.errors import DoubleSpendSigned, SigningStopped
from chains.progmat.validators.schema import alarms, double_spends
from primitives.errors import PeerError, UnavailableError

KEEP_AGAIN_S: Final = 1.0

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Alarm:
    """Why signing stopped: a stable code, a sentence, and the bytes that show it (empty where there are none)."""

    reason: str
    detail: str
    evidence: bytes = b""


class SigningGate:
    """Use ``open``: it recalls an alarm of an earlier run."""

    def __init__(self, database: NodeDatabase, alarm: Alarm | None, dishonest: frozenset[str]) -> None:
        self._database = database
        self._alarm = alarm
        self._keeping: asyncio.Task[None] | None = None
        self._dishonest = dishonest
        self._watchers: list[Callable[[], None]] = []

    @classmethod
    async def open(cls, database: NodeDatabase) -> SigningGate:
        """The gate as this database knows it."""
        return cls(database, await database.read(_stored_alarm), await database.read(_stored_dishonest))

    @property
    def alarm(self) -> Alarm | None:
        """Why it is closed; None while it is open."""
        return self._alarm

    @property
    def dishonest_notaries(self) -> tuple[str, ...]:
        """Those beside the journal's whose double spends were seen; the proofs are in this Validator's database."""
        return tuple(sorted(self._dishonest))

    def watch(self, closed: Callable[[], None]) -> None:
        """Have ``closed`` called in the event loop when the gate is closed."""
        self._watchers.append(closed)

    def require_open(self) -> None:
        """Call it before each signature, after the last ``await``. Raises SigningStopped."""
        if self._alarm is not None:
            raise SigningStopped(self._alarm.reason, self._alarm.detail)

    async def stop_signing(self, misbehaviour: PeerError, evidence: bytes = b"") -> None:
        """Close the gate at once, then durably, with what shows the misbehaviour. The first alarm stays.

        Returns once it is on disk; a disk that fails, or a caller that waits no longer, does not end the attempts.
        """
        if self._alarm is None:
            alarm = self._alarm = Alarm(misbehaviour.reason, str(misbehaviour), evidence)
            _log.critical("signing stopped", reason=alarm.reason, detail=alarm.detail)
            self._keeping = asyncio.create_task(self._keep(alarm), name="alarm")
            for closed in self._watchers:
                closed()
        if self._keeping is not None:
            await asyncio.shield(self._keeping)

    async def _keep(self, alarm: Alarm) -> None:
        """What was seen may be seen only once: a peer that lied tells the truth after our next start."""
        while True:
            try:
                await self._database.submit(lambda connection: _store_alarm(connection, alarm))
            except StorageClosed:
                _log.critical("the alarm is not kept", reason=alarm.reason, detail=alarm.detail)
                return
            except UnavailableError as error:
                _log.error("the alarm is not kept yet", reason=error.reason, detail=str(error))
                await asyncio.sleep(KEEP_AGAIN_S)
            else:
                return

    async def heed_double_spend(self, lie: DoubleSpendSigned, journal_notary: str) -> None:
        """Close the gate if it was the journal's notary; keep the proof against another.

        Another notary's lie is about states that name it, and the caller refuses what rests on it. It says nothing of
        the journal, whose readers on other chains must not have to wait for its sake.
        """
        if lie.notary == journal_notary:
            await self.stop_signing(lie, lie.evidence)
            return
        self._dishonest |= {lie.notary}
        _log.critical("a notary signed a double spend", notary=lie.notary, detail=str(lie))
        await self._database.submit(lambda connection: _store_double_spend(connection, lie))


def _stored_alarm(connection: Connection) -> Alarm | None:
    row = connection.execute(select(alarms.c.reason, alarms.c.detail, alarms.c.evidence)).one_or_none()
    return None if row is None else Alarm(*row)


def _store_alarm(connection: Connection, alarm: Alarm) -> None:
    values = {"id": 1, "reason": alarm.reason, "detail": alarm.detail, "evidence": alarm.evidence}
    connection.execute(insert(alarms).values(values).on_conflict_do_nothing())


def _stored_dishonest(connection: Connection) -> frozenset[str]:
    return frozenset(connection.execute(select(double_spends.c.notary).distinct()).scalars())


def _store_double_spend(connection: Connection, lie: DoubleSpendSigned) -> None:
    values = {
        "state": lie.state,
        "tx_id": lie.conflicting_tx_id,
        "notary": lie.notary,
        "evidence": lie.evidence,
    }
    connection.execute(insert(double_spends).values(values).on_conflict_do_nothing())
