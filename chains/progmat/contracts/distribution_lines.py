"""The lines of a part of a distribution, cut into batches whose hashes are the leaves of one Merkle tree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

from crossdvp.ledger.v1 import distribution_states_pb2 as pb

from chains.progmat.contracts.distribution import MAX_TOTAL
from chains.progmat.transactions.errors import MalformedComponent
from chains.progmat.transactions.model import MAX_COMMAND_DATA_BYTES, check_range
from primitives.codec import deterministic_bytes, strict_parse
from primitives.hashing import sha256
from primitives.lazily import lazily
from primitives.merkle import PartialMerkleTree
from primitives.types import Hash32

MAX_LINES: Final = 4_000
"""Of one part: they fit the data of one command."""
MAX_BATCH_LINES: Final = 250
"""With the state and the payer's change they fit the outputs of one ledger transaction."""
MAX_KEY_BYTES: Final = 64
_DOMAIN: Final = b"crossdvp/distribution-batch/1"


class Line(NamedTuple):
    """What one account is given: the key as encoded, yen or units."""

    account_key: bytes
    amount: int


@dataclass(frozen=True)
class Lines:
    """All lines of a part, keys ascending and each once; every batch but the last has ``batch_lines`` of them.

    Raises MalformedComponent.
    """

    batch_lines: int
    lines: tuple[Line, ...]

    def __post_init__(self) -> None:
        check_range("DistributionLines.batch_lines", self.batch_lines, 1, MAX_BATCH_LINES)
        _check_lines(self.lines, MAX_LINES)

    @property
    def total(self) -> int:
        """Of all lines."""
        return sum(line.amount for line in self.lines)

    @property
    def batch_count(self) -> int:
        """How many batches there are."""
        return -(-len(self.lines) // self.batch_lines)

    def batch(self, number: int) -> tuple[Line, ...]:
        """The lines of a batch, numbered from 0."""
        return self.lines[number * self.batch_lines : (number + 1) * self.batch_lines]

    @property
    def root(self) -> Hash32:
        """The Merkle root of the batches' hashes."""
        return self._tree[0]

    def proved(self, number: int) -> ProvedBatch:
        """A batch with its proof."""
        return ProvedBatch(number, self.batch(number), self._tree[1][number])

    @lazily
    def _tree(self) -> tuple[Hash32, tuple[PartialMerkleTree, ...]]:
        leaves = [batch_hash(number, self.batch(number)) for number in range(self.batch_count)]
        return PartialMerkleTree.for_each(leaves)

    def encode(self) -> bytes:
        """Canonical bytes: the data of Open."""
        return deterministic_bytes(pb.DistributionLines(batch_lines=self.batch_lines, lines=_messages(self.lines)))


@dataclass(frozen=True)
class ProvedBatch:
    """One batch, and the proof that it is one of the part's. Raises MalformedComponent."""

    number: int
    lines: tuple[Line, ...]
    proof: PartialMerkleTree

    def __post_init__(self) -> None:
        _check_lines(self.lines, MAX_BATCH_LINES)

    def is_under(self, root: bytes, batches: int) -> bool:
        """Whether this is batch ``number`` of ``batches`` under the root."""
        leaf = batch_hash(self.number, self.lines)
        proof = self.proof
        return (
            proof.leaf_count == batches
            and proof.indexes == (self.number,)
            and proof.included_leaves() == (leaf,)
            and proof.root() == root
        )

    def encode(self) -> bytes:
        """Canonical bytes: the data of Pay."""
        return deterministic_bytes(
            pb.DistributionBatch(number=self.number, lines=_messages(self.lines), proof=self.proof.encode())
        )


def batch_hash(number: int, lines: Sequence[Line]) -> Hash32:
    """The leaf of a batch: its number and its lines."""
    body = deterministic_bytes(pb.DistributionLines(lines=_messages(lines)))
    return Hash32(sha256(_DOMAIN + number.to_bytes(4, "big") + body))


@lru_cache(maxsize=16)
def decode_lines(data: bytes) -> Lines:
    """The lines in the data of Open; raises DecodeError."""
    message = strict_parse(pb.DistributionLines, data, max_bytes=MAX_COMMAND_DATA_BYTES)
    return Lines(message.batch_lines, tuple([Line(line.account_key, line.amount) for line in message.lines]))


def decode_batch(data: bytes) -> ProvedBatch:
    """The batch in the data of Pay; raises DecodeError."""
    message = strict_parse(pb.DistributionBatch, data, max_bytes=MAX_COMMAND_DATA_BYTES)
    lines = tuple([Line(line.account_key, line.amount) for line in message.lines])
    return ProvedBatch(message.number, lines, PartialMerkleTree.decode(message.proof))


def _messages(lines: Sequence[Line]) -> list[pb.DistributionLine]:
    return [pb.DistributionLine(account_key=line.account_key, amount=line.amount) for line in lines]


def _check_lines(lines: Sequence[Line], most: int) -> None:
    check_range("lines of a distribution", len(lines), 1, most)
    for line in lines:
        check_range("DistributionLine.account_key length", len(line.account_key), 1, MAX_KEY_BYTES)
        check_range("DistributionLine.amount", line.amount, 1, MAX_TOTAL)
    for before, after in pairwise(lines):
        if before.account_key >= after.account_key:
            raise MalformedComponent("keys of lines are ascending, each once", expected="more", found=after.account_key)
