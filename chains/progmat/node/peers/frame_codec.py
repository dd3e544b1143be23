"""Frames of the peer protocol: domain envelopes to bytes and back, bounded and strict."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from crossdvp.ledger.v1 import peer_pb2

from chains.progmat.node.peers.errors import ProtocolViolation
from chains.progmat.node.peers.limits import PeerLimits
from chains.rpc_status import Blame
from primitives.codec import deterministic_bytes, strict_parse
from primitives.errors import DecodeError

ENVELOPE_OVERHEAD_BYTES = 64
"""At most what tags, lengths and the correlation id add to an envelope's own strings and bytes."""


class Request(NamedTuple):
    """A question."""

    correlation_id: int
    method: str
    body: bytes


class Response(NamedTuple):
    """An answer."""

    correlation_id: int
    body: bytes


class Failure(NamedTuple):
    """An answer that is an error."""

    correlation_id: int
    reason: str
    message: str
    blame: Blame


Answer = Response | Failure
Envelope = Request | Response | Failure

_BLAME_ON_WIRE = {
    Blame.CALLER: peer_pb2.BLAME_CALLER,
    Blame.PEER: peer_pb2.BLAME_PEER,
    Blame.UNAVAILABLE: peer_pb2.BLAME_UNAVAILABLE,
    Blame.INTERNAL: peer_pb2.BLAME_INTERNAL,
}
_BLAME_FROM_WIRE = {number: blame for blame, number in _BLAME_ON_WIRE.items()}


def size_in_frame(envelope: Envelope) -> int:
    """An upper bound of the bytes an envelope takes in a frame."""
    match envelope:
        case Request(_, method, body):
            return len(body) + len(method) + ENVELOPE_OVERHEAD_BYTES
        case Response(_, body):
            return len(body) + ENVELOPE_OVERHEAD_BYTES
        case Failure(_, reason, message):
            return len(reason.encode()) + len(message.encode()) + ENVELOPE_OVERHEAD_BYTES


def encode_frame(envelopes: Sequence[Envelope]) -> bytes:
    """The bytes of a frame; the outbox keeps the bounds."""
    frame = peer_pb2.Frame()
    for envelope in envelopes:
        frame.envelopes.add(correlation_id=envelope.correlation_id, **_content(envelope))
    return deterministic_bytes(frame)


def _content(envelope: Envelope) -> dict[str, dict[str, object]]:
    """As fields of its own, which protobuf fills in one go: a message would be written, and parsed into its place."""
    match envelope:
        case Request(_, method, body):
            return {"request": {"method": method, "body": body}}
        case Response(_, body):
            return {"response": {"body": body}}
        case Failure(_, reason, message, blame):
            return {"failure": {"reason": reason, "message": message, "blame": _BLAME_ON_WIRE[blame]}}


def decode_requests(peer: str, data: bytes, limits: PeerLimits) -> list[Request]:
    """The requests of a frame from an asker; raises ``ProtocolViolation``."""
    requests = []
    for correlation_id, wire in _envelopes(peer, data, limits):
        if wire.WhichOneof("content") != "request":
            raise ProtocolViolation(peer, "only requests go up a stream")
        content = wire.request
        request = Request(correlation_id, content.method, content.body)
        if not 0 < len(request.method.encode()) <= limits.max_method_bytes:
            raise ProtocolViolation(peer, f"a method name has 1..{limits.max_method_bytes} bytes")
        _check_body(peer, request.body, limits)
        requests.append(request)
    return requests


def decode_answers(peer: str, data: bytes, limits: PeerLimits) -> list[Answer]:
    """The answers of a frame from the peer that was asked; raises ``ProtocolViolation``."""
    answers: list[Answer] = []
    for correlation_id, wire in _envelopes(peer, data, limits):
        match wire.WhichOneof("content"):
            case "response":
                response = Response(correlation_id, wire.response.body)
                _check_body(peer, response.body, limits)
                answers.append(response)
            case "failure":
                answers.append(_failure(peer, wire, limits))
            case _:
                raise ProtocolViolation(peer, "only responses and failures come down a stream")
    return answers


def _envelopes(peer: str, data: bytes, limits: PeerLimits) -> Iterable[tuple[int, peer_pb2.Envelope]]:
    """With their correlation ids."""
    try:
        frame = strict_parse(peer_pb2.Frame, data, max_bytes=limits.max_frame_bytes)
    except DecodeError as error:
        raise ProtocolViolation(peer, error.subject) from error
    envelopes = frame.envelopes[:]  # a list: where a repeated field itself ends, protobuf words an error for nobody
    if not 0 < len(envelopes) <= limits.max_envelopes_per_frame:
        expected = f"1..{limits.max_envelopes_per_frame}"
        raise ProtocolViolation(peer, f"a frame holds {expected} envelopes, found {len(envelopes)}")
    ids = [wire.correlation_id for wire in envelopes]
    if 0 in ids:
        raise ProtocolViolation(peer, "correlation id 0")
    return zip(ids, envelopes, strict=True)


def _failure(peer: str, wire: peer_pb2.Envelope, limits: PeerLimits) -> Failure:
    failure = wire.failure
    if not 0 < len(failure.reason.encode()) <= limits.max_reason_bytes:
        raise ProtocolViolation(peer, f"a failure's reason has 1..{limits.max_reason_bytes} bytes")
    if len(failure.message.encode()) > limits.max_message_bytes:
        raise ProtocolViolation(peer, f"a failure's message has at most {limits.max_message_bytes} bytes")
    blame = _BLAME_FROM_WIRE.get(failure.blame)
    if blame is None:
        raise ProtocolViolation(peer, f"a failure blames nobody (blame {failure.blame})")
    return Failure(wire.correlation_id, failure.reason, failure.message, blame)


def _check_body(peer: str, body: bytes, limits: PeerLimits) -> None:
    if len(body) > limits.max_body_bytes:
        raise ProtocolViolation(peer, f"a body has at most {limits.max_body_bytes} bytes, found {len(body)}")
