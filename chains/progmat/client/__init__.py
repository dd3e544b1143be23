"""The ledger as other programs see it: one node's API, and the Validators' checkpoints."""

from chains.progmat.client.channel import ApiEndpoint, ApiTls, open_channel
from chains.progmat.client.checkpoints import CheckpointCollector, LedgerPathProof, SignedCheckpoint, ValidatorSource
from chains.progmat.client.errors import TooFewCheckpointSignatures, ValidatorAnswerRefused
from chains.progmat.client.ledger_client import CashBalance, LedgerClient, LightClientInfo, NodeInfo
from chains.progmat.client.rpc_validator import ValidatorApi
from chains.progmat.client.vault_client import VaultClient, all_rows
from chains.progmat.contracts.membership import BusinessNetwork, MemberRole
from chains.progmat.flows.record import FlowKind
from chains.progmat.flows.requests import (
    AckPacket,
    AnyRequest,
    CancelTrade,
    CreateLightClient,
    EarmarkProof,
    IssueCash,
    IssueMembership,
    LockCash,
    MergeCash,
    MoveCash,
    RedeemCash,
    RotateAccountKey,
    SubmitMisbehaviour,
    TimeoutPacket,
    UpdateLightClient,
)
from chains.progmat.flows.steps import FlowStep
from chains.progmat.flows.views import FlowView, IbcEvent, IbcEventKind, TradeRecord, TradeStatus
from chains.progmat.vault.indexing import AccountAsset

__all__ = [
    "AccountAsset",
    "AckPacket",
    "AnyRequest",
    "ApiEndpoint",
    "ApiTls",
    "BusinessNetwork",
    "CancelTrade",
    "CashBalance",
    "CheckpointCollector",
    "CreateLightClient",
    "EarmarkProof",
    "FlowKind",
    "FlowStep",
    "FlowView",
    "IbcEvent",
    "IbcEventKind",
    "IssueCash",
    "IssueMembership",
    "LedgerClient",
    "LedgerPathProof",
    "LightClientInfo",
    "LockCash",
    "MemberRole",
    "MergeCash",
    "MoveCash",
    "NodeInfo",
    "RedeemCash",
    "RotateAccountKey",
    "SignedCheckpoint",
    "SubmitMisbehaviour",
    "TimeoutPacket",
    "TooFewCheckpointSignatures",
    "TradeRecord",
    "TradeStatus",
    "UpdateLightClient",
    "ValidatorAnswerRefused",
    "ValidatorApi",
    "ValidatorSource",
    "VaultClient",
    "all_rows",
    "open_channel",
]
