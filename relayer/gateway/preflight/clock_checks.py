"""Questions to the clock and the calendar. Pure but for being awaited as the others are."""

from __future__ import annotations

from datetime import UTC, datetime

from chains.business_calendar import closed_because, jst_day, next_business_day
from ibc.dvp import SettlementTerms
from primitives.errors import CallerError
from relayer.gateway.admission import Admission
from relayer.gateway.cut_offs import CutOffs
from relayer.gateway.preflight.checks import Finding, failed, passed, warned

_LAST_S = 253_402_300_799


class ClockChecks:
    """Terms held against the time ``now_s``, Unix seconds."""

    def __init__(self, terms: SettlementTerms, admission: Admission, now_s: int) -> None:
        self._terms = terms
        self._admission = admission
        self._now_s = now_s

    async def margins(self) -> Finding:
        """Do lock-by and settle-by leave room for the steps before them?"""
        terms = self._terms
        moments = {"now": self._now_s, "lock by": terms.lock_by_s, "settle by": terms.settle_by_s}
        evidence = ", ".join(f"{name} {_shown(at_s)}" for name, at_s in moments.items())
        try:
            Admission(self._admission.scope, self._admission.margins, self._admission.rules, CutOffs()).check_times(
                terms, "", self._now_s
            )
        except CallerError as refusal:
            return failed("the times leave too little room", evidence, str(refusal))
        return passed("the times leave room for every step", evidence)

    async def cut_off(self) -> Finding:
        """Is the instruction, and the lock, before the cash ledger's cut-offs?"""
        ledger_id = self._terms.cash.ledger_id
        if ledger_id not in self._admission.cut_offs.by_ledger:
            return passed("the cash ledger has no cut-off here", f"configuration of {ledger_id}")
        try:
            self._admission.cut_offs.check(self._terms, "", self._now_s)
        except CallerError as refusal:
            return failed("a cut-off is missed", f"cut-offs of {ledger_id}, Japan's time", str(refusal))
        return passed("before the cut-offs", f"cut-offs of {ledger_id}, Japan's time")

    async def business_day(self) -> Finding:
        """Is the day of the lock a business day of the exchange?"""
        day = jst_day(min(self._terms.lock_by_s, _LAST_S))
        why = closed_because(day)
        if not why:
            return passed("lock-by is on a business day", f"{day} in Japan, calendar of the Japan Exchange")
        following = next_business_day(day)
        return warned(
            f"lock-by is on no business day: {why}",
            f"{day} in Japan, calendar of the Japan Exchange",
            f"agree on {following} unless both sides settle on holidays",
        )


def _shown(at_s: int) -> str:
    return f"{datetime.fromtimestamp(min(at_s, _LAST_S), UTC):%Y-%m-%d %H:%M:%S}Z"
