"""SecuritiesService over gRPC. As ``rpc_node_service``: servicers raise our errors."""

from __future__ import annotations

from typing import Any, Protocol

import grpc.aio
from crossdvp.ledger.v1 import securities_service_pb2 as pb
from crossdvp.ledger.v1.securities_service_pb2_grpc import SecuritiesServiceServicer
from google.protobuf.message import Message
from sqlalchemy import Connection

from chains.progmat.contracts.security_codec import terms_to_message
from chains.progmat.flows.any_request import AnyRequest
from chains.progmat.flows.errors import InvalidRequest
from chains.progmat.flows.record import FlowKind
from chains.progmat.flows.request_codec import from_message
from chains.progmat.flows.securities_requests import CancelTransfer, ForceToken, FreezeToken, SetGate, ThawToken
from chains.progmat.identity import KeyStore
from chains.progmat.market.people.acts import Act, require_one, require_two
from chains.progmat.market.people.desk import Caller, PeopleDesk
from chains.progmat.node.api_access import ApiAccess
from chains.progmat.node.ledger_node import LedgerNode
from chains.progmat.node.peers.rpc_service import identity_of
from chains.progmat.node.rpc_node_service import FlowStarting, flow_to_message
from chains.progmat.node.securities_operations import GateLine, SecuritiesOperations, SecurityLine
from primitives.hashing import sha256

Context = grpc.aio.ServicerContext[Any, Any]


class ActMessage(Protocol):
    """Any message of a flow that a person wants."""

    wait_s: int


def _starter(method: str, kind: FlowKind, response: type[Message]) -> Any:  # noqa: ANN401 # a generated servicer's method
    async def start(self: SecuritiesServiceRpc, message: ActMessage, context: Context) -> Message:
        self._authorise(context, method)
        request = from_message(kind, _with_people(message))
        await self._permit(method, request, context)
        return response(flow=flow_to_message(await self._operations.submit(request, message.wait_s)))

    start.__name__ = method
    return start


class SecuritiesServiceRpc(FlowStarting, SecuritiesServiceServicer):
    """The servicer of one vault node."""

    def __init__(self, node: LedgerNode, keys: KeyStore, access: ApiAccess, people: PeopleDesk) -> None:
        super().__init__(node, keys, access)
        self._people = people
        self._securities = SecuritiesOperations(node.parts.database)

    RegisterSecurity = _starter("RegisterSecurity", FlowKind.REGISTER_SECURITY, pb.RegisterSecurityResponse)
    AmendSecurity = _starter("AmendSecurity", FlowKind.AMEND_SECURITY, pb.AmendSecurityResponse)
    RetireSecurity = _starter("RetireSecurity", FlowKind.RETIRE_SECURITY, pb.RetireSecurityResponse)
    SetGate = _starter("SetGate", FlowKind.SET_GATE, pb.SetGateResponse)
    SetNetworkControl = _starter("SetNetworkControl", FlowKind.SET_NETWORK_CONTROL, pb.SetNetworkControlResponse)
    ForceToken = _starter("ForceToken", FlowKind.FORCE_TOKEN, pb.ForceTokenResponse)
    FreezeToken = _starter("FreezeToken", FlowKind.FREEZE_TOKEN, pb.FreezeTokenResponse)
    ThawToken = _starter("ThawToken", FlowKind.THAW_TOKEN, pb.ThawTokenResponse)
    CancelTransfer = _starter("CancelTransfer", FlowKind.CANCEL_TRANSFER, pb.CancelTransferResponse)

    async def ListSecurities(self, request: pb.ListSecuritiesRequest, context: Context) -> pb.ListSecuritiesResponse:  # noqa: D102, N802 # named and documented by the .proto file
        self._authorise(context, "ListSecurities")
        return pb.ListSecuritiesResponse(
            securities=map(_security, await self._securities.securities(request.max_securities))
        )

    async def ListGates(self, request: pb.ListGatesRequest, context: Context) -> pb.ListGatesResponse:  # noqa: D102, N802 # as above
        self._authorise(context, "ListGates")
        return pb.ListGatesResponse(gates=map(_gate, await self._securities.gates(request.max_gates)))

    async def _permit(self, act: str, request: AnyRequest, context: Context) -> None:
        """Whoever is named may do it, and it is in the audit; raises leaves of ``ActRefused``, which are, too."""
        by, resource, detail = _who_and_what(request)

        def check(connection: Connection) -> None:
            if by.approver_staff_id:
                require_two(connection, act, by.staff_id, by.approver_staff_id)
            else:
                require_one(connection, act, by.staff_id)

        certificate = tuple(context.auth_context().get("x509_pem_cert", ()))
        caller = Caller(identity_of(context).name, bytes(sha256(certificate[0])) if certificate else b"")
        await self._people.acted(act, by, resource, caller, check, detail=detail)


def _with_people(message: Any) -> Any:  # noqa: ANN401 # any of this service's requests
    """The note of an act names the people whom the request names, whom the node has checked."""
    if "note" not in message.DESCRIPTOR.fields_by_name:
        return message
    if message.note.author or message.note.approver:
        raise InvalidRequest("note", "author and approver are named by the request's own fields")
    named = type(message)()
    named.CopyFrom(message)
    named.note.author, named.note.approver = message.author, message.approver
    return named


def _who_and_what(request: Any) -> tuple[Act, str, str]:  # noqa: ANN401 # any of this module's requests
    """Author and approver, the id of what it is about, and the case."""
    if isinstance(request, (ForceToken, FreezeToken, ThawToken, CancelTransfer)):
        note = request.note
        return Act(note.author, note.approver, note.reason), request.token_id, note.reference
    resource = request.gate_id if isinstance(request, SetGate) else getattr(request, "security_id", "")
    return Act(request.author, getattr(request, "approver", "")), resource or request.network.name, ""


def _security(line: SecurityLine) -> pb.SecurityEntry:
    security = line.security
    return pb.SecurityEntry(
        network=int(security.network),  # type: ignore[arg-type] # enum values are ints at run time
        security_id=security.security_id,
        registrar=security.registrar.name,
        gate_id=security.gate_id,
        security=terms_to_message(security.terms),
        status=int(security.status),  # type: ignore[arg-type] # as above
        approver_keys=[key.encoded() for key in security.approvers],
        tx_id=line.tx_id,
        notary=line.notary,
        existing=line.existing,
        frozen=line.frozen,
    )


def _gate(line: GateLine) -> pb.GateEntry:
    return pb.GateEntry(
        network=int(line.network),  # type: ignore[arg-type] # enum values are ints at run time
        gate_id=line.gate_id,
        registrar=line.registrar,
        opening=int(line.opening),  # type: ignore[arg-type] # as above
        controlled=line.controlled,
        tx_id=line.tx_id,
        notary=line.notary,
    )
