"""What commands about securities take from the command line: dates, kinds, people."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from enum import Enum
from typing import Annotated

import typer

from chains.progmat.cli.arguments import BadArgument, NetworkName, hex_bytes
from chains.progmat.contracts.security import SecurityStatus
from chains.progmat.contracts.security_terms import HolidayAdjustment, SecurityKind, SecurityTerms
from chains.progmat.contracts.transfer_note import TransferNote
from ibc.dvp import CashAccount
from primitives.errors import DecodeError

_MONTH_DAY = re.compile(r"([0-9]{2})-([0-9]{2})")


class KindName(Enum):
    """What is tokenised, as the command line names it."""

    BENEFICIARY_RIGHT = "beneficiary-right"
    BOND = "bond"
    UTILITY = "utility"


class HolidaysName(Enum):
    """Where a date goes that is no business day."""

    NONE = "none"
    NEXT = "next"
    PREVIOUS = "previous"
    MODIFIED_NEXT = "modified-next"


class StatusName(Enum):
    """How far a security's life has come."""

    PLANNED = "planned"
    LISTED = "listed"

    @property
    def status(self) -> SecurityStatus:
        """The contract's word."""
        return SecurityStatus[self.name]


SecurityArgument = Annotated[str, typer.Argument(help="The security's id, which is its tokens' id.")]
NetworkOption = Annotated[NetworkName, typer.Option("--network", help="ST, or UT for utility tokens.")]
NotaryOption = Annotated[str, typer.Option("--notary", help="At which notary, of several; the journal's if not said.")]
AuthorOption = Annotated[str, typer.Option("--author", help="Staff id of who asks.")]
ApproverOption = Annotated[str, typer.Option("--approver", help="Staff id of who agrees: somebody else.")]
HolderOption = Annotated[str, typer.Option("--holder", help="The account: NODE:KEY, the key hexadecimal.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="A code of A-Z 0-9 _, as COURT_ORDER.")]
ReferenceOption = Annotated[str, typer.Option("--reference", help="A case number; never personal data.")]
UnitsOption = Annotated[int, typer.Option("--units", min=1, help="The most units that may exist.")]
IssueDateOption = Annotated[str, typer.Option("--issue-date", help="YYYY-MM-DD.")]
KindOption = Annotated[KindName, typer.Option("--kind", help="What is tokenised.")]
IsinOption = Annotated[str, typer.Option("--isin", help="12 characters; left out where there is none.")]
TrustOption = Annotated[str, typer.Option("--trust-contract", help="The trust contract's id.")]
RedemptionOption = Annotated[str, typer.Option("--redemption-date", help="YYYY-MM-DD.")]
RecordDateOption = Annotated[list[str] | None, typer.Option("--record-date", help="MM-DD; at most two.")]
HolidaysOption = Annotated[HolidaysName, typer.Option("--holidays", help="Where a date goes that is no business day.")]
StatusOption = Annotated[StatusName, typer.Option("--status", help="Whether it is listed already.")]
ApproverKeysOption = Annotated[
    list[str], typer.Option("--approver-key", help="Key of an approver, hexadecimal; may be repeated, 1 to 8.")
]


def terms_of(
    isin: str,
    kind: KindName,
    trust_contract: str,
    units: int,
    issue_date: str,
    redemption_date: str,
    record_dates: Sequence[str],
    holidays: HolidaysName,
) -> SecurityTerms:
    """A security's terms; raises ``BadArgument``."""
    issued = _day("--issue-date", issue_date)
    redeemed = _day("--redemption-date", redemption_date) if redemption_date else None
    days = tuple(sorted(map(_month_day, record_dates)))
    adjustment = HolidayAdjustment[holidays.name]
    try:
        return SecurityTerms(isin, SecurityKind[kind.name], trust_contract, units, issued, redeemed, days, adjustment)
    except DecodeError as error:
        raise BadArgument(str(error)) from error


def keys_of(texts: Sequence[str]) -> tuple[bytes, ...]:
    """Approvers' keys; raises ``BadArgument``."""
    return tuple(hex_bytes(text, "--approver-key") for text in texts)


def account_of(text: str, what: str) -> CashAccount:
    """``NODE:KEY``; raises ``BadArgument``."""
    node, colon, key = text.rpartition(":")
    if not colon or not node:
        raise BadArgument(f"{what}: NODE:KEY is wanted, not {text[:80]!r}")
    return CashAccount(node, hex_bytes(key, what))


def note_of(author: str, approver: str, reason: str, reference: str, cancelled_tx_id: bytes = b"") -> TransferNote:
    """Why, and who; raises ``BadArgument``."""
    try:
        return TransferNote(
            cancelled_tx_id=cancelled_tx_id, reason=reason, reference=reference, author=author, approver=approver
        )
    except DecodeError as error:
        raise BadArgument(str(error)) from error


def _day(what: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadArgument(f"{what}: YYYY-MM-DD is wanted, not {text[:32]!r}") from error


def _month_day(text: str) -> tuple[int, int]:
    found = _MONTH_DAY.fullmatch(text)
    if found is None:
        raise BadArgument(f"--record-date: MM-DD is wanted, not {text[:32]!r}")
    return int(found[1]), int(found[2])
