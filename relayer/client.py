"""Questions to a running relayer, and what people ask of it."""

from __future__ import annotations

from typing import Any

from crossdvp.relayer.v1 import relayer_service_pb2 as pb
from crossdvp.relayer.v1 import relayer_service_pb2_grpc as pb_grpc

from chains.progmat.client.channel import ApiEndpoint, ApiTls, open_channel
from chains.rpc_status import RemoteCallerError
from relayer.rpc_call import Answer, ask


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

    async def _ask(self, method: str, request: object, answer: type[Answer]) -> Answer:
        pending = getattr(self._stub, method)(request, timeout=self._timeout_s, wait_for_ready=True)
        return await ask(pending, answer, self._name)

    async def status(self) -> pb.GetStatusResponse:
        """Both chains as the relayer sees them."""
        return await self._ask("GetStatus", pb.GetStatusRequest(), pb.GetStatusResponse)

    async def paths(self) -> list[pb.Path]:
        """Every path that it relays."""
        return list((await self._ask("ListPaths", pb.ListPathsRequest(), pb.ListPathsResponse)).paths)

    async def clients(self) -> list[pb.LightClient]:
        """Every hosted light client."""
        return list((await self._ask("ListClients", pb.ListClientsRequest(), pb.ListClientsResponse)).clients)

    async def packets(self, request: pb.ListPacketsRequest) -> pb.ListPacketsResponse:
        """A page of packets."""
        return await self._ask("ListPackets", request, pb.ListPacketsResponse)

    async def packet(self, source_client: str, sequence: int) -> pb.Packet | None:
        """One packet with its steps; None if the relayer has not seen it."""
        request = pb.GetPacketRequest(source_client=source_client, sequence=sequence)
        try:
            return (await self._ask("GetPacket", request, pb.GetPacketResponse)).packet
        except RemoteCallerError as refusal:
            if refusal.reason == "PACKET_UNKNOWN":
                return None
            raise

    async def explained(self, reference: str) -> pb.ExplainPacketResponse:
        """A packet in sentences."""
        return await self._ask("ExplainPacket", pb.ExplainPacketRequest(packet=reference), pb.ExplainPacketResponse)

    async def retry(self, request_id: str, reference: str, why: str) -> tuple[pb.Act, pb.Packet]:
        """Have a packet tried at once."""
        request = pb.RetryPacketRequest(request_id=request_id, packet=reference, why=why)
        done = await self._ask("RetryPacket", request, pb.RetryPacketResponse)
        return done.act, done.packet

    async def park(self, request_id: str, reference: str, why: str) -> tuple[pb.Act, pb.Packet]:
        """Set a packet aside."""
        request = pb.ParkPacketRequest(request_id=request_id, packet=reference, why=why)
        done = await self._ask("ParkPacket", request, pb.ParkPacketResponse)
        return done.act, done.packet

    async def unpark(self, request_id: str, reference: str, why: str) -> tuple[pb.Act, pb.Packet]:
        """Take a packet up again."""
        request = pb.UnparkPacketRequest(request_id=request_id, packet=reference, why=why)
        done = await self._ask("UnparkPacket", request, pb.UnparkPacketResponse)
        return done.act, done.packet

    async def acts(self, request: pb.ListActsRequest) -> pb.ListActsResponse:
        """A page of what people did."""
        return await self._ask("ListActs", request, pb.ListActsResponse)

    async def evidence(self) -> list[pb.Evidence]:
        """Evidence that it keeps."""
        return list((await self._ask("ListEvidence", pb.ListEvidenceRequest(), pb.ListEvidenceResponse)).evidence)

    async def submit_evidence(self, request_id: str, equivocation: bytes, why: str) -> pb.SubmitEvidenceResponse:
        """Bring evidence. The ledger may take its time: asked with a deadline of a minute."""
        request = pb.SubmitEvidenceRequest(request_id=request_id, equivocation=equivocation, why=why)
        pending = self._stub.SubmitEvidence(request, timeout=60.0, wait_for_ready=True)
        return await ask(pending, pb.SubmitEvidenceResponse, self._name)

    async def alarms(self) -> list[pb.Alarm]:
        """What people should look at."""
        return list((await self._ask("ListAlarms", pb.ListAlarmsRequest(), pb.ListAlarmsResponse)).alarms)
