"""Protobuf bytes to dataclasses and back (proto/crossdvp/ibc/v1/hub.proto); strict and bounded in both directions.

Every ``decode_…`` raises DecodeError (MalformedHubMessage for a field out of range). Membership proofs are those of a
direct client of the far chain (qbft.proto).
"""

from __future__ import annotations

from crossdvp.ibc.v1 import hub_pb2, qbft_pb2

from light_clients.hub.client_state import MAX_HUB_CLIENT_STATE_BYTES, HubClientState
from light_clients.hub.consensus_state import MAX_HUB_CONSENSUS_STATE_BYTES, HubConsensusState
from light_clients.hub.errors import MalformedHubMessage
from light_clients.hub.far_block import FarBlock, RingLayout
from light_clients.hub.message import HubClientMessage, HubHeader, HubMisbehaviour
from primitives.codec import deterministic_bytes, strict_parse
from primitives.mpt import MAX_NODE_BYTES

MAX_PROOF_BYTES = 65 * (MAX_NODE_BYTES + 4)
MAX_HUB_MESSAGE_BYTES = 256 * 1024
MAX_CLIENT_STATE_BYTES = MAX_HUB_CLIENT_STATE_BYTES + 512
MAX_CONSENSUS_STATE_BYTES = MAX_HUB_CONSENSUS_STATE_BYTES + 256
MAX_CLIENT_MESSAGE_BYTES = MAX_HUB_MESSAGE_BYTES + 3 * MAX_PROOF_BYTES + 512

_RING_LAYOUTS = {
    RingLayout.MAPPING: hub_pb2.RING_LAYOUT_MAPPING,
    RingLayout.ARRAY: hub_pb2.RING_LAYOUT_ARRAY,
}
_RING_LAYOUT_OF = {int(number): layout for layout, number in _RING_LAYOUTS.items()}


def encode_client_state(client_state: HubClientState) -> bytes:
    """The bytes a ledger keeps."""
    return deterministic_bytes(
        hub_pb2.HubClientState(
            hub_client_state=client_state.hub_client_state,
            contract=client_state.contract,
            head_slot=client_state.head_slot,
            frozen_mask=client_state.frozen_mask,
            ring_slot=client_state.ring_slot,
            ring_layout=_RING_LAYOUTS[client_state.ring_layout],
            chain_id=client_state.chain_id,
            router_address=client_state.router_address,
            store_slot=client_state.store_slot,
            latest_height=client_state.latest_height,
            trusting_period_s=client_state.trusting_period_s,
            max_clock_drift_s=client_state.max_clock_drift_s,
            frozen=client_state.frozen,
        )
    )


def decode_client_state(data: bytes) -> HubClientState:
    """The inverse."""
    message = strict_parse(hub_pb2.HubClientState, data, max_bytes=MAX_CLIENT_STATE_BYTES)
    layout = _RING_LAYOUT_OF.get(message.ring_layout)
    if layout is None:
        raise MalformedHubMessage("ring's layout is unknown", expected="1 or 2", found=message.ring_layout)
    return HubClientState(
        hub_client_state=message.hub_client_state,
        contract=message.contract,
        head_slot=message.head_slot,
        frozen_mask=message.frozen_mask,
        ring_slot=message.ring_slot,
        ring_layout=layout,
        chain_id=message.chain_id,
        router_address=message.router_address,
        store_slot=message.store_slot,
        latest_height=message.latest_height,
        trusting_period_s=message.trusting_period_s,
        max_clock_drift_s=message.max_clock_drift_s,
        frozen=message.frozen,
    )


def encode_consensus_state(consensus_state: HubConsensusState) -> bytes:
    """The bytes a ledger keeps for one far height."""
    return deterministic_bytes(
        hub_pb2.HubConsensusState(
            timestamp_s=consensus_state.timestamp_s,
            state_root=consensus_state.state_root,
            storage_root=consensus_state.storage_root,
            block_hash=consensus_state.block_hash,
            hub_height=consensus_state.hub_height,
            hub_consensus_state=consensus_state.hub_consensus_state,
        )
    )


def decode_consensus_state(data: bytes) -> HubConsensusState:
    """The inverse."""
    message = strict_parse(hub_pb2.HubConsensusState, data, max_bytes=MAX_CONSENSUS_STATE_BYTES)
    return HubConsensusState(
        timestamp_s=message.timestamp_s,
        state_root=message.state_root,
        storage_root=message.storage_root,
        block_hash=message.block_hash,
        hub_height=message.hub_height,
        hub_consensus_state=message.hub_consensus_state,
    )


def encode_header(header: HubHeader) -> bytes:
    """A client message that updates."""
    shown = header.shown
    message = hub_pb2.HubHeader(
        hub_message=header.hub_message,
        trusted_height=header.trusted_height,
        account_proof=header.account_proof,
        head_proof=header.head_proof,
        ring_proof=header.ring_proof,
        shown=hub_pb2.FarBlock(
            height=shown.height,
            timestamp_s=shown.timestamp_s,
            state_root=shown.state_root,
            storage_root=shown.storage_root,
            block_hash=shown.block_hash,
            validators_hash=shown.validators_hash,
        ),
    )
    return deterministic_bytes(hub_pb2.HubClientMessage(header=message))


def encode_misbehaviour(misbehaviour: HubMisbehaviour) -> bytes:
    """A client message that freezes."""
    message = hub_pb2.HubMisbehaviour(hub_message=misbehaviour.hub_message, trusted_height=misbehaviour.trusted_height)
    return deterministic_bytes(hub_pb2.HubClientMessage(misbehaviour=message))


def decode_client_message(data: bytes) -> HubClientMessage:
    """Either kind of client message."""
    message = strict_parse(hub_pb2.HubClientMessage, data, max_bytes=MAX_CLIENT_MESSAGE_BYTES)
    match message.WhichOneof("message"):
        case "header":
            return _header_of(message.header)
        case "misbehaviour":
            evidence = message.misbehaviour
            return HubMisbehaviour(evidence.hub_message, evidence.trusted_height)
        case _:
            raise MalformedHubMessage("client message is empty", expected="header or misbehaviour")


def decode_membership_proof(data: bytes) -> tuple[bytes, ...]:
    """The nodes of one storage proof under the far router's storage root, root first."""
    message = strict_parse(qbft_pb2.MembershipProof, data, max_bytes=MAX_PROOF_BYTES)
    return tuple(message.storage_proof)


def _header_of(message: hub_pb2.HubHeader) -> HubHeader:
    shown = message.shown
    return HubHeader(
        hub_message=message.hub_message,
        trusted_height=message.trusted_height,
        account_proof=tuple(message.account_proof),
        head_proof=tuple(message.head_proof),
        ring_proof=tuple(message.ring_proof),
        shown=FarBlock(
            height=shown.height,
            timestamp_s=shown.timestamp_s,
            state_root=shown.state_root,
            storage_root=shown.storage_root,
            block_hash=shown.block_hash,
            validators_hash=shown.validators_hash,
        ),
    )
