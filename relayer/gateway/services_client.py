"""Clients of the services beside SettlementService, over one connection."""

from __future__ import annotations

from typing import Any, Final

from crossdvp.gateway.v1 import (
    custody_service_pb2,
    custody_service_pb2_grpc,
    instrument_service_pb2,
    instrument_service_pb2_grpc,
    message_service_pb2,
    message_service_pb2_grpc,
    party_service_pb2,
    party_service_pb2_grpc,
    preflight_service_pb2,
    preflight_service_pb2_grpc,
    proof_service_pb2,
    proof_service_pb2_grpc,
)
from google.protobuf.message import Message

from chains.progmat.client.channel import ApiEndpoint, ApiTls, open_channel
from relayer.rpc_call import ask

MAX_ANSWER_BYTES: Final = 4 << 20
_SERVICES: Final = (
    (instrument_service_pb2, instrument_service_pb2_grpc.InstrumentServiceStub, "InstrumentService"),
    (message_service_pb2, message_service_pb2_grpc.MessageServiceStub, "MessageService"),
    (party_service_pb2, party_service_pb2_grpc.PartyServiceStub, "PartyService"),
    (preflight_service_pb2, preflight_service_pb2_grpc.PreflightServiceStub, "PreflightService"),
    (proof_service_pb2, proof_service_pb2_grpc.ProofServiceStub, "ProofService"),
    (custody_service_pb2, custody_service_pb2_grpc.CustodyServiceStub, "CustodyService"),
)


class ServicesClient:
    """Raises the errors of ``chains.rpc_status``. A request's type says which method it is for."""

    def __init__(self, endpoint: ApiEndpoint, tls: ApiTls, timeout_s: float = 30.0) -> None:
        self._name = endpoint.name
        self._timeout_s = timeout_s
        self._channel = open_channel(endpoint, tls)
        self._methods: dict[str, tuple[Any, type[Message]]] = {}
        for module, stub_of, service in _SERVICES:
            stub: Any = stub_of(self._channel)
            for method in module.DESCRIPTOR.services_by_name[service].methods:
                answer = getattr(module, method.output_type.name)
                self._methods[method.input_type.full_name] = (getattr(stub, method.name), answer)

    async def close(self) -> None:
        """Close the connection."""
        await self._channel.close(grace=None)

    async def call(self, request: Message) -> Any:  # noqa: ANN401  # the answer that belongs to the request
        """The answer to a request of any of the services."""
        method, answer = self._methods[request.DESCRIPTOR.full_name]
        pending = method(request, timeout=self._timeout_s, wait_for_ready=True)
        return await ask(pending, answer, self._name)
