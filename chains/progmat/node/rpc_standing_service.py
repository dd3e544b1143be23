"""StandingService over gRPC: how the parts of a running node stand."""

from __future__ import annotations

from typing import Any

import grpc.aio
from crossdvp.ledger.v1 import standing_service_pb2 as pb
from crossdvp.ledger.v1.standing_service_pb2_grpc import StandingServiceServicer

from chains.progmat.node.api_access import ApiAccess
from chains.progmat.node.peers.rpc_service import identity_of
from chains.progmat.node.standing import NodeStanding, PartStanding

Context = grpc.aio.ServicerContext[Any, Any]


class StandingServiceRpc(StandingServiceServicer):
    """The servicer of one node."""

    def __init__(self, standing: NodeStanding, access: ApiAccess) -> None:
        self._standing = standing
        self._access = access

    async def GetStanding(self, _request: pb.GetStandingRequest, context: Context) -> pb.GetStandingResponse:  # noqa: D102, N802 # named and documented by the .proto file
        self._access.require(identity_of(context).name, "GetStanding")
        parts = [_part_to_message(part) for part in self._standing.standings]
        return pb.GetStandingResponse(node=self._standing.node, parts=parts)


def _part_to_message(part: PartStanding) -> pb.PartStanding:
    error = part.error
    return pb.PartStanding(
        name=part.name,
        able=error is None,
        about=part.about,
        since_ms=part.since_ms,
        reason="" if error is None else error.reason,
        detail="" if error is None else str(error),
    )
