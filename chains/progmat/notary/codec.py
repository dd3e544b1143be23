"""Bytes of the notary's peer methods and of its journal: the package's only module that sees generated messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, TypeVar

from crossdvp.notary.v1 import notary_pb2 as pb

from chains.progmat.notary.errors import NotarisationConflict, WholeTransactionNeeded
from chains.progmat.notary.journal import JournalEntry, JournalHead
from chains.progmat.notary.model import PathConflict, PathProblem, StateConflict, StateUse
from chains.progmat.notary.requester import check_signature_size
from chains.progmat.transactions.component_codec import (
    decode_provable_write,
    decode_state_ref,
    encode_provable_write,
    encode_state_ref,
)
from chains.progmat.transactions.model import MAX_WRITE_PATH_BYTES
from chains.progmat.transactions.signed_codec import MAX_SIGNED_BYTES
from primitives.codec import deterministic_bytes, strict_parse
from primitives.errors import DecodeError
from primitives.types import hash32

MAX_NOTARISE_REQUEST_BYTES: Final = 256 * 1024
MAX_WHOLE_REQUEST_BYTES: Final = MAX_SIGNED_BYTES + 1024
MAX_NOTARISE_RESPONSE_BYTES: Final = 256 * 1024
MAX_VALIDATOR_SIGNATURES: Final = 64
MAX_READ_REQUEST_BYTES: Final = 64
MAX_ENTRY_BYTES: Final = 2 * MAX_NOTARISE_REQUEST_BYTES
MAX_READ_RESPONSE_BYTES: Final = 3 * 1024 * 1024
MAX_TIME_S: Final = 2**63 - 1
_MAX_CONFLICTS: Final = 1024
_MAX_POSITION: Final = 2**63 - 1

EnumT = TypeVar("EnumT", bound=IntEnum)


@dataclass(frozen=True, slots=True)
class NotariseRequest:
    """A tear-off, the Validators' signatures, and the requester's signature, all still encoded."""

    tear_off: bytes
    validator_signatures: tuple[bytes, ...]
    requester_signature: bytes


@dataclass(frozen=True, slots=True)
class WholeRequest:
    """What a validating notary is asked: a signed transaction and the requester's signature, still encoded."""

    signed_transaction: bytes
    requester_signature: bytes


@dataclass(frozen=True, slots=True)
class Notarised:
    """The notary's yes: its encoded TransactionSignature, the journal position (0 = no writes) and its time."""

    signature: bytes
    position: int
    time_s: int


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """Which journal entries are wanted, and how long the reader waits for the first one."""

    after_position: int
    max_entries: int
    wait_ms: int


@dataclass(frozen=True, slots=True)
class JournalPage:
    """Consecutive entries, and where the journal ended when they were read (time is not told: 0)."""

    entries: tuple[JournalEntry, ...]
    head_position: int
    head_hash: bytes


def encode_request(request: NotariseRequest) -> bytes:
    """Bytes of a ``notary.notarise`` request to a non-validating notary."""
    return deterministic_bytes(
        pb.NotariseRequest(
            tear_off=request.tear_off,
            validator_signatures=request.validator_signatures,
            requester_signature=request.requester_signature,
        )
    )


def decode_request(data: bytes) -> NotariseRequest:
    """Raises DecodeError for anything but a request with a tear-off, at most 64 signatures and 256 KiB."""
    message = strict_parse(pb.NotariseRequest, data, max_bytes=MAX_NOTARISE_REQUEST_BYTES)
    if message.WhichOneof("subject") != "tear_off":
        raise DecodeError("a non-validating notary is sent a tear-off", expected="tear_off")
    if len(message.validator_signatures) > MAX_VALIDATOR_SIGNATURES:
        raise DecodeError(
            "too many Validator signatures", expected=MAX_VALIDATOR_SIGNATURES, found=len(message.validator_signatures)
        )
    check_signature_size(message.requester_signature)
    return NotariseRequest(message.tear_off, tuple(message.validator_signatures), message.requester_signature)


def encode_whole_request(request: WholeRequest) -> bytes:
    """Bytes of a ``notary.notarise`` request to a validating notary."""
    return deterministic_bytes(
        pb.NotariseRequest(
            signed_transaction=request.signed_transaction, requester_signature=request.requester_signature
        )
    )


def decode_whole_request(data: bytes) -> WholeRequest:
    """Raises WholeTransactionNeeded for a tear-off, DecodeError for anything else but a whole transaction.

    All signatures of the transaction are inside it.
    """
    message = strict_parse(pb.NotariseRequest, data, max_bytes=MAX_WHOLE_REQUEST_BYTES)
    if message.WhichOneof("subject") != "signed_transaction":
        raise WholeTransactionNeeded
    if message.validator_signatures:
        raise DecodeError("the Validators' signatures are the signed transaction's own", expected=0)
    check_signature_size(message.requester_signature)
    return WholeRequest(message.signed_transaction, message.requester_signature)


def encode_notarised(answer: Notarised) -> bytes:
    """Bytes of a positive answer."""
    notarised = pb.Notarised(signature=answer.signature, position=answer.position, time_s=answer.time_s)
    return deterministic_bytes(pb.NotariseResponse(notarised=notarised))


