"""SettlementService over gRPC: decodes and checks requests, answers with what is stored.

Errors are raised, not returned: the server's interceptor turns them into statuses with ErrorInfo.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import grpc
import grpc.aio
from crossdvp.gateway.v1 import settlement_service_pb2 as pb
from crossdvp.gateway.v1 import settlement_service_pb2_grpc as pb_grpc
from google.protobuf.timestamp_pb2 import Timestamp

from ibc.dvp import LeadLeg, SettlementTerms
from ibc.timeout import MAX_TIMEOUT_DELTA_S
from primitives.errors import CallerError
from relayer.gateway.access import Speaker, Speakers
from relayer.gateway.changes import instruct, observe, withdraw
from relayer.gateway.errors import (
    BadPageToken,
    BadRequest,
    BuyerCancels,
    GatewayStopping,
    NotServed,
    SettlementEnded,
    TimesTooClose,
    TimesTooFar,
    TradeAlreadyLocked,
)
from relayer.gateway.lifecycle import SettlementState
from relayer.gateway.matching import Side
from relayer.gateway.model import Ledger, Settlement
from relayer.gateway.orders import Orders
from relayer.gateway.ports import CashSide
from relayer.gateway.settlement_codec import (
    decode_terms,
    encode_settlement,
    request_fields,
    side_of,
    state_of,
    trade_id_of,
)
from relayer.gateway.store import Change, GatewayStore, RequestKey
from relayer.rpc_server import caller_of

MOST_PER_PAGE = 500
_UUID = re.compile(r"[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_CANCELLABLE = {SettlementState.MATCHED, SettlementState.EARMARKED, SettlementState.SECURITIES_LOCKED}
_UNAGREED = {SettlementState.UNMATCHED, SettlementState.MISMATCHED}

Context = grpc.aio.ServicerContext[Any, Any]


@dataclass(frozen=True)
class Scope:
    """What a gateway reaches: one EVM chain, one ledger, and the custodian nodes at which it can ask for a lock."""

    evm_chain_id: int
    ledger_id: str
    custodians: frozenset[str]
    orders: Orders = field(default_factory=Orders)

    def check(self, terms: SettlementTerms) -> None:
        """Raises ``NotServed``: what can never settle here is refused before it waits for ever."""
        if terms.security.chain_id != self.evm_chain_id:
            raise NotServed("terms.evm_chain_id", str(self.evm_chain_id), terms.security.chain_id)
        if terms.cash.ledger_id != self.ledger_id:
            raise NotServed("terms.ledger_id", self.ledger_id, terms.cash.ledger_id)
        if terms.cash.buyer.node not in self.custodians:
            raise NotServed("terms.buyer_account.node", ", ".join(sorted(self.custodians)), terms.cash.buyer.node)


@dataclass(frozen=True)
class Margins:
    """How much room instructions must leave, in seconds: until lock-by, and from there to settle-by.

    Until lock-by the cash is locked, or, where securities lead, they are locked, seen, and paid for. After it a packet
    has to be received, where cash leads, or refused, before its time-out. No skew of clocks below these opens a gap.
    """

    before_lock_s: int
    lock_to_settle_s: int
    before_payment_s: int
    payment_to_settle_s: int

    def of(self, lead: LeadLeg) -> tuple[int, int]:
        """Both, for an order."""
        if lead is LeadLeg.SECURITIES:
            return self.before_payment_s, self.payment_to_settle_s
        return self.before_lock_s, self.lock_to_settle_s


class SettlementRpc(pb_grpc.SettlementServiceServicer):
    """One per gateway process; ``stopping`` ends open watches so that a shutdown need not wait for them."""

    def __init__(
        self,
        store: GatewayStore,
        cash: CashSide,
        scope: Scope,
        speakers: Speakers,
        margins: Margins,
        now_s: Callable[[], int],
        stopping: asyncio.Event,
        watch_poll_s: float = 0.05,
    ) -> None:
        self._store = store
        self._cash = cash
        self._scope = scope
        self._speakers = speakers
        self._margins = margins
        self._now_s = now_s
        self._stopping = stopping
        self._watch_poll_s = watch_poll_s

    def _speaker(self, context: Context) -> Speaker:
        return self._speakers.speaker(caller_of(context))

    async def CreateSettlement(  # noqa: N802  # the name in the .proto
        self, request: pb.CreateSettlementRequest, context: Context
    ) -> pb.CreateSettlementResponse:
        """See the .proto."""
        speaker = self._speaker(context)
        request_key = RequestKey(speaker.name, _request_id(request.request_id))
        side, terms = side_of(request.side), decode_terms(request.terms, self._scope.orders)
        self._scope.check(terms)
        speaker.require_side(side, terms)
        now_s = self._now_s()
        change = self._instruction(side, terms, now_s)
        if request.validate_only:
            settlement = await asyncio.to_thread(self._store.preview, terms.trade_id, change, now_s)
        else:
            settlement = await asyncio.to_thread(
                self._store.answer_request, request_key, request_fields(request), terms.trade_id, change, now_s
            )
        return pb.CreateSettlementResponse(settlement=encode_settlement(_present(settlement)))

    def _instruction(self, side: Side, terms: SettlementTerms, now_s: int) -> Change:
        """The change an instruction makes; times are judged only if it is news, so that a late repeat is answered."""
        change = instruct(side, terms, now_s)

        def checked(before: Settlement | None) -> Settlement | None:
            after = change(before)
            if after != before:
                self._check_times(terms, now_s)
            return after

        return checked

    def _check_times(self, terms: SettlementTerms, now_s: int) -> None:
        before_lock_s, lock_to_settle_s = self._margins.of(terms.lead_leg)
        earliest_lock = now_s + before_lock_s
        if terms.lock_by_s < earliest_lock:
            raise TimesTooClose("terms.lock_by", earliest_lock, terms.lock_by_s)
        earliest_settle = terms.lock_by_s + lock_to_settle_s
        if terms.settle_by_s < earliest_settle:
            raise TimesTooClose("terms.settle_by", earliest_settle, terms.settle_by_s)
        latest_settle = terms.lock_by_s + MAX_TIMEOUT_DELTA_S
        if terms.settle_by_s > latest_settle:
            raise TimesTooFar("terms.settle_by", latest_settle, terms.settle_by_s)

    async def GetSettlement(  # noqa: N802  # the name in the .proto
        self, request: pb.GetSettlementRequest, context: Context
    ) -> pb.GetSettlementResponse:
        """See the .proto."""
        settlement = await self._seen_by(self._speaker(context), trade_id_of(request.name))
        return pb.GetSettlementResponse(settlement=encode_settlement(settlement))

    async def _seen_by(self, speaker: Speaker, trade_id: bytes) -> Settlement:
        return speaker.require_either(await asyncio.to_thread(self._store.get, trade_id))

    async def ListSettlements(  # noqa: N802  # the name in the .proto
        self, request: pb.ListSettlementsRequest, context: Context
    ) -> pb.ListSettlementsResponse:
        """See the .proto."""
        if not 0 <= request.page_size <= MOST_PER_PAGE:
            raise BadRequest("page_size", f"0..{MOST_PER_PAGE}", request.page_size)
        size = request.page_size or 50
        states = [state_of(number) for number in request.states]
        before = _number(request.page_token)
        nodes = self._speaker(context).nodes
        rows = await asyncio.to_thread(self._store.page, nodes, states, before, size + 1)
        shown = rows[:size]
        return pb.ListSettlementsResponse(
            settlements=[encode_settlement(settlement) for _, settlement in shown],
            next_page_token=str(shown[-1][0]) if len(rows) > size else "",
        )

    async def WatchSettlements(  # noqa: N802  # the name in the .proto
        self, request: pb.WatchSettlementsRequest, context: Context
    ) -> AsyncIterator[pb.WatchSettlementsResponse]:
        """See the .proto."""
        speaker = self._speaker(context)
        trade_id = trade_id_of(request.name) if request.name else None
        if trade_id is not None:
            await self._seen_by(speaker, trade_id)
        after = _number(request.resume_token)
        if after > await asyncio.to_thread(self._store.newest_event, speaker.nodes):
            raise BadPageToken("resume_token", "a token from an earlier answer", after)
        while not self._stopping.is_set():
            page = await asyncio.to_thread(self._store.events, speaker.nodes, after, trade_id, 100)
            after = page.reached
            for event in page.events:
                yield pb.WatchSettlementsResponse(
                    resume_token=str(event.number),
                    settlement=pb.Settlement.FromString(event.settlement),
                    at=Timestamp(seconds=event.at_s),
                )
            if not page.events:
                await asyncio.sleep(self._watch_poll_s)
        raise GatewayStopping

    async def CancelSettlement(  # noqa: N802  # the name in the .proto
        self, request: pb.CancelSettlementRequest, context: Context
    ) -> pb.CancelSettlementResponse:
        """See the .proto."""
        speaker = self._speaker(context)
        request_key = RequestKey(speaker.name, _request_id(request.request_id))
        trade_id = trade_id_of(request.name)
        self._require_may_cancel(speaker, await self._seen_by(speaker, trade_id))
        # Storing the request first makes a repeat, even after a crash in between, answer what became of it.
        settlement = _present(
            await asyncio.to_thread(
                self._store.answer_request, request_key, request_fields(request), trade_id, withdraw, self._now_s()
            )
        )
        if settlement.state in _CANCELLABLE:
            settlement = await self._cancel_on_ledger(settlement)
        if settlement.state in {SettlementState.CANCELLED, SettlementState.SECURITIES_LOCKED}:
            return pb.CancelSettlementResponse(settlement=encode_settlement(settlement))
        if settlement.state.is_final:
            raise SettlementEnded(settlement.name, settlement.state.value)
        raise TradeAlreadyLocked(settlement.name, settlement.state.value)

    @staticmethod
    def _require_may_cancel(speaker: Speaker, settlement: Settlement) -> None:
        """Where securities lead, the seller's lock may be on its way: once matched, only the buyer's side cancels."""
        terms = settlement.terms
        if settlement.state in _UNAGREED or terms.lead_leg is LeadLeg.CASH:
            return
        if terms.cash.buyer.node not in speaker.nodes:
            raise BuyerCancels(settlement.name, terms.cash.buyer.node)

    async def _cancel_on_ledger(self, settlement: Settlement) -> Settlement:
        """Try to spend the trade id as cancelled; the ledger's word on who won is read afterwards either way."""
        refusal: CallerError | None = None
        try:
            await self._cash.cancel(settlement.terms)
        except CallerError as lost_race:
            refusal = lost_race
        for sighting in await self._cash.trade_sightings(settlement.terms):
            await asyncio.to_thread(self._store.change, settlement.trade_id, observe(sighting), self._now_s())
        after = await asyncio.to_thread(self._store.get, settlement.trade_id)
        if refusal is not None and after.state in _CANCELLABLE and not _is_cancelled(after):
            raise refusal  # not a race: the node refused for a reason of its own
        return after


def _is_cancelled(settlement: Settlement) -> bool:
    """The trade id is spent, and the securities that lead are on their way back."""
    return any(fact.ledger is Ledger.PROGMAT for fact in settlement.facts)


def _request_id(text: str) -> str:
    if not _UUID.fullmatch(text):
        raise BadRequest("request_id", "a UUID, as 8-4-4-4-12 hexadecimal digits", text[:64] or "nothing")
    return text.lower()


def _number(token: str) -> int:
    if not token:
        return 0
    if not (token.isascii() and token.isdecimal() and len(token) < 19):
        raise BadPageToken("token", "a token from an earlier answer", token[:40])
    return int(token)


def _present(settlement: Settlement | None) -> Settlement:
    if settlement is None:
        raise BadRequest("terms.trade_id", "a trade id that can be stored", "nothing stored")
    return settlement
