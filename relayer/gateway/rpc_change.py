"""Changing what is here: hold, release, update, retry, cancel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from crossdvp.gateway.v1 import settlement_service_pb2 as pb

from primitives.errors import CallerError
from relayer.gateway.access import Role, Speaker
from relayer.gateway.audit_riding import riding
from relayer.gateway.changes import observe
from relayer.gateway.errors import BadRequest, BuyerCancels, SettlementEnded, TradeAlreadyLocked
from relayer.gateway.instructing import amend, hold, may_cancel_alone, release, retry, withdraw
from relayer.gateway.lifecycle import HoldReason, SettlementState
from relayer.gateway.matching import Side
from relayer.gateway.model import Ledger, Said, Settlement
from relayer.gateway.requests import Request, request_of
from relayer.gateway.rpc_desk import Context, Verbs, answer, guard, named, own_side, request_id_of
from relayer.gateway.settlement_codec import hold_of, priority_of, reference_of, trade_id_of
from relayer.gateway.settlement_writes import Change, Outcome, Work

_CANCELLABLE: Final = {SettlementState.MATCHED, SettlementState.EARMARKED, SettlementState.SECURITIES_LOCKED}
_GOES_BACK: Final = {
    SettlementState.CANCELLED,
    SettlementState.SECURITIES_LOCKED,
    SettlementState.RETURN_BLOCKED,
}
_UPDATABLE: Final = frozenset({"priority", "reference", "hold"})


class ChangeVerbs(Verbs):
    """UpdateSettlement, HoldSettlement, ReleaseSettlement, RetrySettlement, CancelSettlement."""

    async def UpdateSettlement(  # noqa: N802  # the name in the .proto
        self, request: pb.UpdateSettlementRequest, context: Context
    ) -> pb.UpdateSettlementResponse:
        """See the .proto."""
        speaker = self._speaker(context)
        speaker.require_role(Role.PROPOSER)
        paths = set(request.update_mask.paths)
        if not paths or paths - _UPDATABLE:
            raise BadRequest("update_mask", ", ".join(sorted(_UPDATABLE)), ", ".join(sorted(paths))[:200] or "nothing")
        values: dict[str, object] = {
            "priority": priority_of(request.priority),
            "reference": reference_of(request.reference),
            "hold": request.hold,
        }
        by, etag, amended = _said_by(speaker), request.etag, {path: values[path] for path in paths}
        is_claimed = request.unique_reference and "reference" in paths and bool(request.reference)
        claims = (speaker.name, request.reference) if is_claimed else None
        change = _of_own_side(speaker, request.side, lambda side, _: amend(side, by, amended, etag))
        return answer(pb.UpdateSettlementResponse, (await self._changed(speaker, request, change, claims)).told)

    async def HoldSettlement(  # noqa: N802  # as above
        self, request: pb.HoldSettlementRequest, context: Context
    ) -> pb.HoldSettlementResponse:
        """See the .proto."""
        speaker, etag = self._speaker(context), request.etag
        speaker.require_role(Role.PROPOSER)
        change = _of_own_side(speaker, request.side, lambda side, _: hold(side, _said_by(speaker), etag))
        return answer(pb.HoldSettlementResponse, (await self._changed(speaker, request, change)).told)

    async def ReleaseSettlement(  # noqa: N802  # as above
        self, request: pb.ReleaseSettlementRequest, context: Context
    ) -> pb.ReleaseSettlementResponse:
        """See the .proto."""
        speaker, etag, asked = self._speaker(context), request.etag, hold_of(request.reason)

        def released(side: Side, before: Settlement) -> Change:
            own, reason = before.instructions.get(side), asked
            if reason is None and own is not None and len(own.said.holds) == 1:
                (reason,) = own.said.holds
            speaker.require_role(Role.AFFIRMER if reason is HoldReason.FOUR_EYES else Role.PROPOSER)
            return release(side, _said_by(speaker), reason, etag)

        change = _of_own_side(speaker, request.side, released)
        return answer(pb.ReleaseSettlementResponse, (await self._changed(speaker, request, change)).told)

    async def RetrySettlement(  # noqa: N802  # as above
        self, request: pb.RetrySettlementRequest, context: Context
    ) -> pb.RetrySettlementResponse:
        """See the .proto."""
        speaker = self._speaker(context)
        speaker.require_role(Role.OPERATOR)
        outcome = await self._changed(speaker, request, retry(self._desk.now_s(), request.etag))
        return answer(pb.RetrySettlementResponse, outcome.told)

    async def _changed(
        self,
        speaker: Speaker,
        request: Any,  # noqa: ANN401  # each method's own message
        change: Change,
        claims: tuple[str, str] | None = None,
    ) -> Outcome:
        trade_id = trade_id_of(request.name)
        asked = request_of(speaker.name, request_id_of(request.request_id), request)
        guarded, now_s = guard(speaker, trade_id), self._desk.now_s()
        work = Work(
            *(trade_id, change, now_s),
            guard=guarded,
            request=asked,
            claims=claims,
            audit=riding.get(),
        )
        return await self._desk.commit.do(work)

    async def CancelSettlement(  # noqa: N802  # as above
        self, request: pb.CancelSettlementRequest, context: Context
    ) -> pb.CancelSettlementResponse:
        """See the .proto."""
        speaker, etag, trade_id = self._speaker(context), request.etag, trade_id_of(request.name)
        asked = request_of(speaker.name, request_id_of(request.request_id), request)
        return answer(pb.CancelSettlementResponse, await self.cancelled(speaker, trade_id, asked, etag))

    async def cancelled(
        self,
        speaker: Speaker,
        trade_id: bytes,
        asked: Request,
        etag: str = "",
        require: Callable[[Settlement], None] = lambda _settlement: None,
    ) -> bytes:
        """The message of what became of a settlement that was to be cancelled. ``require`` raises if it may not be.

        Storing the request first makes a repeat, even after a crash in between, go on with it; what came of it is
        stored as its answer.
        """
        speaker.require_role(Role.PROPOSER)
        seen = (await self._seen_by(speaker, trade_id)).settlement
        require(seen)
        _require_may_cancel(speaker, seen)
        guarded, change, now_s = guard(speaker, trade_id), withdraw(etag), self._desk.now_s()
        outcome = await self._desk.commit.do(
            Work(*(trade_id, change, now_s), guard=guarded, request=asked, is_answer=False, audit=riding.get())
        )
        if outcome.answer is not None:
            return outcome.answer
        settlement = named(outcome.settlement, trade_id)
        if settlement.state in _CANCELLABLE:
            settlement = await self._cancel_on_ledger(settlement)
        if settlement.state in _GOES_BACK:
            done = await self._desk.commit.do(Work(trade_id, _as_it_is, self._desk.now_s(), finishes=asked.key))
            return done.told
        if settlement.state.is_final:
            raise SettlementEnded(settlement.name, settlement.state.value)
        raise TradeAlreadyLocked(settlement.name, settlement.state.value)

    async def _cancel_on_ledger(self, settlement: Settlement) -> Settlement:
        """Try to spend the trade id as cancelled; the ledger's word on who won is read afterwards either way."""
        refusal: CallerError | None = None
        desk, trade_id = self._desk, settlement.trade_id
        try:
            await desk.cash.cancel(settlement.terms)
        except CallerError as lost_race:
            refusal = lost_race
        node = settlement.terms.cash.buyer.node
        found = await desk.cash.trade_sightings(node, [settlement.terms])
        for sighting in found.get(trade_id, ()):
            await desk.commit.do(Work(trade_id, observe(sighting), desk.now_s()))
        after = desk.store.get(trade_id)
        if refusal is not None and after.state in _CANCELLABLE and not _is_cancelled(after):
            raise refusal  # not a race: the node refused for a reason of its own
        return after


def _said_by(speaker: Speaker) -> Said:
    return Said(speaker.name, speaker.user)


def _of_own_side(speaker: Speaker, number: int, change_of: Callable[[Side, Settlement], Change]) -> Change:
    """A change of what the caller's side said: which side that is, the settlement says."""

    def change(before: Settlement | None) -> Settlement | None:
        if before is None:
            return None
        return change_of(own_side(speaker, number, before), before)(before)

    return change


def _require_may_cancel(speaker: Speaker, settlement: Settlement) -> None:
    """Where securities lead, only the buyer's side cancels once they are matched."""
    node = Side.BUYER.account_in(settlement.terms).node
    if not may_cancel_alone(settlement) and node not in speaker.nodes:
        raise BuyerCancels(settlement.name, node)


def _as_it_is(before: Settlement | None) -> Settlement | None:
    return before


def _is_cancelled(settlement: Settlement) -> bool:
    """The trade id is spent, and the securities that lead are on their way back."""
    return any(fact.ledger is Ledger.PROGMAT for fact in settlement.facts)
