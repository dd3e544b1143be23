"""One proof that several keys are present in a sparse Merkle tree, combined from a proof of each.

The keys ascend by their hashes. For each: ``u8 depth | u8 shared | ceil(depth / 8) bytes of bitmap | siblings``.
``shared`` is how many bits its hash has in common with the next key's at the beginning, 0 for the last: there the two
paths meet. A leaf climbs from its depth to where its path meets the next one's or, if that is higher, the previous
one's, is hashed there with what waits, and goes on. Only the siblings that this climb needs are listed, deepest first;
a set bit (the most significant = the level below the root) says that the sibling there is not empty. A sibling that
two paths have in common travels once, and one that a path of the proof leads to does not travel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from primitives.errors import InvalidArgument
from primitives.smt_proof import EMPTY_HASH, PATH_BITS, SmtProof

MAX_DEPTH: Final = 255


@dataclass(frozen=True, slots=True)
class PresentKey:
    """A key by its 32-byte hash, and its own proof of presence."""

    key_hash: bytes
    proof: SmtProof


def combine_presence_proofs(keys: Sequence[PresentKey]) -> bytes:
    """The multiproof of these keys under the one root that all their proofs lead to, which is not checked here.

    Raises `InvalidArgument` unless there are keys, ascending by hash, each with a proof of presence at most 255 deep.
    """
    if not keys:
        raise InvalidArgument("a multiproof is about at least one key")
    waiting: list[int] = []
    parts: list[bytes] = []
    for key, following in zip(keys, [*keys[1:], None], strict=True):
        depth = len(key.proof.siblings)
        if key.proof.terminal is not None or depth > MAX_DEPTH:
            raise InvalidArgument(f"combine proofs of presence at most {MAX_DEPTH} deep, not {key.proof.kind.name}")
        shared = 0 if following is None else _shared_bits(key.key_hash, following.key_hash)
        meeting = 0 if following is None else shared + 1
        size = (depth + 7) // 8
        bitmap = 0
        siblings: list[bytes] = []
        for level in _climbed(depth, meeting, waiting):
            sibling = key.proof.siblings[depth - 1 - level]
            if sibling != EMPTY_HASH:
                bitmap |= 1 << (8 * size - 1 - level)
                siblings.append(sibling)
        parts += (bytes((depth, shared)), bitmap.to_bytes(size, "big"), *siblings)
    return b"".join(parts)


def _climbed(depth: int, meeting: int, waiting: list[int]) -> list[int]:
    """The levels at which an entry needs a sibling, deepest first; takes up who waits for it, and waits if it must.

    ``waiting`` holds the depths to which the neighbours on the right must climb to meet those who wait, growing.
    """
    levels: list[int] = []
    while True:
        awaited = waiting[-1] if waiting else 0
        target = max(awaited, meeting)
        if depth < target:
            raise InvalidArgument(f"proofs are not of one tree: a leaf at depth {depth} meets another at {target}")
        levels += range(depth - 1, target - 1, -1)
        if awaited <= meeting:
            break
        depth = waiting.pop() - 1
    if meeting:
        waiting.append(meeting)
    return levels


def _shared_bits(key_hash: bytes, following: bytes) -> int:
    if key_hash >= following:
        raise InvalidArgument("keys of a multiproof ascend by their hashes, none twice")
    differing = int.from_bytes(key_hash, "big") ^ int.from_bytes(following, "big")
    return PATH_BITS - differing.bit_length()
