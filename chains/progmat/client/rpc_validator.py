"""One Validator's API as plain values; whatever it says is still to be verified."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import grpc
import grpc.aio
from crossdvp.validator.v1 import validator_pb2 as pb
from crossdvp.validator.v1.validator_pb2_grpc import ValidatorServiceStub

from chains.progmat.client.channel import ApiEndpoint, ApiTls, open_channel
from chains.rpc_status import error_from_rpc
from light_clients.progmat import Checkpoint, ValidatorSet, decode_validator_set

CALL_TIMEOUT_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class ValidatorHead:
    """The highest position a Validator has verified, and its time in Unix seconds."""

    height: int
    timestamp_s: int


@dataclass(frozen=True, slots=True)
class ValidatorStatus:
    """A Validator's head with its time, and the alarm that stopped its signing (both empty: it signs).

    ``dishonest_notaries`` are those beside the journal's whose double spends it has seen.
    """

    height: int
    timestamp_s: int
    alarm_reason: str
    alarm_detail: str
    dishonest_notaries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckpointVote:
    """A checkpoint with a signature said to be by ``address`` (EIP-2098, 64 bytes)."""

    checkpoint: Checkpoint
    signature: bytes
    address: bytes


@dataclass(frozen=True, slots=True)
class Handover:
    """The last height of one Validator set, and the set that is said to follow."""

    height: int
    next_set: ValidatorSet


@dataclass(frozen=True, slots=True)
class PathAnswer:
    """What is said to stand under a path: a value, or None; and the sparse Merkle proof of it."""

    value: bytes | None
    proof: bytes


class ValidatorApi:
    """Asks one Validator. All methods raise ``RemoteCallerError``, ``RemotePeerError``, ``RemoteUnavailableError``."""

    def __init__(self, endpoint: ApiEndpoint, tls: ApiTls) -> None:
        self.name = endpoint.name
        self._channel = open_channel(endpoint, tls)
        self._stub = ValidatorServiceStub(self._channel)  # type: ignore[no-untyped-call] # generated without annotations

    async def head(self, min_height: int = 0, wait_ms: int = 0) -> ValidatorHead:
        """The head, waited for up to ``wait_ms`` if it is below ``min_height``."""
        request = pb.GetHeadRequest(min_height=min_height, wait_ms=wait_ms)
        try:
            answer = await self._stub.GetHead(request, timeout=CALL_TIMEOUT_S + wait_ms / 1000)
        except grpc.RpcError as error:
            raise error_from_rpc(error, self.name) from error
        return ValidatorHead(answer.height, answer.timestamp_s)

    async def status(self) -> ValidatorStatus:
        """How far it has come, and whether it signs."""
        try:
            answer = await self._stub.GetHead(pb.GetHeadRequest(), timeout=CALL_TIMEOUT_S)
        except grpc.RpcError as error:
            raise error_from_rpc(error, self.name) from error
        return ValidatorStatus(
            answer.height,
            answer.timestamp_s,
            answer.alarm_reason,
            answer.alarm_detail,
            tuple(answer.dishonest_notaries),
        )

    async def sign_checkpoint(self, height: int) -> CheckpointVote:
        """The Validator's vote for the checkpoint at ``height``."""
        try:
            answer = await self._stub.SignCheckpoint(pb.SignCheckpointRequest(height=height), timeout=CALL_TIMEOUT_S)
        except grpc.RpcError as error:
            raise error_from_rpc(error, self.name) from error
        said = answer.checkpoint
        checkpoint = Checkpoint(
            ledger_id=said.ledger_id,
            height=said.height,
            timestamp_s=said.timestamp_s,
            root=said.root,
            journal_hash=said.journal_hash,
            next_validator_set_hash=said.next_validator_set_hash,
        )
        return CheckpointVote(checkpoint, answer.signature, answer.address)

    async def handovers(self, after_height: int) -> tuple[Handover, ...]:
        """Where the Validator set is said to have changed, above a height."""
        request = pb.ListHandoversRequest(after_height=after_height)
        try:
            answer = await self._stub.ListHandovers(request, timeout=CALL_TIMEOUT_S)
        except grpc.RpcError as error:
            raise error_from_rpc(error, self.name) from error
        return tuple(Handover(item.height, decode_validator_set(item.next_validator_set)) for item in answer.handovers)

    async def prove(self, path: bytes, height: int) -> PathAnswer:
        """Presence or absence of ``path`` at ``height``."""
        try:
            answer = await self._stub.GetProof(pb.GetProofRequest(path=path, height=height), timeout=CALL_TIMEOUT_S)
        except grpc.RpcError as error:
            raise error_from_rpc(error, self.name) from error
        return PathAnswer(answer.value if answer.presence == pb.PRESENCE_PRESENT else None, answer.proof)

    async def close(self) -> None:
        """Close the channel."""
        await self._channel.close(grace=None)
