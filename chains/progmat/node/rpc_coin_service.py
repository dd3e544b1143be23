"""CoinService over gRPC. As ``rpc_node_service``: servicers raise our errors."""

from __future__ import annotations

from enum import Enum
from typing import Any, Final, Protocol, TypeVar

import grpc.aio
from crossdvp.ledger.v1 import coin_service_pb2 as pb
from crossdvp.ledger.v1.coin_service_pb2_grpc import CoinServiceServicer
from google.protobuf.message import Message

from chains.progmat.contracts.terms_codec import account_to_message
from chains.progmat.flows.errors import AccountUnknown, InvalidRequest, NodeRoleMissing
from chains.progmat.flows.record import FlowKind
from chains.progmat.flows.seams import Role
from chains.progmat.identity import KeyStore
from chains.progmat.market.people.acts import Act
from chains.progmat.market.people.desk import Caller, PeopleDesk
from chains.progmat.market.trust.announcing import (
    ANNOUNCE,
    announce_to,
    announcement_of,
    decode_announcement,
)
from chains.progmat.market.trust.deposits import Deposit, DepositStatus, payment_reference
from chains.progmat.market.trust.desk import TrustDesk, own_announcement, permit_act
from chains.progmat.market.trust.redemptions import Redemption, RedemptionStatus
from chains.progmat.node.api_access import ApiAccess
from chains.progmat.node.ledger_node import LedgerNode
from chains.progmat.node.peers import PeerIdentity, PeerRouter
from chains.progmat.node.peers.rpc_service import identity_of
from chains.progmat.node.rpc_node_service import FlowStarting, flow_to_message
from primitives.codec import deterministic_bytes, strict_parse
from primitives.hashing import sha256

Context = grpc.aio.ServicerContext[Any, Any]
StatusT = TypeVar("StatusT", bound=Enum)
MAX_DEPOSIT_BYTES: Final = 4096


class ActMessage(Protocol):
    """Any message of a flow that a person wants."""

    request_id: str
    coin_id: str
    author: str
    wait_s: int


def _act_starter(name: str, kind: FlowKind, response: type[Message]) -> Any:  # noqa: ANN401 # a generated servicer's method
    async def start(self: CoinServiceRpc, request: ActMessage, context: Context) -> Message:
        self._authorise(context, name)
        by = Act(request.author, getattr(request, "approver", ""), getattr(request, "reason", ""))
        self._trustee()
        await permit_act(self._people, name, by, request.coin_id, _caller(context))
        return response(flow=flow_to_message(await self.submit(name, kind, request, context)))

    start.__name__ = name
    return start


