"""One node's EmergencyService for other programs: a file is bytes, which ``emergency.chain`` makes and verifies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import grpc
import grpc.aio
from crossdvp.ledger.v1 import emergency_service_pb2 as pb
from crossdvp.ledger.v1.emergency_service_pb2_grpc import EmergencyServiceStub

from chains.progmat.client.channel import ApiEndpoint, ApiTls, open_channel
from chains.progmat.client.ledger_client import call
from chains.progmat.market.emergency.difference import Decisions
from chains.progmat.market.emergency.emergency_codec import (
    decisions_to_messages,
    outage_from_message,
    staff_to_messages,
)
from chains.progmat.market.emergency.model import StaffKey
from chains.progmat.market.emergency.outage import Outage
from chains.progmat.market.register.register_codec import security_to_message
from chains.progmat.vault.indexing import Asset
from chains.rpc_status import error_from_rpc

CHUNK_BYTES: Final = 1024 * 1024
TIMEOUT_S: Final = 600.0
BRING_IN_S: Final = 600
"""A call brings in up to 200 lines, each a ledger_tx of its own."""
NO_DECISIONS: Final = Decisions()


class EmergencyClient:
    """Asks one registrar's node. All methods raise as those of ``LedgerClient``."""

    def __init__(self, endpoint: ApiEndpoint, tls: ApiTls) -> None:
        self.name = endpoint.name
        self._channel = open_channel(endpoint, tls)
        self._stub: Any = EmergencyServiceStub(self._channel)  # type: ignore[no-untyped-call] # generated without annotations

    async def begin(self, security: Asset, authors: tuple[StaffKey, ...], approvers: tuple[StaffKey, ...]) -> bytes:
        """The register of now as a signed file."""
        request = pb.BeginEmergencyRequest(
            security=security_to_message(security),
            authors=staff_to_messages(authors),
            approvers=staff_to_messages(approvers),
        )
        try:
            chunks = [answer.chunk async for answer in self._stub.BeginEmergency(request, timeout=TIMEOUT_S)]
        except grpc.RpcError as error:
            raise error_from_rpc(error, self.name) from error
        return b"".join(chunks)

    async def upload(self, content: bytes) -> tuple[bytes, bytes]:
        """Have a closed file kept; its outage's id and its head, by which it is named from then on."""
        chunks = (pb.UploadEmergencyFileRequest(chunk=chunk) for chunk in _chunks(content))
        try:
            answer = await self._stub.UploadEmergencyFile(chunks, timeout=TIMEOUT_S)
        except grpc.RpcError as error:
            raise error_from_rpc(error, self.name) from error
        return answer.outage_id, answer.head

    async def preview(self, outage_id: bytes, head: bytes, decisions: Decisions = NO_DECISIONS) -> Outage:
        """What the ledger lacks of a kept file."""
        said = decisions_to_messages(decisions)
        request = pb.PreviewNormalisationRequest(outage_id=outage_id, head=head, decisions=said)
        return outage_from_message((await call(self.name, self._stub.PreviewNormalisation, request)).outage)

    async def plan(
        self, outage_id: bytes, head: bytes, author: str, approver: str, decisions: Decisions = NO_DECISIONS
    ) -> Outage:
        """As ``preview``, but stored, for ``bring_in``."""
        said = decisions_to_messages(decisions)
        request = pb.PlanNormalisationRequest(
            outage_id=outage_id, head=head, author=author, approver=approver, decisions=said
        )
        return outage_from_message((await call(self.name, self._stub.PlanNormalisation, request)).outage)

    async def bring_in(self, outage_id: bytes, max_lines: int = 0) -> Outage:
        """Bring in the next lines of a planned file; repeat it until the outage is closed."""
        request = pb.BringInLinesRequest(outage_id=outage_id, max_lines=max_lines)
        return outage_from_message((await call(self.name, self._stub.BringInLines, request, BRING_IN_S)).outage)

    async def outage(self, outage_id: bytes) -> Outage:
        """How far a file has come."""
        answer = await call(self.name, self._stub.GetOutage, pb.GetOutageRequest(outage_id=outage_id))
        return outage_from_message(answer.outage)

    async def close(self) -> None:
        """Close the channel."""
        await self._channel.close(grace=None)


def _chunks(content: bytes) -> Iterator[bytes]:
    return (content[start : start + CHUNK_BYTES] for start in range(0, len(content), CHUNK_BYTES))
