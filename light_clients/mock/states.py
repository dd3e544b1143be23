"""Bytes of the mock light client, all of fixed length and big-endian.

Client state ``u64 latestHeight | u64 trustingPeriod_s | u8 frozen``, consensus state ``u64 timestamp_s | root32``,
header ``u64 trustedHeight | u64 height | consensus state``. A "proof" is a hash that anybody can make: of the root,
the path, and the value or its absence.
"""

from __future__ import annotations

from dataclasses import dataclass

from primitives.errors import DecodeError
from primitives.hashing import sha256

_CLIENT_STATE_BYTES = 17
_CONSENSUS_STATE_BYTES = 40
_HEADER_BYTES = 56


@dataclass(frozen=True, slots=True)
class MockClientState:
    """Latest height, trusting period in seconds, and whether it is frozen."""

    latest_height: int
    trusting_period_s: int
    frozen: bool


@dataclass(frozen=True, slots=True)
class MockConsensusState:
    """A time in seconds and 32 bytes that stand for a state."""

    timestamp_s: int
    root: bytes


@dataclass(frozen=True, slots=True)
class MockHeader:
    """A height with its consensus state, and the height it says it builds on."""

    trusted_height: int
    height: int
    consensus_state: bytes


def encode_client_state(client_state: MockClientState) -> bytes:
    """17 bytes."""
    numbers = client_state.latest_height.to_bytes(8, "big") + client_state.trusting_period_s.to_bytes(8, "big")
    return numbers + bytes((client_state.frozen,))


def decode_client_state(data: bytes) -> MockClientState:
    """The inverse; DecodeError."""
    _check_size(data, _CLIENT_STATE_BYTES)
    if data[16] > 1:
        raise DecodeError("mock client is neither frozen nor not", expected="0 or 1", found=data[16])
    return MockClientState(int.from_bytes(data[:8], "big"), int.from_bytes(data[8:16], "big"), frozen=data[16] == 1)


def encode_consensus_state(consensus_state: MockConsensusState) -> bytes:
    """40 bytes."""
    return consensus_state.timestamp_s.to_bytes(8, "big") + consensus_state.root


def decode_consensus_state(data: bytes) -> MockConsensusState:
    """The inverse; DecodeError."""
    _check_size(data, _CONSENSUS_STATE_BYTES)
    return MockConsensusState(int.from_bytes(data[:8], "big"), data[8:])


def encode_header(trusted_height: int, height: int, consensus_state: MockConsensusState) -> bytes:
    """56 bytes."""
    heights = trusted_height.to_bytes(8, "big") + height.to_bytes(8, "big")
    return heights + encode_consensus_state(consensus_state)


def decode_header(data: bytes) -> MockHeader:
    """The inverse; DecodeError."""
    _check_size(data, _HEADER_BYTES)
    return MockHeader(int.from_bytes(data[:8], "big"), int.from_bytes(data[8:16], "big"), data[16:])


def presence_proof(root: bytes, path: bytes, value: bytes) -> bytes:
    """What the mock takes as a proof that the value stands under the path."""
    return sha256(b"present" + root + sha256(path) + sha256(value))


def absence_proof(root: bytes, path: bytes) -> bytes:
    """What the mock takes as a proof that nothing stands under the path."""
    return sha256(b"absent" + root + sha256(path))


def _check_size(data: bytes, size: int) -> None:
    if len(data) != size:
        raise DecodeError("mock bytes have the wrong size", expected=size, found=len(data))
