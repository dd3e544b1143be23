"""Acknowledgements: their commitment, and the one that means "refused" (ICS-4 version 2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ibc.errors import InvalidAcknowledgement
from primitives.hashing import sha256
from primitives.types import Hash32

PROTOCOL_VERSION: Final = b"\x02"
UNIVERSAL_ERROR_ACK: Final = bytes(sha256(b"UNIVERSAL_ERROR_ACKNOWLEDGEMENT"))
"""Stands alone in its list: if one payload is refused, the packet is."""
MAX_ACK_BYTES: Final = 256 * 1024


def ack_commitment(acks: Sequence[bytes]) -> Hash32:
    """What the receiver stores for `acks`, one a payload. Raises `InvalidAcknowledgement`."""
    if not acks:
        raise InvalidAcknowledgement("a packet has an acknowledgement for each payload", expected="1 or more", found=0)
    for ack in acks:
        if not 0 < len(ack) <= MAX_ACK_BYTES:
            raise InvalidAcknowledgement(
                "acknowledgement has a wrong length", expected=f"1..{MAX_ACK_BYTES} bytes", found=len(ack)
            )
    if len(acks) > 1 and any(is_error(ack) for ack in acks):
        raise InvalidAcknowledgement("the error acknowledgement stands alone", expected=1, found=len(acks))
    return sha256(PROTOCOL_VERSION + b"".join(sha256(ack) for ack in acks))


def is_error(ack: bytes) -> bool:
    """Whether `ack` says that the application refused the packet and changed nothing."""
    return ack == UNIVERSAL_ERROR_ACK
