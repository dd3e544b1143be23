"""What programs outside say to a node and hear from it: requests, views of flows and of trades, their words.

They are the ledger's own values, under the one name by which others may know them.
"""

from chains.progmat.contracts.membership import BusinessNetwork, MemberRole
from chains.progmat.flows.any_request import AnyRequest
from chains.progmat.flows.market_requests import (
    ChangeMembership,
    IssueToken,
    MembershipChange,
    MoveToken,
    SuspendValidator,
)
from chains.progmat.flows.requests import (
    AckPacket,
    CancelTrade,
    CreateLightClient,
    EarmarkProof,
    IssueCash,
    LockCash,
    ReceivePacket,
    RedeemCash,
    SubmitMisbehaviour,
    TimeoutPacket,
    UpdateLightClient,
)
from chains.progmat.flows.views import FlowView, IbcEvent, IbcEventKind, TradeRecord, TradeStatus

__all__ = [
    "AckPacket",
    "AnyRequest",
    "BusinessNetwork",
    "CancelTrade",
    "ChangeMembership",
    "CreateLightClient",
    "EarmarkProof",
    "FlowView",
    "IbcEvent",
    "IbcEventKind",
    "IssueCash",
    "IssueToken",
    "LockCash",
    "MemberRole",
    "MembershipChange",
    "MoveToken",
    "ReceivePacket",
    "RedeemCash",
    "SubmitMisbehaviour",
    "SuspendValidator",
    "TimeoutPacket",
    "TradeRecord",
    "TradeStatus",
    "UpdateLightClient",
]
