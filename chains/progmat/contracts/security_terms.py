"""What is agreed about a security: free of names and of anything personal."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import Final, TypeVar

from crossdvp.ledger.v1 import securities_states_pb2 as pb

from chains.progmat.contracts.transfer_note import date_of
from chains.progmat.transactions.errors import MalformedComponent
from chains.progmat.transactions.model import check_name, check_range
from primitives.errors import DecodeError

MAX_UNITS: Final = 10**15
MAX_RECORD_DATES: Final = 2
_ISIN: Final = re.compile(r"[A-Z]{2}[A-Z0-9]{9}[0-9]")
_LEAP_YEAR: Final = 2000
EnumT = TypeVar("EnumT", bound=IntEnum)


class SecurityKind(IntEnum):
    """What is tokenised: a trust's beneficiary right (受益権), a bond (社債), a right of use."""

    BENEFICIARY_RIGHT = 1
    BOND = 2
    UTILITY = 3


class HolidayAdjustment(IntEnum):
    """Where a date goes that is no business day (休日調整)."""

    NONE = 1
    NEXT = 2
    PREVIOUS = 3
    MODIFIED_NEXT = 4


@dataclass(frozen=True, slots=True)
class SecurityTerms:
    """``units`` (1..10^15) is the most that may exist; ``record_dates`` (権利確定日) are months and days, at most two.

    An ISIN has its shape here; its check digit is for whoever registers the security. ``trust_contract_id`` is opaque.
    """

    isin: str
    kind: SecurityKind
    trust_contract_id: str
    units: int
    issue_date: date
    redemption_date: date | None = None
    record_dates: tuple[tuple[int, int], ...] = ()
    holiday_adjustment: HolidayAdjustment = HolidayAdjustment.NONE

    def __post_init__(self) -> None:
        if self.isin and not _ISIN.fullmatch(self.isin):
            raise MalformedComponent("SecurityTerms.isin", expected="an ISIN, or empty", found=self.isin)
        if self.trust_contract_id:
            check_name("SecurityTerms.trust_contract_id", self.trust_contract_id)
        check_range("SecurityTerms.units", self.units, 1, MAX_UNITS)
        if self.redemption_date is not None and self.redemption_date <= self.issue_date:
            raise MalformedComponent(
                "SecurityTerms.redemption_date",
                expected=f"after {self.issue_date.isoformat()}",
                found=self.redemption_date.isoformat(),
            )
        check_range("SecurityTerms.record_dates count", len(self.record_dates), 0, MAX_RECORD_DATES)
        if list(self.record_dates) != sorted(set(self.record_dates)):
            raise MalformedComponent(
                "SecurityTerms.record_dates", expected="distinct, ascending", found=str(self.record_dates)
            )
        for month, day in self.record_dates:
            _check_month_day(month, day)


def terms_from_message(message: pb.SecurityTerms) -> SecurityTerms:
    """Raises ``DecodeError``."""
    issue_date = date_of("SecurityTerms.issue_date", message.issue_date)
    if issue_date is None:
        raise DecodeError("SecurityTerms.issue_date", expected="YYYY-MM-DD", found="nothing")
    return SecurityTerms(
        message.isin,
        member_of(SecurityKind, int(message.kind)),
        message.trust_contract_id,
        message.units,
        issue_date,
        date_of("SecurityTerms.redemption_date", message.redemption_date),
        tuple((item.month, item.day) for item in message.record_dates),
        member_of(HolidayAdjustment, int(message.holiday_adjustment)),
    )


def member_of(enumeration: type[EnumT], number: int) -> EnumT:
    """Of an enumeration in a message; raises ``DecodeError``."""
    try:
        return enumeration(number)
    except ValueError as error:
        known = str(sorted(map(int, enumeration)))
        raise MalformedComponent(f"{enumeration.__name__} is known", expected=known, found=number) from error


def _check_month_day(month: int, day: int) -> None:
    try:
        date(_LEAP_YEAR, month, day)
    except ValueError as error:
        raise MalformedComponent(
            "SecurityTerms.record_dates", expected="days of the calendar", found=f"{month}-{day}"
        ) from error
