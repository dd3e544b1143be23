"""Proofs of presence and absence in a sparse Merkle tree (ICS-23's SmtSpec), and their wire form.

Absence of a key is shown by what its path ends at instead: an empty subtree, or another key's leaf that was lifted to a
prefix of the path. Both are proved as a presence would be, by the siblings up to the root.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from primitives.errors import DecodeError, SmtError
from primitives.hashing import sha256
from primitives.types import Hash32

LEAF_PREFIX: Final = b"\x00"
INNER_PREFIX: Final = b"\x01"
HASH_SIZE: Final = 32
EMPTY_HASH: Final = Hash32(bytes(HASH_SIZE))
EMPTY_ROOT: Final = EMPTY_HASH
PATH_BITS: Final = 256
_HEADER_SIZE: Final = 35
_TERMINAL_SIZE: Final = 64
MAX_ENCODED_SIZE: Final = _HEADER_SIZE + _TERMINAL_SIZE + PATH_BITS * HASH_SIZE


class ProofKind(IntEnum):
    """First byte of the wire form."""

    PRESENCE = 0
    ABSENCE_EMPTY = 1
    ABSENCE_OTHER_LEAF = 2


@dataclass(frozen=True, slots=True)
class EmptyTerminal:
    """The path ends at an empty subtree."""


@dataclass(frozen=True, slots=True)
class LeafTerminal:
    """The path ends at another key's leaf. Both fields are 32-byte hashes."""

    key_hash: bytes
    value_hash: bytes

    def leaf_hash(self) -> Hash32:
        """The node hash of that leaf."""
        return _leaf_hash(self.key_hash, self.value_hash)


@dataclass(frozen=True, slots=True)
class SmtProof:
    """`siblings`: one 32-byte hash a level, from the leaf to the root, empty ones too.

    `terminal`: what is at the path's end if not the key itself; None in a proof of presence. Raises `DecodeError`.
    """

    siblings: tuple[bytes, ...]
    terminal: EmptyTerminal | LeafTerminal | None = None

    def __post_init__(self) -> None:
        if len(self.siblings) > PATH_BITS:
            raise DecodeError("proof is deeper than a path", expected=f"at most {PATH_BITS}", found=len(self.siblings))
        if any(len(sibling) != HASH_SIZE for sibling in self.siblings):
            raise DecodeError("proof has a sibling of the wrong size", expected=f"{HASH_SIZE} bytes")

    @property
    def kind(self) -> ProofKind:
        """What this is a proof of."""
        match self.terminal:
            case None:
                return ProofKind.PRESENCE
            case EmptyTerminal():
                return ProofKind.ABSENCE_EMPTY
            case LeafTerminal():
                return ProofKind.ABSENCE_OTHER_LEAF


def path_bit(key_hash: bytes, depth: int) -> int:
    """The bit that decides at `depth` (0 at the root): 1 goes right."""
    return key_hash[depth >> 3] >> (7 - (depth & 7)) & 1


def root_of_presence(key: bytes, value: bytes, proof: SmtProof) -> Hash32:
    """The only root under which `proof` shows `value` at `key`. Raises `SmtError` for a proof of absence."""
    if proof.terminal is not None:
        raise SmtError(
            "a proof of absence cannot show presence", expected=ProofKind.PRESENCE.name, found=proof.kind.name
        )
    key_hash = sha256(key)
    return _root(_leaf_hash(key_hash, sha256(value)), key_hash, proof.siblings)


def root_of_absence(key: bytes, proof: SmtProof) -> Hash32:
    """The only root under which `proof` shows that nothing is at `key`.

    Raises `SmtError` for a proof of presence, and for a terminal leaf that does not stand in the key's way.
    """
    key_hash = sha256(key)
    match proof.terminal:
        case None:
            raise SmtError("a proof of presence cannot show absence", found=proof.kind.name)
        case EmptyTerminal():
            return _root(EMPTY_HASH, key_hash, proof.siblings)
        case LeafTerminal() as leaf:
            _check_stands_in_the_way(leaf, key_hash, len(proof.siblings))
            return _root(leaf.leaf_hash(), key_hash, proof.siblings)


def verify_presence(root: bytes, key: bytes, value: bytes, proof: SmtProof) -> None:
    """Return if `proof` shows `value` at `key` under `root`; raise `SmtError` otherwise."""
    _require_root(root, root_of_presence(key, value, proof))


def verify_absence(root: bytes, key: bytes, proof: SmtProof) -> None:
    """Return if `proof` shows that nothing is at `key` under `root`; raise `SmtError` otherwise."""
    _require_root(root, root_of_absence(key, proof))


