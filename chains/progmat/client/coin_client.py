"""One node's CoinService for other programs. Deposits, redemptions and tables come as the service's own messages do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from crossdvp.ledger.v1 import coin_service_pb2 as pb
from crossdvp.ledger.v1.coin_service_pb2_grpc import CoinServiceStub

from chains.progmat.client.channel import ApiEndpoint, ApiTls, open_channel
from chains.progmat.client.ledger_client import call, flow_view
from chains.progmat.contracts.cash_codec import CoinKind, coin_kind
from chains.progmat.contracts.terms_codec import account_from_message, account_to_message
from chains.progmat.flows.coin_requests import (
    AdmitHolder,
    AmendCoin,
    ForceCash,
    FreezeCash,
    RegisterCoin,
    RemoveHolder,
    ThawCash,
)
from chains.progmat.flows.record import FlowKind
from chains.progmat.flows.request_codec import to_message
from chains.progmat.flows.views import FlowView
from ibc.dvp import CashAccount

CoinFlow = RegisterCoin | AmendCoin | AdmitHolder | RemoveHolder | FreezeCash | ThawCash | ForceCash

_METHODS: Final = {
    FlowKind.REGISTER_COIN: "RegisterCoin",
    FlowKind.AMEND_COIN: "AmendCoin",
    FlowKind.ADMIT_HOLDER: "AdmitHolder",
    FlowKind.REMOVE_HOLDER: "RemoveHolder",
    FlowKind.FREEZE_CASH: "FreezeCash",
    FlowKind.THAW_CASH: "ThawCash",
    FlowKind.FORCE_CASH: "ForceCash",
}


@dataclass(frozen=True, slots=True)
class CoinLine:
    """A registered coin; ``halted_because`` is empty while it is issued."""

    coin_id: str
    kind: CoinKind
    approver_keys: tuple[bytes, ...]
    admitted: tuple[CashAccount, ...]
    halted_because: str


@dataclass(frozen=True, slots=True)
class DepositLine:
    """A deposit as the trustee's node has it; ``tx_id`` is empty until the coin is issued.

    ``payment_reference`` is what the payer writes into the transfer.
    """

    deposit_id: str
    coin_id: str
    amount_yen: int
    to: CashAccount
    status: str
    flow_id: str
    bank_reference: str
    tx_id: bytes
    payment_reference: str


@dataclass(frozen=True, slots=True)
class RedemptionLine:
    """Coin that left the ledger, and whether its yen were paid out."""

    redemption_id: str
    coin_id: str
    node: str
    amount_yen: int
    tx_id: bytes
    status: str
    bank_reference: str


@dataclass(frozen=True, slots=True)
class TrustLine:
    """One intermediary's share, in yen."""

    node: str
    trust_yen: int
    free_yen: int
    locked_yen: int
    frozen_yen: int
    received_yen: int
    payable_yen: int
    difference_yen: int


@dataclass(frozen=True, slots=True)
class CoinTrust:
    """A coin's trust as of update ``reached``."""

    lines: tuple[TrustLine, ...]
    bank_yen: int
    reached: int
    halted_because: str

    @property
    def agrees(self) -> bool:
        """Whether trust and coin are equal at every intermediary."""
        return all(line.difference_yen == 0 for line in self.lines)


@dataclass(frozen=True, slots=True)
class HolderBalance:
    """An account and what it holds; ``locked_yen`` is the part under a lock or frozen."""

    account: CashAccount
    balance_yen: int
    locked_yen: int


