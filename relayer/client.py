"""Reads of a running relayer."""

from __future__ import annotations

from typing import Any

from crossdvp.relayer.v1 import relayer_service_pb2 as pb
from crossdvp.relayer.v1 import relayer_service_pb2_grpc as pb_grpc

from chains.progmat.client import ApiEndpoint, ApiTls, open_channel
from chains.rpc_status import RemoteCallerError
from relayer.rpc_call import ask


class RelayerClient:
    """Raises the errors of ``chains.rpc_status``."""

    def __init__(self, endpoint: ApiEndpoint, tls: ApiTls, timeout_s: float = 5.0) -> None:
        self._name = endpoint.name
        self._timeout_s = timeout_s
        self._channel = open_channel(endpoint, tls)
        self._stub: Any = pb_grpc.RelayerServiceStub(self._channel)  # type: ignore[no-untyped-call] # generated without annotations

    async def close(self) -> None:
        """Close the connection."""
        await self._channel.close(grace=None)

    async def status(self) -> pb.GetStatusResponse:
        """Both chains as the relayer sees them."""
        pending = self._stub.GetStatus(pb.GetStatusRequest(), timeout=self._timeout_s, wait_for_ready=True)
        return await ask(pending, pb.GetStatusResponse, self._name)

    async def packet(self, source_client: str, sequence: int) -> pb.Packet | None:
        """One packet with its steps; None if the relayer has not seen it."""
        request = pb.GetPacketRequest(source_client=source_client, sequence=sequence)
        try:
            pending = self._stub.GetPacket(request, timeout=self._timeout_s, wait_for_ready=True)
            return (await ask(pending, pb.GetPacketResponse, self._name)).packet
        except RemoteCallerError as refusal:
            if refusal.reason == "PACKET_UNKNOWN":
                return None
            raise
