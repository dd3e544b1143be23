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
from relayer.path import Path
from relayer.service import RelayerLoop
from relayer.store import PacketKey, PacketRow, RelayerStore, StepRow
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

    def __init__(self, store: RelayerStore, path: Path, loop: RelayerLoop, board: AlarmBoard) -> None:
        self._store = store
        self._path = path
        self._loop = loop
        self._board = board

    async def GetStatus(self, _request: pb.GetStatusRequest, _context: Context) -> pb.GetStatusResponse:  # noqa: N802  # the name in the .proto
        """See the .proto."""
        counts = await asyncio.to_thread(self._store.counts)
        return pb.GetStatusResponse(chains=self._chains(), packets_by_state=counts, alarms=self._alarms())

    def _alarms(self) -> Sequence[pb.Alarm]:
        return [
            pb.Alarm(
                kind=raised.alarm.kind.value,
                subject=raised.alarm.subject,
                detail=raised.alarm.detail,
                since=_stamp(raised.since_s),
            )
            for raised in self._board.raised
        ]

    def _chains(self) -> Sequence[pb.ChainStatus]:
        view, error = self._path.view, self._loop.last_error
        if view is None:
            return [pb.ChainStatus(chain=chain.chain_name, last_error=error) for chain in self._path.endpoints]
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
            )
            for chain, head, client in zip(self._path.endpoints, view.heads, view.clients, strict=True)
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
        story = await asyncio.to_thread(self._story, request.source_client, request.sequence)
        if story is None:
            raise PacketUnknown(request.source_client, request.sequence)
        return pb.GetPacketResponse(packet=_encode(*story))

    def _story(self, source_client: str, sequence: int) -> tuple[PacketRow, tuple[StepRow, ...]] | None:
        """A packet of either end: the request names no chain. If both ends name a client alike, the first end's."""
        keys = (PacketKey(chain.chain_name, source_client, sequence) for chain in self._path.endpoints)
        return next((story for key in keys if (story := self._store.story(key)) is not None), None)


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
        steps=[
            pb.Step(
                chain=step.chain,
                what=step.what,
                tx_id=step.tx_id,
                height=step.height,
                proof_bytes=step.proof_bytes,
                refusal=step.refusal,
                at=_stamp(step.at_s),
            )
            for step in steps
        ],
    )


def _stamp(at_s: float) -> Timestamp:
    return Timestamp(seconds=int(at_s), nanos=int(at_s % 1 * 1e9))
