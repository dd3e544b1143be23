"""Requests about members and tokens: one frozen request per kind of flow. Continues ``requests``, under its rules."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from chains.progmat.contracts.membership import BusinessNetwork, MemberRole
from chains.progmat.contracts.native_terms import NativeTerms
from chains.progmat.contracts.token import CONTRACT_OF
from chains.progmat.contracts.transfer_note import NO_NOTE, TransferNote
from chains.progmat.flows.errors import InvalidRequest
from chains.progmat.flows.record import FlowKind
from chains.progmat.flows.request_base import FlowRequest, check_notary, check_quantity
from ibc.dvp import CashAccount
from light_clients.progmat.equivocation import MAX_EQUIVOCATION_BYTES


class MembershipChange(IntEnum):
    """What the operator does to a membership. AMEND gives other roles."""

    ADMIT = 1
    AMEND = 2
    SUSPEND = 3
    ACTIVATE = 4
    REVOKE = 5


@dataclass(frozen=True)
class ChangeMembership(FlowRequest):
    """A party's membership of a business network at one notary, by the network operator.

    ``roles`` of ADMIT and AMEND only. An empty ``notary`` is the journal's.
    """

    kind = FlowKind.CHANGE_MEMBERSHIP

    change: MembershipChange
    network: BusinessNetwork
    party: str
    roles: tuple[MemberRole, ...] = ()
    notary: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_notary(self.notary)
        if list(self.roles) != sorted(set(self.roles)):
            raise InvalidRequest("roles", "distinct roles, ascending, are wanted")
        if bool(self.roles) != (self.change in (MembershipChange.ADMIT, MembershipChange.AMEND)):
            raise InvalidRequest("roles", "one or more roles to ADMIT or AMEND, none for other changes")


@dataclass(frozen=True)
class SuspendValidator(FlowRequest):
    """Evidence that a Validator signed two checkpoints of one height (`light_clients.progmat.equivocation`)."""

    kind = FlowKind.SUSPEND_VALIDATOR

    evidence: bytes

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 1 <= len(self.evidence) <= MAX_EQUIVOCATION_BYTES:
            raise InvalidRequest("evidence", f"1 to {MAX_EQUIVOCATION_BYTES} bytes, found {len(self.evidence)}")


@dataclass(frozen=True)
class IssueToken(FlowRequest):
    """New tokens in this registrar's register, for an account. An empty ``notary`` is the journal's."""

    kind = FlowKind.ISSUE_TOKEN

    network: BusinessNetwork
    token_id: str
    quantity: int
    to: CashAccount
    notary: str = ""
    note: TransferNote = NO_NOTE

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_network(self.network)
        check_quantity(self.quantity)
        check_notary(self.notary)


@dataclass(frozen=True)
class MoveToken(FlowRequest):
    """Tokens from one of this node's accounts to any account."""

    kind = FlowKind.MOVE_TOKEN

    network: BusinessNetwork
    token_id: str
    registrar: str
    quantity: int
    from_account_key: bytes
    to: CashAccount
    note: TransferNote = NO_NOTE

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_network(self.network)
        check_quantity(self.quantity)


@dataclass(frozen=True)
class RedeemToken(FlowRequest):
    """Tokens of one of this node's accounts out of the register."""

    kind = FlowKind.REDEEM_TOKEN

    network: BusinessNetwork
    token_id: str
    registrar: str
    quantity: int
    from_account_key: bytes
    note: TransferNote = NO_NOTE

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_network(self.network)
        check_quantity(self.quantity)


@dataclass(frozen=True)
class SettleDvp(FlowRequest):
    """Tokens of one of this node's accounts against cash, in one ledger transaction."""

    kind = FlowKind.SETTLE_DVP

    dvp: NativeTerms


def _check_network(network: BusinessNetwork) -> None:
    if network not in CONTRACT_OF:
        raise InvalidRequest("network", f"tokens are of ST or UT, not of {network.name}")
