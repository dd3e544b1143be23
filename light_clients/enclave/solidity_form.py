"""Statements as `EnclaveLightClient.sol` takes them: packed fields, from which it rebuilds what was signed.

Signatures are EIP-2098's 64 bytes of enclave keys, ascending by operator.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from light_clients.enclave.errors import MalformedStatement
from light_clients.enclave.statements import MisbehaviourStatement, UpdateStatement
from primitives import abi
from primitives.errors import DecodeError
from primitives.secp256k1 import compact

_CLIENT_STATE_TYPES: Final = ("uint64", "uint64", "uint64", "uint64", "bool")


@dataclass(frozen=True, slots=True)
class SolidityClientState:
    """What the contract answers to `getClientState`; times in seconds."""

    latest_height: int
    latest_timestamp_s: int
    trusting_period_s: int
    max_clock_drift_s: int
    frozen: bool


def encode_solidity_update(statement: UpdateStatement, signatures: Sequence[bytes]) -> bytes:
    """The client message; `signatures` of 65 bytes."""
    head = (
        statement.prev_height.to_bytes(8, "big")
        + statement.prev_state_id
        + statement.context.trusted_timestamp_ns.to_bytes(16, "big")
        + statement.post_height.to_bytes(8, "big")
        + statement.post_state_id
        + statement.timestamp_ns.to_bytes(16, "big")
    )
    return head + _compacted(signatures)


def encode_solidity_proof(timestamp_ns: int, state_id: bytes, signatures: Sequence[bytes]) -> bytes:
    """The proof of presence or absence; `timestamp_ns` is the state's own."""
    return timestamp_ns.to_bytes(16, "big") + state_id + _compacted(signatures)


def encode_solidity_evidence(statement: MisbehaviourStatement, signatures: Sequence[bytes]) -> bytes:
    """The evidence; MalformedStatement if the statement is judged by more than one state."""
    if len(statement.prev_states) != 1:
        raise MalformedStatement("evidence is judged by one state", expected=1, found=len(statement.prev_states))
    height, state_id = statement.prev_states[0]
    fields = (height, state_id, statement.context.trusted_timestamp_ns, statement.client_message)
    return abi.encode(("uint64", "bytes32", "uint128", "bytes", "bytes"), (*fields, _compacted(signatures)))


def decode_solidity_client_state(data: bytes) -> SolidityClientState:
    """Read the contract's answer; MalformedStatement for anything but the one canonical encoding."""
    try:
        client_state = SolidityClientState(*abi.decode(_CLIENT_STATE_TYPES, data))
    except DecodeError as error:
        raise MalformedStatement(f"client state is not ABI-encoded: {error}", found=data) from error
    if len(data) != 32 * len(_CLIENT_STATE_TYPES):
        raise MalformedStatement("client state has bytes left over", expected=160, found=len(data))
    return client_state


def _compacted(signatures: Sequence[bytes]) -> bytes:
    return b"".join(compact(each) for each in signatures)
