"""gRPC service of a Validator towards relayers. It raises our errors; `chains.rpc_status` makes statuses of them."""

from __future__ import annotations

import grpc.aio
from crossdvp.validator.v1 import validator_pb2 as pb
from crossdvp.validator.v1.validator_pb2_grpc import ValidatorServiceServicer

from chains.progmat.node.storage import NodeDatabase
from chains.progmat.transactions.model import MAX_WRITE_PATH_BYTES
from chains.progmat.validators import ledger_view
from chains.progmat.validators.checkpoint_signer import MAX_HEIGHT, CheckpointSigner
from chains.progmat.validators.errors import HeightOutOfRange, PathOutOfRange
from chains.progmat.validators.journal_tail import JournalTail
from chains.progmat.validators.signing_gate import SigningGate
from primitives.sparse_merkle import encode_smt_proof

MAX_WAIT_S = 30.0


class ValidatorRpc(ValidatorServiceServicer):
    """Heads, checkpoint signatures and proofs of one Validator."""

    def __init__(
        self, ledger_id: str, database: NodeDatabase, tail: JournalTail, signer: CheckpointSigner, gate: SigningGate
    ) -> None:
        self._ledger_id = ledger_id
        self._database = database
        self._tail = tail
        self._signer = signer
        self._gate = gate

    async def GetHead(  # noqa: N802 - named by the .proto file
        self, request: pb.GetHeadRequest, _context: grpc.aio.ServicerContext[pb.GetHeadRequest, pb.GetHeadResponse]
    ) -> pb.GetHeadResponse:
        """The head, waiting for ``min_height`` at most ``wait_ms`` (30 s at most)."""
        wait_s = min(request.wait_ms / 1000, MAX_WAIT_S)
        head = await self._tail.wait_for_height(request.min_height, wait_s)
        alarm = self._gate.alarm
        return pb.GetHeadResponse(
            ledger_id=self._ledger_id,
            height=head.height,
            timestamp_s=head.timestamp_s,
            root=head.root,
            journal_hash=head.journal_hash,
            status="SIGNING_STATUS_SIGNING" if alarm is None else "SIGNING_STATUS_STOPPED",
            alarm_reason="" if alarm is None else alarm.reason,
            alarm_detail="" if alarm is None else alarm.detail,
            validator_set=self._signer.signing_set(head).packed(),
            address=self._signer.address,
            dishonest_notaries=self._gate.dishonest_notaries,
        )

    async def SignCheckpoint(  # noqa: N802 - named by the .proto file
        self,
        request: pb.SignCheckpointRequest,
        _context: grpc.aio.ServicerContext[pb.SignCheckpointRequest, pb.SignCheckpointResponse],
    ) -> pb.SignCheckpointResponse:
        """The checkpoint at a height, signed."""
        signed = await self._signer.sign(request.height)
        checkpoint = pb.Checkpoint(
            ledger_id=signed.checkpoint.ledger_id,
            height=signed.checkpoint.height,
            timestamp_s=signed.checkpoint.timestamp_s,
            root=signed.checkpoint.root,
            journal_hash=signed.checkpoint.journal_hash,
            next_validator_set_hash=signed.checkpoint.next_validator_set_hash,
        )
        return pb.SignCheckpointResponse(
            checkpoint=checkpoint, signature=signed.signature, address=self._signer.address
        )

    async def ListHandovers(  # noqa: N802 - named by the .proto file
        self,
        request: pb.ListHandoversRequest,
        _context: grpc.aio.ServicerContext[pb.ListHandoversRequest, pb.ListHandoversResponse],
    ) -> pb.ListHandoversResponse:
        """Where the Validator set changed."""
        found = await self._signer.handovers(request.after_height)
        return pb.ListHandoversResponse(
            handovers=[pb.Handover(height=height, next_validator_set=following.packed()) for height, following in found]
        )

    async def GetProof(  # noqa: N802 - named by the .proto file
        self, request: pb.GetProofRequest, _context: grpc.aio.ServicerContext[pb.GetProofRequest, pb.GetProofResponse]
    ) -> pb.GetProofResponse:
        """Presence or absence of a path at a height. Given while signing is stopped, too: it is signed by nobody."""
        path, height = request.path, request.height
        if not 1 <= len(path) <= MAX_WRITE_PATH_BYTES:
            raise PathOutOfRange(len(path), MAX_WRITE_PATH_BYTES)
        if not 1 <= height <= MAX_HEIGHT:
            raise HeightOutOfRange(height)
        found = await self._database.look_up(lambda connection: ledger_view.prove_path(connection, path, height))
        return pb.GetProofResponse(
            height=found.at.height,
            timestamp_s=found.at.timestamp_s,
            root=found.at.root,
            presence="PRESENCE_ABSENT" if found.value is None else "PRESENCE_PRESENT",
            value=found.value or b"",
            proof=encode_smt_proof(found.proof),
        )
