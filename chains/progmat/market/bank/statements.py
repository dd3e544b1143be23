"""Reading a bank's statement file (入出金明細): the Japanese layout of banks, and a simple one.

Bank layout, the header in the first row, amounts in one of two columns::

    取引日,起算日,摘要,お支払金額,お預り金額,残高

Simple layout::

    date,value_date,direction,amount_yen,balance_yen,text

Lines are in the order of the account; each balance is the one before, more or less the amount.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import Final

from chains.progmat.market.bank.errors import RowProblem, StatementRefused
from chains.progmat.market.bank.kana import normal_name
from chains.progmat.market.bank.model import Direction, StatementLine
from chains.progmat.market.bank.strict_csv import RowReader, collect, read_rows

BANK_LAYOUT: Final = ("取引日", "起算日", "摘要", "お支払金額", "お預り金額", "残高")
SIMPLE_LAYOUT: Final = ("date", "value_date", "direction", "amount_yen", "balance_yen", "text")
LEAST_YEN: Final = -(10**15)
_KIND_WORDS: Final = re.compile(r"^(振込|振替|フリコミ|フリカエ|送金|ソウキン|TRANSFER)\s*")


def read_statement(content: bytes) -> tuple[StatementLine, ...]:
    """The lines of a file, which may take a second: not for an event loop.

    Raises ``ImportFileRefused`` for the file as a whole, ``StatementRefused`` with every row that is wrong.
    """
    header, rows, problems = read_rows(content, (BANK_LAYOUT, SIMPLE_LAYOUT))
    lines: list[StatementLine] = []
    parse = _bank_line if header == BANK_LAYOUT else _simple_line

    def take(reader: RowReader) -> None:
        line = parse(reader)
        if line is not None:
            lines.append(line)

    problems += collect(rows, take)
    if not problems:
        problems = _balance_problems(lines, None) + _order_problems(lines)
    if not problems and not lines:
        problems = [RowProblem(2, "rows", "one line or more", "none")]
    if problems:
        raise StatementRefused(sorted(problems, key=lambda problem: problem.row))
    return tuple(lines)


def require_continues(lines: Sequence[StatementLine], closing_yen: int | None) -> None:
    """``closing_yen`` is the balance that the account's last statement ended with, if there was one.

    Raises ``StatementRefused`` for a statement that does not go on from there.
    """
    problems = _balance_problems(lines[:1], closing_yen)
    if problems:
        raise StatementRefused(problems)


def _bank_line(reader: RowReader) -> StatementLine | None:
    paid = reader.whole_number("お支払金額", default=0)
    received = reader.whole_number("お預り金額", default=0)
    if paid is not None and received is not None and bool(paid) == bool(received):
        reader.refuse("お預り金額", "an amount in お支払金額 or in お預り金額, not in both", f"{paid} and {received}")
    day = reader.day("取引日")
    value_day = reader.day("起算日", default=day or date.min)
    direction = Direction.WITHDRAWAL if paid else Direction.DEPOSIT
    balance = reader.whole_number("残高", least=LEAST_YEN)
    return _line(reader, day, value_day, direction, paid or received, balance, reader.text("摘要"))


def _simple_line(reader: RowReader) -> StatementLine | None:
    day = reader.day("date")
    value_day = reader.day("value_date", default=day or date.min)
    word = reader.choice("direction", [each.value for each in Direction])
    amount = reader.whole_number("amount_yen", least=1)
    balance = reader.whole_number("balance_yen", least=LEAST_YEN)
    direction = None if word is None else Direction(word)
    return _line(reader, day, value_day, direction, amount, balance, reader.text("text"))


def _line(
    reader: RowReader,
    day: date | None,
    value_day: date | None,
    direction: Direction | None,
    amount: int | None,
    balance: int | None,
    text: str | None,
) -> StatementLine | None:
    if (
        reader.problems
        or day is None
        or value_day is None
        or direction is None
        or amount is None
        or balance is None
        or text is None
    ):
        return None
    return StatementLine(reader.row.number, day, value_day, direction, amount, balance, text, payer_in(text))


def payer_in(text: str) -> str:
    """The name in a description, as names are compared: without the word for the kind of transfer."""
    return normal_name(_KIND_WORDS.sub("", text.upper()))


def _balance_problems(lines: Sequence[StatementLine], opening_yen: int | None) -> list[RowProblem]:
    """The running balance: a file that does not go on where the last one ended has a gap, or came out of turn."""
    before = opening_yen
    problems = []
    for line in lines:
        change = line.amount_yen if line.direction is Direction.DEPOSIT else -line.amount_yen
        if before is not None and before + change != line.balance_yen:
            problems.append(
                RowProblem(line.row, "balance", f"{before + change} yen after this line", f"{line.balance_yen}")
            )
        before = line.balance_yen
    return problems


def _order_problems(lines: Sequence[StatementLine]) -> list[RowProblem]:
    return [
        RowProblem(line.row, "date", f"{before.day.isoformat()} or later", line.day.isoformat())
        for before, line in pairwise(lines)
        if line.day < before.day
    ]
