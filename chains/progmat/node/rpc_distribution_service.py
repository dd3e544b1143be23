"""DistributionService over gRPC: messages to orders, views to messages; who may call what."""

from __future__ import annotations

from typing import Any

import grpc.aio
from crossdvp.ledger.v1 import distribution_service_pb2 as pb
from crossdvp.ledger.v1.distribution_service_pb2_grpc import DistributionServiceServicer

from chains.progmat.contracts.distribution import MAX_TOTAL
from chains.progmat.flows.errors import AccountUnknown, InvalidRequest
from chains.progmat.flows.record import FlowKind
from chains.progmat.identity import KeyStore
from chains.progmat.market.distribution.distributions import Distributions
from chains.progmat.market.distribution.looking import MOST_HELD_SHOWN
from chains.progmat.market.distribution.ordering import Caller
from chains.progmat.market.distribution.planning import HeldLine, Totals
from chains.progmat.market.distribution.store import Mandate
from chains.progmat.market.distribution.terms import Terms
from chains.progmat.market.distribution.views import DistributionView
from chains.progmat.node.api_access import ApiAccess
from chains.progmat.node.ledger_node import LedgerNode
from chains.progmat.node.peers.rpc_service import identity_of
from chains.progmat.node.rpc_node_service import FlowStarting, starter
from chains.progmat.transactions.model import check_name
from primitives.errors import DecodeError

Context = grpc.aio.ServicerContext[Any, Any]

MOST_LISTED = 500
_ID_BYTES = 32


class DistributionServiceRpc(FlowStarting, DistributionServiceServicer):
    """The servicer of one vault node. Methods are named and documented by the .proto file."""

    def __init__(self, node: LedgerNode, keys: KeyStore, access: ApiAccess, distributions: Distributions) -> None:
        super().__init__(node, keys, access)
        self._distributions = distributions

    UseUtility = starter("UseUtility", FlowKind.USE_UTILITY, pb.UseUtilityResponse)
    ExpireUtility = starter("ExpireUtility", FlowKind.EXPIRE_UTILITY, pb.ExpireUtilityResponse)

    async def PreviewDistribution(  # noqa: D102, N802 # see the class
        self, request: pb.PreviewDistributionRequest, context: Context
    ) -> pb.PreviewDistributionResponse:
        self._authorise(context, "PreviewDistribution")
        found = await self._distributions.preview(Terms.of(request.terms))
        held = sum(line.amount for line in found.unpayable)
        return pb.PreviewDistributionResponse(
            totals=_totals(found.totals, held), unpayable=map(_held, found.unpayable[:MOST_HELD_SHOWN])
        )

    async def OrderDistribution(  # noqa: D102, N802 # see the class
        self, request: pb.OrderDistributionRequest, context: Context
    ) -> pb.OrderDistributionResponse:
        self._authorise(context, "OrderDistribution")
        order, view = await self._distributions.order(Terms.of(request.terms), _caller(request, context))
        return pb.OrderDistributionResponse(
            distribution_id=order.distribution_id,
            totals=_totals(order.totals, view.held_amount),
            parts=len(view.parts),
        )

    async def ReleaseHeldLines(  # noqa: D102, N802 # see the class
        self, request: pb.ReleaseHeldLinesRequest, context: Context
    ) -> pb.ReleaseHeldLinesResponse:
        self._authorise(context, "ReleaseHeldLines")
        parts, view = await self._distributions.release(_id(request.distribution_id), _caller(request, context))
        return pb.ReleaseHeldLinesResponse(parts=parts, held=view.held_amount)

    async def CancelDistribution(  # noqa: D102, N802 # see the class
        self, request: pb.CancelDistributionRequest, context: Context
    ) -> pb.CancelDistributionResponse:
        self._authorise(context, "CancelDistribution")
        cancelled = await self._distributions.cancel(_id(request.distribution_id), _caller(request, context))
        return pb.CancelDistributionResponse(cancelled=cancelled)

    async def GetDistribution(  # noqa: D102, N802 # see the class
        self, request: pb.GetDistributionRequest, context: Context
    ) -> pb.GetDistributionResponse:
        self._authorise(context, "GetDistribution")
        return _view(await self._distributions.view(_id(request.distribution_id)))

    async def ListDistributions(  # noqa: D102, N802 # see the class
        self, request: pb.ListDistributionsRequest, context: Context
    ) -> pb.ListDistributionsResponse:
        self._authorise(context, "ListDistributions")
        limit = request.limit or MOST_LISTED
        if limit > MOST_LISTED:
            raise InvalidRequest("limit", f"at most {MOST_LISTED}")
        return pb.ListDistributionsResponse(
            distributions=map(_view, await self._distributions.views(request.security_id, limit))
        )

    async def GiveMandate(self, request: pb.GiveMandateRequest, context: Context) -> pb.GiveMandateResponse:  # noqa: D102, N802 # see the class
        self._authorise(context, "GiveMandate")
        accounts = {account.key for account in self._operations.accounts()}
        if request.account_key not in accounts | {self._node.parts.me.party.key.encoded()}:
            raise AccountUnknown(request.account_key)
        if request.most > MAX_TOTAL:
            raise InvalidRequest("most", f"at most {MAX_TOTAL}")
        for name in ("registrar", "security_id", "asset_id", "keeper"):
            try:
                check_name(name, getattr(request, name))
            except DecodeError as error:
                raise InvalidRequest(name, str(error)) from error
        mandate = Mandate(
            request.account_key,
            request.registrar,
            request.security_id,
            request.asset_id,
            request.keeper,
            request.most,
            request.author,
            request.approver,
            self._node.parts.clock.now_ms(),
        )
        await self._distributions.mandate(mandate, _caller(request, context))
        return pb.GiveMandateResponse()


def _caller(request: Any, context: Context) -> Caller:  # noqa: ANN401 # any message with author and approver
    return Caller(identity_of(context).name, request.author, request.approver)


def _id(distribution_id: bytes) -> bytes:
    if len(distribution_id) != _ID_BYTES:
        raise InvalidRequest("distribution_id", f"{_ID_BYTES} bytes are wanted, not {len(distribution_id)}")
    return distribution_id


def _totals(totals: Totals, held: int) -> pb.DistributionTotals:
    return pb.DistributionTotals(
        holders=totals.holders,
        units=totals.units,
        gross=totals.gross,
        national_tax=totals.national_tax,
        local_tax=totals.local_tax,
        net=totals.net,
        held=held,
    )


def _held(line: HeldLine) -> pb.HeldLine:
    return pb.HeldLine(node=line.node, account_key=line.account_key, amount=line.amount, reason=line.why)


def _view(view: DistributionView) -> pb.GetDistributionResponse:
    return pb.GetDistributionResponse(
        distribution_id=view.distribution_id,
        security_id=view.security_id,
        record_date=view.record_date,
        parts=[
            pb.DistributionPart(
                part=part.part,
                node=part.node,
                status=part.status,
                batches=part.batches,
                paid_batches=part.paid_batches,
                total=part.total,
                waiting=part.waiting,
            )
            for part in view.parts
        ],
        held=map(_held, view.held),
        totals=None if view.totals is None else _totals(view.totals, view.held_amount),
    )
