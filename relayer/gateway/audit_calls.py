"""What of a call goes into the audit log, and the interceptor that puts it there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import grpc
import grpc.aio
from google.protobuf.message import Message

from primitives.errors import CrossDvpError
from primitives.hashing import sha256
from relayer.gateway.access import Speakers
from relayer.gateway.audit import AuditWriter
from relayer.gateway.audit_entries import AuditKind, AuditRecord
from relayer.gateway.audit_riding import RidingEntries, bounded_text, outcome_of, outcome_record, riding
from relayer.gateway.method_rules import RULES, Audited
from relayer.rpc.call import current_call
from relayer.rpc.callers import caller_of
from relayer.rpc.handlers import Behaviour, Context, Continuation, Handler, surrounded
from relayer.rpc.well_formed import MalformedRequest

ABANDONED: Final = "ABANDONED"
"""The caller went away, or its time passed, while the call was answered: what became of it, the settlement tells."""


def request_hash(request: object) -> bytes:
    """SHA-256 of a request's canonical encoding; of the bytes received where they are no request."""
    if isinstance(request, Message):
        return sha256(request.SerializeToString(deterministic=True))
    return sha256(request.received if isinstance(request, MalformedRequest) else b"")


def resource_of(message: object) -> str:
    """The resource a request or answer is about: its ``name``, or that of the first message in it that has one."""
    if not isinstance(message, Message):
        return ""
    own = message.DESCRIPTOR.fields_by_name.get("name")
    if own is not None and own.type == own.TYPE_STRING:
        return bounded_text(str(getattr(message, "name")))  # noqa: B009  # a field that not every message has
    for field in message.DESCRIPTOR.fields:
        inner = field.message_type
        if inner is None or field.is_repeated or "name" not in inner.fields_by_name:
            continue
        if message.HasField(field.name):
            return resource_of(getattr(message, field.name))
    return ""


class AuditedCalls(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]  # generic in its stub only
    """Inside of ``CallerChecks``: every call that changes something leaves an intent and an outcome.

    Where the method's effect is one change of settlements they are stored with it; else the intent is on disk before.
    """

    def __init__(self, writer: AuditWriter, speakers: Speakers, now_s: Callable[[], int]) -> None:
        self._writer = writer
        self._speakers = speakers
        self._now_s = now_s

    async def intercept_service(
        self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> Handler:
        """Wrap the handlers of methods that change something."""
        handler = await continuation(handler_call_details)
        rule = RULES.get(handler_call_details.method)
        if handler is None or rule is None or not rule.changes:
            return handler
        return surrounded(handler, self._within if rule.audited is Audited.WITHIN else self._before)

    async def _within(self, inner: Behaviour, request: object, context: Context) -> Any:  # noqa: ANN401  # the method's own answer
        with self._writer.admitted():
            entries = RidingEntries(self._intent(request, context))
            held = riding.set(entries)
            try:
                answer = await inner(request, context)
            except asyncio.CancelledError:
                entries.unless_written(lambda: self._note_abandoned(entries.intent))
                raise
            except Exception as refusal:
                await self._written(entries, refusal)
                raise
            finally:
                riding.reset(held)
            await self._written(entries, None)
            return answer

    async def _written(self, entries: RidingEntries, refusal: Exception | None) -> None:
        """Whatever came of the call, its entries are on disk before it is answered."""
        if not entries.are_written:
            await self._writer.write_all(entries.records(refusal, "", self._now_s()))

    def _note_abandoned(self, intent: AuditRecord) -> None:
        self._writer.note(intent, outcome_record(intent, ABANDONED, "", self._now_s()))

    def _intent(self, request: object, context: Context) -> AuditRecord:
        return self.record(AuditKind.INTENT, request, self._speakers.speaker(caller_of(context)).user, context)

    async def _before(self, inner: Behaviour, request: object, context: Context) -> Any:  # noqa: ANN401  # the method's own answer
        intent = self._intent(request, context)
        height = await self._writer.write(intent)
        try:
            answer = await inner(request, context)
        except asyncio.CancelledError:
            self._note_outcome(intent, height, ABANDONED, "")
            raise
        except BaseException as refusal:
            self._note_outcome(intent, height, outcome_of(refusal), "")
            raise
        self._note_outcome(intent, height, outcome_of(None), resource_of(answer))
        return answer

    def _note_outcome(self, intent: AuditRecord, height: int, outcome: str, resource: str) -> None:
        self._writer.note(replace(outcome_record(intent, outcome, resource, self._now_s()), intent=height))

    async def refused(self, request: object, user: str, refusal: CrossDvpError, context: Context) -> None:
        """Remember that a call was not let in."""
        await self._writer.write(self.record(AuditKind.REFUSED, request, user, context, refusal.reason))

    def record(self, kind: AuditKind, request: object, user: str, context: Context, outcome: str = "") -> AuditRecord:
        """A record of the call that is being answered."""
        call = current_call()
        return AuditRecord(
            kind=kind,
            at_s=self._now_s(),
            platform=bounded_text(caller_of(context)),
            user=bounded_text(user),
            method=call.method if call is not None else "",
            request_id=call.request_id if call is not None else "",
            request_hash=request_hash(request),
            outcome=bounded_text(outcome),
            resource=resource_of(request),
        )
