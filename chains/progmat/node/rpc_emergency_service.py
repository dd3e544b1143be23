"""EmergencyService over gRPC: files in chunks, verified as a whole before anything is done with them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from typing import Any, Final

import grpc.aio
from crossdvp.ledger.v1 import emergency_service_pb2 as pb
from crossdvp.ledger.v1.emergency_service_pb2_grpc import EmergencyServiceServicer
from sqlalchemy import Connection

from chains.progmat.flows.errors import InvalidRequest
from chains.progmat.market.emergency.chain import begin
from chains.progmat.market.emergency.difference import Decisions
from chains.progmat.market.emergency.emergency_codec import (
    decisions_from_messages,
    outage_to_message,
    staff_from_messages,
)
from chains.progmat.market.emergency.errors import OtherSecurity
from chains.progmat.market.emergency.file_codec import MAX_FILE_BYTES, MAX_STAFF
from chains.progmat.market.emergency.model import Base
from chains.progmat.market.emergency.normalising import MAX_LINES_A_CALL, Mover, Normaliser, PlanOrder
from chains.progmat.market.people import audit
from chains.progmat.market.people.acts import checked_staff_id, require_two
from chains.progmat.market.register.reading import register_at
from chains.progmat.node.api_access import ApiAccess
from chains.progmat.node.errors import KeyMissing
from chains.progmat.node.ledger_node import LedgerNode
from chains.progmat.node.peers.rpc_service import identity_of
from chains.progmat.node.rpc_register_service import security_of
from primitives.errors import DecodeError
from primitives.public_key import PublicKey
from primitives.signatures import decode_public_key

Context = grpc.aio.ServicerContext[Any, Any]
CHUNK_BYTES: Final = 1024 * 1024
MAX_DECISIONS: Final = 1000
PLAN_ACT: Final = "PlanNormalisation"


class EmergencyServiceRpc(EmergencyServiceServicer):
    """The servicer of one vault node, for the securities whose registrar it is."""

    def __init__(self, node: LedgerNode, access: ApiAccess, random_bytes: Callable[[int], bytes], mover: Mover) -> None:
        self._random_bytes = random_bytes
        self._node = node
        self._access = access
        self._database = node.parts.database
        self._normaliser = Normaliser(self._database, mover, node.parts.me.name, self._is_own_key)

    def _authorise(self, context: Context, method: str) -> None:
        self._access.require(identity_of(context).name, method)

    def _order(self, author: str, approver: str, outage_id: bytes, caller: str) -> PlanOrder:
        now_ms = self._node.parts.clock.now_ms()
        salt = self._random_bytes(audit.SALT_BYTES)

        def permit(connection: Connection) -> None:
            by = require_two(connection, PLAN_ACT, author, approver)
            resource = outage_id.hex()
            audit.append(connection, PLAN_ACT, by, resource, at_s=now_ms // 1000, salt=salt, caller=caller)

        return PlanOrder(author, approver, now_ms, permit)

    def _is_own_key(self, key: bytes) -> bool:
        """Whether a base was signed here: this node's present key, or one of before that it keeps."""
        try:
            decoded = decode_public_key(key)
        except DecodeError:
            return False
        return isinstance(decoded, PublicKey) and self._node.parts.keys.signer(decoded) is not None

    async def BeginEmergency(  # noqa: D102, N802 # named and documented by the .proto file
        self, request: pb.BeginEmergencyRequest, context: Context
    ) -> AsyncIterator[pb.BeginEmergencyResponse]:
        self._authorise(context, "BeginEmergency")
        if len(request.authors) > MAX_STAFF or len(request.approvers) > MAX_STAFF:
            raise InvalidRequest("authors", f"at most {MAX_STAFF} people on each side are possible")
        for person in (*request.authors, *request.approvers):
            checked_staff_id(person.staff_id)
        me = self._node.parts.me
        security = security_of(request.security, me.name)
        if security.issuer != me.name:
            raise OtherSecurity(f"one of {me.name}", f"{security.asset_id} of {security.issuer}")
        signer = self._node.parts.keys.signer(me.party.key)
        if signer is None:
            raise KeyMissing(me.name, "node", me.party.key.encoded())
        register = await self._database.read(partial(register_at, security=security))
        base = Base(
            security=security,
            moment=register.moment,
            begun_ms=self._node.parts.clock.now_ms(),
            registrar_key=me.party.key.encoded(),
            authors=staff_from_messages(request.authors),
            approvers=staff_from_messages(request.approvers),
            lines=register.lines,
        )
        content = begin(base, signer.sign)
        for start in range(0, len(content), CHUNK_BYTES):
            yield pb.BeginEmergencyResponse(chunk=content[start : start + CHUNK_BYTES])

    async def UploadEmergencyFile(  # noqa: D102, N802 # as above
        self, requests: AsyncIterator[pb.UploadEmergencyFileRequest], context: Context
    ) -> pb.UploadEmergencyFileResponse:
        self._authorise(context, "UploadEmergencyFile")
        content = bytearray()
        async for message in requests:
            content += message.chunk
            if len(content) > MAX_FILE_BYTES:
                raise InvalidRequest("chunk", f"a file has at most {MAX_FILE_BYTES} bytes")
        file = await self._normaliser.keep(bytes(content))
        return pb.UploadEmergencyFileResponse(outage_id=file.outage_id, head=file.head, moves=len(file.moves))

    async def PreviewNormalisation(  # noqa: D102, N802 # as above
        self, request: pb.PreviewNormalisationRequest, context: Context
    ) -> pb.PreviewNormalisationResponse:
        self._authorise(context, "PreviewNormalisation")
        outage = await self._normaliser.preview(request.outage_id, request.head, _decisions(request.decisions))
        return pb.PreviewNormalisationResponse(outage=outage_to_message(outage))

    async def PlanNormalisation(  # noqa: D102, N802 # as above
        self, request: pb.PlanNormalisationRequest, context: Context
    ) -> pb.PlanNormalisationResponse:
        self._authorise(context, "PlanNormalisation")
        decisions = _decisions(request.decisions)
        order = self._order(request.author, request.approver, request.outage_id, identity_of(context).name)
        outage = await self._normaliser.plan(request.outage_id, request.head, decisions, order)
        return pb.PlanNormalisationResponse(outage=outage_to_message(outage))

    async def BringInLines(self, request: pb.BringInLinesRequest, context: Context) -> pb.BringInLinesResponse:  # noqa: D102, N802 # as above
        self._authorise(context, "BringInLines")
        if request.max_lines > MAX_LINES_A_CALL:
            raise InvalidRequest("max_lines", f"at most {MAX_LINES_A_CALL} are possible")
        outage = await self._normaliser.bring_in(request.outage_id, request.max_lines or MAX_LINES_A_CALL)
        return pb.BringInLinesResponse(outage=outage_to_message(outage))

    async def GetOutage(self, request: pb.GetOutageRequest, context: Context) -> pb.GetOutageResponse:  # noqa: D102, N802 # as above
        self._authorise(context, "GetOutage")
        return pb.GetOutageResponse(outage=outage_to_message(await self._normaliser.outage(request.outage_id)))


def _decisions(messages: Sequence[pb.LedgerMoveDecision]) -> Decisions:
    if len(messages) > MAX_DECISIONS:
        raise InvalidRequest("decisions", f"at most {MAX_DECISIONS} are possible")
    return decisions_from_messages(messages)
