"""The bank desk: takes statements in, confirms payments, and leaves to persons what is ambiguous.

All functions run inside the group commit: a file, its lines and the payments they confirm are one database transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, select, update

from chains.progmat.market.bank.errors import BankLineUnknown, ExpectedPaymentUnknown, MatchRefused
from chains.progmat.market.bank.import_files import (
    ImportedFile,
    ImportKind,
    ImportStatus,
    check_import,
    find_import,
    hash_of,
    keep_import,
)
from chains.progmat.market.bank.kana import normal_name
from chains.progmat.market.bank.matching import Matched, match_line, match_lines
from chains.progmat.market.bank.model import Direction, ExpectedPayment, PaymentStatus, StatementLine
from chains.progmat.market.bank.payments import confirm_payment, expect_payment, find_payment, open_payments
from chains.progmat.market.bank.statements import read_statement, require_continues
from chains.progmat.market.bank.tables import lines
from chains.progmat.node.storage import Prepared, insert

_KEEP: Final = Prepared(insert(lines), columns=[column.name for column in lines.c if column is not lines.c.line])
_NUMBERS: Final = Prepared(select(lines.c.row, lines.c.line).where(lines.c.file_hash == bindparam("of_file")))


@dataclass(frozen=True, slots=True)
class StatementImport:
    """What an import did. ``ambiguous`` are numbers of lines that may be several payments."""

    file_hash: bytes
    lines: int
    matched: int
    ambiguous: tuple[int, ...]
    was_imported_before: bool


@dataclass(frozen=True, slots=True)
class BankLine:
    """A line as it was taken in, with its number here and the references it may be."""

    line: int
    account: str
    statement: StatementLine
    candidates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StatementFile:
    """A statement of one account, read."""

    account: str
    name: str
    file_hash: bytes
    size_bytes: int
    lines: tuple[StatementLine, ...]


def read_file(account: str, name: str, content: bytes) -> StatementFile:
    """Pure, and slow for a large file: not for an event loop. Raises ``ImportFileRefused``, ``StatementRefused``."""
    return StatementFile(account, name, hash_of(content, account), len(content), read_statement(content))


def import_statement(connection: Connection, file: StatementFile, registrant: str, now_ms: int) -> StatementImport:
    """Take a statement in, once; the same file again answers as before.

    Raises ``ImportFileRefused``, ``StatementRefused``; then nothing was taken.
    """
    check_import(file.name, registrant)
    check_import(file.account, registrant)
    known = find_import(connection, file.file_hash, ImportKind.BANK_STATEMENT)
    if known is not None:
        return StatementImport(file.file_hash, **_counts(known.result), was_imported_before=True)
    require_continues(file.lines, _closing_yen(connection, file.account))
    payments = open_payments(connection, {line.amount_yen for line in file.lines})
    found = match_lines(file.lines, payments)
    numbers = _keep_lines(connection, file, found)
    confirmed = [(numbers[line.row], match.reference) for line, match in found if match.reference]
    for number, reference in confirmed:
        confirm_payment(connection, reference, number, now_ms)
    ambiguous = [numbers[line.row] for line, match in found if match.candidates and not match.reference]
    result = {"lines": len(found), "matched": len(confirmed), "ambiguous": ambiguous}
    entry = ImportedFile(
        file.file_hash,
        ImportKind.BANK_STATEMENT,
        f"{file.account}/{file.name}"[:128],
        file.size_bytes,
        now_ms,
        ImportStatus.DONE,
        result,
        registrant,
    )
    keep_import(connection, entry)
    return StatementImport(file.file_hash, **_counts(result), was_imported_before=False)


def expect(connection: Connection, payment: ExpectedPayment, now_ms: int) -> None:
    """Wait for a payment; a line that came before confirms it if it alone names it, with its direction and amount."""
    expect_payment(connection, payment, now_ms)
    found = find_payment(connection, payment.reference)
    if found is None or found.status is not PaymentStatus.EXPECTED:
        return
    alike = (lines.c.direction == found.direction.value, lines.c.amount_yen == found.amount_yen)
    rows = connection.execute(select(lines.c.line, lines.c.text).where(lines.c.matched == "", *alike)).all()
    named = [row.line for row in rows if found.reference in normal_name(row.text)]
    if len(named) == 1:
        confirm_payment(connection, found.reference, named[0], now_ms)
        connection.execute(update(lines).where(lines.c.line == named[0]).values(matched=found.reference))


def match_by_hand(
    connection: Connection, line: int, reference: str, author: str, approver: str, now_ms: int
) -> ExpectedPayment:
    """Two persons say which payment a line is; direction and amount must agree. The same again answers as before.

    Raises ``BankLineUnknown``, ``ExpectedPaymentUnknown``, ``MatchRefused``.
    """
    row = connection.execute(select(lines).where(lines.c.line == line)).one_or_none()
    payment = find_payment(connection, reference)
    if row is None:
        raise BankLineUnknown(line, "not here")
    if payment is None:
        raise ExpectedPaymentUnknown(reference, "unknown")
    if row.matched == reference and payment.status is PaymentStatus.CONFIRMED:
        return payment
    if row.matched:
        raise BankLineUnknown(line, f"payment {row.matched} already")
    wanted = (payment.direction.value, payment.amount_yen)
    if wanted != (row.direction, row.amount_yen):
        raise MatchRefused(line, reference, f"{wanted[0]} {wanted[1]} yen", f"{row.direction} {row.amount_yen} yen")
    confirmed = confirm_payment(connection, reference, line, now_ms, author, approver)
    connection.execute(update(lines).where(lines.c.line == line).values(matched=reference))
    return confirmed


def unmatched_lines(connection: Connection, limit: int) -> list[BankLine]:
    """Lines that are no payment's yet, in order, each with the payments it may be now."""
    rows = connection.execute(select(lines).where(lines.c.matched == "").order_by(lines.c.line).limit(limit)).all()
    payments = open_payments(connection, {row.amount_yen for row in rows})
    return [
        BankLine(row.line, row.account, _statement_line(row), match_line(_statement_line(row), payments).candidates)
        for row in rows
    ]


