"""The ledger as other programs see it: one node's API, and the Validators' checkpoints."""

from chains.progmat.client.channel import ApiEndpoint, ApiTls, open_channel
from chains.progmat.client.checkpoints import CheckpointCollector, LedgerPathProof, SignedCheckpoint, ValidatorSource
from chains.progmat.client.errors import TooFewCheckpointSignatures, ValidatorAnswerRefused
from chains.progmat.client.ledger_client import CashBalance, LedgerClient, LightClientInfo, NodeInfo, TornEvidence
from chains.progmat.client.membership_client import MembershipClient, MembershipLine
from chains.progmat.client.paid_cash import PaidCash, paid_cash
from chains.progmat.client.proposal_client import ProposalClient, ProposalLine
from chains.progmat.client.quotes import QuoteApi, TooFewVerdicts, collect_verdict
from chains.progmat.client.replacement_client import ReplacementClient
from chains.progmat.client.rpc_validator import ValidatorApi
from chains.progmat.client.token_client import TokenBalanceLine, TokenClient
from chains.progmat.client.vault_client import VaultClient, all_rows
from chains.progmat.contracts.membership import BusinessNetwork, MemberRole, MembershipStatus
from chains.progmat.contracts.native_terms import NativeTerms
from chains.progmat.contracts.proposal_states import BallotChoice
from chains.progmat.flows.any_request import AnyRequest
from chains.progmat.flows.client_upkeep_requests import EndorseLightClient, PruneLightClient, RecoverLightClient
from chains.progmat.flows.governance_requests import CloseProposal, ProposePackage, VoteOnPackage
from chains.progmat.flows.market_requests import (
    ChangeMembership,
    IssueToken,
    MembershipChange,
    MoveToken,
    RedeemToken,
    SettleDvp,
    SuspendValidator,
)
from chains.progmat.flows.record import FlowKind
from chains.progmat.flows.replacement_requests import ChangeNotary, StateChoice, UpgradeStates
from chains.progmat.flows.request_base import KeyChoice
from chains.progmat.flows.requests import (
    AckPacket,
    CancelTrade,
    CreateLightClient,
    EarmarkProof,
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
from chains.progmat.flows.steps import FlowStep
from chains.progmat.flows.views import DvpRecord, FlowView, IbcEvent, IbcEventKind, TradeRecord, TradeStatus
from chains.progmat.vault.indexing import AccountAsset

__all__ = [
    "AccountAsset",
    "AckPacket",
    "AnyRequest",
    "ApiEndpoint",
    "ApiTls",
    "BallotChoice",
    "BusinessNetwork",
    "CancelTrade",
    "CashBalance",
    "ChangeMembership",
    "ChangeNotary",
    "CheckpointCollector",
    "CloseProposal",
    "CreateLightClient",
    "DvpRecord",
    "EarmarkProof",
    "EndorseLightClient",
    "FlowKind",
    "FlowStep",
    "FlowView",
    "IbcEvent",
    "IbcEventKind",
    "IssueCash",
    "IssueToken",
    "KeyChoice",
    "LedgerClient",
    "LedgerPathProof",
    "LightClientInfo",
    "LockCash",
    "MemberRole",
    "MembershipChange",
    "MembershipClient",
    "MembershipLine",
    "MembershipStatus",
    "MergeCash",
    "MoveCash",
    "MoveToken",
    "NativeTerms",
    "NodeInfo",
    "PaidCash",
    "ProposalClient",
    "ProposalLine",
    "ProposePackage",
    "PruneLightClient",
    "QuoteApi",
    "ReceivePacket",
    "RecoverLightClient",
    "RedeemCash",
    "RedeemToken",
    "ReplacementClient",
    "RotateAccountKey",
    "SettleDvp",
    "SignedCheckpoint",
    "StateChoice",
    "SubmitMisbehaviour",
    "SuspendValidator",
    "TimeoutPacket",
    "TokenBalanceLine",
    "TokenClient",
    "TooFewCheckpointSignatures",
    "TooFewVerdicts",
    "TornEvidence",
    "TradeRecord",
    "TradeStatus",
    "UpdateLightClient",
    "UpgradeStates",
    "ValidatorAnswerRefused",
    "ValidatorApi",
    "ValidatorSource",
    "VaultClient",
    "VoteOnPackage",
    "all_rows",
    "collect_verdict",
    "open_channel",
    "paid_cash",
]
