"""When do signed checkpoints contradict each other?

Two checkpoints contradict if they are of one height and differ, or if the higher one is the earlier: the journal has
one entry a position, and its time never turns back. Evidence is ``abi.encode(bytes headerA, bytes headerB)``. A
packed header begins with its height, which is at least 1, and evidence begins with eight zero bytes: the two cannot
be confused.
"""

from __future__ import annotations

from dataclasses import dataclass

from ibc.light_client import ConsensusAt
from light_clients.progmat.checkpoint import Checkpoint, checkpoint_digest
from light_clients.progmat.consensus_state import decode_consensus_state
from light_clients.progmat.errors import MalformedCheckpoint, NoMisbehaviour
from light_clients.progmat.header import MAX_HEADER_BYTES, CheckpointHeader, decode_header
from primitives import abi
from primitives.errors import DecodeError

_ABI_TYPES = ("bytes", "bytes")
MAX_EVIDENCE_BYTES = 2 * MAX_HEADER_BYTES + 256


@dataclass(frozen=True, slots=True)
class CheckpointMisbehaviour:
    """Two headers that are said to contradict each other."""

    header_1: CheckpointHeader
    header_2: CheckpointHeader


def is_misbehaviour(client_message: bytes) -> bool:
    """Evidence, not a header (see the module's head)."""
    return len(client_message) >= 8 and not any(client_message[:8])


def encode_misbehaviour(header_1: bytes, header_2: bytes) -> bytes:
    """Evidence of two packed headers."""
    return abi.encode(_ABI_TYPES, (header_1, header_2))


def decode_misbehaviour(data: bytes, ledger_id: str) -> CheckpointMisbehaviour:
    """The inverse; MalformedCheckpoint for anything but the one canonical encoding of two headers."""
    if len(data) > MAX_EVIDENCE_BYTES:
        raise MalformedCheckpoint("misbehaviour is too long", expected=MAX_EVIDENCE_BYTES, found=len(data))
    try:
        header_1, header_2 = abi.decode(_ABI_TYPES, data)
    except DecodeError as error:
        raise MalformedCheckpoint(f"misbehaviour is not ABI-encoded: {error}", found=data) from error
    if encode_misbehaviour(header_1, header_2) != data:
        raise MalformedCheckpoint("misbehaviour is not in its canonical encoding", found=data)
    return CheckpointMisbehaviour(decode_header(header_1, ledger_id), decode_header(header_2, ledger_id))


def validate_contradiction(evidence: CheckpointMisbehaviour) -> None:
    """NoMisbehaviour unless the two checkpoints contradict each other. Signatures are checked elsewhere."""
    one, other = evidence.header_1.checkpoint, evidence.header_2.checkpoint
    if not contradict(one, other):
        raise NoMisbehaviour(
            "the two checkpoints do not contradict each other",
            expected="one height or time reversed",
            found=other.height,
        )


def contradict(one: Checkpoint, other: Checkpoint) -> bool:
    """Whether both cannot be true of one ledger."""
    if one.height == other.height:
        return checkpoint_digest(one) != checkpoint_digest(other)
    lower, higher = sorted((one, other), key=lambda checkpoint: checkpoint.height)
    return higher.timestamp_s < lower.timestamp_s


def contradicts_known(header: CheckpointHeader, known: ConsensusAt) -> bool:
    """Whether a verified header contradicts what the client already keeps of one height."""
    checkpoint = header.checkpoint
    if checkpoint.height == known.height:
        return checkpoint.consensus_state != known.consensus_state
    known_timestamp_s = decode_consensus_state(known.consensus_state).timestamp_s
    return checkpoint.height > known.height and checkpoint.timestamp_s < known_timestamp_s
