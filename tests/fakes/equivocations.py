"""Evidence that a Validator of the test ledgers signed two checkpoints of one height."""

from __future__ import annotations

from dataclasses import replace

from light_clients.progmat import (
    Checkpoint,
    CheckpointEquivocation,
    SignedStatement,
    checkpoint_digest,
    encode_equivocation,
    equivocation_of,
)
from primitives.hashing import sha256
from primitives.secp256k1 import compact, sign_digest
from tests.fakes.qbft_headers import TIME_0_S


def some_checkpoint(ledger_id: str, height: int = 7) -> Checkpoint:
    """A checkpoint that somebody might sign."""
    return Checkpoint(ledger_id, height, TIME_0_S, sha256(b"root"), sha256(b"journal"), sha256(b"next set"))


def statement(secret: bytes, checkpoint: Checkpoint) -> SignedStatement:
    """What the holder of a secret says."""
    return SignedStatement(checkpoint, compact(sign_digest(secret, checkpoint_digest(checkpoint))))


def equivocation(secret: bytes, ledger_id: str, height: int = 7) -> CheckpointEquivocation:
    """Two roots of one height by one key."""
    truth = some_checkpoint(ledger_id, height)
    return equivocation_of(statement(secret, truth), statement(secret, replace(truth, root=sha256(b"another root"))))


def evidence(secret: bytes, ledger_id: str, height: int = 7) -> bytes:
    """The same as bytes."""
    return encode_equivocation(equivocation(secret, ledger_id, height))
