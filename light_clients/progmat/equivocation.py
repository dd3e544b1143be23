"""Proof that one Validator signed two checkpoints of one height: two digests, one key.

A Validator writes a height's digest down before it signs, so an honest one never makes this, whatever its notary does;
two heights whose times run backwards are no proof, for that can be a notary's fault. Nothing but the ledger's id and
the key is needed to check it, so that anybody can, for ever.

Bytes: ``u8 length | ledger id | statement | statement``, a statement being ``u64 height | u64 timestamp | root32 |
journalHash32 | nextValidatorSetHash32 | 64-byte EIP-2098 signature``. The statement of the smaller digest stands
first: one pair of digests has one order.
"""

from __future__ import annotations

from dataclasses import dataclass

from light_clients.progmat.checkpoint import MAX_LEDGER_ID_BYTES, Checkpoint, checkpoint_digest
from light_clients.progmat.errors import ForeignSignature, MalformedCheckpoint, NoMisbehaviour
from light_clients.progmat.header import SIGNATURE_BYTES
from primitives.errors import BadSignature
from primitives.secp256k1 import recover_compact
from primitives.types import Address

_STATEMENT_BYTES = 8 + 8 + 3 * 32 + SIGNATURE_BYTES
MAX_EQUIVOCATION_BYTES = 1 + MAX_LEDGER_ID_BYTES + 2 * _STATEMENT_BYTES


@dataclass(frozen=True, slots=True)
class SignedStatement:
    """A checkpoint with one Validator's signature over its digest (EIP-2098, 64 bytes)."""

    checkpoint: Checkpoint
    signature: bytes

    def __post_init__(self) -> None:
        if len(self.signature) != SIGNATURE_BYTES:
            raise MalformedCheckpoint(
                "signature has the wrong size", expected=f"{SIGNATURE_BYTES} bytes", found=self.signature
            )

    @property
    def digest(self) -> bytes:
        """What was signed."""
        return checkpoint_digest(self.checkpoint)


@dataclass(frozen=True, slots=True)
class CheckpointEquivocation:
    """Two statements said to be one Validator's; make it with ``equivocation_of``."""

    first: SignedStatement
    second: SignedStatement

    @property
    def ledger_id(self) -> str:
        """Whose checkpoints these are."""
        return self.first.checkpoint.ledger_id

    @property
    def height(self) -> int:
        """The height that was signed for twice."""
        return self.first.checkpoint.height


def equivocation_of(one: SignedStatement, other: SignedStatement) -> CheckpointEquivocation:
    """The two in their one order; `prove_equivocation` says whether they prove anything."""
    return CheckpointEquivocation(*sorted((one, other), key=lambda statement: statement.digest))


def prove_equivocation(evidence: CheckpointEquivocation) -> Address:
    """The address of the Validator that signed both.

    Raises NoMisbehaviour unless the statements are of one ledger and height and differ, ForeignSignature unless one key
    signed both. Whether that key is, or was, a Validator's is for the caller to know.
    """
    first, second = evidence.first.checkpoint, evidence.second.checkpoint
    if first.ledger_id != second.ledger_id:
        raise NoMisbehaviour(
            "the statements are about different ledgers", expected=first.ledger_id, found=second.ledger_id
        )
    if first.height != second.height:
        raise NoMisbehaviour("the statements are about different heights", expected=first.height, found=second.height)
    if evidence.first.digest == evidence.second.digest:
        raise NoMisbehaviour("the statements are the same", expected="two digests", found=evidence.first.digest)
    signer, other_signer = _signer(evidence.first), _signer(evidence.second)
    if signer != other_signer:
        raise ForeignSignature("the statements are signed by different keys", expected=signer, found=other_signer)
    return signer


def encode_equivocation(evidence: CheckpointEquivocation) -> bytes:
    """The canonical bytes."""
    ledger_id = evidence.ledger_id.encode()
    return bytes((len(ledger_id),)) + ledger_id + _packed(evidence.first) + _packed(evidence.second)


def decode_equivocation(data: bytes) -> CheckpointEquivocation:
    """The inverse; MalformedCheckpoint for a wrong length, a field out of range or statements in the other order."""
    if not data or len(data) > MAX_EQUIVOCATION_BYTES or len(data) != 1 + data[0] + 2 * _STATEMENT_BYTES:
        raise MalformedCheckpoint(
            "evidence has the wrong size", expected=f"1 + length of the id + {2 * _STATEMENT_BYTES}", found=len(data)
        )
    body = 1 + data[0]
    try:
        ledger_id = data[1:body].decode()
    except UnicodeDecodeError as error:
        raise MalformedCheckpoint("ledger id is not UTF-8", found=data[1:body]) from error
    middle = body + _STATEMENT_BYTES
    evidence = CheckpointEquivocation(_unpacked(data[body:middle], ledger_id), _unpacked(data[middle:], ledger_id))
    if evidence.first.digest > evidence.second.digest:
        raise MalformedCheckpoint("statements are out of order", expected="the smaller digest first")
    return evidence


def _signer(statement: SignedStatement) -> Address:
    try:
        return recover_compact(statement.digest, statement.signature)
    except BadSignature as error:
        raise ForeignSignature(f"a statement's signature is malformed: {error}", found=statement.signature) from error


def _packed(statement: SignedStatement) -> bytes:
    checkpoint = statement.checkpoint
    return b"".join(
        (
            checkpoint.height.to_bytes(8, "big"),
            checkpoint.timestamp_s.to_bytes(8, "big"),
            checkpoint.root,
            checkpoint.journal_hash,
            checkpoint.next_validator_set_hash,
            statement.signature,
        )
    )


def _unpacked(data: bytes, ledger_id: str) -> SignedStatement:
    checkpoint = Checkpoint(
        ledger_id=ledger_id,
        height=int.from_bytes(data[0:8], "big"),
        timestamp_s=int.from_bytes(data[8:16], "big"),
        root=data[16:48],
        journal_hash=data[48:80],
        next_validator_set_hash=data[80:112],
    )
    return SignedStatement(checkpoint, data[112:])
