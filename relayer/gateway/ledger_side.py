"""The Progmat ledger as the gateway sees it: the buyer's custodian node locks and cancels, the issuer takes headers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence

from chains.progmat.client.ledger_client import LedgerClient
from chains.progmat.client.nouns import (
    CancelTrade,
    EarmarkProof,
    FlowView,
    LockCash,
    TradeRecord,
    TradeStatus,
    UpdateLightClient,
)
from chains.rpc_status import RemoteCallerError
from ibc.dvp import LeadLeg, SettlementTerms, terms_hash
from ibc.packet import decode_packet
from primitives.errors import CallerError, UnavailableError
from primitives.hashing import sha256
from relayer.gateway.changes import Sighting
from relayer.gateway.lifecycle import SettlementEvent
from relayer.gateway.model import Fact, Ledger
from relayer.gateway.ports import EarmarkEvidence

FLOW_WAIT_S = 15
MOST_TRIES = 1000
HEADER_POLLS, HEADER_POLL_S = 40, 0.05
REQUEST_ID_REUSED = "REQUEST_ID_REUSED"
CASH_LOCKED = "cash locked"

_OPENING = {
    TradeStatus.CANCELLED: (SettlementEvent.TRADE_CANCELLED, "trade cancelled"),
    TradeStatus.LOCKED: (SettlementEvent.CASH_LOCKED, CASH_LOCKED),
    TradeStatus.PAID: (SettlementEvent.CASH_LOCKED, CASH_LOCKED),
    TradeStatus.RETURNED: (SettlementEvent.CASH_LOCKED, CASH_LOCKED),
}
_CLOSING = {
    TradeStatus.PAID: (SettlementEvent.CASH_RELEASED_TO_SELLER, "cash released to seller"),
    TradeStatus.RETURNED: (SettlementEvent.CASH_RETURNED_TO_BUYER, "cash returned to buyer"),
}


class CustodianUnknown(CallerError):
    """The terms name a custodian node that this gateway is not configured for."""

    reason = "CUSTODIAN_UNKNOWN"


class LedgerRefused(CallerError):
    """The ledger's node refused; the reason is the node's."""

    def __init__(self, node: str, reason: str, message: str) -> None:
        self.node, self.reason = node, reason  # type: ignore[misc]  # the node's reason, so it belongs to the instance
        super().__init__(f"{node}: {message}")


class LedgerFlowPending(UnavailableError):
    """The flow is under way; its end will be seen on the ledger."""

    reason = "LEDGER_FLOW_PENDING"


class HeaderNotDistributed(UnavailableError):
    """The custodian node has not received the header yet under which the earmark is proved."""

    reason = "HEADER_NOT_DISTRIBUTED"


class LedgerSide:
    """Implements ``CashSide``. ``client_id`` is the light client of the EVM chain on the ledger."""

    def __init__(
        self,
        issuer: LedgerClient,
        custodians: Mapping[str, LedgerClient],
        client_id: str,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._issuer = issuer
        self._custodians = dict(custodians)
        self._client_id = client_id
        self._now_s = now_s

    def _custodian(self, name: str) -> LedgerClient:
        try:
            return self._custodians[name]
        except KeyError:
            known = ", ".join(sorted(self._custodians))
            raise CustodianUnknown(f"no custodian node {name} here; there are: {known}") from None

    async def trade_sightings(
        self, node: str, trades: Sequence[SettlementTerms]
    ) -> Mapping[bytes, tuple[Sighting, ...]]:
        """See CashSide. The ledger's times are not in its trade records: a fact's time is when it was first seen."""
        records = await self._custodian(node).trades([terms.trade_id for terms in trades])
        leads, seen_s = {terms.trade_id: terms.lead_leg for terms in trades}, int(self._now_s())
        return {
            record.trade_id: tuple(_sightings(record, leads[record.trade_id], seen_s))
            for record in records
            if record.trade_id in leads
        }

    async def trusted_height(self) -> int:
        """See CashSide."""
        found = await self._issuer.light_client(self._client_id, max_heights=1)
        return found.heights[0][0] if found is not None and found.heights else 0

    async def bring_header(self, node: str, evidence: EarmarkEvidence) -> None:
        """See CashSide; no message means that the ledger has it already."""
        custodian = self._custodian(node)
        if evidence.client_message:
            request_id = f"update/{sha256(evidence.client_message)[:16].hex()}"
            update = UpdateLightClient(request_id, self._client_id, evidence.client_message)
            _require(self._issuer.name, await self._issuer.submit(update, FLOW_WAIT_S))
        await self._wait_for_header(custodian, evidence.height)

    async def _wait_for_header(self, custodian: LedgerClient, height: int) -> None:
        """The issuer's node delivers headers to every node; that takes a moment."""
        for _ in range(HEADER_POLLS):
            if await custodian.consensus_state(self._client_id, height) is not None:
                return
            await asyncio.sleep(HEADER_POLL_S)
        raise HeaderNotDistributed(f"{custodian.name} has no header {height} of {self._client_id} yet")

    async def lock(self, terms: SettlementTerms, evidence: EarmarkEvidence, attempts: int) -> Sighting:
        """See CashSide."""
        custodian = self._custodian(terms.cash.buyer.node)
        proof = EarmarkProof(evidence.height, evidence.account_proof, evidence.storage_proof)
        running = await self._lock_tried(custodian, terms, proof, attempts)
        _require(custodian.name, running)
        seen_s = int(self._now_s())
        if running.packet:
            what = (running.tx_id.hex(), running.journal_position, seen_s)
            sequence = decode_packet(running.packet).sequence
            return Sighting(
                *(terms.trade_id, SettlementEvent.CASH_LOCKED, Fact(Ledger.PROGMAT, CASH_LOCKED, *what)),
                *(terms_hash(terms), sequence),
            )
        record = await custodian.trade(terms.trade_id)
        if record is None:
            raise LedgerFlowPending(f"{custodian.name}: the lock is final, and not shown yet")
        return _sightings(record, terms.lead_leg, seen_s)[0]

    async def _lock_tried(
        self, custodian: LedgerClient, terms: SettlementTerms, proof: EarmarkProof, attempts: int
    ) -> FlowView:
        """The newest try's flow. The first is asked for unseen: it is seldom that one was made before."""
        name = f"lock/{terms.trade_id.hex()}"
        if not attempts:
            try:
                return await custodian.submit(LockCash(_try(name, 0), terms, self._client_id, proof), FLOW_WAIT_S)
            except RemoteCallerError as refused:
                if refused.reason != REQUEST_ID_REUSED:
                    raise
        request_id, running = await _latest_try(custodian, name)
        if running is not None:
            return running
        return await custodian.submit(LockCash(request_id, terms, self._client_id, proof), FLOW_WAIT_S)

    async def cancel(self, terms: SettlementTerms) -> None:
        """See CashSide."""
        custodian = self._custodian(terms.cash.buyer.node)
        request_id, running = await _latest_try(custodian, f"cancel/{terms.trade_id.hex()}")
        if running is None:
            running = await custodian.submit(CancelTrade(request_id, terms), FLOW_WAIT_S)
        _require(custodian.name, running)

    async def close(self) -> None:
        """Close all connections."""
        await asyncio.gather(self._issuer.close(), *(custodian.close() for custodian in self._custodians.values()))


