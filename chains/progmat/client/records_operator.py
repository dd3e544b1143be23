"""RecordsService of a node, for the node's operator."""

from __future__ import annotations

from typing import Any

from crossdvp.ledger.v1 import records_service_pb2 as pb
from crossdvp.ledger.v1.records_service_pb2_grpc import RecordsServiceStub

from chains.progmat.client.channel import ApiEndpoint, ApiTls, open_channel
from chains.progmat.client.ledger_client import call


class RecordsOperator:
    """Calls one node. Methods raise ``RemoteCallerError``, ``RemotePeerError``, ``RemoteUnavailableError``."""

    def __init__(self, endpoint: ApiEndpoint, tls: ApiTls) -> None:
        self.name = endpoint.name
        self._channel = open_channel(endpoint, tls)
        self._stub: Any = RecordsServiceStub(self._channel)  # type: ignore[no-untyped-call] # generated without annotations

    async def settle_doubt(self, doubt: str, said_by: str) -> bool:
        """Say that the node has all it missed; whether there was a doubt to settle."""
        request = pb.SettleDoubtRequest(doubt=doubt, said_by=said_by)
        return bool((await call(self.name, self._stub.SettleDoubt, request)).settled)

    async def close(self) -> None:
        """Close the channel."""
        await self._channel.close(grace=None)
