"""Affirming: agreeing to terms that are here, without sending them again."""

from __future__ import annotations

import asyncio
from typing import Final

from crossdvp.gateway.v1 import settlement_service_pb2 as pb

from relayer.gateway.access import Role
from relayer.gateway.audit_riding import riding
from relayer.gateway.errors import BadRequest
from relayer.gateway.instructing import Affirmed, affirm
from relayer.gateway.model import Settlement
from relayer.gateway.parties.counterparties import require_listed
from relayer.gateway.requests import request_of
from relayer.gateway.rpc_desk import Context, Verbs, answer, guard, named, own_side, request_id_of
from relayer.gateway.rpc_propose import said_in
from relayer.gateway.settlement_codec import trade_id_of
from relayer.gateway.settlement_message import encode_settlement
from relayer.gateway.settlement_writes import Work

_HASH_BYTES: Final = 32


class AffirmVerbs(Verbs):
    """AffirmSettlement."""

    async def AffirmSettlement(  # noqa: N802  # the name in the .proto
        self, request: pb.AffirmSettlementRequest, context: Context
    ) -> pb.AffirmSettlementResponse:
        """See the .proto."""
        desk, now_s = self._desk, self._desk.now_s()
        speaker = self._speaker(context)
        speaker.require_role(Role.AFFIRMER)
        asked = request_of(speaker.name, request_id_of(request.request_id), request)
        trade_id = trade_id_of(request.name)
        if len(request.terms_hash) not in {0, _HASH_BYTES} or not (request.terms_hash or request.etag):
            raise BadRequest("terms_hash", "32 bytes, or an etag instead", request.terms_hash.hex()[:80] or "neither")
        said = said_in(speaker, request)
        affirmed = Affirmed(request.terms_hash, request.etag)
        number, rules = request.side, desk.admission.rules_for(speaker)
        listed = desk.listed(speaker.name)

        def change(before: Settlement | None) -> Settlement | None:
            side = own_side(speaker, number, named(before, trade_id))
            require_listed(listed, side, named(before, trade_id).terms)
            return desk.admission.admitted(side, affirm(side, affirmed, said, rules, now_s), now_s)(before)

        check = guard(speaker, trade_id)
        if request.validate_only:
            await self._seen_by(speaker, trade_id)
            preview = await asyncio.to_thread(desk.store.preview, trade_id, change, now_s)
            told = encode_settlement(named(preview, trade_id)).SerializeToString()
            return answer(pb.AffirmSettlementResponse, told)
        claims = (speaker.name, said.reference) if request.unique_reference and said.reference else None
        work = Work(trade_id, change, now_s, guard=check, request=asked, claims=claims, audit=riding.get())
        outcome = await desk.commit.do(work)
        return answer(pb.AffirmSettlementResponse, outcome.told)
