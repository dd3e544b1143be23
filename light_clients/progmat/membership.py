"""Presence and absence of a path under a checkpoint: ``u64 timestamp | sparse Merkle proof``.

The proof carries the time because the Solidity client keeps only the hash of (time, root); here it must equal the
consensus state's, so that one proof has one meaning on both sides.
"""

from __future__ import annotations

from ibc.errors import InvalidProof
from light_clients.progmat.consensus_state import ProgmatConsensusState
from light_clients.progmat.errors import RootMismatch
from primitives.errors import SmtError
from primitives.sparse_merkle import decode_smt_proof, root_of_absence, root_of_presence

TIMESTAMP_BYTES = 8
MAX_PROOF_BYTES = TIMESTAMP_BYTES + 3 + 32 + 64 + 256 * 32


def validate_presence(consensus: ProgmatConsensusState, proof: bytes, path: bytes, value: bytes) -> None:
    """InvalidProof or RootMismatch unless the ledger held this value under this path."""
    smt_proof = decode_smt_proof(_checked_body(consensus, proof))
    try:
        root = root_of_presence(path, value, smt_proof)
    except SmtError as error:
        raise InvalidProof(f"proof shows no presence: {error}", found=path) from error
    _validate_root(consensus, root)


def validate_absence(consensus: ProgmatConsensusState, proof: bytes, path: bytes) -> None:
    """InvalidProof or RootMismatch unless the ledger held nothing under this path."""
    smt_proof = decode_smt_proof(_checked_body(consensus, proof))
    try:
        root = root_of_absence(path, smt_proof)
    except SmtError as error:
        raise InvalidProof(f"proof shows no absence: {error}", found=path) from error
    _validate_root(consensus, root)


def encode_proof(timestamp_s: int, smt_proof: bytes) -> bytes:
    """The proof as both light clients take it."""
    return timestamp_s.to_bytes(TIMESTAMP_BYTES, "big") + smt_proof


def _checked_body(consensus: ProgmatConsensusState, proof: bytes) -> bytes:
    if not TIMESTAMP_BYTES < len(proof) <= MAX_PROOF_BYTES:
        raise InvalidProof("proof has the wrong size", expected=f"9..{MAX_PROOF_BYTES} bytes", found=len(proof))
    timestamp_s = int.from_bytes(proof[:TIMESTAMP_BYTES], "big")
    if timestamp_s != consensus.timestamp_s:
        raise RootMismatch("proof names another time", expected=consensus.timestamp_s, found=timestamp_s)
    return proof[TIMESTAMP_BYTES:]


def _validate_root(consensus: ProgmatConsensusState, root: bytes) -> None:
    if root != consensus.root:
        raise RootMismatch("proof leads to another root than the checkpoint's", expected=consensus.root, found=root)
