"""Where IBC v2 keeps its commitments: `client id | tag | sequence as 8 bytes`, big-endian (ICS-24 version 2).

A tag is a byte no identifier contains, so no two paths are equal.
"""

from __future__ import annotations

from typing import Final

from ibc.identifiers import client_id as checked_client_id
from primitives.types import sequence as checked_sequence

COMMITMENT_TAG: Final = b"\x01"
RECEIPT_TAG: Final = b"\x02"
ACK_TAG: Final = b"\x03"


def commitment_path(client_id: str, sequence: int) -> bytes:
    """Where the sender keeps a packet's commitment; `client_id` is the packet's source client."""
    return _path(client_id, COMMITMENT_TAG, sequence)


def receipt_path(client_id: str, sequence: int) -> bytes:
    """Where the receiver notes a receipt; `client_id` is the packet's destination client."""
    return _path(client_id, RECEIPT_TAG, sequence)


def ack_path(client_id: str, sequence: int) -> bytes:
    """Where the receiver keeps the acknowledgement's commitment; `client_id` is the packet's destination client."""
    return _path(client_id, ACK_TAG, sequence)


def _path(client_id: str, tag: bytes, sequence: int) -> bytes:
    return checked_client_id(client_id).encode("ascii") + tag + checked_sequence(sequence).to_bytes(8, "big")
