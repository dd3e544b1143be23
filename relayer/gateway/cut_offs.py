"""Cut-offs: until when on a day an instruction for that day may come, and its cash be locked, by cash ledger.

Days are the exchange's business days, times of day Japan's (``calendar``). A gateway whose cash ledger has no cut-offs
settles at any time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Final

from chains.business_calendar import JST, CutOff, closed_because, jst_day, next_business_day
from ibc.dvp import SettlementTerms
from relayer.gateway.errors import BadRequest, NotABusinessDay, PastCutOff

_LATEST_S: Final = 4_102_412_400
"""The year 2100 in Japan: a later lock-by is no day that anybody has a calendar for."""


@dataclass(frozen=True)
class LedgerCutOffs:
    """Of one cash ledger. ``instruction``: for instructions that settle on the same day.

    ``lock``: for the lock of the cash, or its payment where securities lead.
    """

    instruction: CutOff
    lock: CutOff


@dataclass(frozen=True)
class CutOffs:
    """By cash ledger; one that is not listed has none."""

    by_ledger: Mapping[str, LedgerCutOffs] = field(default_factory=dict)

    def check(self, terms: SettlementTerms, intended_day: str, now_s: int) -> None:
        """What could not settle on its day is refused at once.

        Raises ``BadRequest``, ``NotABusinessDay``, ``PastCutOff``, ``CalendarUnknown``.
        """
        cut_offs = self.by_ledger.get(terms.cash.ledger_id)
        if not intended_day and cut_offs is None:
            return
        if terms.lock_by_s >= _LATEST_S:
            raise BadRequest("terms.lock_by", "a time before the year 2100", terms.lock_by_s)
        day = jst_day(terms.lock_by_s)
        if intended_day and intended_day != day.isoformat():
            raise BadRequest("intended_settlement_date", f"the day of lock_by in Japan, {day}", intended_day)
        if cut_offs is None:
            return
        why = closed_because(day)
        if why:
            raise NotABusinessDay(day.isoformat(), why, next_business_day(day).isoformat())
        _require_before("the lock of the cash", day, cut_offs.lock, terms.lock_by_s)
        if day == jst_day(now_s):
            _require_before("instructions that settle today", day, cut_offs.instruction, now_s)


def begin_of_day_s(day: str) -> int:
    """When a day, YYYY-MM-DD, begins in Japan; Unix seconds. Raises ``ValueError``."""
    return int(datetime.combine(date.fromisoformat(day), time(), JST).timestamp())


def parsed_day(text: str) -> str:
    """A day as callers write it, empty = none. Raises ``BadRequest``."""
    if text:
        try:
            written = date.fromisoformat(text).isoformat()
        except ValueError:
            written = ""
        if written != text:
            raise BadRequest("intended_settlement_date", "YYYY-MM-DD", text[:40])
    return text


def _require_before(what: str, day: date, cut_off: CutOff, at_s: int) -> None:
    if at_s >= cut_off.on(day):
        found = datetime.fromtimestamp(at_s, JST).strftime("%Y-%m-%d %H:%M:%S JST")
        raise PastCutOff(what, f"{day.isoformat()} {cut_off}", found)
