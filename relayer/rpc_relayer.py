"""RelayerService over gRPC: what the relayer knows, read from its store and its last look at both chains; and acts."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from typing import Any, Final

import grpc
import grpc.aio
from crossdvp.relayer.v1 import relayer_service_pb2 as pb
from crossdvp.relayer.v1 import relayer_service_pb2_grpc as pb_grpc

from relayer.acts import Act, ActKind, RequestIdReused
from relayer.operator_errors import (
    BadActRequest,
    BadPage,
    EvidenceNotTaken,
    EvidenceUnusable,
    PacketAmbiguous,
    PacketEnded,
    PacketIsParked,
    PacketNotParked,
    PacketUnknown,
    PathUnknown,
)
from relayer.packet_desk import PacketDesk, PacketFilter, ParkedOnly, Wish
from relayer.packet_states import STATES
from relayer.packet_stories import PacketStories
from relayer.relayer_codec import act_message, alarm_messages, chain_statuses, evidence_message, light_clients
from relayer.rpc_server import caller_of
from relayer.service import RelayerLoop
from relayer.store import RelayerStore
from relayer.watch.alarms import AlarmBoard
from relayer.watch.evidence_desk import EvidenceDesk, read_evidence

STATUS_CODES: Final = {
    PacketUnknown: grpc.StatusCode.NOT_FOUND,
    PathUnknown: grpc.StatusCode.NOT_FOUND,
    BadPage: grpc.StatusCode.INVALID_ARGUMENT,
    BadActRequest: grpc.StatusCode.INVALID_ARGUMENT,
    EvidenceUnusable: grpc.StatusCode.INVALID_ARGUMENT,
    PacketAmbiguous: grpc.StatusCode.FAILED_PRECONDITION,
    PacketEnded: grpc.StatusCode.FAILED_PRECONDITION,
    PacketIsParked: grpc.StatusCode.FAILED_PRECONDITION,
    PacketNotParked: grpc.StatusCode.FAILED_PRECONDITION,
    EvidenceNotTaken: grpc.StatusCode.FAILED_PRECONDITION,
    RequestIdReused: grpc.StatusCode.ALREADY_EXISTS,
}
MOST_PER_PAGE: Final = 500
MOST_WHY, MOST_REFERENCE = 500, 256
_PAGE_TOKEN: Final = re.compile(r"[0-9]{0,18}")
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._:/+-]{1,64}")
_NEWEST: Final = 2**63 - 1
_PARKED: Final = {
    pb.PARKED_FILTER_UNSPECIFIED: ParkedOnly.ALL,
    pb.PARKED_FILTER_PARKED: ParkedOnly.PARKED,
    pb.PARKED_FILTER_POISON: ParkedOnly.POISON,
    pb.PARKED_FILTER_NOT_PARKED: ParkedOnly.NOT_PARKED,
}
Context = grpc.aio.ServicerContext[Any, Any]


class RelayerRpc(pb_grpc.RelayerServiceServicer):
    """One per relayer process. Names of methods are those of the .proto, which says what each does."""

    def __init__(
        self,
        store: RelayerStore,
        loops: Sequence[RelayerLoop],
        boards: Sequence[AlarmBoard],
        now_s: Callable[[], float],
        evidence: EvidenceDesk | None = None,
    ) -> None:
        self._store = store
        self._loops = loops
        self._boards = boards
        self._now_s = now_s
        self._evidence = evidence
        self._desk = PacketDesk(store)
        self._stories = PacketStories(store, self._desk, loops, now_s)

    async def GetStatus(self, _request: pb.GetStatusRequest, _context: Context) -> pb.GetStatusResponse:  # noqa: N802  # the name in the .proto
        """See the .proto."""
        counts = await asyncio.to_thread(self._store.counts)
        chains = [chain for loop in self._loops for chain in chain_statuses(loop)]
        return pb.GetStatusResponse(chains=chains, packets_by_state=counts, alarms=alarm_messages(self._boards))

    async def ListPaths(self, _request: pb.ListPathsRequest, _context: Context) -> pb.ListPathsResponse:  # noqa: N802  # as above
        """See the .proto."""
        paths = [await asyncio.to_thread(self._path, loop) for loop in self._loops]
        return pb.ListPathsResponse(paths=paths)

    def _path(self, loop: RelayerLoop) -> pb.Path:
        first, second = loop.path.endpoints
        counts = self._store.counts(loop.path.name)
        return pb.Path(
            name=loop.path.name,
            first_chain=first.chain_name,
            second_chain=second.chain_name,
            state=loop.state.value,
            last_error=loop.last_error,
            advice=loop.advice,
            not_watched=loop.not_watched,
            packets_by_state=counts,
            parked=self._desk.count(PacketFilter((loop.path.name,), parked=ParkedOnly.PARKED)),
            standby=loop.standby,
        )

    async def ListClients(self, _request: pb.ListClientsRequest, _context: Context) -> pb.ListClientsResponse:  # noqa: N802  # as above
        """See the .proto."""
        return pb.ListClientsResponse(clients=[client for loop in self._loops for client in light_clients(loop)])

    async def ListPackets(self, request: pb.ListPacketsRequest, _context: Context) -> pb.ListPacketsResponse:  # noqa: N802  # as above
        """See the .proto."""
        size, after = _page(request.page_size, request.page_token)
        wanted = self._filter(request)
        rows = await asyncio.to_thread(self._desk.page, wanted, after, size + 1)
        packets = await asyncio.to_thread(self._stories.listed, rows[:size])
        return pb.ListPacketsResponse(
            packets=packets, next_page_token=str(rows[size - 1].row_id) if len(rows) > size else ""
        )

    def _filter(self, request: pb.ListPacketsRequest) -> PacketFilter:
        unknown = [number for number in request.states if number not in STATES]
        if unknown:
            raise BadPage(f"states: {unknown[0]} is not a packet state")
        if request.parked not in _PARKED:
            raise BadPage(f"parked: {request.parked} is not a filter")
        names = [loop.path.name for loop in self._loops]
        if request.path and request.path not in names:
            raise PathUnknown(request.path[:MOST_REFERENCE], names)
        since_s = None
        if request.HasField("stuck_for"):
            stuck_s = request.stuck_for.seconds + request.stuck_for.nanos / 1e9
            if stuck_s < 0:
                raise BadPage("stuck_for: expected a time that is not negative")
            since_s = self._now_s() - stuck_s
        states = tuple(STATES[number] for number in request.states)
        return PacketFilter((request.path,) if request.path else (), states, _PARKED[request.parked], since_s)

    async def GetPacket(self, request: pb.GetPacketRequest, _context: Context) -> pb.GetPacketResponse:  # noqa: N802  # as above
        """See the .proto."""
        reference = request.packet or f"{request.source_client}/{request.sequence}"
        return pb.GetPacketResponse(packet=await asyncio.to_thread(self._stories.whole, _reference(reference)))

    async def ExplainPacket(self, request: pb.ExplainPacketRequest, _context: Context) -> pb.ExplainPacketResponse:  # noqa: N802  # as above
        """See the .proto."""
        packet, sentences = await asyncio.to_thread(self._stories.explained, _reference(request.packet))
        evidence = [
            f"{step.what} on {step.chain}: {step.tx_id} at height {step.height}" for step in packet.steps if step.tx_id
        ]
        return pb.ExplainPacketResponse(packet=packet, sentences=sentences, evidence=evidence)

    async def RetryPacket(self, request: pb.RetryPacketRequest, context: Context) -> pb.RetryPacketResponse:  # noqa: N802  # as above
        """See the .proto."""
        act, packet = await self._act(ActKind.RETRY, request, context)
        return pb.RetryPacketResponse(act=act, packet=packet)

    async def ParkPacket(self, request: pb.ParkPacketRequest, context: Context) -> pb.ParkPacketResponse:  # noqa: N802  # as above
        """See the .proto."""
        act, packet = await self._act(ActKind.PARK, request, context)
        return pb.ParkPacketResponse(act=act, packet=packet)

    async def UnparkPacket(self, request: pb.UnparkPacketRequest, context: Context) -> pb.UnparkPacketResponse:  # noqa: N802  # as above
        """See the .proto."""
        act, packet = await self._act(ActKind.UNPARK, request, context)
        return pb.UnparkPacketResponse(act=act, packet=packet)

    async def _act(
        self,
        kind: ActKind,
        request: pb.RetryPacketRequest | pb.ParkPacketRequest | pb.UnparkPacketRequest,
        context: Context,
    ) -> tuple[pb.Act, pb.Packet]:
        wish = _wish(request.request_id, kind, request.why, context)
        reference = _reference(request.packet)
        row = await asyncio.to_thread(self._stories.row, reference)
        act = await asyncio.to_thread(self._desk.act, wish, row, self._now_s())
        return act_message(act), await asyncio.to_thread(self._stories.whole, act.subject)

    async def ListActs(self, request: pb.ListActsRequest, _context: Context) -> pb.ListActsResponse:  # noqa: N802  # as above
        """See the .proto."""
        size, before = _page(request.page_size, request.page_token)
        subject = ""
        if request.packet:
            subject = (await asyncio.to_thread(self._stories.whole, _reference(request.packet))).name
        found = await asyncio.to_thread(self._desk.acts, subject, before or _NEWEST, size + 1)
        return pb.ListActsResponse(
            acts=[act_message(act) for _, act in found[:size]],
            next_page_token=str(found[size - 1][0]) if len(found) > size else "",
        )

    async def ListEvidence(self, _request: pb.ListEvidenceRequest, _context: Context) -> pb.ListEvidenceResponse:  # noqa: N802  # as above
        """See the .proto."""
        kept = [] if self._evidence is None else await asyncio.to_thread(self._evidence.kept)
        return pb.ListEvidenceResponse(evidence=[evidence_message(each) for each in kept])

    async def SubmitEvidence(self, request: pb.SubmitEvidenceRequest, context: Context) -> pb.SubmitEvidenceResponse:  # noqa: N802  # as above
        """See the .proto."""
        wish = _wish(request.request_id, ActKind.SUBMIT_EVIDENCE, request.why, context)
        brought = read_evidence("evidence", request.equivocation)
        subject = f"0x{brought.validator.hex()} at {brought.evidence.height} of {brought.evidence.ledger_id}"
        earlier = await asyncio.to_thread(self._desk.repeated, wish, subject, self._now_s())
        if earlier is not None:
            return pb.SubmitEvidenceResponse(act=act_message(earlier), done=earlier.after)
        if self._evidence is None:
            raise EvidenceNotTaken
        done = await self._evidence.submit(brought)
        act = Act(wish.request_id, wish.kind, subject, wish.who, wish.why, self._now_s(), "brought", done)
        await asyncio.to_thread(self._desk.write_down, act)
        return pb.SubmitEvidenceResponse(act=act_message(act), done=done)

    async def ListAlarms(self, _request: pb.ListAlarmsRequest, _context: Context) -> pb.ListAlarmsResponse:  # noqa: N802  # as above
        """See the .proto."""
        return pb.ListAlarmsResponse(alarms=alarm_messages(self._boards))


def _page(page_size: int, page_token: str) -> tuple[int, int]:
    if not 0 <= page_size <= MOST_PER_PAGE or not _PAGE_TOKEN.fullmatch(page_token):
        raise BadPage(f"page_size must be 0..{MOST_PER_PAGE} and page_token one from an earlier answer")
    return page_size or 50, int(page_token or 0)


def _reference(text: str) -> str:
    if not 0 < len(text) <= MOST_REFERENCE:
        raise PacketUnknown(text[:MOST_REFERENCE] or "without a name")
    return text


def _wish(request_id: str, kind: ActKind, why: str, context: Context) -> Wish:
    if not _REQUEST_ID.fullmatch(request_id):
        raise BadActRequest("request_id: expected 1..64 of A-Z a-z 0-9 . _ : / + -, chosen anew for each act")
    reason = why.strip()
    if not 0 < len(reason) <= MOST_WHY or not reason.isprintable():
        raise BadActRequest(f"why: expected your reason in 1..{MOST_WHY} printable characters, on one line")
    return Wish(request_id, kind, caller_of(context), reason)
