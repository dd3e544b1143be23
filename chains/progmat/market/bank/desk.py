"""The bank desk: takes statements in, confirms payments, and leaves to persons what is ambiguous.

All functions run inside the group commit: a file, its lines and the payments they confirm are one database transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, select, update

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
from chains.progmat.market.bank.statements import read_statement
from chains.progmat.market.bank.tables import lines
from chains.progmat.node.storage import insert


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


def import_statement(
    connection: Connection, account: str, file_name: str, content: bytes, registrant: str, now_ms: int
) -> StatementImport:
    """Take a statement of one account in, once; the same file again answers as before.

    Raises ``ImportFileRefused``, ``StatementRefused``; then nothing was taken.
    """
    check_import(file_name, registrant)
    check_import(account, registrant)
    file_hash = hash_of(content, account)
    known = find_import(connection, file_hash, ImportKind.BANK_STATEMENT)
    if known is not None:
        return StatementImport(file_hash, **_counts(known.result), was_imported_before=True)
    found = read_statement(content, _closing_yen(connection, account))
    payments = open_payments(connection, {line.amount_yen for line in found})
    matched, ambiguous = 0, []
    for line, match in match_lines(found, payments):
        number = _keep_line(connection, file_hash, account, line, match)
        if match.reference:
            confirm_payment(connection, match.reference, number, now_ms)
            matched += 1
        elif match.candidates:
            ambiguous.append(number)
    result = {"lines": len(found), "matched": matched, "ambiguous": ambiguous}
    entry = ImportedFile(
        file_hash,
        ImportKind.BANK_STATEMENT,
        f"{account}/{file_name}"[:128],
        len(content),
        now_ms,
        ImportStatus.DONE,
        result,
        registrant,
    )
    keep_import(connection, entry)
    return StatementImport(file_hash, **_counts(result), was_imported_before=False)


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


def _keep_line(connection: Connection, file_hash: bytes, account: str, line: StatementLine, match: Matched) -> int:
    values = {
        "file_hash": file_hash,
        "row": line.row,
        "account": account,
        "day": line.day.isoformat(),
        "value_day": line.value_day.isoformat(),
        "direction": line.direction.value,
        "amount_yen": line.amount_yen,
        "balance_yen": line.balance_yen,
        "text": line.text,
        "payer_name": line.payer_name,
        "matched": match.reference,
    }
    number: int = connection.execute(insert(lines).values(**values).returning(lines.c.line)).scalar_one()
    return number


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
