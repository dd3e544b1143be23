"""FlowService over gRPC: what operators see of flows and do to them."""

from __future__ import annotations

import json
from functools import partial
from typing import Any, Final, TypeVar

import grpc.aio
from crossdvp.ledger.v1 import flow_service_pb2 as pb
from crossdvp.ledger.v1.flow_service_pb2_grpc import FlowServiceServicer
from google.protobuf.message import Message

from chains.progmat.flows import pending_rows, store
from chains.progmat.flows.acts import Act, OperatorAct, acts, first_broken_entry
from chains.progmat.flows.errors import FlowUnknown, InvalidRequest
from chains.progmat.flows.finding import FlowQuery, find_flows
from chains.progmat.flows.record import FlowKind, FlowRecord
from chains.progmat.flows.request_codec import decode_request, to_message
from chains.progmat.flows.steps import FlowStep
from chains.progmat.flows.story import FlowStory, story_of
from chains.progmat.node.api_access import ApiAccess
from chains.progmat.node.ledger_node import LedgerNode
from chains.progmat.node.peers.rpc_service import identity_of

Context = grpc.aio.ServicerContext[Any, Any]
EnumT = TypeVar("EnumT", FlowKind, FlowStep)

MAX_PAGE: Final = 500
MAX_STUCK_MS: Final = 100 * 366 * 86_400_000
SHOWN_BYTES: Final = 64
_ACTS: Final = {int(pb.FlowAct.Value(f"FLOW_ACT_{act.value}")): act for act in Act}


class FlowServiceRpc(FlowServiceServicer):
    """The servicer of one vault node."""

    def __init__(self, node: LedgerNode, access: ApiAccess) -> None:
        self._node = node
        self._database = node.parts.database
        self._access = access

    async def FindFlows(self, request: pb.FindFlowsRequest, context: Context) -> pb.FindFlowsResponse:  # noqa: D102, N802 # named and documented by the .proto file
        self._authorise(context, "FindFlows")
        stuck_ms = request.stuck_for_ms
        if stuck_ms > MAX_STUCK_MS:
            raise InvalidRequest("stuck_for_ms", f"at most {MAX_STUCK_MS} (a century) is possible, not {stuck_ms}")
        query = FlowQuery(
            kinds=_named(FlowKind, "kinds", request.kinds),
            steps=_named(FlowStep, "steps", request.steps),
            stuck_since_ms=self._node.parts.clock.now_ms() - stuck_ms if stuck_ms else None,
            waiting_on=request.waiting_on,
            after=request.after,
            limit=_page(request.max_flows, 50),
        )
        found = await self._database.read(partial(find_flows, query=query))
        return pb.FindFlowsResponse(flows=[_summary(record) for record in found.records], more=found.has_more)

    async def ExplainFlow(self, request: pb.ExplainFlowRequest, context: Context) -> pb.ExplainFlowResponse:  # noqa: D102, N802 # as above
        self._authorise(context, "ExplainFlow")
        record = await self._database.read(partial(store.find_flow, flow_id=request.flow_id))
        if record is None:
            raise FlowUnknown(request.flow_id)
        return _explanation(await self._database.read(partial(story_of, record=record)))

    async def ActOnFlow(self, request: pb.ActOnFlowRequest, context: Context) -> pb.ActOnFlowResponse:  # noqa: D102, N802 # as above
        self._authorise(context, "ActOnFlow")
        act = _ACTS.get(request.act)
        if act is None:
            raise InvalidRequest("act", f"{request.act} is no act")
        operator = identity_of(context).name
        record = await self._node.control.act(act, request.flow_id, operator, request.reason)
        return pb.ActOnFlowResponse(flow=_summary(record))

    async def ListOperatorActs(  # noqa: D102, N802 # as above
        self, request: pb.ListOperatorActsRequest, context: Context
    ) -> pb.ListOperatorActsResponse:
        self._authorise(context, "ListOperatorActs")
        if request.after >= 1 << 62:
            raise InvalidRequest("after", "the number of an entry is wanted")
        limit = _page(request.max_acts, 100)
        found = await self._database.read(partial(acts, after=request.after, limit=limit))
        broken = await self._database.read(first_broken_entry)
        return pb.ListOperatorActsResponse(acts=[_entry(act) for act in found], first_broken_entry=broken or 0)

    async def Recover(self, _request: pb.RecoverRequest, context: Context) -> pb.RecoverResponse:  # noqa: D102, N802 # as above
        self._authorise(context, "Recover")
        report = await self._node.recovery.reconcile_on_request()
        peers = [
            pb.PeerRecovery(
                peer=peer.peer,
                listed=peer.listed,
                fetched=peer.fetched,
                missing=peer.missing,
                problem=peer.problem,
            )
            for peer in report.peers
        ]
        return pb.RecoverResponse(peers=peers, complete=report.is_complete)

    async def ListPending(self, request: pb.ListPendingRequest, context: Context) -> pb.ListPendingResponse:  # noqa: D102, N802 # as above
        self._authorise(context, "ListPending")
        limit = _page(request.max_transactions, 100)
        rows = await self._database.read(partial(pending_rows.oldest, limit=limit))
        pending = [
            pb.PendingTransaction(
                tx_id=row.tx_id,
                asker=row.asker,
                since_ms=row.since_ms,
                attempts=row.attempts,
                next_attempt_ms=row.next_attempt_ms,
                last_error_reason=row.last_error_reason,
                last_error_message=row.last_error,
            )
            for row in rows
        ]
        return pb.ListPendingResponse(pending=pending)

    def _authorise(self, context: Context, method: str) -> None:
        self._access.require(identity_of(context).name, method)


