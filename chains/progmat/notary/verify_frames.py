"""What the notary and its signature workers say to each other over a pipe; both ends are this program.

u16 length | encoded key | u32 count | count times: what was signed, 32 bytes | 64-byte signature
answer: one byte each, in order
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final

from chains.progmat.notary.requester import Claim

HOLDS: Final = 1
REFUSED: Final = 0
_ID_BYTES: Final = 32
_CLAIM_BYTES: Final = _ID_BYTES + 64


@dataclass(frozen=True, slots=True)
class Claims:
    """What one key is said to have signed."""

    key: bytes
    claims: tuple[Claim, ...]


def encode_claims(key: bytes, claims: Sequence[Claim]) -> bytes:
    """One frame."""
    parts = [len(key).to_bytes(2, "big"), key, len(claims).to_bytes(4, "big")]
    for claim in claims:
        parts += claim
    return b"".join(parts)


def read_claims(source: BinaryIO) -> Claims | None:
    """The next frame, or None when the other side has closed, wherever in a frame it did."""
    try:
        key = _exactly(source, int.from_bytes(_exactly(source, 2), "big"))
        body = _exactly(source, _CLAIM_BYTES * int.from_bytes(_exactly(source, 4), "big"))
    except EOFError:
        return None
    starts = range(0, len(body), _CLAIM_BYTES)
    return Claims(key, tuple((body[at : at + _ID_BYTES], body[at + _ID_BYTES : at + _CLAIM_BYTES]) for at in starts))


def _exactly(source: BinaryIO, size: int) -> bytes:
    data = source.read(size)
    if len(data) != size:
        raise EOFError
    return data
