"""What the ledger lacks of an emergency file, and whether both agree: pure, over what each of them says.

Since the file's base the ledger may have made moves itself: some of them are lines of the file (a trade that was
consented to by hand and had been notarised already), others are not. The first count for their line, the second stay.
Which is which: a move of the same units between the same accounts is the line's, unless both name a trade and not the
same one. Where accounts of a line had other moves between them, nobody can tell: ``Decisions`` says.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from chains.progmat.market.emergency.errors import LedgerMovesUnclear, UnitsGone
from chains.progmat.market.emergency.model import EmergencyFile, Move
from chains.progmat.market.register.model import Register
from ibc.dvp import CashAccount

SHOWN_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class LedgerChange:
    """What one ledger_tx since the base did to the accounts of the security."""

    tx_id: bytes
    sequence: int
    changes: Mapping[CashAccount, int]
    trade_id: bytes = b""

    @property
    def move(self) -> tuple[CashAccount, CashAccount, int] | None:
        """From, to and units, of what moved units of one account to one other."""
        giving = [(account, units) for account, units in self.changes.items() if units < 0]
        taking = [(account, units) for account, units in self.changes.items() if units > 0]
        if len(giving) != 1 or len(taking) != 1 or giving[0][1] + taking[0][1]:
            return None
        return giving[0][0], taking[0][0], taking[0][1]


@dataclass(frozen=True, slots=True)
class Decisions:
    """What people say of ledger_txs: part of a line (``counted``: by tx id the line's number), or another move."""

    counted: Mapping[bytes, int] = field(default_factory=dict)
    separate: Collection[bytes] = frozenset()


@dataclass(frozen=True, slots=True)
class PlannedLine:
    """``units`` of a line that are brought in; the rest the ledger had moved in ``counted``."""

    number: int
    units: int
    counted: tuple[bytes, ...] = ()


def plan(
    file: EmergencyFile, ledger: Sequence[LedgerChange], now: Register, decisions: Decisions = Decisions()
) -> tuple[PlannedLine, ...]:
    """What to bring in, line by line. Raises ``LedgerMovesUnclear``, ``UnitsGone``."""
    left = {change.tx_id: change for change in ledger if change.move is not None}
    counted: dict[int, list[bytes]] = {each.number: [] for each in file.moves}
    rest = {each.number: each.move.units for each in file.moves}
    _count_decided(file, left, decisions, counted, rest)
    for tx_id in decisions.separate:
        left.pop(tx_id, None)
    for recorded in file.moves:
        if rest[recorded.number] == recorded.move.units:
            change = _same(recorded.move, left.values())
            if change is not None:
                del left[change.tx_id]
                counted[recorded.number].append(change.tx_id)
                rest[recorded.number] = 0
    _require_clear(file, left.values(), rest)
    planned = tuple(PlannedLine(number, units, tuple(counted[number])) for number, units in rest.items())
    _require_units(file, planned, now)
    return planned


def _count_decided(
    file: EmergencyFile,
    left: dict[bytes, LedgerChange],
    decisions: Decisions,
    counted: dict[int, list[bytes]],
    rest: dict[int, int],
) -> None:
    moves = {each.number: each.move for each in file.moves}
    problems = []
    for tx_id, number in decisions.counted.items():
        change, move = left.pop(tx_id, None), moves.get(number)
        made = None if change is None else change.move
        if made is None or move is None or made[:2] != (move.source, move.to) or made[2] > rest[number]:
            problems.append(f"{_short(tx_id)} is no part of line {number}: accounts or units differ")
            continue
        counted[number].append(tx_id)
        rest[number] -= made[2]
    if problems:
        raise LedgerMovesUnclear(problems)


def _same(move: Move, changes: Iterable[LedgerChange]) -> LedgerChange | None:
    wanted = (move.source, move.to, move.units)
    fitting = [
        change
        for change in changes
        if change.move == wanted and (not move.trade_id or not change.trade_id or move.trade_id == change.trade_id)
    ]
    return min(fitting, key=lambda change: (change.trade_id != move.trade_id, change.sequence), default=None)


def _require_clear(file: EmergencyFile, left: Iterable[LedgerChange], rest: Mapping[int, int]) -> None:
    """Where both name a trade there is nothing unclear: the line's trade is another one, or it is not there."""
    open_lines = [each for each in file.moves if rest[each.number]]
    unclear = []
    for change in left:
        made = change.move
        lines = [
            each.number
            for each in open_lines
            if made is not None
            and made[:2] == (each.move.source, each.move.to)
            and not (each.move.trade_id and change.trade_id and each.move.trade_id != change.trade_id)
        ]
        if made is not None and lines:
            unclear.append(f"{change.tx_id.hex()} moved {made[2]} units, as for line {' or '.join(map(str, lines))}")
    if unclear:
        raise LedgerMovesUnclear(unclear)


def _require_units(file: EmergencyFile, planned: Sequence[PlannedLine], now: Register) -> None:
    free = {line.account: line.units - line.frozen for line in now.lines}
    gone = []
    for line, recorded in zip(planned, file.moves, strict=True):
        source, to = recorded.move.source, recorded.move.to
        found = free.get(source, 0)
        if found < line.units:
            gone.append(
                f"line {line.number} moves {line.units} units of {source.node}:{_short(source.key)}, which has {found}"
            )
            continue
        free[source] = found - line.units
        free[to] = free.get(to, 0) + line.units
    if gone:
        raise UnitsGone(gone)


@dataclass(frozen=True, slots=True)
class BroughtIn:
    """A line in the ledger: the ledger's own moves that count for it, and the forced transfer (empty: none)."""

    number: int
    counted: tuple[bytes, ...]
    tx_id: bytes


@dataclass(frozen=True, slots=True)
class Difference:
    """An account whose units the emergency register and the ledger do not agree on."""

    account: CashAccount
    emergency_units: int
    ledger_units: int


@dataclass(frozen=True, slots=True)
class Agreement:
    """The proof: nothing in ``differences`` and ``problems`` says that both agree to the unit."""

    differences: tuple[Difference, ...]
    problems: tuple[str, ...]
    own: tuple[LedgerChange, ...]
    """What the ledger did itself since the base, besides the file's lines."""
    units: int

    @property
    def holds(self) -> bool:
        """Whether both agree."""
        return not self.differences and not self.problems


def agreement(
    file: EmergencyFile, ledger: Sequence[LedgerChange], closing: Register, lines: Sequence[BroughtIn]
) -> Agreement:
    """Compare the emergency register, with what the ledger did besides, to the ledger's register after it all.

    ``ledger``: every ledger_tx after the base up to the closing register.
    """
    by_id = {change.tx_id: change for change in ledger}
    used: set[bytes] = set()
    problems: list[str] = []
    brought = {line.number: line for line in lines}
    for recorded in file.moves:
        line = brought.get(recorded.number, BroughtIn(recorded.number, (), b""))
        tx_ids = [*line.counted, *([line.tx_id] if line.tx_id else [])]
        problems += _problems_of(recorded.number, recorded.move, tx_ids, by_id, used)
        used.update(tx_ids)
    own = tuple(change for change in ledger if change.tx_id not in used)
    expected = dict(file.units())
    for change in own:
        for account, units in change.changes.items():
            expected[account] = expected.get(account, 0) + units
    found = {line.account: line.units for line in closing.lines}
    accounts = sorted(expected.keys() | found.keys(), key=lambda account: (account.node, account.key))
    differences = tuple(
        Difference(account, expected.get(account, 0), found.get(account, 0))
        for account in accounts
        if expected.get(account, 0) != found.get(account, 0)
    )
    return Agreement(differences, tuple(problems), own, closing.units)


def _problems_of(
    number: int, move: Move, tx_ids: Sequence[bytes], by_id: Mapping[bytes, LedgerChange], used: Collection[bytes]
) -> list[str]:
    moved, problems = 0, []
    for tx_id in tx_ids:
        change = by_id.get(tx_id)
        made = None if change is None else change.move
        if tx_id in used:
            problems.append(f"line {number}: {_short(tx_id)} counts for another line already")
        elif made is None or made[:2] != (move.source, move.to):
            problems.append(f"line {number}: {_short(tx_id)} is no move between its accounts since the base")
        else:
            moved += made[2]
    if moved != move.units and not problems:
        problems.append(f"line {number}: {move.units} units are to be moved, {moved} were")
    return problems


def _short(data: bytes) -> str:
    return data.hex()[: 2 * SHOWN_BYTES]