class CoinClient:
    """Asks one node. All methods raise as those of ``LedgerClient``, and a flow may be asked for again as there."""

    def __init__(self, endpoint: ApiEndpoint, tls: ApiTls) -> None:
        self.name = endpoint.name
        self._channel = open_channel(endpoint, tls)
        self._stub: Any = CoinServiceStub(self._channel)  # type: ignore[no-untyped-call] # generated without annotations

    async def submit(self, request: CoinFlow, wait_s: int = 30) -> FlowView:
        """Start a flow, or find the one this request started; as it stands when final, failed, or after ``wait_s``."""
        message: Any = to_message(request)
        message.wait_s = wait_s
        answer = await call(self.name, getattr(self._stub, _METHODS[request.kind]), message, wait_s)
        return flow_view(answer.flow)

    async def coins(self) -> tuple[CoinLine, ...]:
        """Coins that the node has registered."""
        answer = await call(self.name, self._stub.ListRegisteredCoins, pb.ListRegisteredCoinsRequest())
        return tuple(
            CoinLine(
                line.coin_id,
                coin_kind(int(line.kind)),
                tuple(line.approver_keys),
                tuple(map(account_from_message, line.admitted)),
                line.halted_because,
            )
            for line in answer.coins
        )

    async def announce_deposit(
        self, deposit_id: str, coin_id: str, issuer: str, amount_yen: int, to: CashAccount, author: str
    ) -> DepositLine:
        """Say that yen will be paid in: to the issuer's node, or to a custodian's that passes it on."""
        request = pb.AnnounceDepositRequest(
            deposit_id=deposit_id,
            coin_id=coin_id,
            issuer=issuer,
            amount_yen=amount_yen,
            to=account_to_message(to),
            author=author,
        )
        return _deposit((await call(self.name, self._stub.AnnounceDeposit, request)).deposit)

    async def confirm_deposit(
        self, deposit_id: str, paid_yen: int, bank_reference: str, author: str, approver: str
    ) -> DepositLine:
        """Say that they are in; 0 and an empty reference: an imported bank statement shows it."""
        request = pb.ConfirmDepositRequest(
            deposit_id=deposit_id,
            paid_yen=paid_yen,
            bank_reference=bank_reference,
            author=author,
            approver=approver,
        )
        return _deposit((await call(self.name, self._stub.ConfirmDeposit, request)).deposit)

    async def cancel_deposit(self, deposit_id: str, author: str) -> DepositLine:
        """Say that they do not come."""
        request = pb.CancelDepositRequest(deposit_id=deposit_id, author=author)
        return _deposit((await call(self.name, self._stub.CancelDeposit, request)).deposit)

    async def retry_deposit(self, deposit_id: str, author: str) -> DepositLine:
        """Start a failed issue again."""
        request = pb.RetryDepositRequest(deposit_id=deposit_id, author=author)
        return _deposit((await call(self.name, self._stub.RetryDeposit, request)).deposit)

    async def deposits(self, coin_id: str = "", status: str = "") -> tuple[DepositLine, ...]:
        """Newest first."""
        request = pb.ListDepositsRequest(coin_id=coin_id, status=status)
        return tuple(map(_deposit, (await call(self.name, self._stub.ListDeposits, request)).deposits))

    async def redemptions(self, coin_id: str = "", status: str = "") -> tuple[RedemptionLine, ...]:
        """Oldest first."""
        request = pb.ListRedemptionsRequest(coin_id=coin_id, status=status)
        return tuple(map(_redemption, (await call(self.name, self._stub.ListRedemptions, request)).redemptions))

    async def confirm_payout(
        self, redemption_id: str, bank_reference: str, author: str, approver: str
    ) -> RedemptionLine:
        """Say that a redemption's yen went out."""
        request = pb.ConfirmPayoutRequest(
            redemption_id=redemption_id, bank_reference=bank_reference, author=author, approver=approver
        )
        return _redemption((await call(self.name, self._stub.ConfirmPayout, request)).redemption)

    async def reconcile(self, coin_id: str) -> CoinTrust:
        """Trust and coin side by side."""
        answer = await call(self.name, self._stub.ReconcileCoin, pb.ReconcileCoinRequest(coin_id=coin_id))
        names = TrustLine.__dataclass_fields__
        lines = tuple(TrustLine(**{name: getattr(line, name) for name in names}) for line in answer.lines)
        return CoinTrust(lines, answer.bank_yen, answer.reached, answer.halted_because)

    async def resume_issues(self, coin_id: str, author: str, approver: str) -> None:
        """Lift the halt of a coin's issues."""
        request = pb.ResumeIssuesRequest(coin_id=coin_id, author=author, approver=approver)
        await call(self.name, self._stub.ResumeIssues, request)

    async def holders(self, coin_id: str, node: str = "", as_of_ms: int = 0) -> tuple[HolderBalance, ...]:
        """Every account that holds a coin."""
        request = pb.ListCoinHoldersRequest(coin_id=coin_id, node=node, as_of_ms=as_of_ms)
        answer = await call(self.name, self._stub.ListCoinHolders, request)
        return tuple(
            HolderBalance(account_from_message(line.account), line.balance_yen, line.locked_yen)
            for line in answer.holders
        )

    async def close(self) -> None:
        """Close the channel."""
        await self._channel.close(grace=None)


def _deposit(message: pb.Deposit) -> DepositLine:
    return DepositLine(
        message.deposit_id,
        message.coin_id,
        message.amount_yen,
        account_from_message(message.to),
        message.status,
        message.flow_id,
        message.bank_reference,
        message.tx_id,
        message.payment_reference,
    )


def _redemption(message: pb.Redemption) -> RedemptionLine:
    return RedemptionLine(
        message.redemption_id,
        message.coin_id,
        message.node,
        message.amount_yen,
        message.tx_id,
        message.status,
        message.bank_reference,
    )
