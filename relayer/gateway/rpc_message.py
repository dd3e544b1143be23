"""MessageService over gRPC: ISO 20022 documents carried out by the same code as SettlementService's own requests."""

from __future__ import annotations

import asyncio
from typing import Final

from crossdvp.gateway.v1 import message_service_pb2 as pb
from crossdvp.gateway.v1 import message_service_pb2_grpc as pb_grpc
from crossdvp.gateway.v1 import settlement_service_pb2

from relayer.gateway.access import Role, Speaker
from relayer.gateway.errors import BadRequest, NotInstructed
from relayer.gateway.iso20022.cancellation import Cancellation
from relayer.gateway.iso20022.errors import IsinDiffers, NotYourReference
from relayer.gateway.iso20022.instruction import Instruction
from relayer.gateway.iso20022.orders import read_order
from relayer.gateway.iso20022.schemas import MessageType
from relayer.gateway.iso20022.told import message_about, reference_told, status_advice
from relayer.gateway.model import Settlement
from relayer.gateway.requests import Request, request_of
from relayer.gateway.rpc_desk import Context, Desk, Verbs, own_side, request_id_of
from relayer.gateway.rpc_settlement import SettlementRpc
from relayer.gateway.settlement_codec import encode_terms, trade_id_of
from relayer.gateway.settlement_message import SIDE_NUMBERS, decode_told
from relayer.gateway.settlement_tables import INSTRUMENTS

MOST_AT_ONCE: Final = 2
"""Documents being read or written: each is work of a thread, and its schema may take a while to be loaded first."""

_TYPES: Final = {
    pb.MESSAGE_TYPE_STATUS_ADVICE: MessageType.STATUS,
    pb.MESSAGE_TYPE_CONFIRMATION: MessageType.CONFIRMATION,
    pb.MESSAGE_TYPE_CASH_TRANSFER: MessageType.CASH_TRANSFER,
}


class MessageRpc(Verbs, pb_grpc.MessageServiceServicer):
    """One per gateway process."""

    def __init__(self, desk: Desk, settlements: SettlementRpc) -> None:
        Verbs.__init__(self, desk)
        self._settlements = settlements
        self._turns = asyncio.Semaphore(MOST_AT_ONCE)

    async def SubmitMessage(  # noqa: N802  # the name in the .proto
        self, request: pb.SubmitMessageRequest, context: Context
    ) -> pb.SubmitMessageResponse:
        """See the .proto."""
        speaker = self._speaker(context)
        speaker.require_role(Role.PROPOSER)
        asked = request_of(speaker.name, request_id_of(request.request_id), request)
        async with self._turns:
            order = await asyncio.to_thread(read_order, request.document)
        if isinstance(order, Instruction):
            told = await self._instruct(speaker, order, asked)
        else:
            told = await self._cancel(speaker, order, asked)
        response = pb.SubmitMessageResponse()
        response.settlement.ParseFromString(told)
        settlement = decode_told(response.settlement)
        async with self._turns:
            response.status_advice = await asyncio.to_thread(status_advice, settlement, order.side)
        return response

    async def GetMessage(  # noqa: N802  # as above
        self, request: pb.GetMessageRequest, context: Context
    ) -> pb.GetMessageResponse:
        """See the .proto."""
        speaker, kind = self._speaker(context), _TYPES.get(request.message_type)
        settlement = (await self._seen_by(speaker, trade_id_of(request.name))).settlement
        if kind is None:
            raise BadRequest("message_type", "a MessageType other than UNSPECIFIED", request.message_type)
        side, now_s = own_side(speaker, request.side, settlement), self._desk.now_s()
        async with self._turns:
            document = await asyncio.to_thread(message_about, settlement, kind, side, now_s)
        return pb.GetMessageResponse(document=document, message_identifier=kind.identifier)

    async def _instruct(self, speaker: Speaker, instruction: Instruction, asked: Request) -> bytes:
        if instruction.isin:
            await asyncio.to_thread(self._require_isin, speaker.name, instruction)
        request = settlement_service_pb2.CreateSettlementRequest(
            side=SIDE_NUMBERS[instruction.side],
            terms=encode_terms(instruction.terms),
            reference=instruction.reference,
            hold=instruction.on_hold,
        )
        return await self._settlements.created(speaker, request, asked)

    def _require_isin(self, platform: str, instruction: Instruction) -> None:
        """Raises ``IsinDiffers`` where the platform has said another one of that token."""
        security = instruction.terms.security
        with self._desk.store.database.reading() as connection:
            known = INSTRUMENTS.all_of(connection, platform)
        for words in known:
            if words.isin and words.isin != instruction.isin and words.token == security.token:
                raise IsinDiffers(words.isin, instruction.isin)

    async def _cancel(self, speaker: Speaker, cancellation: Cancellation, asked: Request) -> bytes:
        def require_own(settlement: Settlement) -> None:
            side = cancellation.side
            speaker.require_side(side, settlement.terms)
            own = settlement.instructions.get(side)
            if own is None:
                raise NotInstructed(settlement.name, side.value)
            if reference_told(own) != cancellation.reference:
                raise NotYourReference(settlement.name, side.value, cancellation.reference)

        return await self._settlements.cancelled(speaker, cancellation.trade_id, asked, require=require_own)
