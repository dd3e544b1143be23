"""What an enclave signs: LCP's messages, byte for byte, so that its enclaves can be served too.

`HeaderedMessage = abi((bytes32 header, bytes message))`, header `u16 version 1 | u16 type | zeros`. A signature is
secp256k1 over the Keccak-256 of the whole message. Decoding is strict: the one canonical encoding, nothing left over.
Heights are `(revision 0, height)`; times are nanoseconds, as LCP has them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from light_clients.enclave.errors import MalformedStatement
from primitives import abi
from primitives.errors import DecodeError
from primitives.hashing import sha256
from primitives.keccak import keccak256
from primitives.types import UINT64_MAX, Hash32

NANOSECONDS: Final = 1_000_000_000
PREFIX_IBC: Final = b"ibc"
"""Commitment prefix of statements about IBC paths."""
PREFIX_STORAGE: Final = b"storage"
"""Commitment prefix of statements about any contract's storage; the path is `address 20 | slot 32`."""
ABSENT: Final = bytes(32)
MAX_STATEMENT_BYTES: Final = 256 * 1024
MAX_PATH_BYTES: Final = 1024
MAX_PREV_STATES: Final = 8

UPDATE_STATE: Final = 1
STATE: Final = 2
MISBEHAVIOUR: Final = 3
_VERSION: Final = 1
_TRUSTING_PERIOD_CONTEXT: Final = (1).to_bytes(2, "big") + bytes(30)
_MOST_NS: Final = UINT64_MAX * NANOSECONDS

_HEADERED: Final = "(bytes32,bytes)"
_UPDATE: Final = "((uint64,uint64),bytes32,(uint64,uint64),bytes32,uint128,bytes,((uint64,uint64),bytes)[])"
_STATE: Final = "(bytes,bytes,bytes32,(uint64,uint64),bytes32)"
_MISBEHAVIOUR: Final = "(((uint64,uint64),bytes32)[],bytes,bytes)"


@dataclass(frozen=True, slots=True)
class TrustingContext:
    """What the verifying chain must compare with its own clock, as an enclave has none; all in nanoseconds."""

    header_timestamp_ns: int
    trusted_timestamp_ns: int
    trusting_period_ns: int
    clock_drift_ns: int

    def __post_init__(self) -> None:
        for number in (
            self.header_timestamp_ns,
            self.trusted_timestamp_ns,
            self.trusting_period_ns,
            self.clock_drift_ns,
        ):
            if not 0 <= number <= _MOST_NS:
                raise MalformedStatement("time of a statement is out of range", expected=f"0..{_MOST_NS}", found=number)


@dataclass(frozen=True, slots=True)
class UpdateStatement:
    """From one state of the light client to the next; state ids as `state_id` makes them."""

    prev_height: int
    prev_state_id: bytes
    post_height: int
    post_state_id: bytes
    timestamp_ns: int
    context: TrustingContext


@dataclass(frozen=True, slots=True)
class StateStatement:
    """What stands at a path of the other chain at one state of the light client; `value_hash` None: nothing."""

    prefix: bytes
    path: bytes
    value_hash: bytes | None
    height: int
    state_id: bytes


@dataclass(frozen=True, slots=True)
class MisbehaviourStatement:
    """The other chain contradicted itself: the states it was judged by (height, state id), and the evidence."""

    prev_states: tuple[tuple[int, bytes], ...]
    context: TrustingContext
    client_message: bytes


Statement = UpdateStatement | StateStatement | MisbehaviourStatement


def state_id(client_state: bytes, consensus_state: bytes) -> Hash32:
    """The name of a light client's state: SHA-256 of client state and consensus state at one height."""
    return sha256(client_state + consensus_state)


def value_hash(value: bytes) -> bytes:
    """How a statement names a value that is there."""
    return keccak256(value)


def statement_digest(message: bytes) -> Hash32:
    """The 32 bytes an enclave signs."""
    return keccak256(message)


def encode_statement(statement: Statement) -> bytes:
    """The message."""
    match statement:
        case UpdateStatement():
            body = (
                (0, statement.prev_height),
                statement.prev_state_id,
                (0, statement.post_height),
                statement.post_state_id,
                statement.timestamp_ns,
                _encode_context(statement.context),
                (),
            )
            return _headered(UPDATE_STATE, abi.encode((_UPDATE,), (body,)))
        case StateStatement():
            height = (0, statement.height)
            value = statement.value_hash or ABSENT
            state = (statement.prefix, statement.path, value, height, statement.state_id)
            return _headered(STATE, abi.encode((_STATE,), (state,)))
        case MisbehaviourStatement():
            prev_states = tuple(((0, height), state) for height, state in statement.prev_states)
            evidence = (prev_states, _encode_context(statement.context), statement.client_message)
            return _headered(MISBEHAVIOUR, abi.encode((_MISBEHAVIOUR,), (evidence,)))


