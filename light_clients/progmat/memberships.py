"""Presence of several paths under one checkpoint by one proof: ``u64 timestamp | multiproof``.

What `ProgmatLightClient.verifyMemberships` takes. The proofs that go in are those of `membership`, one a path.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from light_clients.progmat.membership import TIMESTAMP_BYTES
from primitives.errors import InvalidArgument
from primitives.hashing import sha256
from primitives.smt_multiproof import PresentKey, combine_presence_proofs
from primitives.smt_proof import decode_smt_proof


@dataclass(frozen=True, slots=True)
class JointProof:
    """``order``: positions of the paths as they were given, in the order in which the proof is about them."""

    order: tuple[int, ...]
    proof: bytes


def join_proofs(paths: Sequence[bytes], proofs: Sequence[bytes]) -> JointProof:
    """One proof of all paths, each proven present at the same checkpoint.

    Raises InvalidArgument when there are none, for a path given twice, for proofs of different times, and where
    `combine_presence_proofs` does; DecodeError for a malformed proof.
    """
    times = {proof[:TIMESTAMP_BYTES] for proof in proofs}
    if len(times) != 1:
        raise InvalidArgument(f"joined proofs are of one checkpoint, not of {len(times)} times")
    hashes = [bytes(sha256(path)) for path in paths]
    order = sorted(range(len(paths)), key=hashes.__getitem__)
    keys = [PresentKey(hashes[at], decode_smt_proof(proofs[at][TIMESTAMP_BYTES:])) for at in order]
    return JointProof(tuple(order), times.pop() + combine_presence_proofs(keys))
