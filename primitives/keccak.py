"""Keccak-256 as Ethereum uses it (the padding from before the SHA-3 standard).

The C implementation is required by name: a slower or a differently padded one is refused when the process starts.
"""

from __future__ import annotations

from typing import Final

from sha3 import keccak_256

from primitives.types import Hash32

EMPTY_KECCAK: Final = bytes.fromhex("c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470")
"""Keccak-256 of no bytes: also the code hash of an account without code."""
new_keccak256: Final = keccak_256
"""The hash object's constructor, for the loop in which one call more a hash is felt."""

if new_keccak256(b"").digest() != EMPTY_KECCAK:
    raise ImportError("the sha3 module does not compute Keccak-256; install safe-pysha3 from requirements.lock")


def keccak256(data: bytes) -> Hash32:
    """Keccak-256 of `data`."""
    digest: Hash32 = new_keccak256(data).digest()
    return digest
