"""SHA-256, once and twice (Corda's component hashes use the double form)."""

from __future__ import annotations

import hashlib

from primitives.types import Hash32

_sha256 = hashlib.sha256


def sha256(data: bytes) -> Hash32:
    """SHA-256 of `data`."""
    return Hash32(hashlib.sha256(data).digest())


def sha256d(data: bytes) -> Hash32:
    """SHA-256 of the SHA-256 of `data`: Corda's SecureHash.sha256Twice."""
    return Hash32(_sha256(_sha256(data).digest()).digest())
