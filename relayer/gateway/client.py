"""The gateway's client, as a platform would write it: deadlines on every call, a watch that resumes by itself."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator

import grpc
import grpc.aio
from crossdvp.gateway.v1 import settlement_service_pb2 as pb
from crossdvp.gateway.v1 import settlement_service_pb2_grpc as pb_grpc

from chains.progmat.client import ApiEndpoint, ApiTls, open_channel
from chains.rpc_status import error_from_rpc
from ibc.dvp import SettlementTerms
from relayer.gateway.matching import Side
from relayer.gateway.settlement_codec import SIDES, encode_terms

_SIDE_NUMBERS = {side: number for number, side in SIDES.items()}


class GatewayClient:
    """Raises the errors of ``chains.rpc_status``: the remote's reason and message, and whose fault it is."""

    def __init__(self, endpoint: ApiEndpoint, tls: ApiTls, timeout_s: float = 10.0) -> None:
        self._name = endpoint.name
        self._timeout_s = timeout_s
        self._channel = open_channel(endpoint, tls)
        self._stub = pb_grpc.SettlementServiceStub(self._channel)

    async def close(self) -> None:
        """Close the connection."""
        await self._channel.close()

    async def create(self, side: Side, terms: SettlementTerms, request_id: str = "") -> pb.Settlement:
        """One side's instruction; without a ``request_id`` every call is a new request."""
        request = pb.CreateSettlementRequest(
            request_id=request_id or str(uuid.uuid4()), side=_SIDE_NUMBERS[side], terms=encode_terms(terms)
        )
        try:
            return (await self._stub.CreateSettlement(request, timeout=self._timeout_s, wait_for_ready=True)).settlement
        except grpc.aio.AioRpcError as failure:
            raise error_from_rpc(failure, self._name) from failure

    async def get(self, name: str) -> pb.Settlement:
        """A settlement by resource name."""
        request = pb.GetSettlementRequest(name=name)
        try:
            return (await self._stub.GetSettlement(request, timeout=self._timeout_s, wait_for_ready=True)).settlement
        except grpc.aio.AioRpcError as failure:
            raise error_from_rpc(failure, self._name) from failure

    async def list(self, page_token: str = "", page_size: int = 50) -> pb.ListSettlementsResponse:
        """A page of settlements, newest first."""
        request = pb.ListSettlementsRequest(page_size=page_size, page_token=page_token)
        try:
            return await self._stub.ListSettlements(request, timeout=self._timeout_s, wait_for_ready=True)
        except grpc.aio.AioRpcError as failure:
            raise error_from_rpc(failure, self._name) from failure

    async def cancel(self, name: str, request_id: str = "") -> pb.Settlement:
        """Cancel before the lock."""
        request = pb.CancelSettlementRequest(request_id=request_id or str(uuid.uuid4()), name=name)
        try:
            return (await self._stub.CancelSettlement(request, timeout=60.0, wait_for_ready=True)).settlement
        except grpc.aio.AioRpcError as failure:
            raise error_from_rpc(failure, self._name) from failure

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
