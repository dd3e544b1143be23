"""Matching of two sides' instructions: equal terms match, unequal ones are named field by field, with both values.

Tolerances. Both ledgers compare one hash of the whole terms: the seller's earmark and the buyer's authorisation at his
custodian node name exact terms, so terms that are only nearly equal cannot settle, whatever a matching engine thinks
of them. A tolerance therefore never matches anything by itself. Where the instructions differ only within the
tolerances, a pure rule computes the agreed terms (the seller's amount, the earlier of the times) and the settlement
waits until each side's own instruction names exactly these: a side whose instruction differs affirms them by their
hash, and they become its instruction; one whose instruction is equal to them has named that hash already. Only then do
the sides match. So nobody is bound to terms that he, or somebody for him, has not named, and nobody changes them by
instructing anew: that computes other agreed terms, with another hash, which the others' affirmations do not fit.

The rule is symmetric in the order of arrival, moves no value by more than the tolerance, and keeps terms valid: the
earlier lock-by lies before the earlier settle-by, with at least the smaller and at most the larger of both distances.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import Enum
from typing import Final

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


@dataclass(frozen=True)
class Difference:
    """A field in which the instructions differ, both values as text; ``agreed`` by the rule, where there is one."""

    field: str
    seller: str
    buyer: str
    agreed: str = ""


@dataclass(frozen=True)
class Tolerances:
    """How far instructions may differ and still lead to agreed terms: yen of the amount, seconds of each time."""

    amount_yen: int = 0
    time_s: int = 0

    def allow(self, field: str, seller: object, buyer: object) -> bool:
        """Whether two different values of a field are near enough; of fields without a tolerance none are."""
        most = {"cash.amount_yen": self.amount_yen, "lock_by_s": self.time_s, "settle_by_s": self.time_s}.get(field, 0)
        return isinstance(seller, int) and isinstance(buyer, int) and abs(seller - buyer) <= most


EXACT: Final = Tolerances()


@dataclass(frozen=True)
class Comparison:
    """What both sides' terms come to: ``agreed`` if they are equal or near enough, ``differences`` if they are not.

    ``tolerated``: what was near enough, with the agreed values; empty for equal terms.
    """

    agreed: SettlementTerms | None
    differences: tuple[Difference, ...] = ()
    tolerated: tuple[Difference, ...] = ()


def compare(seller: SettlementTerms, buyer: SettlementTerms, tolerances: Tolerances = EXACT) -> Comparison:
    """Hold the seller's terms against the buyer's."""
    if seller == buyer:
        return Comparison(seller)
    found = list(_differences(seller, buyer, ""))
    if not all(tolerances.allow(*each) for each in found):
        return Comparison(None, tuple(Difference(name, _text(one), _text(other)) for name, one, other in found))
    agreed = agreed_terms(seller, buyer)
    values = {name: _text(value) for name, value, _ in _differences(agreed, buyer, "")}
    tolerated = tuple(
        Difference(name, _text(one), _text(other), values.get(name, _text(other))) for name, one, other in found
    )
    return Comparison(agreed, tolerated=tolerated)


def agreed_terms(seller: SettlementTerms, buyer: SettlementTerms) -> SettlementTerms:
    """The terms of two instructions that are near enough: the seller's amount, the earlier of the times."""
    return replace(
        seller,
        lock_by_s=min(seller.lock_by_s, buyer.lock_by_s),
        settle_by_s=min(seller.settle_by_s, buyer.settle_by_s),
    )


def mismatched_fields(one: SettlementTerms, other: SettlementTerms) -> tuple[str, ...]:
    """Dotted names of the fields in which two instructions differ, in declaration order; empty when they match."""
    return tuple(name for name, _, _ in _differences(one, other, ""))


def _differences(one: object, other: object, prefix: str) -> Iterator[tuple[str, object, object]]:
    if is_dataclass(one) and type(one) is type(other):
        for field in fields(one):
            yield from _differences(getattr(one, field.name), getattr(other, field.name), f"{prefix}{field.name}.")
    elif one != other:
        yield prefix.rstrip("."), one, other


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.hex()
    return value.name if isinstance(value, Enum) else str(value)
