"""Bytes of ``notary.find`` and ``notary.positions``; like ``codec``, sees generated messages, gives plain values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from crossdvp.notary.v1 import notary_pb2 as pb

from chains.progmat.notary.codec import MAX_TIME_S, MAX_VALIDATOR_SIGNATURES, Notarised
from primitives.codec import deterministic_bytes, strict_parse
from primitives.errors import DecodeError
from primitives.types import Hash32, hash32

MAX_FOUND_IDS: Final = 64
MAX_FIND_REQUEST_BYTES: Final = MAX_FOUND_IDS * 34
MAX_FIND_RESPONSE_BYTES: Final = 3 * 1024 * 1024
MAX_POSITIONS_RESPONSE_BYTES: Final = MAX_FOUND_IDS * 16


@dataclass(frozen=True, slots=True)
class Found:
    """A final transaction: the notary's answer, and the Validators' encoded signatures that came with the request."""

    tx_id: Hash32
    notarised: Notarised
    validator_signatures: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class FindAnswer:
    """Those that are final. What is not among them can become final at ``time_s`` or later, not earlier."""

    found: tuple[Found, ...]
    time_s: int


def encode_find_request(tx_ids: Sequence[bytes]) -> bytes:
    """Bytes of a ``notary.find`` request; at most ``MAX_FOUND_IDS`` ids, each once."""
    return deterministic_bytes(pb.FindRequest(tx_ids=tx_ids))


def decode_find_request(data: bytes) -> tuple[Hash32, ...]:
    """Raises DecodeError for anything but 1..64 different ids of 32 bytes."""
    return _asked(strict_parse(pb.FindRequest, data, max_bytes=MAX_FIND_REQUEST_BYTES).tx_ids)


def _asked(ids: Iterable[bytes]) -> tuple[Hash32, ...]:
    tx_ids = tuple(map(hash32, ids))
    if not 0 < len(tx_ids) <= MAX_FOUND_IDS or len(set(tx_ids)) != len(tx_ids):
        raise DecodeError("ids are asked for", expected=f"1..{MAX_FOUND_IDS}, each once", found=len(tx_ids))
    return tx_ids


def encode_positions_request(tx_ids: Sequence[bytes]) -> bytes:
    """Bytes of a ``notary.positions`` request; at most ``MAX_FOUND_IDS`` ids, each once."""
    return deterministic_bytes(pb.PositionsRequest(tx_ids=tx_ids))


def decode_positions_request(data: bytes) -> tuple[Hash32, ...]:
    """As ``decode_find_request``."""
    return _asked(strict_parse(pb.PositionsRequest, data, max_bytes=MAX_FIND_REQUEST_BYTES).tx_ids)


def encode_positions_response(positions: Sequence[int]) -> bytes:
    """Bytes of a ``notary.positions`` answer: one for each id asked for, 0 where there is none."""
    return deterministic_bytes(pb.PositionsResponse(positions=positions))


def decode_positions_response(data: bytes, asked: int) -> tuple[int, ...]:
    """As many positions as were ``asked`` for, in order; raises DecodeError."""
    message = strict_parse(pb.PositionsResponse, data, max_bytes=MAX_POSITIONS_RESPONSE_BYTES)
    if len(message.positions) != asked:
        raise DecodeError("a position for each id", expected=asked, found=len(message.positions))
    return tuple(_bounded("position", position) for position in message.positions)


def encode_find_response(answer: FindAnswer) -> bytes:
    """Bytes of a ``notary.find`` answer."""
    found = [
        pb.Found(
            tx_id=item.tx_id,
            notarised=pb.Notarised(
                signature=item.notarised.signature, position=item.notarised.position, time_s=item.notarised.time_s
            ),
            validator_signatures=item.validator_signatures,
        )
        for item in answer.found
    ]
    return deterministic_bytes(pb.FindResponse(found=found, time_s=answer.time_s))


def decode_find_response(data: bytes, asked: Sequence[bytes]) -> FindAnswer:
    """The answer about ``asked``; raises DecodeError, also for an id that was not asked for or comes out of order."""
    message = strict_parse(pb.FindResponse, data, max_bytes=MAX_FIND_RESPONSE_BYTES)
    found = tuple(map(_found, message.found))
    remaining = iter(asked)
    if not all(any(item.tx_id == tx_id for tx_id in remaining) for item in found):
        raise DecodeError("what is found was asked for", expected="ids in the order asked", found=len(found))
    return FindAnswer(found, _bounded("time_s", message.time_s))


def _found(message: pb.Found) -> Found:
    if len(message.validator_signatures) > MAX_VALIDATOR_SIGNATURES:
        raise DecodeError(
            "too many Validator signatures", expected=MAX_VALIDATOR_SIGNATURES, found=len(message.validator_signatures)
        )
    if not message.HasField("notarised"):
        raise DecodeError("Found has no answer", expected="notarised")
    yes = message.notarised
    return Found(
        hash32(message.tx_id),
        Notarised(yes.signature, _bounded("position", yes.position), _bounded("time_s", yes.time_s)),
        tuple(message.validator_signatures),
    )


def _bounded(name: str, number: int) -> int:
    if number > MAX_TIME_S:
        raise DecodeError(f"{name} is out of range", expected=f"at most {MAX_TIME_S}", found=number)
    return number
