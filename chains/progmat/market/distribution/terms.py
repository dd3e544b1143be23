"""What a registrar orders: a security's holders of a record date, what each is due, and who pays it in what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from fractions import Fraction
from typing import Final

from crossdvp.ledger.v1 import distribution_service_pb2 as pb

from chains.progmat.contracts.distribution import MAX_RATE, MAX_TOTAL, DistributionMedium, distribution_id_of
from chains.progmat.contracts.terms_codec import account_from_message, account_to_message
from chains.progmat.flows.errors import InvalidRequest
from chains.progmat.market.distribution.arithmetic import (
    Account,
    Due,
    Remainders,
    Withholding,
    by_rate,
    by_total,
    each_the_same,
    parse_rate,
    withheld,
)
from chains.progmat.transactions.model import MAX_TIME_S, check_name, check_range
from ibc.dvp import CashAccount
from primitives.codec import deterministic_bytes, strict_parse
from primitives.errors import DecodeError

MAX_TERMS_BYTES: Final = 4096
_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_REMAINDERS: Final = {1: Remainders.LARGEST_REMAINDER, 2: Remainders.PAYER_KEEPS}
_WITHHOLDING: Final = {1: Withholding.NONE, 2: Withholding.INDIVIDUAL}


class AmountKind(Enum):
    """What the amount is of; the value is the field of the message."""

    PER_UNIT = "per_unit"
    TOTAL = "total"
    PER_HOLDER = "per_holder"


@dataclass(frozen=True, slots=True)
class Terms:
    """An order. ``amount`` is yen or units of a utility token, exact; ``cut_off_s`` (Unix seconds) is exclusive.

    ``payer`` is the paying account; of a utility token nobody's (its registrar issues). Raises ``InvalidRequest``.
    """

    name: str
    security_id: str
    record_date: date
    cut_off_s: int
    amount_kind: AmountKind
    amount: Fraction
    medium: DistributionMedium
    asset_id: str
    keeper: str
    payer: CashAccount | None = None
    remainders: Remainders = Remainders.LARGEST_REMAINDER
    withholding: Withholding = Withholding.NONE
    expires_s: int = 0

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise InvalidRequest("name", "1 to 64 characters of A-Z a-z 0-9 . _ - are wanted")
        try:
            for field in ("security_id", "asset_id", "keeper"):
                check_name(field, getattr(self, field))
            check_range("cut_off_s", self.cut_off_s, 1, MAX_TIME_S)
            check_range("expires_s", self.expires_s, 0, MAX_TIME_S)
        except DecodeError as error:
            raise InvalidRequest("terms", str(error)) from error
        if not 0 < self.amount <= MAX_TOTAL:
            raise InvalidRequest("amount", f"more than 0 and at most {MAX_TOTAL} are possible")
        if max(self.amount.numerator, self.amount.denominator) > MAX_RATE:
            raise InvalidRequest("amount", f"its quotient in lowest terms has numbers up to {MAX_RATE}")
        if self.amount_kind is not AmountKind.PER_UNIT and self.amount.denominator != 1:
            raise InvalidRequest("amount", "a total, and what each holder gets, are whole")
        if (self.medium is DistributionMedium.COIN) != (self.payer is not None):
            raise InvalidRequest("payer", "an account pays yen; units of a utility token are issued, nobody pays them")
        if self.medium is DistributionMedium.COIN and self.expires_s:
            raise InvalidRequest("expires_s", "coins do not expire")
        if self.medium is DistributionMedium.UTILITY and self.withholding is not Withholding.NONE:
            raise InvalidRequest("withholding", "tax is withheld of yen only")

    def distribution_id(self, registrar: str) -> bytes:
        """The 32 bytes that name it on the ledger: they follow from the registrar and the order's name."""
        return distribution_id_of(registrar, self.name)

    def dues(self, units: Mapping[Account, int]) -> list[Due]:
        """One line an account; raises ``NothingToDistribute``."""
        match self.amount_kind:
            case AmountKind.PER_UNIT:
                dues = by_rate(units, self.amount, self.remainders)
            case AmountKind.TOTAL:
                dues = by_total(units, int(self.amount), self.remainders)
            case AmountKind.PER_HOLDER:
                dues = each_the_same(units, int(self.amount))
        return withheld(dues, self.withholding)

    @property
    def rate(self) -> Fraction:
        """What one unit gets, as the state on the ledger says; 0 where there is no one rate."""
        return self.amount if self.amount_kind is AmountKind.PER_UNIT else Fraction(0)

    def to_message(self) -> pb.DistributionTerms:
        """The order as a message."""
        amount: dict[str, object] = {self.amount_kind.value: int(self.amount)}
        if self.amount_kind is AmountKind.PER_UNIT:
            amount = {"per_unit": f"{self.amount.numerator}/{self.amount.denominator}"}
        return pb.DistributionTerms(
            name=self.name,
            security_id=self.security_id,
            record_date=self.record_date.isoformat(),
            cut_off_s=self.cut_off_s,
            remainders=_number(_REMAINDERS, self.remainders),  # type: ignore[arg-type] # enums are ints at run time
            withholding=_number(_WITHHOLDING, self.withholding),  # type: ignore[arg-type] # as above
            medium=int(self.medium),  # type: ignore[arg-type] # as above
            asset_id=self.asset_id,
            keeper=self.keeper,
            payer=None if self.payer is None else account_to_message(self.payer),
            expires_s=self.expires_s,
            **amount,  # type: ignore[arg-type] # the one field of the amount
        )

    def encode(self) -> bytes:
        """Canonical bytes: two orders are the same if these are."""
        return deterministic_bytes(self.to_message())

    @classmethod
    def decode(cls, data: bytes) -> Terms:
        """From canonical bytes; raises DecodeError, ``InvalidRequest``, ``BadRate``."""
        return cls.of(strict_parse(pb.DistributionTerms, data, max_bytes=MAX_TERMS_BYTES))

    @classmethod
    def of(cls, message: pb.DistributionTerms) -> Terms:
        """The order in a message; raises ``InvalidRequest``, ``BadRate``."""
        kind = message.WhichOneof("amount")
        if kind is None:
            raise InvalidRequest("amount", "one of per_unit, total and per_holder is wanted")
        try:
            medium = DistributionMedium(int(message.medium))
            record_date = date.fromisoformat(message.record_date)
            payer = account_from_message(message.payer) if message.HasField("payer") else None
        except (ValueError, DecodeError) as error:
            raise InvalidRequest("terms", str(error)) from error
        remainders = _REMAINDERS.get(int(message.remainders) or 1)
        withholding = _WITHHOLDING.get(int(message.withholding) or 1)
        if remainders is None or withholding is None:
            raise InvalidRequest("remainders", "a known rule is wanted")
        return cls(
            name=message.name,
            security_id=message.security_id,
            record_date=record_date,
            cut_off_s=message.cut_off_s,
            amount_kind=AmountKind(kind),
            amount=parse_rate(message.per_unit) if kind == "per_unit" else Fraction(getattr(message, kind)),
            medium=medium,
            asset_id=message.asset_id,
            keeper=message.keeper,
            payer=payer,
            remainders=remainders,
            withholding=withholding,
            expires_s=message.expires_s,
        )


def _number(numbers: Mapping[int, Enum], value: Enum) -> int:
    return next(number for number, known in numbers.items() if known is value)
