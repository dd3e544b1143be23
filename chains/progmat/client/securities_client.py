"""One node's SecuritiesService for other programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from crossdvp.ledger.v1 import securities_service_pb2 as pb
from crossdvp.ledger.v1.securities_service_pb2_grpc import SecuritiesServiceStub

from chains.progmat.client.channel import ApiEndpoint, ApiTls, open_channel
from chains.progmat.client.ledger_client import call, flow_view
from chains.progmat.contracts.membership import BusinessNetwork
from chains.progmat.contracts.network_control import Opening
from chains.progmat.contracts.security import SecurityStatus
from chains.progmat.contracts.security_terms import SecurityTerms, terms_from_message
from chains.progmat.flows.record import FlowKind
from chains.progmat.flows.request_codec import to_message
from chains.progmat.flows.securities_requests import (
    CancelTransfer,
    ForceToken,
    FreezeToken,
    SecuritiesRequest,
    ThawToken,
)
from chains.progmat.flows.views import FlowView

_METHODS: Final = {
    FlowKind.REGISTER_SECURITY: "RegisterSecurity",
    FlowKind.AMEND_SECURITY: "AmendSecurity",
    FlowKind.RETIRE_SECURITY: "RetireSecurity",
    FlowKind.SET_GATE: "SetGate",
    FlowKind.SET_NETWORK_CONTROL: "SetNetworkControl",
    FlowKind.FORCE_TOKEN: "ForceToken",
    FlowKind.FREEZE_TOKEN: "FreezeToken",
    FlowKind.THAW_TOKEN: "ThawToken",
    FlowKind.CANCEL_TRANSFER: "CancelTransfer",
}


@dataclass(frozen=True, slots=True)
class ListedSecurity:
    """A present security as a node has it; ``existing`` and ``frozen`` are units in that node's vault."""

    network: BusinessNetwork
    security_id: str
    registrar: str
    gate_id: str
    terms: SecurityTerms
    status: SecurityStatus
    approver_keys: tuple[bytes, ...]
    tx_id: bytes
    notary: str
    existing: int
    frozen: int


@dataclass(frozen=True, slots=True)
class ListedGate:
    """A gate, or (no id, no registrar) a network's control, as a node last heard of it."""

    network: BusinessNetwork
    gate_id: str
    registrar: str
    opening: Opening
    controlled: bool
    tx_id: bytes
    notary: str


class SecuritiesClient:
    """Asks one node. All methods raise as those of ``LedgerClient``, and a flow may be asked for again as there."""

    def __init__(self, endpoint: ApiEndpoint, tls: ApiTls) -> None:
        self.name = endpoint.name
        self._channel = open_channel(endpoint, tls)
        self._stub: Any = SecuritiesServiceStub(self._channel)  # type: ignore[no-untyped-call] # generated without annotations

    async def submit(self, request: SecuritiesRequest, wait_s: int = 30) -> FlowView:
        """Start a flow, or find the one this request started; as it stands when final, failed, or after ``wait_s``."""
        message: Any = to_message(request)
        message.wait_s = wait_s
        if isinstance(request, (ForceToken, FreezeToken, ThawToken, CancelTransfer)):
            message.author, message.approver = request.note.author, request.note.approver
            message.note.author = message.note.approver = ""
        answer = await call(self.name, getattr(self._stub, _METHODS[request.kind]), message, wait_s)
        return flow_view(answer.flow)

    async def securities(self, most: int = 100) -> tuple[ListedSecurity, ...]:
        """By id; raises ``DecodeError`` for an answer that is none."""
        answer = await call(self.name, self._stub.ListSecurities, pb.ListSecuritiesRequest(max_securities=most))
        return tuple(
            ListedSecurity(
                BusinessNetwork(line.network),
                line.security_id,
                line.registrar,
                line.gate_id,
                terms_from_message(line.security),
                SecurityStatus(line.status),
                tuple(line.approver_keys),
                line.tx_id,
                line.notary,
                line.existing,
                line.frozen,
            )
            for line in answer.securities
        )

    async def gates(self, most: int = 100) -> tuple[ListedGate, ...]:
        """Controls of networks, then gates by id."""
        answer = await call(self.name, self._stub.ListGates, pb.ListGatesRequest(max_gates=most))
        return tuple(
            ListedGate(
                BusinessNetwork(line.network),
                line.gate_id,
                line.registrar,
                Opening(line.opening),
                line.controlled,
                line.tx_id,
                line.notary,
            )
            for line in answer.gates
        )

    async def close(self) -> None:
        """Close the channel."""
        await self._channel.close(grace=None)