def encode_conflict(conflict: NotarisationConflict) -> bytes:
    """Bytes of the answer that a transaction can never be notarised; at most 1,024 conflicts of each kind are told."""
    message = pb.Conflict(
        states=[
            pb.StateConflict(
                ref=encode_state_ref(c.ref),
                use=f"STATE_USE_{c.use.name}",
                hash_of_consuming_tx_id=c.hash_of_consuming_tx_id,
            )
            for c in conflict.states[:_MAX_CONFLICTS]
        ],
        paths=[
            pb.PathConflict(
                path=c.path,
                problem=f"PATH_PROBLEM_{c.problem.name}",
                hash_of_writing_tx_id=c.hash_of_writing_tx_id,
            )
            for c in conflict.paths[:_MAX_CONFLICTS]
        ],
    )
    return deterministic_bytes(pb.NotariseResponse(conflict=message))


def decode_response(data: bytes) -> Notarised:
    """The positive answer; raises NotarisationConflict for the negative one, DecodeError for anything else."""
    message = strict_parse(pb.NotariseResponse, data, max_bytes=MAX_NOTARISE_RESPONSE_BYTES)
    match message.WhichOneof("outcome"):
        case "notarised":
            yes = message.notarised
            return Notarised(yes.signature, _bounded("position", yes.position), _bounded("time_s", yes.time_s))
        case "conflict":
            raise _decoded_conflict(message.conflict)
        case _:
            raise DecodeError("NotariseResponse has no outcome", expected="notarised or conflict")


def encode_read_request(request: ReadRequest) -> bytes:
    """Bytes of a ``notary.read_journal`` request."""
    return deterministic_bytes(
        pb.ReadJournalRequest(
            after_position=request.after_position, max_entries=request.max_entries, wait_ms=request.wait_ms
        )
    )


def decode_read_request(data: bytes) -> ReadRequest:
    """Raises DecodeError."""
    message = strict_parse(pb.ReadJournalRequest, data, max_bytes=MAX_READ_REQUEST_BYTES)
    return ReadRequest(_bounded("after_position", message.after_position), message.max_entries, message.wait_ms)


def encode_page(entries: Sequence[JournalEntry], head: JournalHead) -> bytes:
    """Bytes of a ``notary.read_journal`` answer, with as many of ``entries`` as fit, always at least the first."""
    messages: list[pb.JournalEntry] = []
    size = 0
    for entry in entries:
        message = _entry_message(entry)
        size += message.ByteSize() + 8
        if messages and size > MAX_READ_RESPONSE_BYTES - 1024:
            break
        messages.append(message)
    return deterministic_bytes(
        pb.ReadJournalResponse(entries=messages, head_position=head.position, head_hash=head.entry_hash)
    )


def decode_page(data: bytes) -> JournalPage:
    """Raises DecodeError."""
    message = strict_parse(pb.ReadJournalResponse, data, max_bytes=MAX_READ_RESPONSE_BYTES)
    return JournalPage(
        entries=_each(_entry, message.entries),
        head_position=_bounded("head_position", message.head_position),
        head_hash=hash32(message.head_hash),
    )


def encode_entry(entry: JournalEntry) -> bytes:
    """Bytes under which a journal entry is stored."""
    return deterministic_bytes(_entry_message(entry))


def decode_entry(data: bytes) -> JournalEntry:
    """Raises DecodeError."""
    return _entry(strict_parse(pb.JournalEntry, data, max_bytes=MAX_ENTRY_BYTES))


def _entry_message(entry: JournalEntry) -> pb.JournalEntry:
    return pb.JournalEntry(
        position=entry.position,
        time_s=entry.time_s,
        previous_hash=entry.previous_hash,
        tx_id=entry.tx_id or b"",
        writes=[encode_provable_write(write) for write in entry.writes],
        evidence=entry.evidence,
    )


def _entry(message: pb.JournalEntry) -> JournalEntry:
    return JournalEntry(
        position=_bounded("position", message.position),
        time_s=_bounded("time_s", message.time_s),
        previous_hash=hash32(message.previous_hash),
        tx_id=hash32(message.tx_id) if message.tx_id else None,
        writes=_each(decode_provable_write, message.writes),
        evidence=message.evidence,
    )


def _decoded_conflict(message: pb.Conflict) -> NotarisationConflict:
    if not message.states and not message.paths:
        raise DecodeError("Conflict names neither state nor path", expected="at least one")
    return NotarisationConflict(_each(_state_conflict, message.states), _each(_path_conflict, message.paths))


def _state_conflict(message: pb.StateConflict) -> StateConflict:
    return StateConflict(
        decode_state_ref(message.ref), _enum(StateUse, message.use), hash32(message.hash_of_consuming_tx_id)
    )


def _path_conflict(message: pb.PathConflict) -> PathConflict:
    if len(message.path) > MAX_WRITE_PATH_BYTES:
        raise DecodeError("path is too long", expected=MAX_WRITE_PATH_BYTES, found=len(message.path))
    writer = hash32(message.hash_of_writing_tx_id) if message.hash_of_writing_tx_id else b""
    return PathConflict(message.path, _enum(PathProblem, message.problem), writer)


MessageT = TypeVar("MessageT")
ValueT = TypeVar("ValueT")


def _each(decode: Callable[[MessageT], ValueT], messages: Iterable[MessageT]) -> tuple[ValueT, ...]:
    return tuple(decode(message) for message in messages)


def _enum(kind: type[EnumT], number: int) -> EnumT:
    try:
        return kind(number)
    except ValueError as error:
        raise DecodeError(
            f"{kind.__name__} has no such value", expected=str([m.value for m in kind]), found=number
        ) from error


def _bounded(name: str, number: int) -> int:
    if number > _MAX_POSITION:
        raise DecodeError(f"{name} is out of range", expected=f"at most {_MAX_POSITION}", found=number)
    return number
