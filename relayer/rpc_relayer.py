"""RelayerService over gRPC: what the relayer knows, read from its store and its last look at both chains."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from typing import Any

import grpc.aio
from crossdvp.relayer.v1 import relayer_service_pb2 as pb
from crossdvp.relayer.v1 import relayer_service_pb2_grpc as pb_grpc
from google.protobuf.timestamp_pb2 import Timestamp

from primitives.errors import CallerError
from relayer.core.lifecycle import WAITS_FOR, PacketState
from relayer.service import RelayerLoop
from relayer.store import ArchivedPacket, PacketKey, PacketRow, RelayerStore, StepRow
from relayer.watch.alarms import AlarmBoard

MOST_PER_PAGE = 500
_PAGE_TOKEN = re.compile(r"[0-9]{0,18}")
Context = grpc.aio.ServicerContext[Any, Any]

_STATES = {
    pb.PACKET_STATE_SENT: PacketState.SENT,
    pb.PACKET_STATE_RECEIVED: PacketState.RECEIVED,
    pb.PACKET_STATE_DELIVERY_BLOCKED: PacketState.DELIVERY_BLOCKED,
    pb.PACKET_STATE_RETURN_BLOCKED: PacketState.RETURN_BLOCKED,
    pb.PACKET_STATE_ACKNOWLEDGED: PacketState.ACKNOWLEDGED,
    pb.PACKET_STATE_TIMED_OUT: PacketState.TIMED_OUT,
}
_NUMBERS = {state: number for number, state in _STATES.items()}


class PacketUnknown(CallerError):
    """This relayer has not seen that packet (yet)."""

    reason = "PACKET_UNKNOWN"

    def __init__(self, source_client: str, sequence: int) -> None:
        self.source_client, self.sequence = source_client, sequence
        super().__init__(f"no packet {sequence} of client {source_client} seen: check the sequence, or wait a moment")


class BadPage(CallerError):
    """A page size, token or state filter that cannot be used."""

    reason = "BAD_PAGE"


class RelayerRpc(pb_grpc.RelayerServiceServicer):
    """One per relayer process; reads only."""

    def __init__(self, store: RelayerStore, loops: Sequence[RelayerLoop], boards: Sequence[AlarmBoard]) -> None:
        self._store = store
        self._loops = loops
        self._boards = boards

    async def GetStatus(self, _request: pb.GetStatusRequest, _context: Context) -> pb.GetStatusResponse:  # noqa: N802  # the name in the .proto
        """See the .proto."""
        counts = await asyncio.to_thread(self._store.counts)
        chains = [chain for loop in self._loops for chain in _chains(loop)]
        return pb.GetStatusResponse(chains=chains, packets_by_state=counts, alarms=self._alarms())

    def _alarms(self) -> Sequence[pb.Alarm]:
        return [
            pb.Alarm(
                kind=raised.alarm.kind.value,
                subject=raised.alarm.subject,
                detail=raised.alarm.detail,
                since=_stamp(raised.since_s),
            )
            for board in self._boards
            for raised in board.raised
        ]

    async def ListPackets(self, request: pb.ListPacketsRequest, _context: Context) -> pb.ListPacketsResponse:  # noqa: N802  # the name in the .proto
        """See the .proto."""
        token = request.page_token
        if not 0 <= request.page_size <= MOST_PER_PAGE or not _PAGE_TOKEN.fullmatch(token):
            raise BadPage(f"page_size must be 0..{MOST_PER_PAGE} and page_token one from an earlier answer")
        unknown = [number for number in request.states if number not in _STATES]
        if unknown:
            raise BadPage(f"states: {unknown[0]} is not a packet state")
        size = request.page_size or 50
        states = [_STATES[number] for number in request.states]
        rows = await asyncio.to_thread(self._store.page, states, int(token or 0), size + 1)
        return pb.ListPacketsResponse(
            packets=[_encode(row, ()) for row in rows[:size]],
            next_page_token=str(rows[size - 1].row_id) if len(rows) > size else "",
        )

    async def GetPacket(self, request: pb.GetPacketRequest, _context: Context) -> pb.GetPacketResponse:  # noqa: N802  # the name in the .proto
        """See the .proto."""
        packet = await asyncio.to_thread(self._packet, request.source_client, request.sequence)
        if packet is None:
            raise PacketUnknown(request.source_client, request.sequence)
        return pb.GetPacketResponse(packet=packet)

    def _packet(self, source_client: str, sequence: int) -> pb.Packet | None:
        """A packet of any path's end: the request names no chain. If two name a client alike, the first one's."""
        for loop in self._loops:
            for end in loop.path.endpoints:
                key = PacketKey(end.chain_name, source_client, sequence)
                if (story := self._store.story(key, loop.path.name)) is not None:
                    return _encode(*story)
                if (archived := self._store.archived(key, loop.path.name)) is not None:
                    return _encode_archived(archived)
        return None


def _chains(loop: RelayerLoop) -> Sequence[pb.ChainStatus]:
    view, path = loop.path.view, loop.path
    error, standby = loop.last_error, loop.standby
    if view is None:
        return [
            pb.ChainStatus(chain=chain.chain_name, last_error=error, path=path.name, standby=standby)
            for chain in path.endpoints
        ]
    return [
        pb.ChainStatus(
            chain=chain.chain_name,
            height=head.height,
            head_time=Timestamp(seconds=head.timestamp_s),
            client_id=client.client_id,
            client_height=client.latest_height,
            client_expires=Timestamp(seconds=client.latest_timestamp_s + client.trusting_period_s),
            client_status=client.status.name.lower(),
            last_error=error,
            path=path.name,
            standby=standby,
        )
        for chain, head, client in zip(path.endpoints, view.heads, view.clients, strict=True)
    ]


def _encode(row: PacketRow, steps: Sequence[StepRow]) -> pb.Packet:
    tracked, packet = row.tracked, row.tracked.packet
    waits_long = tracked.not_before_s > 0 and not tracked.state.is_final
    return pb.Packet(
        source_chain=row.source_chain,
        source_client=packet.source_client,
        destination_client=packet.destination_client,
        sequence=packet.sequence,
        timeout=Timestamp(seconds=packet.timeout_s),
        state=_NUMBERS[tracked.state],
        waits_for=WAITS_FOR[tracked.state],
        attempts=tracked.attempts,
        last_error=row.last_error,
        next_attempt=_stamp(tracked.not_before_s) if waits_long else None,
        steps=[_encode_step(step) for step in steps],
    )


def _encode_archived(archived: ArchivedPacket) -> pb.Packet:
    """Of a packet that ended long ago its events are left, and how it ended."""
    return pb.Packet(
        source_chain=archived.key.source_chain,
        source_client=archived.key.source_client,
        destination_client=archived.destination_client,
        sequence=archived.key.sequence,
        timeout=Timestamp(seconds=archived.timeout_s),
        state=_NUMBERS[archived.state],
        waits_for=WAITS_FOR[archived.state],
        attempts=archived.attempts,
        steps=[_encode_step(step) for step in archived.events],
    )


def _encode_step(step: StepRow) -> pb.Step:
    return pb.Step(
        chain=step.chain,
        what=step.what,
        tx_id=step.tx_id,
        height=step.height,
        proof_bytes=step.proof_bytes,
        refusal=step.refusal,
        at=_stamp(step.at_s),
    )


def _stamp(at_s: float) -> Timestamp:
    return Timestamp(seconds=int(at_s), nanos=int(at_s % 1 * 1e9))