class CoinServiceRpc(FlowStarting, CoinServiceServicer):
    """The servicer of one vault node; ``desk`` is None where no coin is issued."""

    def __init__(
        self, node: LedgerNode, keys: KeyStore, access: ApiAccess, people: PeopleDesk, desk: TrustDesk | None
    ) -> None:
        super().__init__(node, keys, access)
        self._people = people
        self._desk = desk

    RegisterCoin = _act_starter("RegisterCoin", FlowKind.REGISTER_COIN, pb.RegisterCoinResponse)
    AmendCoin = _act_starter("AmendCoin", FlowKind.AMEND_COIN, pb.AmendCoinResponse)
    AdmitHolder = _act_starter("AdmitHolder", FlowKind.ADMIT_HOLDER, pb.AdmitHolderResponse)
    RemoveHolder = _act_starter("RemoveHolder", FlowKind.REMOVE_HOLDER, pb.RemoveHolderResponse)
    FreezeCash = _act_starter("FreezeCash", FlowKind.FREEZE_CASH, pb.FreezeCashResponse)
    ThawCash = _act_starter("ThawCash", FlowKind.THAW_CASH, pb.ThawCashResponse)
    ForceCash = _act_starter("ForceCash", FlowKind.FORCE_CASH, pb.ForceCashResponse)

    def answer_peers(self, router: PeerRouter) -> None:
        """Intermediaries' nodes announce deposits to the issuer's."""
        if self._desk is not None:
            router.register(ANNOUNCE, self._announced)

    async def _announced(self, asker: PeerIdentity, body: bytes) -> bytes:
        wanted, author = decode_announcement(body)
        return deterministic_bytes(_deposit(await self._trustee().announced_by(asker.name, wanted, author)))

    async def AnnounceDeposit(self, request: pb.AnnounceDepositRequest, context: Context) -> pb.AnnounceDepositResponse:  # noqa: D102, N802 # named and documented by the .proto file
        self._authorise(context, "AnnounceDeposit")
        wanted = announcement_of(request)
        me = self._node.parts.me.name
        if self._desk is not None and request.issuer in ("", me):
            entered = await self._desk.announce(wanted, Act(request.author), _caller(context))
            return pb.AnnounceDepositResponse(deposit=_deposit(entered))
        if not request.issuer:
            raise InvalidRequest("issuer", "the name of the coin's issuer is wanted")
        own_announcement(wanted, me)
        if not self._operations.keeps(wanted.to):
            raise AccountUnknown(wanted.to.key)
        await permit_act(self._people, "AnnounceDeposit", Act(request.author), wanted.deposit_id, _caller(context))
        answer = await announce_to(self._node.parts.network, request.issuer, wanted, request.author)
        return pb.AnnounceDepositResponse(deposit=strict_parse(pb.Deposit, answer, max_bytes=MAX_DEPOSIT_BYTES))

    async def ConfirmDeposit(self, request: pb.ConfirmDepositRequest, context: Context) -> pb.ConfirmDepositResponse:  # noqa: D102, N802 # as above
        by = self._by(context, "ConfirmDeposit", request)
        done = await self._trustee().confirm(
            request.deposit_id, request.paid_yen, request.bank_reference, by, _caller(context)
        )
        return pb.ConfirmDepositResponse(deposit=_deposit(done))

    async def CancelDeposit(self, request: pb.CancelDepositRequest, context: Context) -> pb.CancelDepositResponse:  # noqa: D102, N802 # as above
        by = self._by(context, "CancelDeposit", request)
        done = await self._trustee().cancel(request.deposit_id, by, _caller(context))
        return pb.CancelDepositResponse(deposit=_deposit(done))

    async def RetryDeposit(self, request: pb.RetryDepositRequest, context: Context) -> pb.RetryDepositResponse:  # noqa: D102, N802 # as above
        by = self._by(context, "RetryDeposit", request)
        done = await self._trustee().retry(request.deposit_id, by, _caller(context))
        return pb.RetryDepositResponse(deposit=_deposit(done))

    async def ConfirmPayout(self, request: pb.ConfirmPayoutRequest, context: Context) -> pb.ConfirmPayoutResponse:  # noqa: D102, N802 # as above
        by = self._by(context, "ConfirmPayout", request)
        done = await self._trustee().confirm_payout(request.redemption_id, request.bank_reference, by, _caller(context))
        return pb.ConfirmPayoutResponse(redemption=_redemption(done))

    async def ResumeIssues(self, request: pb.ResumeIssuesRequest, context: Context) -> pb.ResumeIssuesResponse:  # noqa: D102, N802 # as above
        by = self._by(context, "ResumeIssues", request)
        await self._trustee().resume_issues(request.coin_id, by, _caller(context))
        return pb.ResumeIssuesResponse()

    async def ListDeposits(self, request: pb.ListDepositsRequest, context: Context) -> pb.ListDepositsResponse:  # noqa: D102, N802 # as above
        self._authorise(context, "ListDeposits")
        found = await self._trustee().deposits(request.coin_id, _status(DepositStatus, request.status))
        return pb.ListDepositsResponse(deposits=map(_deposit, found))

    async def ListRedemptions(self, request: pb.ListRedemptionsRequest, context: Context) -> pb.ListRedemptionsResponse:  # noqa: D102, N802 # as above
        self._authorise(context, "ListRedemptions")
        found = await self._trustee().redemptions(request.coin_id, _status(RedemptionStatus, request.status))
        return pb.ListRedemptionsResponse(redemptions=map(_redemption, found))

    async def ListRegisteredCoins(  # noqa: D102, N802 # as above
        self,
        request: pb.ListRegisteredCoinsRequest,  # noqa: ARG002 # a generated servicer's method
        context: Context,
    ) -> pb.ListRegisteredCoinsResponse:
        self._authorise(context, "ListRegisteredCoins")
        views = await self._trustee().coins()
        return pb.ListRegisteredCoinsResponse(
            coins=[
                pb.RegisteredCoin(
                    coin_id=view.coin.coin_id,
                    kind=view.coin.kind.value,  # type: ignore[arg-type] # enum values are ints at run time
                    approver_keys=[key.encoded() for key in view.coin.approvers],
                    admitted=map(account_to_message, view.admitted),
                    halted_because=view.halted_because,
                )
                for view in views
            ]
        )

    async def ReconcileCoin(self, request: pb.ReconcileCoinRequest, context: Context) -> pb.ReconcileCoinResponse:  # noqa: D102, N802 # as above
        self._authorise(context, "ReconcileCoin")
        found = await self._trustee().reconcile(request.coin_id)
        return pb.ReconcileCoinResponse(
            lines=[
                pb.ReconciledLine(
                    node=line.node,
                    trust_yen=line.trust_yen,
                    free_yen=line.unspent.free_yen,
                    locked_yen=line.unspent.locked_yen,
                    frozen_yen=line.unspent.frozen_yen,
                    received_yen=line.received_yen,
                    payable_yen=line.payable_yen,
                    difference_yen=line.difference_yen,
                )
                for line in found.lines
            ],
            bank_yen=found.bank_yen,
            reached=found.reached,
            halted_because=found.halted_because,
        )

    async def ListCoinHolders(self, request: pb.ListCoinHoldersRequest, context: Context) -> pb.ListCoinHoldersResponse:  # noqa: D102, N802 # as above
        self._authorise(context, "ListCoinHolders")
        found = await self._trustee().holders(request.coin_id, request.node, request.as_of_ms)
        return pb.ListCoinHoldersResponse(
            holders=[
                pb.CoinHolder(
                    account=account_to_message(line.account), balance_yen=line.balance_yen, locked_yen=line.locked_yen
                )
                for line in found
            ]
        )

    def _trustee(self) -> TrustDesk:
        if self._desk is None:
            roles = tuple(sorted(role.value for role in self._node.parts.me.roles))
            raise NodeRoleMissing(Role.ISSUER.value, roles)
        return self._desk

    def _by(self, context: Context, method: str, request: Any) -> Act:  # noqa: ANN401 # any message with an author
        self._authorise(context, method)
        return Act(request.author, getattr(request, "approver", ""))


