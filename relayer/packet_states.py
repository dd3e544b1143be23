"""The states of packets as messages number them."""

from __future__ import annotations

from crossdvp.relayer.v1 import relayer_service_pb2 as pb

from relayer.core.lifecycle import PacketState

STATES = {
    pb.PACKET_STATE_SENT: PacketState.SENT,
    pb.PACKET_STATE_RECEIVED: PacketState.RECEIVED,
    pb.PACKET_STATE_DELIVERY_BLOCKED: PacketState.DELIVERY_BLOCKED,
    pb.PACKET_STATE_RETURN_BLOCKED: PacketState.RETURN_BLOCKED,
    pb.PACKET_STATE_ACKNOWLEDGED: PacketState.ACKNOWLEDGED,
    pb.PACKET_STATE_TIMED_OUT: PacketState.TIMED_OUT,
}
