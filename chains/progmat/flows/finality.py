"""Steps that make a transaction final: the notary's signature, then our own records and what we owe to participants."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from sqlalchemy import Connection

from chains.progmat.flows.clock import Clock
from chains.progmat.flows.delivery import owe_finality
from chains.progmat.flows.engine import Commit
from chains.progmat.flows.market_errors import ApprovalNotCounted, ReferenceOutdated
from chains.progmat.flows.notary_desk import NotaryDesk
from chains.progmat.flows.own_signatures import OwnSignatures
from chains.progmat.flows.record import FlowRecord
from chains.progmat.flows.seams import Directory, Recording
from chains.progmat.flows.signed_records import signed_of, with_signed
from chains.progmat.flows.steps import FlowStep
from chains.progmat.flows.suspended_approvers import SuspendedApprovers
from chains.progmat.flows.welcoming import owe_memberships
from chains.progmat.notary.errors import NotarisationConflict
from chains.progmat.notary.model import StateUse
from chains.progmat.transactions.model import StateRef


class NotariseStep:
    """APPROVED -> NOTARISED: asked again with the same bytes until the notary says yes or no; both are for ever.

    When nothing is spent but memberships and rule states it references, the flow may still do what it is for: it is
    built again, on current ones. ``are_outdated`` takes note of what is spent, and says whether that is all. Likewise
    when ``suspended`` Validators approved it, and too few others.
    """

    def __init__(
        self,
        own: OwnSignatures,
        desk: NotaryDesk,
        clock: Clock,
        are_outdated: Callable[[tuple[StateRef, ...]], Awaitable[bool]],
        suspended: SuspendedApprovers,
    ) -> None:
        self._own = own
        self._desk = desk
        self._are_outdated = are_outdated
        self._suspended = suspended
        self._clock = clock

    def skip(self, record: FlowRecord) -> FlowStep | None:
        """Nothing to decide for a transaction that uses no state, writes nothing and has no time window."""
        return None if signed_of(record).wire.needs_notarisation else FlowStep.NOTARISED

    def waiting_on(self, record: FlowRecord) -> str:
        """The notary."""
        return self._desk.name_of(signed_of(record))

    def at_once(self, _record: FlowRecord) -> None:
        """Others have to be asked."""

    async def prepare(self, record: FlowRecord) -> Commit:
        """Sign, and ask. Raises what ``NotaryDesk.notarise`` raises, ``ReferenceOutdated``, ``ApprovalNotCounted``."""
        signed = await self._own.complete(signed_of(record))
        try:
            answer = await self._desk.notarise(signed)
        except NotarisationConflict as conflict:
            if not conflict.states and self._suspended.note(conflict.paths):
                raise ApprovalNotCounted(signed.id, tuple(path.path for path in conflict.paths)) from conflict
            refs = tuple(state.ref for state in conflict.states)
            of_references = all(state.use is StateUse.REFERENCE for state in conflict.states)
            if conflict.paths or not of_references or not await self._are_outdated(refs):
                raise
            raise ReferenceOutdated(signed.id, tuple(map(str, refs))) from conflict
        notarised = with_signed(record, signed.with_signatures(answer.signature))
        return partial(self._notarised, notarised.replaced(journal_position=answer.position))

    def _notarised(self, record: FlowRecord, _connection: Connection) -> FlowRecord:
        return record.advanced(FlowStep.NOTARISED, self._clock.now_ms())


class RecordStep:
    """NOTARISED -> RECORDED: vault, transaction store, IBC events and the outbox, in one commit."""

    def __init__(self, own_name: str, directory: Directory, recorder: Recording, clock: Clock) -> None:
        self._own_name = own_name
        self._directory = directory
        self._recorder = recorder
        self._clock = clock

    def skip(self, _record: FlowRecord) -> FlowStep | None:
        """Never."""
        return None

    def waiting_on(self, _record: FlowRecord) -> str:
        """Nobody."""
        return ""

    def at_once(self, record: FlowRecord) -> Commit:
        """All of it."""
        return partial(self._recorded, record)

    async def prepare(self, record: FlowRecord) -> Commit:
        """Nothing to ask for."""
        return self.at_once(record)

    def _recorded(self, record: FlowRecord, connection: Connection) -> FlowRecord:
        signed = signed_of(record)
        now_ms = self._clock.now_ms()
        participants = self._recorder.record(connection, signed, record.journal_position, now_ms)
        owe_memberships(connection, self._own_name, self._directory, record.flow_id, signed, now_ms // 1000)
        owe_finality(connection, record.flow_id, signed, participants, now_ms // 1000)
        recorded = record.advanced(FlowStep.RECORDED, now_ms, waiting_on=", ".join(participants))
        return recorded if participants else recorded.advanced(FlowStep.DONE, now_ms)
