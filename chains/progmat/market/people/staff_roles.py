"""What members of a node's staff may do: roles, and the table from an act to the roles of its author and approver.

An act's name is the gRPC method that carries it, or the name under which it is proposed for approval. An act without a
row is closed to everybody as soon as the node has users.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final


class StaffRole(Enum):
    """A role of a user; one user may have several."""

    REGISTRAR_CLERK = "REGISTRAR_CLERK"
    """Enters what the register demands (原簿管理者の担当者)."""
    REGISTRAR_APPROVER = "REGISTRAR_APPROVER"
    TRUST_CLERK = "TRUST_CLERK"
    """Enters what the coin's trust demands (受託者の担当者)."""
    TRUST_APPROVER = "TRUST_APPROVER"
    TRADER = "TRADER"
    """Instructs for customers, keeps their master data."""
    TRADE_APPROVER = "TRADE_APPROVER"
    VENUE_CLERK = "VENUE_CLERK"
    """Keeps the trading venue: what is listed, who trades, when it is open."""
    VENUE_APPROVER = "VENUE_APPROVER"
    AUDITOR = "AUDITOR"
    """Reads everything, changes nothing."""
    ADMIN = "ADMIN"
    """Creates, locks and changes users, with a second one's approval."""


CLERKS: Final = frozenset({StaffRole.REGISTRAR_CLERK, StaffRole.TRUST_CLERK, StaffRole.TRADER, StaffRole.VENUE_CLERK})
APPROVERS: Final = frozenset(
    {StaffRole.REGISTRAR_APPROVER, StaffRole.TRUST_APPROVER, StaffRole.TRADE_APPROVER, StaffRole.VENUE_APPROVER}
)
EVERYBODY: Final = frozenset(StaffRole)
_ADMINS: Final = frozenset({StaffRole.ADMIN})
NOBODY: Final[frozenset[StaffRole]] = frozenset()


@dataclass(frozen=True, slots=True)
class ActRule:
    """Who may author an act, and who may approve it; no approvers: one person is enough."""

    authors: frozenset[StaffRole]
    approvers: frozenset[StaffRole] = NOBODY


_REGISTRARS: Final = ActRule(frozenset({StaffRole.REGISTRAR_CLERK}), frozenset({StaffRole.REGISTRAR_APPROVER}))
_REGISTRAR: Final = ActRule(frozenset({StaffRole.REGISTRAR_CLERK, StaffRole.REGISTRAR_APPROVER}))
_TRUSTEES: Final = ActRule(frozenset({StaffRole.TRUST_CLERK}), frozenset({StaffRole.TRUST_APPROVER}))
_TRUSTEE: Final = ActRule(frozenset({StaffRole.TRUST_CLERK, StaffRole.TRUST_APPROVER}))
_TRADERS: Final = ActRule(frozenset({StaffRole.TRADER}), frozenset({StaffRole.TRADE_APPROVER}))
_TRADER: Final = ActRule(frozenset({StaffRole.TRADER, StaffRole.TRADE_APPROVER}))
_VENUES: Final = ActRule(frozenset({StaffRole.VENUE_CLERK}), frozenset({StaffRole.VENUE_APPROVER}))
_VENUE: Final = ActRule(frozenset({StaffRole.VENUE_CLERK, StaffRole.VENUE_APPROVER}))
_CLERK: Final = ActRule(CLERKS)
_CLERKS: Final = ActRule(CLERKS, APPROVERS)
_ADMINISTRATORS: Final = ActRule(_ADMINS, _ADMINS)

