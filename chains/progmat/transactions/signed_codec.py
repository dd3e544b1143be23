"""Signatures and signed transactions to bytes and back, strictly and bounded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from crossdvp.ledger.v1 import transaction_pb2 as pb

from chains.progmat.transactions.component_codec import decode_single_key
from chains.progmat.transactions.model import check_range
from chains.progmat.transactions.signature import TransactionSignature
from chains.progmat.transactions.wire_codec import MAX_WIRE_BYTES
from primitives.codec import deterministic_bytes, embedded, strict_parse
from primitives.merkle import PartialMerkleTree

MAX_SIGNATURES = 64
MAX_SIGNATURE_BYTES = 2048
_REMEMBERED: Final = 2048
MAX_SIGNED_BYTES = MAX_WIRE_BYTES + MAX_SIGNATURES * MAX_SIGNATURE_BYTES
MAX_AHEAD: Final = 8
MAX_AHEAD_BYTES: Final = 8 * 1024
"""Of one ancestor that comes along; larger ones are asked for."""
MAX_APPROVAL_REQUEST_BYTES: Final = MAX_SIGNED_BYTES + MAX_AHEAD * (MAX_AHEAD_BYTES + 64)


def encode_signature(signature: TransactionSignature) -> bytes:
    """Canonical bytes of one signature."""
    return signature.encoded


def decode_signature(data: bytes) -> TransactionSignature:
    """The signature in ``data``; raises DecodeError."""
    signature = _signature_from_message(strict_parse(pb.TransactionSignature, data, max_bytes=MAX_SIGNATURE_BYTES))
    signature.__dict__["encoded"] = data  # it is sent on as it came
    return signature


def encode_signed(wire_bytes: bytes, signatures: Iterable[TransactionSignature]) -> bytes:
    """Canonical bytes of a signed transaction; ``wire_bytes`` go in as they are."""
    body = embedded(pb.SignedTransaction.WIRE_FIELD_NUMBER, wire_bytes) if wire_bytes else b""
    number = pb.SignedTransaction.SIGNATURES_FIELD_NUMBER
    return body + b"".join([embedded(number, signature.encoded) for signature in signatures])


def decode_signed(data: bytes) -> tuple[bytes, tuple[TransactionSignature, ...]]:
    """Wire bytes and signatures in ``data``; raises DecodeError."""
    message = strict_parse(pb.SignedTransaction, data, max_bytes=MAX_SIGNED_BYTES)
    check_range("number of signatures", len(message.signatures), 0, MAX_SIGNATURES)
    return message.wire, tuple(map(_signature_from_message, message.signatures[:]))


def encode_approval_request(signed_bytes: bytes, ahead: Sequence[bytes]) -> bytes:
    """A signed transaction with ancestors: the last field of the message, so they come behind it."""
    return signed_bytes + deterministic_bytes(pb.ApprovalRequest(ahead=ahead)) if ahead else signed_bytes


def decode_approval_request(data: bytes) -> tuple[bytes, tuple[TransactionSignature, ...], tuple[bytes, ...]]:
    """Wire bytes, signatures, and ancestors as signed transactions; raises DecodeError."""
    message = strict_parse(pb.ApprovalRequest, data, max_bytes=MAX_APPROVAL_REQUEST_BYTES)
    check_range("number of signatures", len(message.signatures), 0, MAX_SIGNATURES)
    check_range("number of ancestors", len(message.ahead), 0, MAX_AHEAD)
    for ancestor in message.ahead:
        check_range("bytes of an ancestor", len(ancestor), 1, MAX_AHEAD_BYTES)
    return message.wire, tuple(map(_signature_from_message, message.signatures[:])), tuple(message.ahead[:])


def _signature_from_message(message: pb.TransactionSignature) -> TransactionSignature:
    return _signature(message.by, message.signature, message.platform_version, message.partial_tree)


@lru_cache(maxsize=_REMEMBERED)
def _signature(by: bytes, signature: bytes, platform_version: int, partial_tree: bytes) -> TransactionSignature:
    """A transaction comes again with every signature that is added, and brings those it had."""
    tree = PartialMerkleTree.decode(partial_tree) if partial_tree else None
    return TransactionSignature(decode_single_key(by), signature, platform_version, tree)
