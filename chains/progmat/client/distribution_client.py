"""One node's DistributionService for other programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from crossdvp.ledger.v1 import distribution_service_pb2 as pb
from crossdvp.ledger.v1.distribution_service_pb2_grpc import DistributionServiceStub

from chains.progmat.client.channel import ApiEndpoint, ApiTls, open_channel
from chains.progmat.client.ledger_client import call, flow_view
from chains.progmat.flows.distribution_requests import ExpireUtility, UseUtility
from chains.progmat.flows.request_codec import to_message
from chains.progmat.flows.views import FlowView
from chains.progmat.market.distribution.planning import HeldLine, Totals
from chains.progmat.market.distribution.terms import Terms
from chains.progmat.market.distribution.views import DistributionView, PartProgress

ORDER_S: Final = 120
"""How long an order may take: its parts are opened one after the other."""


@dataclass(frozen=True, slots=True)
class PreviewedDistribution:
    """What an order would pay; the first thousand lines that it would hold, and how much it would hold."""

    totals: Totals
    held_amount: int
    unpayable: tuple[HeldLine, ...]


@dataclass(frozen=True, slots=True)
class OrderedDistribution:
    """What an order pays."""

    distribution_id: bytes
    totals: Totals
    held_amount: int
    parts: int


class DistributionClient:
    """Asks one node. All methods raise as those of ``LedgerClient``."""

    def __init__(self, endpoint: ApiEndpoint, tls: ApiTls) -> None:
        self.name = endpoint.name
        self._channel = open_channel(endpoint, tls)
        self._stub: Any = DistributionServiceStub(self._channel)  # type: ignore[no-untyped-call] # generated without annotations

    async def preview(self, terms: Terms) -> PreviewedDistribution:
        """What an order would pay; changes nothing."""
        request = pb.PreviewDistributionRequest(terms=terms.to_message())
        answer = await call(self.name, self._stub.PreviewDistribution, request, ORDER_S)
        return PreviewedDistribution(_totals(answer.totals), answer.totals.held, tuple(map(_held, answer.unpayable)))

    async def order(self, terms: Terms, author: str, approver: str) -> OrderedDistribution:
        """Order a distribution at its registrar's node, or go on with the order of that name; may be repeated."""
        request = pb.OrderDistributionRequest(terms=terms.to_message(), author=author, approver=approver)
        answer = await call(self.name, self._stub.OrderDistribution, request, ORDER_S)
        return OrderedDistribution(answer.distribution_id, _totals(answer.totals), answer.totals.held, answer.parts)

    async def release(self, distribution_id: bytes, author: str, approver: str) -> tuple[int, int]:
        """Open parts for held lines that can be paid now: how many parts, and how much is still held."""
        request = pb.ReleaseHeldLinesRequest(distribution_id=distribution_id, author=author, approver=approver)
        answer = await call(self.name, self._stub.ReleaseHeldLines, request, ORDER_S)
        return answer.parts, answer.held

    async def cancel(self, distribution_id: bytes, author: str, approver: str) -> int:
        """Take back the parts of which nothing is paid; how many."""
        request = pb.CancelDistributionRequest(distribution_id=distribution_id, author=author, approver=approver)
        answer = await call(self.name, self._stub.CancelDistribution, request, ORDER_S)
        return int(answer.cancelled)

    async def distribution(self, distribution_id: bytes) -> DistributionView:
        """How far it is paid, as far as the node takes part in it."""
        request = pb.GetDistributionRequest(distribution_id=distribution_id)
        return _view(await call(self.name, self._stub.GetDistribution, request))

    async def distributions(self, security_id: str = "", limit: int = 100) -> tuple[DistributionView, ...]:
        """Distributions that the node takes part in, or one security's."""
        request = pb.ListDistributionsRequest(security_id=security_id, limit=limit)
        answer = await call(self.name, self._stub.ListDistributions, request)
        return tuple(map(_view, answer.distributions))

    async def give_mandate(  # what a mandate consists of
        self,
        account_key: bytes,
        *,
        registrar: str,
        security_id: str,
        asset_id: str,
        keeper: str,
        most: int,
        author: str,
        approver: str,
    ) -> None:
        """The account pays the registrar's distributions of the security, up to ``most`` each; 0 ends it."""
        request = pb.GiveMandateRequest(
            account_key=account_key,
            registrar=registrar,
            security_id=security_id,
            asset_id=asset_id,
            keeper=keeper,
            most=most,
            author=author,
            approver=approver,
        )
        await call(self.name, self._stub.GiveMandate, request)

    async def use(self, request: UseUtility, wait_s: int = 30) -> FlowView:
        """Start a use, or find the one this request started; its flow when final, failed, or after ``wait_s``."""
        return await self._submit(self._stub.UseUtility, request, wait_s)

    async def expire(self, request: ExpireUtility, wait_s: int = 30) -> FlowView:
        """Destroy units whose time is over; as ``use``."""
        return await self._submit(self._stub.ExpireUtility, request, wait_s)

    async def close(self) -> None:
        """Close the channel."""
        await self._channel.close(grace=None)

    async def _submit(self, method: Any, request: UseUtility | ExpireUtility, wait_s: int) -> FlowView:  # noqa: ANN401 # of a stub
        message: Any = to_message(request)
        message.wait_s = wait_s
        answer = await call(self.name, method, message, wait_s)
        return flow_view(answer.flow)


def _totals(message: pb.DistributionTotals) -> Totals:
    return Totals(message.holders, message.units, message.gross, message.national_tax, message.local_tax, message.net)


def _held(line: pb.HeldLine) -> HeldLine:
    return HeldLine(line.node, line.account_key, line.amount, line.reason)


def _view(message: pb.GetDistributionResponse) -> DistributionView:
    parts = tuple(
        PartProgress(part.part, part.node, part.status, part.batches, part.paid_batches, part.total, part.waiting)
        for part in message.parts
    )
    has_totals = message.HasField("totals")
    return DistributionView(
        message.distribution_id,
        message.security_id,
        message.record_date,
        parts,
        _totals(message.totals) if has_totals else None,
        tuple(map(_held, message.held)),
        message.totals.held if has_totals else 0,
    )
