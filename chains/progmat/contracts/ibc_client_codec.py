"""Records of light clients to bytes and back, strictly; one contract, two kinds of state, told apart by a oneof."""

from __future__ import annotations

from collections.abc import Sequence

from crossdvp.ledger.v1 import states_pb2 as pb

from chains.progmat.transactions.component_codec import party_from_message, party_to_message
from chains.progmat.transactions.errors import MalformedComponent
from chains.progmat.transactions.model import MAX_STATE_DATA_BYTES, Party
from primitives.codec import deterministic_bytes, strict_parse

RawClient = tuple[str, str, bytes, str, tuple[bytes, ...], int, str, tuple[Party, ...]]
"""Client id, type, state, counterparty's client id and Merkle prefix, status, consensus records' id, endorsers."""
RawConsensus = tuple[str, int, int, bytes]
"""Client id, height, timestamp in seconds, consensus state."""


def encode_client_record(
    client_id: str,
    client_type: str,
    client_state: bytes,
    counterparty_client_id: str,
    counterparty_merkle_prefix: Sequence[bytes],
    status: int,
    consensus_client_id: str,
    endorsers: Sequence[Party],
) -> bytes:
    """Canonical bytes of a client record."""
    client = pb.ClientRecord(
        client_id=client_id,
        client_type=client_type,
        client_state=client_state,
        counterparty_client_id=counterparty_client_id,
        counterparty_merkle_prefix=counterparty_merkle_prefix,
        status=pb.ClientRecordStatus.Name(status),
        consensus_client_id=consensus_client_id,
        endorsers=[party_to_message(party) for party in endorsers],
    )
    return deterministic_bytes(pb.IbcClientState(client=client))


def encode_consensus_record(client_id: str, height: int, timestamp_s: int, consensus_state: bytes) -> bytes:
    """Canonical bytes of a consensus record."""
    consensus = pb.ConsensusRecord(
        client_id=client_id, height=height, timestamp_s=timestamp_s, consensus_state=consensus_state
    )
    return deterministic_bytes(pb.IbcClientState(consensus=consensus))


def decode_record(data: bytes) -> RawClient | RawConsensus:
    """The fields of the record in ``data``; raises DecodeError."""
    message = strict_parse(pb.IbcClientState, data, max_bytes=MAX_STATE_DATA_BYTES)
    if message.HasField("client"):
        c = message.client
        prefix = tuple(c.counterparty_merkle_prefix)
        endorsers = tuple(party_from_message(party) for party in c.endorsers)
        named = (c.client_id, c.client_type, c.client_state, c.counterparty_client_id, prefix, int(c.status))
        return *named, c.consensus_client_id, endorsers
    if message.HasField("consensus"):
        s = message.consensus
        return s.client_id, s.height, s.timestamp_s, s.consensus_state
    raise MalformedComponent("an IBC client state is a record", expected="client or consensus", found="neither")
