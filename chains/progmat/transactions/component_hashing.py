"""Corda 4's transaction hashing, over opaque component bytes.

D is double SHA-256. For component ``i`` of group ``g``: ``salted = D(salt | be32 g | be32 i)``,
``nonce = D(salted | component)``, ``leaf = D(nonce | component)``. A group's root is the Merkle root of its leaves; the
transaction id is the Merkle root of the group roots for ordinals 0..max, an absent group standing as 32 bytes ff.
Source: Corda's ``WireTransaction``, ``TransactionUtils``; recorded transactions in tests/vectors/corda.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from primitives.hashing import sha256d
from primitives.merkle import ALL_ONES_HASH, merkle_root
from primitives.types import Hash32

_sha256 = hashlib.sha256


def salted_path_hash(salt: bytes, group: int, index: int) -> bytes:
    """Hash of a component's place, blinded by the transaction's salt; 32 bytes."""
    return sha256d(salt + group.to_bytes(4, "big") + index.to_bytes(4, "big"))


def component_nonce(salt: bytes, group: int, index: int, component: bytes) -> bytes:
    """The nonce that keeps a torn-off component from being guessed; 32 bytes."""
    return sha256d(salted_path_hash(salt, group, index) + component)


def component_leaf(nonce: bytes, component: bytes) -> bytes:
    """Leaf of a component in its group's tree; 32 bytes."""
    return sha256d(nonce + component)


def group_nonces(salt: bytes, group: int, components: Sequence[bytes]) -> tuple[bytes, ...]:
    """Nonces of all components of a group, in order."""
    place = salt + group.to_bytes(4, "big")
    nonces = []
    for index, component in enumerate(components):
        salted = _sha256(_sha256(place + index.to_bytes(4, "big")).digest()).digest()  # D, without three calls
        nonces.append(_sha256(_sha256(salted + component).digest()).digest())
    return tuple(nonces)


def group_root(nonces: Sequence[bytes], components: Sequence[bytes]) -> Hash32:
    """Root of a group from the nonces and bytes of all its components (at least one)."""
    if len(components) == 1:  # as most groups have
        (nonce,), (component,) = nonces, components
        return Hash32(_sha256(_sha256(nonce + component).digest()).digest())
    leaves = [
        _sha256(_sha256(nonce + component).digest()).digest()
        for nonce, component in zip(nonces, components, strict=True)
    ]
    return merkle_root(leaves)


def group_roots(nonces: Mapping[int, Sequence[bytes]], groups: Mapping[int, Sequence[bytes]]) -> tuple[Hash32, ...]:
    """Roots for ordinals 0..max; groups without components stand as ``ALL_ONES_HASH``."""
    present = [ordinal for ordinal, components in groups.items() if components]
    roots = [Hash32(ALL_ONES_HASH)] * (max(present) + 1)
    for ordinal in present:
        roots[ordinal] = group_root(nonces[ordinal], groups[ordinal])
    return tuple(roots)


def transaction_id(roots: Sequence[bytes]) -> Hash32:
    """The transaction id: Merkle root of the group roots."""
    return merkle_root(roots)
