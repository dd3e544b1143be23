"""The Validators of a ledger and how many of them make a checkpoint.

Packed form: ``u8 threshold | u8 n | n * address20``, addresses strictly ascending, so that one set has one form and
one hash.
"""

from __future__ import annotations

from dataclasses import dataclass

from light_clients.progmat.errors import MalformedCheckpoint
from primitives.keccak import keccak256

MAX_VALIDATORS = 255
ZERO_ADDRESS = bytes(20)


@dataclass(frozen=True, slots=True)
class ValidatorSet:
    """k of n secp256k1 addresses; raises MalformedCheckpoint unless 1 <= k <= n <= 255, ascending, none zero."""

    threshold: int
    validators: tuple[bytes, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.validators) <= MAX_VALIDATORS:
            raise MalformedCheckpoint(
                "number of validators is out of range", expected="1..255", found=len(self.validators)
            )
        if not 1 <= self.threshold <= len(self.validators):
            raise MalformedCheckpoint(
                "threshold is out of range", expected=f"1..{len(self.validators)}", found=self.threshold
            )
        previous = ZERO_ADDRESS
        for validator in self.validators:
            if len(validator) != 20 or validator <= previous:
                raise MalformedCheckpoint(
                    "validator address is out of order",
                    expected="20 bytes, not zero, strictly ascending",
                    found=validator,
                )
            previous = validator

    def packed(self) -> bytes:
        """The bytes that travel in a header and that the hash covers."""
        return bytes((self.threshold, len(self.validators))) + b"".join(self.validators)

    def hash(self) -> bytes:
        """What a checkpoint names as its successor set, and what a light client keeps."""
        return keccak256(self.packed())


def decode_validator_set(data: bytes) -> ValidatorSet:
    """The inverse of ``packed``; MalformedCheckpoint when the length or the order is wrong."""
    if len(data) < 2 or len(data) != packed_length(data[1]):
        raise MalformedCheckpoint("packed validator set has the wrong size", expected="2 + 20 n bytes", found=data)
    addresses = tuple(data[start : start + 20] for start in range(2, len(data), 20))
    return ValidatorSet(threshold=data[0], validators=addresses)


def packed_length(validator_count: int) -> int:
    """Bytes of a packed set of this many validators."""
    return 2 + 20 * validator_count
