"""Moves as a spreadsheet's rows: those recorded with their numbers, new ones without. The chain is made at import."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Final

from chains.progmat.market.emergency.errors import BadMoveRows, MoveNotPossible
from chains.progmat.market.emergency.model import EmergencyFile, Move, apply_move, frozen_of, validate_move
from chains.progmat.market.register.cells import Encoding, from_csv, to_csv
from chains.progmat.market.register.csv_form import MAX_UNITS, amount_from
from ibc.dvp import CashAccount
from primitives.errors import DecodeError

COLUMNS: Final = (
    "番号",
    "移転元ノード",
    "移転元口座鍵",
    "移転先ノード",
    "移転先口座鍵",
    "口数",
    "理由コード",
    "参照番号",
    "取引ID",
    "受渡日",
)
HOLDER_COLUMNS: Final = ("管理ノード", "口座鍵", "保有口数", "うち凍結口数")
_REASON: Final = re.compile(r"[A-Z][A-Z0-9_]{0,39}")
_DAY: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})?")
_TRADE_ID: Final = re.compile(r"([0-9a-f]{64})?")
_REFERENCE: Final = re.compile(r"[A-Za-z0-9._:/()-]{0,64}")


def moves_to_csv(file: EmergencyFile, encoding: Encoding) -> bytes:
    """The moves recorded so far, to be written on below. Raises ``BadRegisterFile`` as ``to_csv``."""
    return to_csv([COLUMNS, *(_row(str(each.number), each.move) for each in file.moves)], encoding)


def holders_to_csv(file: EmergencyFile, encoding: Encoding) -> bytes:
    """What each account holds after the moves recorded so far. Raises as ``moves_to_csv``."""
    frozen = frozen_of(file.base.lines)
    held = sorted(file.units().items(), key=lambda item: (item[0].node, item[0].key))
    rows = ((account.node, account.key.hex(), units, frozen.get(account, 0)) for account, units in held)
    return to_csv([HOLDER_COLUMNS, *rows], encoding)


def moves_from_csv(file: EmergencyFile, content: bytes, encoding: Encoding) -> tuple[Move, ...]:
    """The rows that are new. Raises ``BadMoveRows`` naming each row that cannot be recorded, ``BadRegisterFile``."""
    rows = from_csv(content, encoding)
    if not rows or tuple(rows[0]) != COLUMNS:
        raise BadMoveRows([f"row 1 says {', '.join(COLUMNS)}"])
    problems: list[str] = []
    units, frozen = file.units(), frozen_of(file.base.lines)
    added: list[Move] = []
    seen = 0
    for number, row in enumerate(rows[1:], 2):
        if not any(row):
            continue
        try:
            if row[0]:
                _validate_recorded(file, row, seen + 1, bool(added))
                seen += 1
                continue
            move = _move(row)
            validate_move(move, units, frozen)
        except (ValueError, DecodeError, MoveNotPossible) as error:
            problems.append(f"row {number}: {error}")
        else:
            apply_move(units, move)
            added.append(move)
    if seen < len(file.moves) and not problems:
        problems.append(f"moves {seen + 1} to {len(file.moves)} are recorded, but are no rows: export the file again")
    if problems:
        raise BadMoveRows(problems)
    return tuple(added)


def _row(number: str, move: Move) -> tuple[str, ...]:
    accounts = (move.source.node, move.source.key.hex(), move.to.node, move.to.key.hex())
    rest = (str(move.units), move.reason, move.reference, move.trade_id.hex(), move.settlement_date)
    return (number, *accounts, *rest)


def _validate_recorded(file: EmergencyFile, row: Sequence[str], expected: int, follows_new: bool) -> None:  # noqa: FBT001 # a fact of the row before
    if follows_new:
        raise ValueError("a row with a number stands after one without: new rows come last")
    number = amount_from(row[0])
    if number != expected or number > len(file.moves):
        raise ValueError(f"move {number} is not recorded here: leave the number of a new row empty")
    if tuple(row) != _row(row[0], file.moves[number - 1].move):
        raise ValueError(
            f"move {number} was recorded and signed otherwise: it cannot be changed, only undone by another"
        )


def _move(row: Sequence[str]) -> Move:
    if len(row) != len(COLUMNS):
        raise ValueError(f"{len(COLUMNS)} cells are wanted, not {len(row)}")
    _, from_node, from_key, to_node, to_key, units, reason, reference, trade_id, day = row
    for pattern, cell, what in (
        (_REASON, reason, "a reason's code of A-Z, 0-9 and _"),
        (_TRADE_ID, trade_id, "a trade id of 64 hexadecimal digits, or nothing"),
        (_DAY, day, "a day as YYYY-MM-DD, or nothing"),
        (_REFERENCE, reference, "a case number of letters, digits and ._:/()-, never a name,"),
    ):
        if not pattern.fullmatch(cell):
            raise ValueError(f"{what} is wanted, not {cell[:40]!r}")
    if day:
        date.fromisoformat(day)
    return Move(
        source=CashAccount(from_node, bytes.fromhex(from_key)),
        to=CashAccount(to_node, bytes.fromhex(to_key)),
        units=amount_from(units, MAX_UNITS),
        reason=reason,
        reference=reference,
        trade_id=bytes.fromhex(trade_id),
        settlement_date=day,
    )