def _page(wanted: int, usual: int) -> int:
    if wanted > MAX_PAGE:
        raise InvalidRequest("max", f"at most {MAX_PAGE} are given at once")
    return wanted or usual


def _named(enumeration: type[EnumT], field: str, names: Any) -> tuple[EnumT, ...]:  # noqa: ANN401 # a repeated field
    try:
        return tuple(enumeration(name) for name in names)
    except ValueError as error:
        known = ", ".join(item.value for item in enumeration)
        raise InvalidRequest(field, f"{error}; there are: {known}") from error


def _summary(record: FlowRecord) -> pb.FlowSummary:
    return pb.FlowSummary(
        flow_id=record.flow_id,
        kind=record.kind.value,
        step=record.step.value,
        wish=record.wish,
        tx_id=record.tx_id or b"",
        waiting_on=record.waiting_on,
        since_ms=record.since_ms,
        next_attempt_ms=record.next_attempt_ms,
        attempts=record.attempts,
        last_error_reason=record.last_error_reason,
        last_error_message=record.last_error,
        created_ms=record.created_ms,
    )


def _explanation(story: FlowStory) -> pb.ExplainFlowResponse:
    request = to_message(decode_request(story.record.kind, story.record.request))
    return pb.ExplainFlowResponse(
        flow=_summary(story.record),
        request=json.dumps(_plain(request), ensure_ascii=False),
        story=[pb.StoryLine(what=line.what, at_ms=line.at_ms) for line in story.lines],
        held_states=story.holding.states,
        held_yen=story.holding.yen,
        held_until_s=story.holding.until_s,
        acts=[_entry(act) for act in story.acts],
        chances=[pb.ActChance(act=f"FLOW_ACT_{act.value}", why_not=why_not) for act, why_not in story.possible.items()],
    )


def _plain(message: Message) -> dict[str, object]:
    """A message for people: bytes in hexadecimal, long ones by their size."""
    return {
        field.name: [_plain_value(item) for item in value] if field.is_repeated else _plain_value(value)
        for field, value in message.ListFields()
    }


def _plain_value(value: object) -> object:
    if isinstance(value, Message):
        return _plain(value)
    if isinstance(value, bytes):
        return value.hex() if len(value) <= SHOWN_BYTES else f"{len(value)} bytes"
    return value


def _entry(act: OperatorAct) -> pb.OperatorActEntry:
    return pb.OperatorActEntry(
        number=act.number,
        at_ms=act.at_ms,
        operator=act.operator,
        act=act.act,
        flow_id=act.flow_id,
        step=act.step,
        reason=act.reason,
        entry_hash=act.entry_hash,
    )
