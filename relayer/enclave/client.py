"""An enclave in a process of its own, called over a local socket."""

from __future__ import annotations

from collections.abc import Sequence

import grpc.aio
from crossdvp.relayer.v1 import enclave_service_pb2 as pb
from crossdvp.relayer.v1 import enclave_service_pb2_grpc as pb_grpc

from relayer.enclave.codec import snapshot_message, snapshot_of, stated_of
from relayer.enclave.enclave import EnclaveIdentity, Stated
from relayer.enclave.program import Snapshot
from relayer.rpc_call import ask

CALL_TIMEOUT_S = 10.0
MAX_ANSWER_BYTES = 512 * 1024


class RemoteEnclave:
    """Implements `Enclave`. `target` is gRPC's, such as ``unix:/run/crossdvp/enclave.sock``."""

    def __init__(self, target: str) -> None:
        self._name = f"enclave at {target}"
        options = (("grpc.max_receive_message_length", MAX_ANSWER_BYTES),)
        self._channel = grpc.aio.insecure_channel(target, options=options)
        self._stub = pb_grpc.EnclaveServiceStub(self._channel)  # type: ignore[no-untyped-call]  # generated

    async def identity(self) -> EnclaveIdentity:
        """See Enclave."""
        call = self._stub.GetIdentity(pb.GetIdentityRequest(), timeout=CALL_TIMEOUT_S)
        found = await ask(call, pb.GetIdentityResponse, self._name)
        return EnclaveIdentity(found.enclave_key, found.operator, found.attestation)

    async def update(self, snapshot: Snapshot, client_message: bytes) -> tuple[Stated, Snapshot]:
        """See Enclave."""
        request = pb.StateUpdateRequest(snapshot=snapshot_message(snapshot), client_message=client_message)
        found = await ask(self._stub.StateUpdate(request, timeout=CALL_TIMEOUT_S), pb.StateUpdateResponse, self._name)
        return stated_of(found.stated), snapshot_of(found.after)

    async def membership(self, snapshot: Snapshot, proof: bytes, path: bytes, value: bytes | None) -> Stated:
        """See Enclave."""
        request = pb.StateMembershipRequest(snapshot=snapshot_message(snapshot), proof=proof, path=path, value=value)
        call = self._stub.StateMembership(request, timeout=CALL_TIMEOUT_S)
        return stated_of((await ask(call, pb.StateMembershipResponse, self._name)).stated)

    async def storage(
        self,
        snapshot: Snapshot,
        address: bytes,
        slot: bytes,
        account_proof: Sequence[bytes],
        storage_proof: Sequence[bytes],
    ) -> Stated:
        """See Enclave."""
        request = pb.StateStorageRequest(
            snapshot=snapshot_message(snapshot),
            address=address,
            slot=slot,
            account_proof=account_proof,
            storage_proof=storage_proof,
        )
        call = self._stub.StateStorage(request, timeout=CALL_TIMEOUT_S)
        return stated_of((await ask(call, pb.StateStorageResponse, self._name)).stated)

    async def misbehaviour(self, snapshot: Snapshot, client_message: bytes) -> Stated:
        """See Enclave."""
        request = pb.StateMisbehaviourRequest(snapshot=snapshot_message(snapshot), client_message=client_message)
        call = self._stub.StateMisbehaviour(request, timeout=CALL_TIMEOUT_S)
        return stated_of((await ask(call, pb.StateMisbehaviourResponse, self._name)).stated)

    async def close(self) -> None:
        """See Enclave."""
        await self._channel.close(None)