ACTS: Final[Mapping[str, ActRule]] = {
    # users
    "CreateUser": _ADMINISTRATORS,
    "ChangeUser": _ADMINISTRATORS,
    "ResetPassword": _ADMINISTRATORS,
    "ReadPeople": ActRule(frozenset({StaffRole.ADMIN, StaffRole.AUDITOR})),
    # master data
    "PutRecord": _CLERK,
    "ChangeBankAccount": _CLERKS,
    "EraseRecord": _CLERKS,
    "ReadRecord": ActRule(CLERKS | APPROVERS | {StaffRole.AUDITOR}),
    # the register
    "RegisterSecurity": _REGISTRARS,
    "AmendSecurity": _REGISTRARS,
    "RetireSecurity": _REGISTRARS,
    "SetGate": _REGISTRAR,
    "SetNetworkControl": ActRule(frozenset({StaffRole.ADMIN, *_REGISTRAR.authors})),
    "ForceToken": _REGISTRARS,
    "FreezeToken": _REGISTRARS,
    "ThawToken": _REGISTRARS,
    "CancelTransfer": _REGISTRARS,
    "OrderDistribution": _REGISTRARS,
    "ReleaseHeldLines": _REGISTRARS,
    "CancelDistribution": _REGISTRARS,
    "GiveMandate": _CLERKS,
    "SnapshotRecordDate": _REGISTRAR,
    "PlanNormalisation": _REGISTRARS,
    # the coin
    "RegisterCoin": _TRUSTEES,
    "AmendCoin": _TRUSTEES,
    "AdmitHolder": _TRUSTEE,
    "RemoveHolder": _TRUSTEE,
    "ForceCash": _TRUSTEES,
    "FreezeCash": _TRUSTEES,
    "ThawCash": _TRUSTEES,
    "ConfirmDeposit": _TRUSTEES,
    "ConfirmPayout": _TRUSTEES,
    "AnnounceDeposit": ActRule(CLERKS | APPROVERS),
    "CancelDeposit": _TRUSTEE,
    "RetryDeposit": _TRUSTEE,
    "ResumeIssues": _TRUSTEES,
    # trades
    "RegisterCashMethod": _TRADERS,
    "InstructTrade": _TRADER,
    "TopUpTrade": _TRADER,
    "CancelNativeTrade": _TRADERS,
    "ImportTradeInstructions": _TRADER,
    "RegisterOrder": _TRADER,
    "ReviseOrder": _TRADER,
    "FormNetSet": _TRADER,
    "ImportBankStatement": _TRADER,
    "MatchBankLine": _TRADERS,
    # the venue
    "SetListing": _VENUES,
    "SetTrader": _VENUES,
    "ChangeDay": _VENUE,
    "PublishAgain": _VENUE,
    "WithdrawExecution": _VENUES,
}
"""By act."""

_TRADING: Final = _TRADER.authors
WITHOUT_AUTHOR: Final[Mapping[str, frozenset[StaffRole]]] = {
    "IssueToken": _REGISTRAR.authors,
    "ExpireUtility": _REGISTRAR.authors,
    "BringInLines": _REGISTRAR.authors,
    "IssueCash": _TRUSTEE.authors,
    "OpenAccount": _TRADING,
    "OpenInvestorAccount": _TRADING,
    "SetAccountKeys": _TRADING,
    "RotateAccountKey": _TRADING,
    "RotateInvestorKey": _TRADING,
    "RotateTokens": _TRADING,
    "MoveCash": _TRADING,
    "RedeemCash": _TRADING,
    "MoveToken": _TRADING,
    "RedeemToken": _TRADING,
    "UseUtility": _TRADING,
    "AuthoriseTrade": _TRADING,
    "LockCash": _TRADING,
    "CancelTrade": _TRADING,
    "AuthoriseDvp": _TRADING,
    "SettleDvp": _TRADING,
    "PlaceOrder": _TRADING,
    "AmendOrder": _TRADING,
    "CancelOrder": _TRADING,
}
"""Acts whose requests name nobody: who may do them in his session. What has no row here is the admins'."""


def may_do_without_author(act: str) -> frozenset[StaffRole]:
    """The roles for an act that names nobody."""
    return WITHOUT_AUTHOR.get(act, _ADMINS)
