"""MembershipService over gRPC. As ``rpc_node_service``: servicers raise our errors."""

from __future__ import annotations

from typing import Any, Final

import grpc.aio
from crossdvp.ledger.v1 import membership_service_pb2 as pb
from crossdvp.ledger.v1.membership_service_pb2_grpc import MembershipServiceServicer

from chains.progmat.contracts.membership import BusinessNetwork, MemberRole, MembershipStatus
from chains.progmat.flows.errors import InvalidRequest
from chains.progmat.flows.record import FlowKind
from chains.progmat.node.rpc_node_service import FlowStarting, starter

Context = grpc.aio.ServicerContext[Any, Any]

_NETWORKS: Final = frozenset(map(int, BusinessNetwork))


class MembershipServiceRpc(FlowStarting, MembershipServiceServicer):
    """The servicer of one vault node."""

    ChangeMembership = starter("ChangeMembership", FlowKind.CHANGE_MEMBERSHIP, pb.ChangeMembershipResponse)

    SuspendValidator = starter("SuspendValidator", FlowKind.SUSPEND_VALIDATOR, pb.SuspendValidatorResponse)

    async def ListMemberships(  # noqa: D102, N802 # named and documented by the .proto file
        self, request: pb.ListMembershipsRequest, context: Context
    ) -> pb.ListMembershipsResponse:
        self._authorise(context, "ListMemberships")
        if request.network and request.network not in _NETWORKS:
            raise InvalidRequest("network", f"{request.network} is no business network")
        networks = [BusinessNetwork(request.network)] if request.network else list(BusinessNetwork)
        found = await self._operations.memberships(networks, request.max_memberships)
        return pb.ListMembershipsResponse(
            memberships=[
                pb.MembershipEntry(
                    network=int(BusinessNetwork[line.indexed.network]),  # type: ignore[arg-type] # enum values are ints at run time
                    party=line.indexed.party,
                    roles=[int(MemberRole[role]) for role in line.indexed.roles.split(",")],  # type: ignore[misc] # as above
                    status=int(MembershipStatus[line.indexed.status]),  # type: ignore[arg-type] # as above
                    tx_id=line.ref.tx_id,
                    notary=line.state.notary.name,
                )
                for line in found
            ]
        )
