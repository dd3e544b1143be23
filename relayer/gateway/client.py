"""The gateway's client, as a platform would write it: deadlines on every call, a watch that resumes by itself."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from typing import Any, Final

import grpc
import grpc.aio
from crossdvp.gateway.v1 import settlement_service_pb2 as pb
from crossdvp.gateway.v1 import settlement_service_pb2_grpc as pb_grpc

from chains.progmat.client import ApiEndpoint, ApiTls, open_channel
from chains.rpc_status import error_from_rpc
from ibc.dvp import SettlementTerms
from relayer.gateway.matching import Side
from relayer.gateway.settlement_codec import encode_terms
from relayer.rpc_call import ask

RECONNECT_PAUSE_S: Final = 0.2
CANCEL_TIMEOUT_S: Final = 60.0  # a cancellation is a ledger transaction


class GatewayClient:
    """Raises the errors of ``chains.rpc_status``: the remote's reason and message, and whose fault it is."""

    def __init__(self, endpoint: ApiEndpoint, tls: ApiTls, timeout_s: float = 10.0) -> None:
        self._name = endpoint.name
        self._wait: dict[str, Any] = {"timeout": timeout_s, "wait_for_ready": True}
        self._channel = open_channel(endpoint, tls)
        self._stub: Any = pb_grpc.SettlementServiceStub(self._channel)  # type: ignore[no-untyped-call] # generated

    async def close(self) -> None:
        """Close the connection."""
        await self._channel.close(grace=None)

    async def create(self, side: Side, terms: SettlementTerms, request_id: str = "") -> pb.Settlement:
        """One side's instruction; without a ``request_id`` every call is a new request."""
        number = pb.SIDE_SELLER if side is Side.SELLER else pb.SIDE_BUYER
        request = pb.CreateSettlementRequest(
            request_id=request_id or str(uuid.uuid4()), side=number, terms=encode_terms(terms)
        )
        pending = self._stub.CreateSettlement(request, **self._wait)
        return (await ask(pending, pb.CreateSettlementResponse, self._name)).settlement

    async def get(self, name: str) -> pb.Settlement:
        """A settlement by resource name."""
        pending = self._stub.GetSettlement(pb.GetSettlementRequest(name=name), **self._wait)
        return (await ask(pending, pb.GetSettlementResponse, self._name)).settlement

    async def list(self, page_token: str = "", page_size: int = 50) -> pb.ListSettlementsResponse:
        """A page of settlements, newest first."""
        request = pb.ListSettlementsRequest(page_size=page_size, page_token=page_token)
        return await ask(self._stub.ListSettlements(request, **self._wait), pb.ListSettlementsResponse, self._name)

    async def cancel(self, name: str, request_id: str = "") -> pb.Settlement:
        """Cancel before the lock."""
        request = pb.CancelSettlementRequest(request_id=request_id or str(uuid.uuid4()), name=name)
        pending = self._stub.CancelSettlement(request, timeout=CANCEL_TIMEOUT_S, wait_for_ready=True)
        return (await ask(pending, pb.CancelSettlementResponse, self._name)).settlement

    async def watch(self, name: str = "", resume_token: str = "") -> AsyncIterator[pb.WatchSettlementsResponse]:
        """Every change from the beginning, or after ``resume_token``; survives restarts of the gateway."""
        while True:
            request = pb.WatchSettlementsRequest(name=name, resume_token=resume_token)
            try:
                async for event in self._stub.WatchSettlements(request, wait_for_ready=True):
                    resume_token = event.resume_token
                    yield event
            except grpc.aio.AioRpcError as failure:
                if failure.code() is not grpc.StatusCode.UNAVAILABLE:
                    raise error_from_rpc(failure, self._name) from failure
            await asyncio.sleep(RECONNECT_PAUSE_S)