def encode_smt_proof(proof: SmtProof) -> bytes:
    """`u8 kind | u16 depth | 32-byte bitmap | [other key hash | other value hash] | non-empty siblings, deepest first`.

    The bitmap's most significant bit is the level at the root; a set bit means that the sibling there is not empty.
    """
    depth = len(proof.siblings)
    bitmap = 0
    for level, sibling in zip(range(depth - 1, -1, -1), proof.siblings, strict=True):
        if sibling != EMPTY_HASH:
            bitmap |= 1 << (PATH_BITS - 1 - level)
    parts = [bytes((proof.kind,)), depth.to_bytes(2, "big"), bitmap.to_bytes(HASH_SIZE, "big")]
    if isinstance(proof.terminal, LeafTerminal):
        parts += (proof.terminal.key_hash, proof.terminal.value_hash)
    parts += (sibling for sibling in proof.siblings if sibling != EMPTY_HASH)
    return b"".join(parts)


def decode_smt_proof(data: bytes) -> SmtProof:
    """The proof whose `encode_smt_proof` is `data`. Raises `DecodeError`."""
    if not _HEADER_SIZE <= len(data) <= MAX_ENCODED_SIZE:
        raise DecodeError(
            "proof has a wrong size", expected=f"{_HEADER_SIZE}..{MAX_ENCODED_SIZE} bytes", found=len(data)
        )
    kind, depth, bitmap = data[0], int.from_bytes(data[1:3], "big"), int.from_bytes(data[3:35], "big")
    if kind not in set(ProofKind):
        raise DecodeError("unknown kind of proof", expected="0, 1 or 2", found=kind)
    if depth > PATH_BITS:
        raise DecodeError("proof is deeper than a path", expected=f"at most {PATH_BITS}", found=depth)
    if bitmap & ((1 << (PATH_BITS - depth)) - 1):
        raise DecodeError("bitmap marks levels below the proof's depth", expected=f"{depth} levels", found=data[3:35])
    position = _HEADER_SIZE + (_TERMINAL_SIZE if kind == ProofKind.ABSENCE_OTHER_LEAF else 0)
    expected_size = position + bitmap.bit_count() * HASH_SIZE
    if len(data) != expected_size:
        raise DecodeError("proof has a wrong size for its bitmap", expected=expected_size, found=len(data))
    siblings: list[bytes] = []
    for level in range(depth - 1, -1, -1):
        if bitmap >> (PATH_BITS - 1 - level) & 1:
            siblings.append(data[position : position + HASH_SIZE])
            position += HASH_SIZE
            if siblings[-1] == EMPTY_HASH:
                raise DecodeError("an empty sibling is listed", expected="a clear bit instead", found=level)
        else:
            siblings.append(EMPTY_HASH)
    return SmtProof(tuple(siblings), _terminal(ProofKind(kind), data))


def _terminal(kind: ProofKind, data: bytes) -> EmptyTerminal | LeafTerminal | None:
    match kind:
        case ProofKind.PRESENCE:
            return None
        case ProofKind.ABSENCE_EMPTY:
            return EmptyTerminal()
        case ProofKind.ABSENCE_OTHER_LEAF:
            return LeafTerminal(
                data[_HEADER_SIZE : _HEADER_SIZE + HASH_SIZE], data[_HEADER_SIZE + HASH_SIZE :][:HASH_SIZE]
            )


def _check_stands_in_the_way(leaf: LeafTerminal, key_hash: bytes, depth: int) -> None:
    if len(leaf.key_hash) != HASH_SIZE or len(leaf.value_hash) != HASH_SIZE:
        raise SmtError("terminal leaf has hashes of the wrong size", expected=f"{HASH_SIZE} bytes each")
    if leaf.key_hash == key_hash:
        raise SmtError("terminal leaf is the key itself: it is present", found=leaf.key_hash)
    differing = int.from_bytes(leaf.key_hash, "big") ^ int.from_bytes(key_hash, "big")
    if PATH_BITS - differing.bit_length() < depth:
        raise SmtError("terminal leaf is not on the key's path", expected=f"{depth} equal bits", found=leaf.key_hash)


def _leaf_hash(key_hash: bytes, value_hash: bytes) -> Hash32:
    return sha256(LEAF_PREFIX + key_hash + value_hash)


def _root(node: bytes, key_hash: bytes, siblings: tuple[bytes, ...]) -> Hash32:
    path = int.from_bytes(key_hash, "big") >> (PATH_BITS - len(siblings))
    for sibling in siblings:
        pair = sibling + node if path & 1 else node + sibling
        node = hashlib.sha256(INNER_PREFIX + pair).digest()
        path >>= 1
    return Hash32(node)


def _require_root(root: bytes, computed: bytes) -> None:
    if computed != root:
        raise SmtError("proof leads to another root", expected=root, found=computed)
