"""The words of the people's API: how far an approval is, what is said to it, whether somebody may act."""

from __future__ import annotations

from enum import Enum


class ApprovalStatus(Enum):
    """How far an approval is."""

    PROPOSED = "PROPOSED"
    APPROVED = "APPROVED"
    EXECUTED = "EXECUTED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"


class Decision(Enum):
    """What somebody says to a proposal."""

    APPROVE = "APPROVE"
    REJECT = "REJECT"
    WITHDRAW = "WITHDRAW"
    """Its author only."""


class UserStatus(Enum):
    """Whether somebody may act."""

    ACTIVE = "ACTIVE"
    LOCKED = "LOCKED"
    """By too many failures, or by admins; two admins unlock."""
    DISABLED = "DISABLED"
    """Has left; the id is never given to another."""
