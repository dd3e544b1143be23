"""Instructing: one at a time, or many with a result each."""

from __future__ import annotations

import asyncio
from typing import Final

from crossdvp.gateway.v1 import settlement_service_pb2 as pb
from google.rpc import error_details_pb2  # type: ignore[import-untyped] # generated, without stubs

from chains.rpc_guard import report_incident, status_of
from chains.rpc_status import Blame, blame_of
from primitives.errors import CrossDvpError
from relayer.gateway.access import Role, Speaker
from relayer.gateway.audit_riding import riding
from relayer.gateway.cut_offs import parsed_day
from relayer.gateway.errors import BadRequest, TradeReferenceAmbiguous, TradeReferenceUnknown
from relayer.gateway.instructing import instruct
from relayer.gateway.lifecycle import HoldReason
from relayer.gateway.matching import Side
from relayer.gateway.model import Said
from relayer.gateway.parties.counterparties import require_listed
from relayer.gateway.requests import Request, request_of
from relayer.gateway.rpc_desk import Context, Verbs, answer, named, request_id_of
from relayer.gateway.settlement_codec import decode_terms, priority_of, reference_of, side_of
from relayer.gateway.settlement_message import encode_settlement
from relayer.gateway.settlement_writes import Work

MOST_IN_A_BATCH: Final = 500


class ProposeVerbs(Verbs):
    """CreateSettlement and BatchCreateSettlements."""

    async def CreateSettlement(  # noqa: N802  # the name in the .proto
        self, request: pb.CreateSettlementRequest, context: Context
    ) -> pb.CreateSettlementResponse:
        """See the .proto."""
        return answer(pb.CreateSettlementResponse, await self.created(self._speaker(context), request))

    async def BatchCreateSettlements(  # noqa: N802  # as above
        self, request: pb.BatchCreateSettlementsRequest, context: Context
    ) -> pb.BatchCreateSettlementsResponse:
        """See the .proto."""
        speaker = self._speaker(context)
        if not 0 < len(request.requests) <= MOST_IN_A_BATCH:
            raise BadRequest("requests", f"1 to {MOST_IN_A_BATCH}", len(request.requests))
        ids = [each.request_id.lower() for each in request.requests]
        if len(set(ids)) != len(ids):
            raise BadRequest("requests.request_id", "a different one for each", "the same one twice")
        results = await asyncio.gather(*(self._result(speaker, each) for each in request.requests))
        return pb.BatchCreateSettlementsResponse(results=results)

    async def _result(self, speaker: Speaker, request: pb.CreateSettlementRequest) -> pb.BatchResult:
        result = pb.BatchResult(request_id=request.request_id[:64])
        try:
            result.settlement.ParseFromString(await self.created(speaker, request))
        except CrossDvpError as refusal:
            result.refusal.CopyFrom(self._refusal(refusal))
        except Exception as defect:  # noqa: BLE001  # it must not hide what became of the others
            result.refusal.CopyFrom(self._refusal(defect))
        return result

    def _refusal(self, error: Exception) -> pb.Refusal:
        incident = report_incident(error) if blame_of(error) is Blame.INTERNAL else ""
        code, status = status_of(error, codes=self._desk.codes, incident=incident)
        number: int = code.value[0]
        info = error_details_pb2.ErrorInfo()
        status.details[0].Unpack(info)
        return pb.Refusal(code=number, message=status.message, reason=info.reason, metadata=info.metadata)

    async def created(
        self, speaker: Speaker, request: pb.CreateSettlementRequest, asked: Request | None = None
    ) -> bytes:
        """The message of what an instruction led to. ``asked``: what was really sent, if that was in another form."""
        speaker.require_role(Role.PROPOSER)
        work = self._instruction(speaker, request, asked)
        if not request.validate_only:
            return (await self._desk.commit.do(work)).told
        preview = await asyncio.to_thread(self._desk.store.preview, work.trade_id, work.change, work.now_s)
        return encode_settlement(named(preview, work.trade_id)).SerializeToString()

    def _instruction(self, speaker: Speaker, request: pb.CreateSettlementRequest, asked: Request | None) -> Work:
        """The work that an instruction is. Raises what is wrong with it."""
        admission, now_s = self._desk.admission, self._desk.now_s()
        asked = asked or request_of(speaker.name, request_id_of(request.request_id), request)
        said = said_in(speaker, request, request.trade_reference, request.intended_settlement_date)
        side = side_of(request.side)
        message = request.terms
        if said.trade_reference and not message.trade_id and not message.salt:
            message = self._found_by_reference(asked, side, said.trade_reference, message)
        terms = decode_terms(message, admission.scope.orders)
        admission.scope.check(terms)
        speaker.require_side(side, terms)
        require_listed(self._desk.listed(speaker.name), side, terms)
        change = admission.admitted(side, instruct(side, terms, now_s, said, admission.rules_for(speaker)), now_s)
        claims = (speaker.name, said.reference) if request.unique_reference and said.reference else None
        return Work(terms.trade_id, change, now_s, request=asked, claims=claims, audit=riding.get())

    def _found_by_reference(
        self, asked: Request, side: Side, trade_reference: str, message: pb.SettlementTerms
    ) -> pb.SettlementTerms:
        """The terms, with trade id and salt of the settlement that waits for this side under that reference.

        It is between the same nodes, so whoever may instruct for the side sees it anyway.
        """
        store = self._desk.store
        known = store.trade_of_request(asked.key)
        if known is not None:
            found = [each.settlement for each in store.find([known])]
        else:
            nodes = {Side.SELLER: message.seller_account.node, Side.BUYER: message.buyer_account.node}
            found = store.waiting_for(side, trade_reference, nodes)
        if not found:
            raise TradeReferenceUnknown(trade_reference)
        if len(found) > 1:
            raise TradeReferenceAmbiguous(trade_reference)
        completed = pb.SettlementTerms()
        completed.CopyFrom(message)
        completed.trade_id, completed.salt = found[0].trade_id, found[0].terms.cash.salt
        return completed


def said_in(
    speaker: Speaker,
    request: pb.CreateSettlementRequest | pb.AffirmSettlementRequest,
    trade_reference: str = "",
    intended_day: str = "",
) -> Said:
    """What a request says beside the terms. Raises ``BadRequest``."""
    return Said(
        platform=speaker.name,
        user=speaker.user,
        reference=reference_of(request.reference),
        trade_reference=reference_of(trade_reference, "trade_reference"),
        holds=frozenset({HoldReason.PARTY}) if request.hold else frozenset(),
        priority=priority_of(request.priority),
        intended_day=parsed_day(intended_day),
    )
