"""Who may call what of a node's services: the name in the caller's certificate decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from chains.progmat.node.errors import CallerNotAuthorised


class Permission(Enum):
    """What a method needs."""

    READ = "read"
    """What says nothing about anybody's cash: node, trades by id, light clients, flows."""
    CASH = "cash"
    """Accounts, balances, transactions, and moving or selling what is in the accounts."""
    INSTRUCT = "instruct"
    """Say for a customer which terms he wants."""
    SETTLE = "settle"
    """Lock what was authorised, or cancel."""
    RELAY = "relay"
    """Light clients' headers, packets and their events."""
    TRADE = "trade"
    """Place and change one's own orders at a venue, and see one's own executions."""
    OPERATE = "operate"
    """Issue coin and tokens, change memberships, create light clients, vote, accept network parameters."""


# A gateway serves both sides of a trade, so nothing of what one of them has is in its hands.
_GATEWAY: Final = frozenset({Permission.READ, Permission.SETTLE})
_PLATFORM: Final = frozenset(
    {Permission.READ, Permission.CASH, Permission.INSTRUCT, Permission.SETTLE, Permission.TRADE}
)
_RELAYER: Final = frozenset({Permission.READ, Permission.RELAY})

NEEDED: Final[Mapping[str, Permission]] = {
    "GetNodeInfo": Permission.READ,
    "OpenAccount": Permission.CASH,
    "ChangeMembership": Permission.OPERATE,
    "SuspendValidator": Permission.RELAY,
    "ListMemberships": Permission.READ,
    "ProposePackage": Permission.OPERATE,
    "VoteOnPackage": Permission.OPERATE,
    "CloseProposal": Permission.OPERATE,
    "ListProposals": Permission.READ,
    "ChangeNotary": Permission.OPERATE,
    "UpgradeStates": Permission.OPERATE,
    "AttestUnspent": Permission.OPERATE,
    "IssueToken": Permission.OPERATE,
    "RegisterSecurity": Permission.OPERATE,
    "AmendSecurity": Permission.OPERATE,
    "RetireSecurity": Permission.OPERATE,
    "SetGate": Permission.OPERATE,
    "SetNetworkControl": Permission.OPERATE,
    "ForceToken": Permission.OPERATE,
    "FreezeToken": Permission.OPERATE,
    "ThawToken": Permission.OPERATE,
    "CancelTransfer": Permission.OPERATE,
    "ListSecurities": Permission.CASH,
    "ListGates": Permission.READ,
    "MoveToken": Permission.CASH,
    "RedeemToken": Permission.CASH,
    "ListTokenBalances": Permission.CASH,
    "AuthoriseDvp": Permission.INSTRUCT,
    "SettleDvp": Permission.CASH,
    "GetDvp": Permission.CASH,
    "IssueCash": Permission.OPERATE,
    "MoveCash": Permission.CASH,
    "RedeemCash": Permission.CASH,
    "RotateAccountKey": Permission.CASH,
    "RotateTokens": Permission.CASH,
    "OpenInvestorAccount": Permission.CASH,
    "RotateInvestorKey": Permission.CASH,
    "ListInvestorKeys": Permission.CASH,
    "AuthoriseTrade": Permission.INSTRUCT,
    "LockCash": Permission.SETTLE,
    "CancelTrade": Permission.SETTLE,
    "GetTrade": Permission.READ,
    "GetTrades": Permission.READ,
    "GetTradeEvidence": Permission.SETTLE,
    "GetBalance": Permission.CASH,
    "ListIbcEvents": Permission.RELAY,
    "CreateLightClient": Permission.OPERATE,
    "UpdateLightClient": Permission.RELAY,
    "SubmitMisbehaviour": Permission.RELAY,
    "GetLightClient": Permission.READ,
    "RecoverLightClient": Permission.OPERATE,
    "EndorseLightClient": Permission.OPERATE,
    "PruneLightClient": Permission.OPERATE,
    "GetConsensusState": Permission.READ,
    "AckPacket": Permission.RELAY,
    "TimeoutPacket": Permission.RELAY,
    "ReceivePacket": Permission.RELAY,
    "GetTransaction": Permission.CASH,
    "GetNetworkStatus": Permission.READ,
    "GetStanding": Permission.OPERATE,
    "OfferParameters": Permission.OPERATE,
    "AcceptParameters": Permission.OPERATE,
    "OfferNetworkMap": Permission.OPERATE,
    "GetFlow": Permission.READ,
    "ListFlows": Permission.READ,
    "FindFlows": Permission.OPERATE,
    "ExplainFlow": Permission.OPERATE,
    "ActOnFlow": Permission.OPERATE,
    "ListOperatorActs": Permission.OPERATE,
    "Recover": Permission.OPERATE,
    "SettleDoubt": Permission.OPERATE,
    "ListPending": Permission.OPERATE,
    "ListAccounts": Permission.CASH,
    "ListCoins": Permission.CASH,
    "ListHolds": Permission.CASH,
    "ListSoftLocks": Permission.CASH,
    "GetStatement": Permission.CASH,
    "GetBalanceAsOf": Permission.CASH,
    "WatchUpdates": Permission.CASH,
    "GroomAccount": Permission.OPERATE,
    "AnnounceDeposit": Permission.CASH,
    "RegisterCoin": Permission.OPERATE,
    "AmendCoin": Permission.OPERATE,
    "AdmitHolder": Permission.OPERATE,
    "RemoveHolder": Permission.OPERATE,
    "FreezeCash": Permission.OPERATE,
    "ThawCash": Permission.OPERATE,
    "ForceCash": Permission.OPERATE,
    "ListRegisteredCoins": Permission.OPERATE,
    "ConfirmDeposit": Permission.OPERATE,
    "CancelDeposit": Permission.OPERATE,
    "RetryDeposit": Permission.OPERATE,
    "ListDeposits": Permission.OPERATE,
    "ListRedemptions": Permission.OPERATE,
    "ConfirmPayout": Permission.OPERATE,
    "ReconcileCoin": Permission.OPERATE,
    "ResumeIssues": Permission.OPERATE,
    "ListCoinHolders": Permission.OPERATE,
    "SetAccountKeys": Permission.CASH,
    "CreateFirstUsers": Permission.OPERATE,
    "BeginLogin": Permission.OPERATE,
    "Login": Permission.OPERATE,
    "Logout": Permission.OPERATE,
    "ChangePassword": Permission.OPERATE,
    "ListUsers": Permission.OPERATE,
    "CreateUser": Permission.OPERATE,
    "ChangeUser": Permission.OPERATE,
    "ResetPassword": Permission.OPERATE,
    "ProposeCall": Permission.OPERATE,
    "DecideApproval": Permission.OPERATE,
    "ListApprovals": Permission.OPERATE,
    "ListAuditEntries": Permission.OPERATE,
    "PutRecord": Permission.OPERATE,
    "GetRecord": Permission.OPERATE,
    "ListRecords": Permission.OPERATE,
    "ListRecordVersions": Permission.OPERATE,
    "EraseRecord": Permission.OPERATE,
    "ScrubRecords": Permission.OPERATE,
    "DescribeRecords": Permission.OPERATE,
    "PreviewDistribution": Permission.OPERATE,
    "OrderDistribution": Permission.OPERATE,
    "ReleaseHeldLines": Permission.OPERATE,
    "CancelDistribution": Permission.OPERATE,
    "GetDistribution": Permission.OPERATE,
    "ListDistributions": Permission.OPERATE,
    "GiveMandate": Permission.OPERATE,
    "UseUtility": Permission.CASH,
    "ExpireUtility": Permission.OPERATE,
    "SetListing": Permission.OPERATE,
    "SetTrader": Permission.OPERATE,
    "ChangeDay": Permission.OPERATE,
    "PublishAgain": Permission.OPERATE,
    "PlaceOrder": Permission.TRADE,
    "AmendOrder": Permission.TRADE,
    "CancelOrder": Permission.TRADE,
    "GetBook": Permission.TRADE,
    "GetOrder": Permission.TRADE,
    "WatchExecutions": Permission.TRADE,
    "WithdrawExecution": Permission.OPERATE,
    "RegisterOrder": Permission.INSTRUCT,
    "ReviseOrder": Permission.INSTRUCT,
    "ListOrders": Permission.INSTRUCT,
    "ListBrokerExecutions": Permission.INSTRUCT,
    "RegisterCashMethod": Permission.INSTRUCT,
    "ListCashMethods": Permission.CASH,
    "InstructTrade": Permission.INSTRUCT,
    "ImportTradeInstructions": Permission.INSTRUCT,
    "GetNativeTrade": Permission.CASH,
    "ListNativeTrades": Permission.CASH,
    "CancelNativeTrade": Permission.INSTRUCT,
    "TopUpTrade": Permission.INSTRUCT,
    "ListTradeNotices": Permission.CASH,
    "FormNetSet": Permission.OPERATE,
    "ListNetSets": Permission.CASH,
    "ImportBankStatement": Permission.OPERATE,
    "ListBankImports": Permission.OPERATE,
    "ListExpectedPayments": Permission.OPERATE,
    "ListUnmatchedLines": Permission.OPERATE,
    "MatchBankLine": Permission.OPERATE,
    "GetRegister": Permission.CASH,
    "ExportRegister": Permission.CASH,
    "ListRegisterEntries": Permission.CASH,
    "ListRecordDates": Permission.CASH,
    "SnapshotRecordDate": Permission.OPERATE,
    "GetSnapshot": Permission.CASH,
    "ListSnapshots": Permission.CASH,
    "BeginEmergency": Permission.OPERATE,
    "UploadEmergencyFile": Permission.OPERATE,
    "PreviewNormalisation": Permission.OPERATE,
    "PlanNormalisation": Permission.OPERATE,
    "BringInLines": Permission.OPERATE,
    "GetOutage": Permission.OPERATE,
}
"""By method; a method that is missing here cannot be called."""


@dataclass(frozen=True)
class ApiAccess:
    """The names of each kind of caller. Operators may do everything; platforms speak for the node's customers."""

    operators: frozenset[str] = frozenset()
    gateways: frozenset[str] = frozenset()
    relayers: frozenset[str] = frozenset()
    platforms: frozenset[str] = frozenset()

    def is_operator(self, caller: str) -> bool:
        """Whether ``caller`` sees all of the node's vault, other nodes' accounts included."""
        return caller in self.operators

    def require(self, caller: str, method: str) -> None:
        """Return if ``caller`` may call ``method``; raises ``CallerNotAuthorised``."""
        granted: set[Permission] = set()
        if caller in self.operators:
            granted.update(Permission)
        if caller in self.gateways:
            granted.update(_GATEWAY)
        if caller in self.relayers:
            granted.update(_RELAYER)
        if caller in self.platforms:
            granted.update(_PLATFORM)
        if NEEDED.get(method) not in granted:
            raise CallerNotAuthorised(caller, method)
