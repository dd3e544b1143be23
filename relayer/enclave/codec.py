"""Snapshots and statements to protobuf and back, on both sides of the call."""

from __future__ import annotations

from crossdvp.relayer.v1 import enclave_service_pb2 as pb

from primitives.errors import DecodeError
from relayer.enclave.enclave import Stated
from relayer.enclave.program import Snapshot

MAX_STATE_BYTES = 16 * 1024


def snapshot_message(snapshot: Snapshot) -> pb.Snapshot:
    """As it travels."""
    return pb.Snapshot(
        client_type=snapshot.client_type,
        client_state=snapshot.client_state,
        height=snapshot.height,
        consensus_state=snapshot.consensus_state,
    )


def snapshot_of(message: pb.Snapshot) -> Snapshot:
    """The inverse; DecodeError for states that are too long."""
    for state in (message.client_state, message.consensus_state):
        if len(state) > MAX_STATE_BYTES:
            raise DecodeError("state is too long", expected=MAX_STATE_BYTES, found=len(state))
    return Snapshot(message.client_type, message.client_state, message.height, message.consensus_state)


def stated_message(stated: Stated) -> pb.Stated:
    """As it travels."""
    return pb.Stated(message=stated.message, signature=stated.signature)


def stated_of(message: pb.Stated) -> Stated:
    """The inverse."""
    return Stated(message.message, message.signature)
