"""The record dates that a security's registrar registered, as far as this node's vault knows them."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection

from chains.progmat.contracts.names import SECURITY
from chains.progmat.contracts.security import SecurityState
from chains.progmat.market.register.errors import NoRecordDate
from chains.progmat.market.register.record_dates import MonthDay, RecordDateRule
from chains.progmat.vault.indexing import Asset
from chains.progmat.vault.rules import rules_of


def rule_of(connection: Connection, security: Asset) -> RecordDateRule | None:
    """The record dates of a security as its registrar registered them; None if there are none, or none known here."""
    for known in rules_of(connection, SECURITY, security.asset_id, security.issuer):
        terms = SecurityState.of(known.state).terms
        if terms.record_dates:
            return RecordDateRule(tuple(MonthDay(*each) for each in terms.record_dates), terms.holiday_adjustment)
    return None


def require_record_date(connection: Connection, security: Asset, day: date) -> None:
    """Raises ``NoRecordDate`` if the security has record dates and the day is none, ``CalendarUnknown``."""
    rule = rule_of(connection, security)
    if rule is not None and not rule.is_record_date(day):
        raise NoRecordDate(security.asset_id, day, next(rule.from_day(day)))
