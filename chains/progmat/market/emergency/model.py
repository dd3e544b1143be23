"""The emergency register's nouns: the base that the registrar signed, moves consented to by hand, the closing line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from chains.progmat.market.emergency.errors import MoveNotPossible
from chains.progmat.market.register.csv_form import MAX_UNITS
from chains.progmat.market.register.model import RegisterLine, RegisterMoment
from chains.progmat.vault.indexing import Asset
from ibc.dvp import CashAccount

MAX_MOVES: Final = 100_000
MAX_LINES: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class StaffKey:
    """A person who may sign moves, by the id of the node's people, and the public key to know it by (encoded)."""

    staff_id: str
    key: bytes


@dataclass(frozen=True, slots=True)
class Base:
    """The register from which an outage's moves start, and who may author and approve them."""

    security: Asset
    moment: RegisterMoment
    begun_ms: int
    registrar_key: bytes
    authors: tuple[StaffKey, ...]
    approvers: tuple[StaffKey, ...]
    lines: tuple[RegisterLine, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Move:
    """What the trustee consented to: ``units`` from an account to another. ``reference`` is a case number."""

    source: CashAccount
    to: CashAccount
    units: int
    reason: str
    reference: str = ""
    trade_id: bytes = b""
    settlement_date: str = ""


@dataclass(frozen=True, slots=True)
class Signed:
    """By whom a line was written and approved, when (Unix milliseconds, by the clock of the desk)."""

    at_ms: int
    author: str
    approver: str
    author_signature: bytes
    approver_signature: bytes


@dataclass(frozen=True, slots=True)
class RecordedMove:
    """A move in the file: ``number`` from 1, ``hash`` that the next line names as its previous."""

    number: int
    move: Move
    signed: Signed
    hash: bytes


@dataclass(frozen=True, slots=True)
class EmergencyFile:
    """A file that was verified as a whole: see ``chain.verified``. ``closed``: no move can be added."""

    base: Base
    outage_id: bytes
    base_signature: bytes
    moves: tuple[RecordedMove, ...] = ()
    closed: Signed | None = None

    @property
    def head(self) -> bytes:
        """The hash of the last move, or of the base."""
        return self.moves[-1].hash if self.moves else self.outage_id

    def units(self) -> dict[CashAccount, int]:
        """What each account holds after all moves; accounts with nothing are left out."""
        held = {line.account: line.units for line in self.base.lines}
        for recorded in self.moves:
            apply_move(held, recorded.move)
        return {account: units for account, units in held.items() if units}


def apply_move(held: dict[CashAccount, int], move: Move) -> None:
    """Change the units of both accounts; checks nothing."""
    held[move.source] = held.get(move.source, 0) - move.units
    held[move.to] = held.get(move.to, 0) + move.units


def validate_move(move: Move, units: Mapping[CashAccount, int], frozen: Mapping[CashAccount, int]) -> None:
    """Whether an account has what is to be moved, frozen units apart. Raises ``MoveNotPossible``."""
    if not 1 <= move.units <= MAX_UNITS:
        raise MoveNotPossible(f"1 to {MAX_UNITS} units can be moved, not {move.units}")
    if move.source == move.to:
        raise MoveNotPossible("an account does not move units to itself: name another one")
    free = units.get(move.source, 0) - frozen.get(move.source, 0)
    if free < move.units:
        account = f"{move.source.node}:{move.source.key.hex()}"
        raise MoveNotPossible(f"{account} has {free} units that are not frozen, {move.units} are wanted")


def frozen_of(lines: Iterable[RegisterLine]) -> dict[CashAccount, int]:
    """Frozen units of each account that has any."""
    return {line.account: line.frozen for line in lines if line.frozen}
