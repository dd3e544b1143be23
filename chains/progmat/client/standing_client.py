"""StandingService of a node as plain values, for the node's operator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from crossdvp.ledger.v1 import standing_service_pb2 as pb
from crossdvp.ledger.v1.standing_service_pb2_grpc import StandingServiceStub

from chains.progmat.client.channel import ApiEndpoint, ApiTls, open_channel
from chains.progmat.client.ledger_client import call


@dataclass(frozen=True, slots=True)
class PartLine:
    """How one part of a node stands since ``since_ms``; ``reason`` and ``detail`` are empty while it is able."""

    name: str
    is_able: bool
    about: str
    since_ms: int
    reason: str
    detail: str


class StandingClient:
    """Calls one node. Methods raise ``RemoteCallerError``, ``RemotePeerError``, ``RemoteUnavailableError``."""

    def __init__(self, endpoint: ApiEndpoint, tls: ApiTls) -> None:
        self.name = endpoint.name
        self._channel = open_channel(endpoint, tls)
        self._stub: Any = StandingServiceStub(self._channel)  # type: ignore[no-untyped-call] # generated without annotations

    async def standing(self) -> tuple[PartLine, ...]:
        """All parts of the node; none of a node that has only peers to answer."""
        answer = await call(self.name, self._stub.GetStanding, pb.GetStandingRequest())
        return tuple(
            PartLine(part.name, part.able, part.about, part.since_ms, part.reason, part.detail) for part in answer.parts
        )

    async def close(self) -> None:
        """Close the channel."""
        await self._channel.close(grace=None)