def _caller(context: Context) -> Caller:
    return Caller(identity_of(context).name, _certificate_hash(context))


def _certificate_hash(context: Context) -> bytes:
    found = tuple(context.auth_context().get("x509_pem_cert", ()))
    return bytes(sha256(found[0])) if found else b""


def _status(kind: type[StatusT], name: str) -> StatusT | None:
    if not name:
        return None
    try:
        return kind(name)
    except ValueError as error:
        known = ", ".join(str(each.value) for each in kind)
        raise InvalidRequest("status", f"one of {known} is wanted, not {name[:40]!r}") from error


def _deposit(found: Deposit) -> pb.Deposit:
    return pb.Deposit(
        deposit_id=found.announced.deposit_id,
        coin_id=found.announced.coin_id,
        amount_yen=found.announced.amount_yen,
        to=account_to_message(found.announced.to),
        status=found.status.value,
        flow_id=found.flow_id,
        bank_reference=found.bank_reference,
        tx_id=found.tx_id,
        announced_by=found.announced_by,
        announced_ms=found.announced_ms,
        author=found.author,
        approver=found.approver,
        confirmed_ms=found.confirmed_ms,
        payment_reference=payment_reference(found.announced.deposit_id),
    )


def _redemption(found: Redemption) -> pb.Redemption:
    return pb.Redemption(
        redemption_id=found.redemption_id,
        coin_id=found.coin_id,
        node=found.node,
        amount_yen=found.amount_yen,
        tx_id=found.tx_id,
        status=found.status.value,
        bank_reference=found.bank_reference,
        seen_ms=found.seen_ms,
        author=found.author,
        approver=found.approver,
        paid_ms=found.paid_ms,
    )
