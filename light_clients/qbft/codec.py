"""Protobuf bytes to dataclasses and back (proto/crossdvp/ibc/v1/qbft.proto); strict and bounded in both directions.

Every ``decode_…`` raises DecodeError (MalformedHeader for a field out of range).
"""

from __future__ import annotations

from collections.abc import Sequence

from crossdvp.ibc.v1 import qbft_pb2

from light_clients.qbft.client_state import QbftClientState
from light_clients.qbft.consensus_state import QbftConsensusState
from light_clients.qbft.errors import MalformedHeader
from light_clients.qbft.execution_header import MAX_HEADER_BYTES
from light_clients.qbft.header import QbftClientMessage, QbftHeader, QbftMisbehaviour
from light_clients.qbft.sealed_header import MAX_VALIDATORS
from primitives.codec import deterministic_bytes, strict_parse
from primitives.mpt import MAX_NODE_BYTES

MAX_PROOF_NODES = 65
MAX_PROOF_BYTES = MAX_PROOF_NODES * (MAX_NODE_BYTES + 4)
MAX_CLIENT_STATE_BYTES = 256
MAX_CONSENSUS_STATE_BYTES = 128 + MAX_VALIDATORS * 22
MAX_CLIENT_MESSAGE_BYTES = 2 * MAX_HEADER_BYTES + MAX_PROOF_BYTES


def encode_client_state(client_state: QbftClientState) -> bytes:
    """The bytes a ledger keeps."""
    return deterministic_bytes(
        qbft_pb2.ClientState(
            chain_id=client_state.chain_id,
            router_address=client_state.router_address,
            store_slot=client_state.store_slot,
            latest_height=client_state.latest_height,
            trusting_period_s=client_state.trusting_period_s,
            max_clock_drift_s=client_state.max_clock_drift_s,
            frozen=client_state.frozen,
        )
    )


def decode_client_state(data: bytes) -> QbftClientState:
    """The inverse."""
    message = strict_parse(qbft_pb2.ClientState, data, max_bytes=MAX_CLIENT_STATE_BYTES)
    return QbftClientState(
        chain_id=message.chain_id,
        router_address=message.router_address,
        store_slot=message.store_slot,
        latest_height=message.latest_height,
        trusting_period_s=message.trusting_period_s,
        max_clock_drift_s=message.max_clock_drift_s,
        frozen=message.frozen,
    )


def encode_consensus_state(consensus_state: QbftConsensusState) -> bytes:
    """The bytes a ledger keeps for one height."""
    return deterministic_bytes(
        qbft_pb2.ConsensusState(
            timestamp_s=consensus_state.timestamp_s,
            state_root=consensus_state.state_root,
            storage_root=consensus_state.storage_root,
            validators=consensus_state.validators,
        )
    )


def decode_consensus_state(data: bytes) -> QbftConsensusState:
    """The inverse."""
    message = strict_parse(qbft_pb2.ConsensusState, data, max_bytes=MAX_CONSENSUS_STATE_BYTES)
    return QbftConsensusState(
        timestamp_s=message.timestamp_s,
        state_root=message.state_root,
        storage_root=message.storage_root,
        validators=tuple(message.validators),
    )


def encode_header(header: QbftHeader) -> bytes:
    """A client message that updates."""
    return deterministic_bytes(qbft_pb2.ClientMessage(header=_header_message(header)))


def encode_misbehaviour(misbehaviour: QbftMisbehaviour) -> bytes:
    """A client message that freezes."""
    evidence = qbft_pb2.Misbehaviour(
        header_1=_header_message(misbehaviour.header_1), header_2=_header_message(misbehaviour.header_2)
    )
    return deterministic_bytes(qbft_pb2.ClientMessage(misbehaviour=evidence))


def decode_client_message(data: bytes) -> QbftClientMessage:
    """Either kind of client message."""
    message = strict_parse(qbft_pb2.ClientMessage, data, max_bytes=MAX_CLIENT_MESSAGE_BYTES)
    match message.WhichOneof("message"):
        case "header":
            return _header_of(message.header)
        case "misbehaviour":
            header_1 = _header_of(message.misbehaviour.header_1)
            header_2 = _header_of(message.misbehaviour.header_2)
            if header_1.account_proof or header_2.account_proof:
                raise MalformedHeader("evidence of misbehaviour carries no account proofs", expected=0)
            return QbftMisbehaviour(header_1, header_2)
        case _:
            raise MalformedHeader("client message is empty", expected="header or misbehaviour")


def encode_membership_proof(storage_proof: Sequence[bytes]) -> bytes:
    """The nodes of one storage proof, root first."""
    return deterministic_bytes(qbft_pb2.MembershipProof(storage_proof=storage_proof))


def decode_membership_proof(data: bytes) -> tuple[bytes, ...]:
    """The inverse."""
    message = strict_parse(qbft_pb2.MembershipProof, data, max_bytes=MAX_PROOF_BYTES)
    return tuple(message.storage_proof)


def _header_message(header: QbftHeader) -> qbft_pb2.Header:
    return qbft_pb2.Header(
        header_rlp=header.header_rlp, trusted_height=header.trusted_height, account_proof=header.account_proof
    )


def _header_of(message: qbft_pb2.Header) -> QbftHeader:
    return QbftHeader(message.header_rlp, message.trusted_height, tuple(message.account_proof))
