"""What the notary and its signature workers say to each other over a pipe; both ends are this program.

u32 count | count times: u16 length | encoded key | u16 length | message | 64-byte signature
answer: one byte each, in order
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import BinaryIO, Final

HOLDS: Final = 1
REFUSED: Final = 0
_SIGNATURE_BYTES: Final = 64

Item = tuple[bytes, bytes, bytes]
"""Encoded key, message, signature."""


def encode_items(items: Sequence[Item]) -> bytes:
    """One frame."""
    parts = [len(items).to_bytes(4, "big")]
    for key, message, signature in items:
        parts += (len(key).to_bytes(2, "big"), key, len(message).to_bytes(2, "big"), message, signature)
    return b"".join(parts)


def read_items(source: BinaryIO) -> list[Item] | None:
    """The next frame, or None when the other side has closed, wherever in a frame it did."""
    try:
        count = int.from_bytes(_exactly(source, 4), "big")
        return list(_items(source, count))
    except EOFError:
        return None


def _items(source: BinaryIO, count: int) -> Iterator[Item]:
    for _ in range(count):
        key = _exactly(source, int.from_bytes(_exactly(source, 2), "big"))
        message = _exactly(source, int.from_bytes(_exactly(source, 2), "big"))
        yield key, message, _exactly(source, _SIGNATURE_BYTES)


def _exactly(source: BinaryIO, size: int) -> bytes:
    data = source.read(size)
    if len(data) != size:
        raise EOFError
    return data
