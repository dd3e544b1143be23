"""EnclaveService over gRPC on a local socket: the process's side."""

from __future__ import annotations

from typing import Any

import grpc.aio
from crossdvp.relayer.v1 import enclave_service_pb2 as pb
from crossdvp.relayer.v1 import enclave_service_pb2_grpc as pb_grpc

from relayer.enclave.codec import snapshot_message, snapshot_of, stated_message
from relayer.enclave.enclave import Enclave

Context = grpc.aio.ServicerContext[Any, Any]


class EnclaveRpc(pb_grpc.EnclaveServiceServicer):
    """One per process; what is refused becomes a status (`chains.rpc_status`)."""

    def __init__(self, enclave: Enclave) -> None:
        self._enclave = enclave

    async def GetIdentity(self, _request: pb.GetIdentityRequest, _context: Context) -> pb.GetIdentityResponse:  # noqa: N802  # the name in the .proto
        """See the .proto."""
        found = await self._enclave.identity()
        return pb.GetIdentityResponse(
            enclave_key=found.enclave_key, operator=found.operator, attestation=found.attestation
        )

    async def StateUpdate(self, request: pb.StateUpdateRequest, _context: Context) -> pb.StateUpdateResponse:  # noqa: N802  # the name in the .proto
        """See the .proto."""
        stated, after = await self._enclave.update(snapshot_of(request.snapshot), request.client_message)
        return pb.StateUpdateResponse(stated=stated_message(stated), after=snapshot_message(after))

    async def StateMembership(  # noqa: N802  # the name in the .proto
        self, request: pb.StateMembershipRequest, _context: Context
    ) -> pb.StateMembershipResponse:
        """See the .proto."""
        value = request.value if request.HasField("value") else None
        stated = await self._enclave.membership(snapshot_of(request.snapshot), request.proof, request.path, value)
        return pb.StateMembershipResponse(stated=stated_message(stated))

    async def StateStorage(self, request: pb.StateStorageRequest, _context: Context) -> pb.StateStorageResponse:  # noqa: N802  # the name in the .proto
        """See the .proto."""
        stated = await self._enclave.storage(
            snapshot_of(request.snapshot),
            request.address,
            request.slot,
            tuple(request.account_proof),
            tuple(request.storage_proof),
        )
        return pb.StateStorageResponse(stated=stated_message(stated))

    async def StateMisbehaviour(  # noqa: N802  # the name in the .proto
        self, request: pb.StateMisbehaviourRequest, _context: Context
    ) -> pb.StateMisbehaviourResponse:
        """See the .proto."""
        stated = await self._enclave.misbehaviour(snapshot_of(request.snapshot), request.client_message)
        return pb.StateMisbehaviourResponse(stated=stated_message(stated))
