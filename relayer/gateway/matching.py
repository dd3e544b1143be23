"""Matching of two sides' instructions: equal terms match, unequal ones are named field by field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from enum import Enum

from ibc.dvp import CashAccount, SettlementTerms


class Side(Enum):
    """Whose instruction it is."""

    SELLER = "seller"
    BUYER = "buyer"

    @property
    def other(self) -> Side:
        """The side it must match with."""
        return Side.BUYER if self is Side.SELLER else Side.SELLER

    def account_in(self, terms: SettlementTerms) -> CashAccount:
        """The side's cash account."""
        return terms.cash.seller if self is Side.SELLER else terms.cash.buyer


def mismatched_fields(one: SettlementTerms, other: SettlementTerms) -> tuple[str, ...]:
    """Dotted names of the fields in which two instructions differ, in declaration order; empty when they match."""
    return tuple(_differences(one, other, ""))


def _differences(one: object, other: object, prefix: str) -> Iterator[str]:
    if is_dataclass(one) and type(one) is type(other):
        for field in fields(one):
            yield from _differences(getattr(one, field.name), getattr(other, field.name), f"{prefix}{field.name}.")
    elif one != other:
        yield prefix.rstrip(".")