def decode_statement(data: bytes) -> Statement:
    """The inverse; MalformedStatement for anything else."""
    if len(data) > MAX_STATEMENT_BYTES:
        raise MalformedStatement("statement is too long", expected=MAX_STATEMENT_BYTES, found=len(data))
    header, body = _values(_HEADERED, data)
    if header[:2] != _VERSION.to_bytes(2, "big") or any(header[4:]):
        raise MalformedStatement("statement has another header", expected="version 1", found=header)
    match int.from_bytes(header[2:4], "big"):
        case 1:
            statement: Statement = _update_of(_values(_UPDATE, body))
        case 2:
            statement = _state_of(_values(_STATE, body))
        case 3:
            statement = _misbehaviour_of(_values(_MISBEHAVIOUR, body))
        case other:
            raise MalformedStatement("statement is of an unknown type", expected="1, 2 or 3", found=other)
    if encode_statement(statement) != data:
        raise MalformedStatement("statement is not in its canonical encoding", found=data)
    return statement


def _update_of(values: tuple[Any, ...]) -> UpdateStatement:
    prev_height, prev_state_id, post_height, post_state_id, timestamp_ns, context, emitted = values
    if emitted:
        raise MalformedStatement("statement emits states", expected=0, found=len(emitted))
    return UpdateStatement(
        _height(prev_height),
        prev_state_id,
        _height(post_height),
        post_state_id,
        timestamp_ns,
        _decode_context(context),
    )


def _state_of(values: tuple[Any, ...]) -> StateStatement:
    prefix, path, value, height, state = values
    if len(path) > MAX_PATH_BYTES or len(prefix) > MAX_PATH_BYTES:
        raise MalformedStatement("path is too long", expected=MAX_PATH_BYTES, found=len(path))
    return StateStatement(prefix, path, None if value == ABSENT else value, _height(height), state)


def _misbehaviour_of(values: tuple[Any, ...]) -> MisbehaviourStatement:
    prev_states, context, client_message = values
    if not 1 <= len(prev_states) <= MAX_PREV_STATES:
        raise MalformedStatement(
            "misbehaviour is judged by no state, or too many", expected=f"1..{MAX_PREV_STATES}", found=len(prev_states)
        )
    states = tuple((_height(height), state) for height, state in prev_states)
    return MisbehaviourStatement(states, _decode_context(context), client_message)


def _headered(kind: int, body: bytes) -> bytes:
    header = _VERSION.to_bytes(2, "big") + kind.to_bytes(2, "big") + bytes(28)
    return abi.encode((_HEADERED,), ((header, body),))


def _encode_context(context: TrustingContext) -> bytes:
    words = (
        context.header_timestamp_ns.to_bytes(16, "big") + context.trusted_timestamp_ns.to_bytes(16, "big"),
        context.trusting_period_ns.to_bytes(16, "big") + context.clock_drift_ns.to_bytes(16, "big"),
    )
    return abi.encode((_HEADERED,), ((_TRUSTING_PERIOD_CONTEXT, b"".join(words)),))


def _decode_context(data: bytes) -> TrustingContext:
    header, words = _values(_HEADERED, data)
    if header != _TRUSTING_PERIOD_CONTEXT or len(words) != 64:
        raise MalformedStatement("statement has another context", expected=_TRUSTING_PERIOD_CONTEXT, found=header)
    return TrustingContext(*(int.from_bytes(words[start : start + 16], "big") for start in range(0, 64, 16)))


def _height(pair: tuple[int, int]) -> int:
    revision, height = pair
    if revision != 0 or height == 0:
        raise MalformedStatement("height is zero or has a revision", expected="revision 0", found=str(pair))
    return height


def _values(abi_type: str, data: bytes) -> tuple[Any, ...]:
    try:
        (values,) = abi.decode((abi_type,), data)
    except DecodeError as error:
        raise MalformedStatement(f"statement is not ABI-encoded: {error}", found=data) from error
    return tuple(values)