def _closing_yen(connection: Connection, account: str) -> int | None:
    query = select(lines.c.balance_yen).where(lines.c.account == account).order_by(lines.c.line.desc()).limit(1)
    found: int | None = connection.execute(query).scalar_one_or_none()
    return found


def _keep_lines(
    connection: Connection, file: StatementFile, found: Sequence[tuple[StatementLine, Matched]]
) -> dict[int, int]:
    """All lines of a file, by one statement for all; the numbers they got, by row."""
    _KEEP.change_all(connection, [_values(file, line, match) for line, match in found])
    return dict(_NUMBERS.rows(connection, {"of_file": file.file_hash}))


def _values(file: StatementFile, line: StatementLine, match: Matched) -> dict[str, object]:
    return {
        "file_hash": file.file_hash,
        "row": line.row,
        "account": file.account,
        "day": line.day.isoformat(),
        "value_day": line.value_day.isoformat(),
        "direction": line.direction.value,
        "amount_yen": line.amount_yen,
        "balance_yen": line.balance_yen,
        "text": line.text,
        "payer_name": line.payer_name,
        "matched": match.reference,
    }


def _statement_line(row: Row[Any]) -> StatementLine:
    return StatementLine(
        row.row,
        date.fromisoformat(row.day),
        date.fromisoformat(row.value_day),
        Direction(row.direction),
        row.amount_yen,
        row.balance_yen,
        row.text,
        row.payer_name,
    )


def _counts(result: dict[str, Any]) -> dict[str, Any]:
    return {"lines": result["lines"], "matched": result["matched"], "ambiguous": tuple(result["ambiguous"])}
