"""One node's MembershipService for other programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from crossdvp.ledger.v1 import membership_service_pb2 as pb
from crossdvp.ledger.v1.membership_service_pb2_grpc import MembershipServiceStub

from chains.progmat.client.channel import ApiEndpoint, ApiTls, open_channel
from chains.progmat.client.ledger_client import call, flow_view
from chains.progmat.contracts.membership import BusinessNetwork, MemberRole, MembershipStatus
from chains.progmat.flows.market_requests import ChangeMembership, SuspendValidator
from chains.progmat.flows.request_codec import to_message
from chains.progmat.flows.views import FlowView


@dataclass(frozen=True, slots=True)
class MembershipLine:
    """A present membership at a notary, and the ledger transaction that made it so."""

    network: BusinessNetwork
    party: str
    roles: tuple[MemberRole, ...]
    status: MembershipStatus
    tx_id: bytes
    notary: str


class MembershipClient:
    """Asks one node. All methods raise as those of ``LedgerClient``, and a change may be repeated as there."""

    def __init__(self, endpoint: ApiEndpoint, tls: ApiTls) -> None:
        self.name = endpoint.name
        self._channel = open_channel(endpoint, tls)
        self._stub: Any = MembershipServiceStub(self._channel)  # type: ignore[no-untyped-call] # generated without annotations

    async def change(self, request: ChangeMembership, wait_s: int = 30) -> FlowView:
        """Start the change, or find the one this request started; its flow when final, failed, or after ``wait_s``."""
        message: Any = to_message(request)
        message.wait_s = wait_s
        answer = await call(self.name, self._stub.ChangeMembership, message, wait_s)
        return flow_view(answer.flow)

    async def suspend_validator(self, request: SuspendValidator, wait_s: int = 30) -> FlowView:
        """Bring evidence against a Validator; as ``change``."""
        message: Any = to_message(request)
        message.wait_s = wait_s
        answer = await call(self.name, self._stub.SuspendValidator, message, wait_s)
        return flow_view(answer.flow)

    async def list(self, network: BusinessNetwork | None = None, most: int = 100) -> tuple[MembershipLine, ...]:
        """Present memberships this node knows, of one network or of all, by network and party."""
        request = pb.ListMembershipsRequest(network=0 if network is None else int(network), max_memberships=most)  # type: ignore[arg-type] # enum values are ints at run time
        answer = await call(self.name, self._stub.ListMemberships, request)
        return tuple(
            MembershipLine(
                BusinessNetwork(line.network),
                line.party,
                tuple(map(MemberRole, line.roles)),
                MembershipStatus(line.status),
                line.tx_id,
                line.notary,
            )
            for line in answer.memberships
        )

    async def close(self) -> None:
        """Close the channel."""
        await self._channel.close(grace=None)
