"""Looking: get, list, watch."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

from crossdvp.gateway.v1 import settlement_service_pb2 as pb
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp

from relayer.gateway.access import Speaker
from relayer.gateway.errors import BadPageToken, BadRequest, GatewayStopping
from relayer.gateway.listing import ListFilter, ListOrder, page_token, row_after
from relayer.gateway.recent_events import EventPage
from relayer.gateway.rpc_desk import Context, Desk, Verbs, answer
from relayer.gateway.settlement_codec import reference_of, side_of, state_of, trade_id_of

MOST_PER_PAGE: Final = 500
_MOST_PATHS: Final = 64
_EVENTS_AT_ONCE: Final = 100
_STOP_CHECK_S: Final = 0.2
_LONGEST_STUCK_S: Final = 10 * 366 * 86_400
_SETTLEMENT: Any = pb.Settlement.DESCRIPTOR
_ORDERS: Final = {
    pb.LIST_ORDER_UNSPECIFIED: ListOrder.NEWEST_FIRST,
    pb.LIST_ORDER_NEWEST_FIRST: ListOrder.NEWEST_FIRST,
    pb.LIST_ORDER_OLDEST_FIRST: ListOrder.OLDEST_FIRST,
}


@dataclass(frozen=True)
class Watching:
    """``stopping`` ends open watches: a shutdown need not wait for them. ``heartbeat_s``: between two empty answers."""

    stopping: asyncio.Event
    heartbeat_s: float = 15.0


class QueryVerbs(Verbs):
    """GetSettlement, ListSettlements, WatchSettlements."""

    def __init__(self, desk: Desk, watching: Watching) -> None:
        super().__init__(desk)
        self._watching = watching

    async def GetSettlement(  # noqa: N802  # the name in the .proto
        self, request: pb.GetSettlementRequest, context: Context
    ) -> pb.GetSettlementResponse:
        """See the .proto."""
        stored = await self._seen_by(self._speaker(context), trade_id_of(request.name))
        response = answer(pb.GetSettlementResponse, stored.message)
        if request.read_mask.paths:
            whole = response.settlement
            response = pb.GetSettlementResponse(settlement=_masked(whole, request.read_mask))
        return response

    async def ListSettlements(  # noqa: N802  # as above
        self, request: pb.ListSettlementsRequest, context: Context
    ) -> pb.ListSettlementsResponse:
        """See the .proto."""
        if not 0 <= request.page_size <= MOST_PER_PAGE:
            raise BadRequest("page_size", f"0..{MOST_PER_PAGE}", request.page_size)
        size, nodes = request.page_size or 50, self._speaker(context).nodes
        wanted = _filter_of(request, self._desk.now_s())
        asked = _asked(request, nodes)
        beyond = row_after(asked, request.page_token)
        rows = await asyncio.to_thread(self._desk.store.list_page, wanted, nodes, beyond, size + 1)
        response = pb.ListSettlementsResponse()
        for each in rows[:size]:
            response.settlements.add().ParseFromString(each.message)
        if len(rows) > size:
            response.next_page_token = page_token(asked, rows[size - 1].row_id)
        return response

    async def WatchSettlements(  # noqa: N802  # as above
        self, request: pb.WatchSettlementsRequest, context: Context
    ) -> AsyncIterator[pb.WatchSettlementsResponse]:
        """See the .proto."""
        speaker = self._speaker(context)
        trade_id = trade_id_of(request.name) if request.name else None
        if trade_id is not None:
            await self._seen_by(speaker, trade_id)
        after = await self._resumed(speaker, request.resume_token)
        told, clock = after, asyncio.get_running_loop().time
        next_beat_s = clock() + self._watching.heartbeat_s
        while not self._watching.stopping.is_set():
            page = await self._page(speaker, after, trade_id)
            after = page.reached
            for event in page.events:
                told = event.number
                response = answer(pb.WatchSettlementsResponse, event.settlement)
                response.resume_token, response.at.seconds = str(told), event.at_s
                yield response
            if page.events:
                next_beat_s = clock() + self._watching.heartbeat_s
                continue
            # Whether or not anybody else's changes came by: this caller's newest token is the last that he was told.
            while not self._watching.stopping.is_set():
                if clock() >= next_beat_s:
                    next_beat_s = clock() + self._watching.heartbeat_s
                    yield pb.WatchSettlementsResponse(resume_token=str(told) if told else "")
                if await self._desk.newest.beyond(after, min(_STOP_CHECK_S, self._watching.heartbeat_s)):
                    break
        raise GatewayStopping

    async def _page(self, speaker: Speaker, after: int, trade_id: bytes | None) -> EventPage:
        store, wanted = self._desk.store, (speaker.nodes, after, trade_id, _EVENTS_AT_ONCE)
        recent = store.recent.page(*wanted)
        return await asyncio.to_thread(store.events, *wanted) if recent is None else recent

    async def _resumed(self, speaker: Speaker, token: str) -> int:
        """The number after which a stream goes on. Raises ``BadPageToken`` for one that the caller was not given."""
        after = _number(token)
        if after and after > await asyncio.to_thread(self._desk.store.newest_event, speaker.nodes):
            raise BadPageToken("resume_token", "a token from an earlier answer", after)
        return after


def _masked(whole: pb.Settlement, mask: FieldMask) -> pb.Settlement:
    paths = ", ".join(mask.paths)[:200]
    if len(mask.paths) > _MOST_PATHS or not mask.IsValidForDescriptor(_SETTLEMENT):
        raise BadRequest("read_mask", f"at most {_MOST_PATHS} paths of Settlement", paths)
    shown = pb.Settlement()
    try:
        mask.MergeMessage(whole, shown)
    except ValueError:
        raise BadRequest("read_mask", "paths of Settlement that go into single fields", paths) from None
    return shown


def _filter_of(request: pb.ListSettlementsRequest, now_s: int) -> ListFilter:
    """The filter that a request asks for. Raises ``BadRequest``."""
    if request.order not in _ORDERS:
        raise BadRequest("order", "a ListOrder", request.order)
    since_at_most_s = 0
    if request.HasField("stuck_for"):
        stuck = request.stuck_for
        if stuck.nanos or not 0 <= stuck.seconds <= _LONGEST_STUCK_S:
            raise BadRequest("stuck_for", "whole seconds, up to ten years", f"{stuck.seconds}.{stuck.nanos:09}")
        since_at_most_s = max(1, now_s - stuck.seconds)
    return ListFilter(
        states=frozenset(state_of(number) for number in request.states),
        since_at_most_s=since_at_most_s,
        side=side_of(request.side) if request.side else None,
        reference=reference_of(request.reference),
        trade_reference=reference_of(request.trade_reference, "trade_reference"),
        created_from_s=_seconds("created_from", request.created_from),
        created_before_s=_seconds("created_before", request.created_before),
        order=_ORDERS[request.order],
    )


def _seconds(field: str, stamp: Timestamp) -> int:
    if stamp.nanos or not 0 <= stamp.seconds < 253_402_300_800:
        raise BadRequest(field, "a time in whole seconds, from 1970 to 9999", f"{stamp.seconds}.{stamp.nanos:09}")
    return stamp.seconds


def _asked(request: pb.ListSettlementsRequest, nodes: frozenset[str]) -> bytes:
    """What a list is of: a page token is good for nothing else."""
    asked = pb.ListSettlementsRequest()
    asked.CopyFrom(request)
    asked.page_token, asked.page_size = "", 0
    return asked.SerializeToString(deterministic=True) + b"\0" + "\0".join(sorted(nodes)).encode()


def _number(token: str) -> int:
    if not token:
        return 0
    if not (token.isascii() and token.isdecimal() and len(token) < 19):
        raise BadPageToken("resume_token", "a token from an earlier answer", token[:40])
    return int(token)
