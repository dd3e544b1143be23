"""The progmat client message: a checkpoint, the set that signed it, and the signatures, packed.

``u64 height | u64 timestamp | root32 | journalHash32 | nextSet32 | u8 threshold | u8 n | n * address20 | bytes32
signerBitmap | 64-byte signature per set bit``. ``nextSet`` is the next validator set's hash, and zeros if the set that
signs stays: zeros are cheaper on chain, and there is one encoding only. Bit i, counted from the least significant, says
that validator i signed; signatures are EIP-2098 (r | yParity and s), in ascending order of the validators. A validator
cannot be counted twice by construction. The ledger's id does not travel: it is the client's own, and the digest binds
it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from light_clients.progmat.checkpoint import Checkpoint
from light_clients.progmat.errors import MalformedCheckpoint, TooFewSignatures
from light_clients.progmat.validator_set import ValidatorSet, decode_validator_set, packed_length

SIGNATURE_BYTES = 64
_FIXED_BYTES = 8 + 8 + 3 * 32
_BITMAP_BYTES = 32
_THE_SAME_SET = bytes(32)
MAX_HEADER_BYTES = _FIXED_BYTES + packed_length(255) + _BITMAP_BYTES + 255 * SIGNATURE_BYTES


@dataclass(frozen=True, slots=True)
class CheckpointHeader:
    """A signed checkpoint as it travels; signatures are pairs (index of the validator, 64 bytes), ascending."""

    checkpoint: Checkpoint
    validator_set: ValidatorSet
    signatures: tuple[tuple[int, bytes], ...]

    def __post_init__(self) -> None:
        previous = -1
        for index, signature in self.signatures:
            if not previous < index < len(self.validator_set.validators):
                raise MalformedCheckpoint(
                    "signer index is out of order", expected="ascending, below the number of validators", found=index
                )
            if len(signature) != SIGNATURE_BYTES:
                raise MalformedCheckpoint(
                    "signature has the wrong size", expected=f"{SIGNATURE_BYTES} bytes", found=signature
                )
            previous = index


def encode_header(header: CheckpointHeader) -> bytes:
    """The packed form, byte for byte what the Solidity light client takes.

    Raises MalformedCheckpoint for a next set's hash of zeros, which no set has.
    """
    checkpoint = header.checkpoint
    bitmap = sum(1 << index for index, _ in header.signatures)
    return b"".join(
        (
            checkpoint.height.to_bytes(8, "big"),
            checkpoint.timestamp_s.to_bytes(8, "big"),
            checkpoint.root,
            checkpoint.journal_hash,
            _next_set(checkpoint, header.validator_set),
            header.validator_set.packed(),
            bitmap.to_bytes(_BITMAP_BYTES, "big"),
            *(signature for _, signature in header.signatures),
        )
    )


def decode_header(data: bytes, ledger_id: str) -> CheckpointHeader:
    """Read a packed header of the named ledger.

    Raises MalformedCheckpoint on a wrong length or a bitmap that names no validator or fields
    outside their ranges. Nothing is verified here.
    """
    if len(data) < _FIXED_BYTES + 2 or len(data) > MAX_HEADER_BYTES:
        raise MalformedCheckpoint("header has the wrong size", expected=f"at most {MAX_HEADER_BYTES}", found=len(data))
    set_end = _FIXED_BYTES + packed_length(data[_FIXED_BYTES + 1])
    bitmap_end = set_end + _BITMAP_BYTES
    if len(data) < bitmap_end:
        raise MalformedCheckpoint("header is too short for its set", expected=bitmap_end, found=len(data))
    validator_set = decode_validator_set(data[_FIXED_BYTES:set_end])
    bitmap = int.from_bytes(data[set_end:bitmap_end], "big")
    if bitmap >> len(validator_set.validators):
        raise MalformedCheckpoint(
            "signer bitmap names no validator",
            expected=f"bits below {len(validator_set.validators)}",
            found=hex(bitmap),
        )
    signers = [index for index in range(len(validator_set.validators)) if bitmap >> index & 1]
    expected = bitmap_end + SIGNATURE_BYTES * len(signers)
    if len(data) != expected:
        raise MalformedCheckpoint("header has the wrong size for its signers", expected=expected, found=len(data))
    checkpoint = Checkpoint(
        ledger_id=ledger_id,
        height=int.from_bytes(data[0:8], "big"),
        timestamp_s=int.from_bytes(data[8:16], "big"),
        root=data[16:48],
        journal_hash=data[48:80],
        next_validator_set_hash=_next_set_hash(data[80:112], validator_set),
    )
    signatures = tuple(
        (index, data[bitmap_end + SIGNATURE_BYTES * place : bitmap_end + SIGNATURE_BYTES * (place + 1)])
        for place, index in enumerate(signers)
    )
    return CheckpointHeader(checkpoint=checkpoint, validator_set=validator_set, signatures=signatures)


def _next_set(checkpoint: Checkpoint, signing: ValidatorSet) -> bytes:
    hashed = checkpoint.next_validator_set_hash
    if hashed == _THE_SAME_SET:
        raise MalformedCheckpoint("checkpoint names no next validator set", expected="a set's hash", found=hashed)
    return _THE_SAME_SET if hashed == signing.hash() else hashed


def _next_set_hash(found: bytes, signing: ValidatorSet) -> bytes:
    if found == _THE_SAME_SET:
        return signing.hash()
    if found == signing.hash():
        raise MalformedCheckpoint("a set that stays is written as zeros", expected=_THE_SAME_SET, found=found)
    return found


def header_height(data: bytes) -> int:
    """The height a packed header is about, 0 if the bytes are too few; for routing, nothing is verified."""
    return int.from_bytes(data[0:8], "big") if len(data) >= _FIXED_BYTES + 2 else 0


def assemble_header(
    checkpoint: Checkpoint, validator_set: ValidatorSet, signatures: Mapping[bytes, bytes]
) -> CheckpointHeader:
    """Make a header of signatures collected per validator address (each 64 bytes), taking exactly the threshold.

    Fewer bytes are cheaper on chain, so surplus signatures are left out. Raises TooFewSignatures when the threshold
    is not reached by members of the set; signatures of others are ignored. Nothing is verified here.
    """
    present = [
        (index, signatures[validator])
        for index, validator in enumerate(validator_set.validators)
        if validator in signatures
    ]
    if len(present) < validator_set.threshold:
        raise TooFewSignatures(
            "too few validators signed; ask the others", expected=validator_set.threshold, found=len(present)
        )
    return CheckpointHeader(checkpoint, validator_set, tuple(present[: validator_set.threshold]))
