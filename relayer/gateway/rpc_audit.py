"""AuditService over gRPC: reads the audit log for those who may."""

from __future__ import annotations

import asyncio
import re
from typing import Final

from crossdvp.gateway.v1 import audit_service_pb2 as pb
from crossdvp.gateway.v1 import audit_service_pb2_grpc as pb_grpc
from google.protobuf.timestamp_pb2 import Timestamp

from relayer.gateway.access import Speakers
from relayer.gateway.audit import AuditedCall, AuditLog
from relayer.gateway.audit_entries import AuditKind
from relayer.gateway.errors import BadPageToken, BadRequest
from relayer.gateway.tenants import AuditScope
from relayer.rpc.callers import caller_of
from relayer.rpc.handlers import Context

MOST_PER_PAGE: Final = 500
_TOKEN = re.compile(r"[1-9][0-9]{0,17}")
SERVICE_NAME: Final[str] = pb.DESCRIPTOR.services_by_name["AuditService"].full_name


class AuditRpc(pb_grpc.AuditServiceServicer):
    """Reads only; who calls has been checked for the role."""

    def __init__(self, log: AuditLog, speakers: Speakers) -> None:
        self._log = log
        self._speakers = speakers

    async def ListAuditEntries(  # noqa: N802  # the name in the .proto
        self, request: pb.ListAuditEntriesRequest, context: Context
    ) -> pb.ListAuditEntriesResponse:
        """See the .proto."""
        if not 0 <= request.page_size <= MOST_PER_PAGE:
            raise BadRequest("page_size", f"0..{MOST_PER_PAGE}", request.page_size)
        if request.page_token and not _TOKEN.fullmatch(request.page_token):
            raise BadPageToken("page_token", "a token from an earlier answer", request.page_token[:40])
        size, below = request.page_size or 50, int(request.page_token or 0)
        caller = caller_of(context)
        platform = None if self._speakers.tenant(caller).audit is AuditScope.ALL else caller
        calls = await asyncio.to_thread(self._log.calls, platform, below, size + 1)
        shown = calls[:size]
        return pb.ListAuditEntriesResponse(
            entries=[_encoded(call) for call in shown],
            next_page_token=str(shown[-1].entry.height) if len(calls) > size else "",
        )


def _encoded(call: AuditedCall) -> pb.AuditEntry:
    entry, outcome = call.entry, call.outcome
    record = entry.record
    found = pb.AuditEntry(
        height=entry.height,
        state=_state(call),
        at=Timestamp(seconds=record.at_s),
        platform=record.platform,
        user=record.user,
        method=record.method,
        request_id=record.request_id,
        request_sha256=record.request_hash,
        outcome=record.outcome,
        resource=record.resource,
        previous_hash=entry.previous,
        hash=entry.hash,
    )
    if outcome is not None:
        found.outcome, found.outcome_height = outcome.record.outcome, outcome.height
        found.resource = outcome.record.resource
        found.outcome_at.FromSeconds(outcome.record.at_s)
    return found


def _state(call: AuditedCall) -> pb.AuditState:
    if call.entry.record.kind is AuditKind.REFUSED:
        return pb.AUDIT_STATE_REFUSED
    return pb.AUDIT_STATE_OPEN if call.outcome is None else pb.AUDIT_STATE_ANSWERED