def _try(name: str, number: int) -> str:
    return f"{name}/{number}"


async def _latest_try(node: LedgerClient, name: str) -> tuple[str, FlowView | None]:
    """The request id of the newest try: one that is under way or done, with its flow, or a fresh one after failed ones.

    Tries are numbered on the node itself, so that a gateway killed in between neither repeats nor forgets one.
    """
    for number in range(MOST_TRIES):
        request_id = _try(name, number)
        try:
            flow = await node.flow(request_id)
        except RemoteCallerError as unknown:
            if unknown.reason != "FLOW_UNKNOWN":
                raise
            return request_id, None
        if not flow.is_failed:
            return request_id, flow
    raise LedgerRefused(node.name, "TOO_MANY_TRIES", f"{name} failed {MOST_TRIES} times: see the node's flows")


def _require(node: str, flow: FlowView) -> None:
    if flow.is_failed:
        raise LedgerRefused(node, flow.last_error_reason, flow.last_error)
    if not flow.is_final_on_ledger:
        raise LedgerFlowPending(f"{node}: {flow.kind.value} waits for {flow.waiting_on or flow.step.value}")


def _sightings(record: TradeRecord, lead: LeadLeg, seen_s: int) -> list[Sighting]:
    if lead is LeadLeg.SECURITIES and record.status is TradeStatus.PAID:
        fact = Fact(Ledger.PROGMAT, "cash paid", record.opening_tx_id.hex(), record.opening_position, seen_s)
        return [Sighting(record.trade_id, SettlementEvent.CASH_PAID, fact, record.terms_hash)]
    event, what = _OPENING[record.status]
    sequence = decode_packet(record.packet).sequence if record.packet else 0
    fact = Fact(Ledger.PROGMAT, what, record.opening_tx_id.hex(), record.opening_position, seen_s)
    found = [Sighting(record.trade_id, event, fact, record.terms_hash, sequence)]
    if record.status in _CLOSING:
        event, what = _CLOSING[record.status]
        fact = Fact(Ledger.PROGMAT, what, record.closing_tx_id.hex(), record.closing_position, seen_s)
        found.append(Sighting(record.trade_id, event, fact, record.terms_hash))
    return found
