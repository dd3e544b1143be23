"""What Validators said, compared. Pure.

The book remembers the first statement of each Validator for each height, bounded; whoever says something else later has
signed twice. ``compare`` sorts the statements of one height.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from chains.progmat.client.checkpoints import Statements
from light_clients.progmat import (
    Checkpoint,
    CheckpointEquivocation,
    CheckpointHeader,
    SignedStatement,
    ValidatorSet,
    assemble_header,
    encode_header,
    equivocation_of,
)
from primitives.keccak import keccak256

MOST_STATEMENTS: Final = 50_000


def slot_of(checkpoint: Checkpoint) -> bytes:
    """What the Solidity light client keeps of a checkpoint."""
    return checkpoint.height.to_bytes(8, "big") + keccak256(checkpoint.consensus_state)[:24]


@dataclass(frozen=True, slots=True)
class Spoken:
    """One version of a height, with the signature of each Validator that stands by it."""

    checkpoint: Checkpoint
    signatures: dict[bytes, bytes]

    def header(self, signing_set: ValidatorSet) -> bytes | None:
        """The packed header, if enough of the set stand by it."""
        if len(self.signatures) < signing_set.threshold:
            return None
        return encode_header(assemble_header(self.checkpoint, signing_set, self.signatures))


def versions(statements: Statements) -> tuple[Spoken, ...]:
    """What is said of the height, by how many stand by it."""
    found: dict[Checkpoint, dict[bytes, bytes]] = defaultdict(dict)
    for vote in statements.votes:
        found[vote.checkpoint][vote.address] = vote.signature
    spoken = [Spoken(checkpoint, signatures) for checkpoint, signatures in found.items()]
    return tuple(sorted(spoken, key=lambda version: len(version.signatures), reverse=True))


def said_in(header: CheckpointHeader) -> Iterable[tuple[bytes, SignedStatement]]:
    """The statements in a header whose signatures were verified, by their Validators' addresses."""
    for index, signature in header.signatures:
        yield header.validator_set.validators[index], SignedStatement(header.checkpoint, signature)


class StatementBook:
    """First statements by Validator and height; the oldest are forgotten beyond the bound."""

    def __init__(self, most: int = MOST_STATEMENTS) -> None:
        self._most = most
        self._first: OrderedDict[tuple[bytes, int], SignedStatement] = OrderedDict()

    def note(self, validator: bytes, statement: SignedStatement) -> CheckpointEquivocation | None:
        """Evidence, if this Validator said something else of the height before."""
        key = (validator, statement.checkpoint.height)
        first = self._first.setdefault(key, statement)
        while len(self._first) > self._most:
            self._first.popitem(last=False)
        return None if first.digest == statement.digest else equivocation_of(first, statement)
