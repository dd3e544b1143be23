"""Tear-offs to bytes and back, strictly and bounded."""

from __future__ import annotations

from collections.abc import Sequence

from crossdvp.ledger.v1 import transaction_pb2 as pb

from chains.progmat.transactions.model import MAX_TRANSACTION_BYTES
from primitives.codec import deterministic_bytes, strict_parse

MAX_TEAR_OFF_BYTES = MAX_TRANSACTION_BYTES + 256 * 1024
"""A tear-off adds a nonce to each visible component."""

RawGroup = tuple[int, tuple[bytes, ...], tuple[bytes, ...]]
"""Ordinal, nonces, components."""


def encode_filtered(tx_id: bytes, group_roots: Sequence[bytes], visible: Sequence[RawGroup]) -> bytes:
    """Canonical bytes of a tear-off."""
    groups = [  # as mappings: protobuf takes a message into another by writing and parsing it
        {
            "ordinal": ordinal,
            "components": [{"nonce": n, "component": c} for n, c in zip(nonces, components, strict=True)],
        }
        for ordinal, nonces, components in visible
    ]
    return deterministic_bytes(pb.FilteredTransaction(tx_id=tx_id, group_roots=group_roots, groups=groups))


def decode_filtered(data: bytes) -> tuple[bytes, tuple[bytes, ...], list[RawGroup]]:
    """Id, group roots and visible groups in ``data``; raises DecodeError."""
    message = strict_parse(pb.FilteredTransaction, data, max_bytes=MAX_TEAR_OFF_BYTES)
    visible = []
    for group in message.groups[:]:  # lists, as in wire_codec
        shown = group.components[:]
        visible.append((group.ordinal, tuple([s.nonce for s in shown]), tuple([s.component for s in shown])))
    return message.tx_id, tuple(message.group_roots[:]), visible
