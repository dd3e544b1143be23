"""Business days and cut-offs: until when on a day an instruction for that day may come, and its cash be locked.

Days are those of the Japanese exchange (JPX, market code XJPX), times of day Japan's, which has had no summer time
since 1951. A gateway whose cash ledger has no cut-offs settles at any time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache
from typing import Annotated, Final

import holidays
from pydantic import BaseModel, ConfigDict, Field

from ibc.dvp import SettlementTerms
from relayer.gateway.errors import BadRequest, NotABusinessDay, PastCutOff

JST: Final = timezone(timedelta(hours=9), "JST")
_MARKET: Final = "XJPX"
_SATURDAY: Final = 5


class CutOff(BaseModel):
    """Of one cash ledger, times of day in Japan: the last second is the one before."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    instruction: Annotated[time, Field(description="for instructions that settle on the same day")]
    lock: Annotated[time, Field(description="for the lock of the cash, or its payment where securities lead")]


@dataclass(frozen=True)
class CutOffs:
    """By cash ledger; one that is not listed has none."""

    by_ledger: Mapping[str, CutOff] = field(default_factory=dict)

    def check(self, terms: SettlementTerms, intended_day: str, now_s: int) -> None:
        """Raises ``BadRequest``, ``NotABusinessDay`` or ``PastCutOff`` for what could not settle on its day."""
        day = day_of(terms.lock_by_s)
        if intended_day and intended_day != day.isoformat():
            raise BadRequest("intended_settlement_date", f"the day of lock_by in Japan, {day}", intended_day)
        cut_off = self.by_ledger.get(terms.cash.ledger_id)
        if cut_off is None:
            return
        require_business_day(day)
        _require_before("the lock of the cash", day, cut_off.lock, terms.lock_by_s)
        if day == day_of(now_s):
            _require_before("instructions that settle today", day, cut_off.instruction, now_s)


def day_of(at_s: int) -> date:
    """The day in Japan."""
    return datetime.fromtimestamp(at_s, JST).date()


def begin_of_day_s(day: str) -> int:
    """When a day, YYYY-MM-DD, begins in Japan; Unix seconds. Raises ``ValueError``."""
    return int(datetime.combine(date.fromisoformat(day), time(), JST).timestamp())


def parsed_day(text: str) -> str:
    """A day as callers write it, empty = none. Raises ``BadRequest``."""
    if text:
        try:
            if len(text) != len("2000-01-01") or date.fromisoformat(text).isoformat() != text:
                raise ValueError(text)
        except ValueError:
            raise BadRequest("intended_settlement_date", "YYYY-MM-DD", text[:40]) from None
    return text


def is_business_day(day: date) -> bool:
    """Whether the exchange settles on that day."""
    return day.weekday() < _SATURDAY and day not in _closed(day.year)


def require_business_day(day: date) -> None:
    """Raises ``NotABusinessDay``."""
    if is_business_day(day):
        return
    following = day + timedelta(days=1)
    while not is_business_day(following):
        following += timedelta(days=1)
    raise NotABusinessDay(day.isoformat(), _closed(day.year).get(day, f"{day:%A}"), following.isoformat())


@lru_cache(maxsize=32)
def _closed(year: int) -> Mapping[date, str]:
    return dict(holidays.financial_holidays(_MARKET, years=year))


def _require_before(what: str, day: date, until: time, at_s: int) -> None:
    limit = datetime.combine(day, until, JST)
    if at_s >= int(limit.astimezone(UTC).timestamp()):
        raise PastCutOff(what, limit.isoformat(), datetime.fromtimestamp(at_s, JST).isoformat())
