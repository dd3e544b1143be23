"""A register's nouns: the security, a moment of its books, the holders' lines and the hash by which copies compare."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from chains.progmat.vault.indexing import Asset
from ibc.dvp import CashAccount
from primitives.hashing import sha256

_DOMAIN: Final = b"crossdvp/register/1\n"


@dataclass(frozen=True, slots=True)
class RegisterMoment:
    """A place in one node's books: after the update ``sequence``, recorded at ``recorded_ms`` (Unix milliseconds).

    ``journal_position`` is the highest that any entry up to there has; 0 where none has one.
    """

    sequence: int
    recorded_ms: int
    journal_position: int


BEGINNING: Final = RegisterMoment(0, 0, 0)


@dataclass(frozen=True, slots=True, order=True)
class RegisterLine:
    """What one account holds: ``units`` in all, ``frozen`` of them not to be moved but by the registrar."""

    node: str
    key: bytes
    units: int
    frozen: int = 0

    @property
    def account(self) -> CashAccount:
        """The account's custodian node and key."""
        return CashAccount(self.node, self.key)

    def canonical(self) -> bytes:
        """The line as it is hashed; names are printable, so that a tab is in none."""
        return f"{self.node}\t{self.key.hex()}\t{self.units}\t{self.frozen}\n".encode()


@dataclass(frozen=True, slots=True)
class Register:
    """Every account that holds units of a security at a moment, by node and key; what an account lacks is not in it."""

    security: Asset
    moment: RegisterMoment
    lines: tuple[RegisterLine, ...]

    @property
    def units(self) -> int:
        """All units."""
        return sum(line.units for line in self.lines)

    @property
    def frozen(self) -> int:
        """All frozen units."""
        return sum(line.frozen for line in self.lines)

    @property
    def hash(self) -> bytes:
        """See ``register_hash``."""
        return register_hash(self.security, self.lines)


def register_hash(security: Asset, lines: Iterable[RegisterLine]) -> bytes:
    """SHA-256 over the security and the canonical lines, in order: two copies of one register have the same.

    The moment is not in it: a register that did not change between two moments is the same register.
    """
    about = ("\t".join(security) + "\n").encode()
    return bytes(sha256(b"".join([_DOMAIN, about, *(line.canonical() for line in sorted(lines))])))


@dataclass(frozen=True, slots=True)
class RecordDateSnapshot:
    """The register at close of business of a record date (権利確定日), stored once: what a distribution pays from.

    ``cut_off_ms`` (Unix milliseconds) is exclusive: what was recorded at it or later is not in the lines.
    """

    security: Asset
    record_date: date
    cut_off_ms: int
    moment: RegisterMoment
    lines: tuple[RegisterLine, ...] = field(repr=False)
    hash: bytes
    taken_ms: int
    taken_by: str

    @property
    def units(self) -> int:
        """All units of the record date."""
        return sum(line.units for line in self.lines)
