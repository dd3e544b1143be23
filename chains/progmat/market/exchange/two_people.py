"""Two different people stand behind an act (四つの目)."""

from __future__ import annotations

from chains.progmat.contracts.execution_codec import STAFF_ID
from chains.progmat.flows.errors import InvalidRequest
from chains.progmat.market.exchange.errors import TwoPeopleNeeded


def require_author(author: str) -> None:
    """Somebody of the staff; raises ``InvalidRequest``."""
    if not STAFF_ID.fullmatch(author):
        raise InvalidRequest("author", f"a staff id is wanted: {STAFF_ID.pattern}")


def require_two_people(author: str, approver: str) -> None:
    """Author and approver are two; raises ``TwoPeopleNeeded``."""
    if author == approver or not STAFF_ID.fullmatch(author) or not STAFF_ID.fullmatch(approver):
        raise TwoPeopleNeeded(author, approver)
