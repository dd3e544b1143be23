"""Which expected payment a statement line is: pure, and never a guess.

A line that names a payment's reference is that payment if amount and direction agree. Without a reference, the one
payment of that direction, amount and payer is meant; two of them are for a person to tell apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chains.progmat.market.bank.kana import normal_name
from chains.progmat.market.bank.model import Direction, ExpectedPayment, StatementLine


@dataclass(frozen=True, slots=True)
class Matched:
    """The reference if there is exactly one payment; ``candidates`` are all that it could be."""

    reference: str
    candidates: tuple[str, ...]

    @property
    def is_ambiguous(self) -> bool:
        """Whether a person has to decide."""
        return not self.reference and len(self.candidates) > 1


def match_line(line: StatementLine, payments: Sequence[ExpectedPayment]) -> Matched:
    """The payment among those expected that the line is."""
    alike = [each for each in payments if (each.direction, each.amount_yen) == (line.direction, line.amount_yen)]
    words = normal_name(line.text)
    named = [each.reference for each in alike if each.reference in words]
    if named:
        return Matched(named[0] if len(named) == 1 else "", tuple(named))
    by_name = [
        each.reference
        for each in alike
        if each.payer_name and each.payer_name == line.payer_name and line.direction is Direction.DEPOSIT
    ]
    return Matched(by_name[0] if len(by_name) == 1 else "", tuple(by_name or (each.reference for each in alike)))


def match_lines(
    lines: Sequence[StatementLine], payments: Sequence[ExpectedPayment]
) -> list[tuple[StatementLine, Matched]]:
    """All lines of a file at once: a payment that two lines could be is no line's, for they cannot both be it."""
    found = [(line, match_line(line, payments)) for line in lines]
    claims: dict[str, int] = {}
    for _, matched in found:
        if matched.reference:
            claims[matched.reference] = claims.get(matched.reference, 0) + 1
    return [
        (line, Matched("", (matched.reference,)) if claims.get(matched.reference, 0) > 1 else matched)
        for line, matched in found
    ]
