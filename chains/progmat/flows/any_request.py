"""All requests together: which there are, by kind, and when two are the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import get_args

from chains.progmat.flows.client_upkeep_requests import EndorseLightClient, PruneLightClient, RecoverLightClient
from chains.progmat.flows.coin_requests import (
    AdmitHolder,
    AmendCoin,
    ForceCash,
    FreezeCash,
    RegisterCoin,
    RemoveHolder,
    ThawCash,
)
from chains.progmat.flows.distribution_requests import (
    CancelDistribution,
    ExpireUtility,
    OpenDistribution,
    PayBatch,
    UseUtility,
)
from chains.progmat.flows.execution_requests import PublishExecution, WithdrawExecution
from chains.progmat.flows.governance_requests import CloseProposal, ProposePackage, VoteOnPackage
from chains.progmat.flows.key_requests import RotateTokens
from chains.progmat.flows.market_requests import (
    ChangeMembership,
    IssueToken,
    MoveToken,
    RedeemToken,
    SettleDvp,
    SuspendValidator,
)
from chains.progmat.flows.record import FlowKind
from chains.progmat.flows.replacement_requests import ChangeNotary, UpgradeStates
from chains.progmat.flows.request_base import FlowRequest
from chains.progmat.flows.requests import (
    AckPacket,
    CancelTrade,
    CreateLightClient,
    IssueCash,
    LockCash,
    MergeCash,
    MoveCash,
    ReceivePacket,
    RedeemCash,
    RotateAccountKey,
    SubmitMisbehaviour,
    TimeoutPacket,
    UpdateLightClient,
)
from chains.progmat.flows.securities_requests import (
    AmendSecurity,
    CancelTransfer,
    ForceToken,
    FreezeToken,
    RegisterSecurity,
    RetireSecurity,
    SetGate,
    SetNetworkControl,
    ThawToken,
)

AnyRequest = (
    ChangeMembership
    | SuspendValidator
    | IssueCash
    | MoveCash
    | RedeemCash
    | RotateAccountKey
    | MergeCash
    | LockCash
    | CancelTrade
    | CreateLightClient
    | UpdateLightClient
    | SubmitMisbehaviour
    | RecoverLightClient
    | EndorseLightClient
    | PruneLightClient
    | AckPacket
    | TimeoutPacket
    | ReceivePacket
    | IssueToken
    | MoveToken
    | RedeemToken
    | SettleDvp
    | RegisterSecurity
    | AmendSecurity
    | RetireSecurity
    | SetGate
    | SetNetworkControl
    | ForceToken
    | FreezeToken
    | ThawToken
    | CancelTransfer
    | ProposePackage
    | VoteOnPackage
    | CloseProposal
    | ChangeNotary
    | UpgradeStates
    | OpenDistribution
    | PayBatch
    | CancelDistribution
    | UseUtility
    | ExpireUtility
    | RegisterCoin
    | AmendCoin
    | AdmitHolder
    | RemoveHolder
    | FreezeCash
    | ThawCash
    | ForceCash
    | PublishExecution
    | WithdrawExecution
    | RotateTokens
)

REQUEST_TYPES: Mapping[FlowKind, type[AnyRequest]] = {
    request_type.kind: request_type for request_type in get_args(AnyRequest)
}


def differing_fields(left: FlowRequest, right: FlowRequest) -> tuple[str, ...]:
    """Names of the fields in which two requests differ; ``kind`` if they are of different kinds."""
    if type(left) is not type(right):
        return ("kind",)
    return tuple(item.name for item in fields(left) if getattr(left, item.name) != getattr(right, item.name))
