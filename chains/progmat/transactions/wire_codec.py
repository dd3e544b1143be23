"""The envelope of a whole transaction to bytes and back, strictly and bounded."""

from __future__ import annotations

from crossdvp.ledger.v1 import transaction_pb2 as pb

from chains.progmat.transactions.model import MAX_TRANSACTION_BYTES, ComponentGroup
from primitives.codec import deterministic_bytes, strict_parse

MAX_WIRE_BYTES = MAX_TRANSACTION_BYTES + 16 * 1024
"""Components, and the envelope's own tags and lengths."""


def encode_wire(salt: bytes, groups: tuple[ComponentGroup, ...]) -> bytes:
    """Canonical bytes of a wire transaction."""
    said = [{"ordinal": group.ordinal, "components": group.components} for group in groups]  # as in filtered_codec
    return deterministic_bytes(pb.WireTransaction(salt=salt, groups=said))


def decode_wire(data: bytes) -> tuple[bytes, tuple[ComponentGroup, ...]]:
    """Salt and groups in ``data``; their shape is checked by ``WireTransaction``. Raises DecodeError."""
    message = strict_parse(pb.WireTransaction, data, max_bytes=MAX_WIRE_BYTES)
    # As lists: who goes through protobuf's own sequences has every item looked up, and an exception at the end.
    return message.salt, tuple([ComponentGroup(g.ordinal, tuple(g.components[:])) for g in message.groups[:]])
