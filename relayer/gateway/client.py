"""The gateway's client, as a platform would write it: deadlines on every call, a watch that resumes by itself."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final, TypedDict, Unpack

import grpc
import grpc.aio
from crossdvp.gateway.v1 import settlement_service_pb2 as pb
from crossdvp.gateway.v1 import settlement_service_pb2_grpc as pb_grpc

from chains.progmat.client.channel import KEEPALIVE, ApiEndpoint, ApiTls, Keepalive, open_channel
from chains.rpc_status import error_from_rpc
from ibc.dvp import SettlementTerms
from relayer.gateway.matching import Side
from relayer.gateway.settlement_codec import encode_terms
from relayer.rpc_call import ask

RECONNECT_PAUSE_S: Final = 0.2
CANCEL_TIMEOUT_S: Final = 60.0  # a cancellation is a ledger transaction


NO_REASON: Final = pb.HOLD_REASON_UNSPECIFIED


class AffirmedFields(TypedDict, total=False):
    """What a side may say beside the terms."""

    reference: str
    unique_reference: bool
    priority: pb.Priority
    hold: bool
    validate_only: bool


class SaidFields(AffirmedFields, total=False):
    """And what it may say when it instructs."""

    trade_reference: str
    intended_settlement_date: str


def instruction(
    side: Side, terms: SettlementTerms, request_id: str = "", **said: Unpack[SaidFields]
) -> pb.CreateSettlementRequest:
    """One side's instruction as a request; a fresh ``request_id`` if none is given."""
    return pb.CreateSettlementRequest(
        request_id=request_id or str(uuid.uuid4()), side=_number(side), terms=encode_terms(terms), **said
    )


def _number(side: Side | None) -> pb.Side:
    if side is None:
        return pb.SIDE_UNSPECIFIED
    return pb.SIDE_SELLER if side is Side.SELLER else pb.SIDE_BUYER


class GatewayClient:
    """Raises the errors of ``chains.rpc_status``: the remote's reason and message, and whose fault it is."""

    def __init__(
        self, endpoint: ApiEndpoint, tls: ApiTls, timeout_s: float = 10.0, keepalive: Keepalive = KEEPALIVE
    ) -> None:
        self._name = endpoint.name
        self._wait: dict[str, Any] = {"timeout": timeout_s, "wait_for_ready": True}
        self._channel = open_channel(endpoint, tls, keepalive)
        self._stub: Any = pb_grpc.SettlementServiceStub(self._channel)  # type: ignore[no-untyped-call] # generated

    async def close(self) -> None:
        """Close the connection."""
        await self._channel.close(grace=None)

    async def create(
        self, side: Side, terms: SettlementTerms, request_id: str = "", **said: Unpack[SaidFields]
    ) -> pb.Settlement:
        """One side's instruction; without a ``request_id`` every call is a new request."""
        request = instruction(side, terms, request_id, **said)
        pending = self._stub.CreateSettlement(request, **self._wait)
        return (await ask(pending, pb.CreateSettlementResponse, self._name)).settlement

    async def create_many(self, requests: Sequence[pb.CreateSettlementRequest]) -> Sequence[pb.BatchResult]:
        """Up to 500 instructions (see ``instruction``): a settlement or a refusal for each, in order."""
        request = pb.BatchCreateSettlementsRequest(requests=requests)
        pending = self._stub.BatchCreateSettlements(request, **self._wait)
        return (await ask(pending, pb.BatchCreateSettlementsResponse, self._name)).results

    async def affirm(
        self,
        name: str,
        terms_hash: bytes,
        side: Side | None = None,
        request_id: str = "",
        **said: Unpack[AffirmedFields],
    ) -> pb.Settlement:
        """Agree to terms that are there, by their hash; ``side`` only where both are the caller's."""
        request = pb.AffirmSettlementRequest(
            request_id=request_id or str(uuid.uuid4()), name=name, side=_number(side), terms_hash=terms_hash, **said
        )
        pending = self._stub.AffirmSettlement(request, **self._wait)
        return (await ask(pending, pb.AffirmSettlementResponse, self._name)).settlement

    async def get(self, name: str) -> pb.Settlement:
        """A settlement by resource name."""
        pending = self._stub.GetSettlement(pb.GetSettlementRequest(name=name), **self._wait)
        return (await ask(pending, pb.GetSettlementResponse, self._name)).settlement

    async def list(
        self, page_token: str = "", page_size: int = 50, wanted: pb.ListSettlementsRequest | None = None
    ) -> pb.ListSettlementsResponse:
        """A page of settlements, newest first; ``wanted``: filters and order."""
        request = pb.ListSettlementsRequest()
        if wanted is not None:
            request.CopyFrom(wanted)
        request.page_size, request.page_token = page_size, page_token
        return await ask(self._stub.ListSettlements(request, **self._wait), pb.ListSettlementsResponse, self._name)

    async def hold(self, name: str, side: Side | None = None, request_id: str = "") -> pb.Settlement:
        """Put the caller's own instruction on hold."""
        request = pb.HoldSettlementRequest(request_id=request_id or str(uuid.uuid4()), name=name, side=_number(side))
        pending = self._stub.HoldSettlement(request, **self._wait)
        return (await ask(pending, pb.HoldSettlementResponse, self._name)).settlement

    async def release(
        self, name: str, side: Side | None = None, request_id: str = "", reason: pb.HoldReason = NO_REASON
    ) -> pb.Settlement:
        """Lift a hold of the caller's own instruction; ``reason`` where it is on hold for both."""
        request = pb.ReleaseSettlementRequest(
            request_id=request_id or str(uuid.uuid4()), name=name, side=_number(side), reason=reason
        )
        pending = self._stub.ReleaseSettlement(request, **self._wait)
        return (await ask(pending, pb.ReleaseSettlementResponse, self._name)).settlement

    async def retry(self, name: str, request_id: str = "") -> pb.Settlement:
        """The next attempt at once."""
        request = pb.RetrySettlementRequest(request_id=request_id or str(uuid.uuid4()), name=name)
        pending = self._stub.RetrySettlement(request, **self._wait)
        return (await ask(pending, pb.RetrySettlementResponse, self._name)).settlement

    async def cancel(self, name: str, request_id: str = "") -> pb.Settlement:
        """Cancel before the lock."""
        request = pb.CancelSettlementRequest(request_id=request_id or str(uuid.uuid4()), name=name)
        pending = self._stub.CancelSettlement(request, timeout=CANCEL_TIMEOUT_S, wait_for_ready=True)
        return (await ask(pending, pb.CancelSettlementResponse, self._name)).settlement

    async def watch(self, name: str = "", resume_token: str = "") -> AsyncIterator[pb.WatchSettlementsResponse]:
        """Every change from the beginning, or after ``resume_token``; survives restarts of the gateway.

        Heartbeats are taken note of, not given.
        """
        while True:
            request = pb.WatchSettlementsRequest(name=name, resume_token=resume_token)
            try:
                async for event in self._stub.WatchSettlements(request, wait_for_ready=True):
                    resume_token = event.resume_token or resume_token
                    if event.HasField("settlement"):
                        yield event
            except grpc.aio.AioRpcError as failure:
                if failure.code() is not grpc.StatusCode.UNAVAILABLE:
                    raise error_from_rpc(failure, self._name) from failure
            await asyncio.sleep(RECONNECT_PAUSE_S)
