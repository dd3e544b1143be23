"""What a client of the Progmat ledger keeps of one checkpoint: ``u64 timestamp | root32``.

The Solidity client keeps of it, in one slot of a ring, ``u64 height`` and the first 24 bytes of the keccak-256 of these
40 bytes; the time then travels in the proof.
"""

from __future__ import annotations

from dataclasses import dataclass

from light_clients.progmat.errors import MalformedCheckpoint

CONSENSUS_STATE_BYTES = 40


@dataclass(frozen=True, slots=True)
class ProgmatConsensusState:
    """Time (UTC seconds) and sparse Merkle root of one checkpoint."""

    timestamp_s: int
    root: bytes


def encode_consensus_state(consensus_state: ProgmatConsensusState) -> bytes:
    """The 40 bytes."""
    return consensus_state.timestamp_s.to_bytes(8, "big") + consensus_state.root


def decode_consensus_state(data: bytes) -> ProgmatConsensusState:
    """The inverse; MalformedCheckpoint unless there are 40 bytes with a time in them."""
    if len(data) != CONSENSUS_STATE_BYTES:
        raise MalformedCheckpoint("consensus state has the wrong size", expected=CONSENSUS_STATE_BYTES, found=data)
    timestamp_s = int.from_bytes(data[:8], "big")
    if timestamp_s == 0:
        raise MalformedCheckpoint("consensus state has no time", found=data)
    return ProgmatConsensusState(timestamp_s, data[8:])
