"""Both ledgers as the gateway's follower uses them, with a span and the trade's ids in every log line of a step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from ibc.dvp import SettlementTerms
from relayer.gateway.changes import Sighting
from relayer.gateway.matching import Side
from relayer.gateway.ports import CashSide, EarmarkEvidence, HeldTrades, InterferenceSeen, SecuritiesSide
from relayer.telemetry.logs import bound
from relayer.telemetry.tracing import Tracing, shown_trace


@contextmanager
def _step(tracing: Tracing, name: str, trade_id: bytes) -> Iterator[None]:
    ids = {"trade_id": trade_id.hex(), "trace_id": shown_trace(trade_id)}
    with bound(**ids), tracing.during(f"gateway {name}", (trade_id,), {"trade_id": trade_id.hex()}):
        yield


class ObservedCash:
    """Implements ``CashSide`` over another."""

    def __init__(self, inner: CashSide, tracing: Tracing) -> None:
        self._inner = inner
        self._tracing = tracing

    async def trade_sightings(
        self, node: str, trades: Sequence[SettlementTerms]
    ) -> Mapping[bytes, tuple[Sighting, ...]]:
        """See CashSide; asked every round, so that it has no span of its own."""
        return await self._inner.trade_sightings(node, trades)

    async def trusted_height(self) -> int:
        """See CashSide."""
        return await self._inner.trusted_height()

    async def bring_header(self, node: str, evidence: EarmarkEvidence) -> None:
        """See CashSide; of several trades, so that it belongs to none of them."""
        await self._inner.bring_header(node, evidence)

    async def lock(self, terms: SettlementTerms, evidence: EarmarkEvidence, attempts: int) -> Sighting:
        """See CashSide."""
        with _step(self._tracing, "lock", terms.trade_id):
            return await self._inner.lock(terms, evidence, attempts)

    async def cancel(self, terms: SettlementTerms) -> None:
        """See CashSide."""
        with _step(self._tracing, "cancel", terms.trade_id):
            await self._inner.cancel(terms)


class ObservedSecurities:
    """Implements ``SecuritiesSide`` over another."""

    def __init__(self, inner: SecuritiesSide, tracing: Tracing) -> None:
        self._inner = inner
        self._tracing = tracing

    async def sightings(self, after_block: int) -> tuple[tuple[Sighting, ...], int]:
        """See SecuritiesSide; asked every round, so that it has no span of its own."""
        return await self._inner.sightings(after_block)

    async def earmark_sighting(self, trade_id: bytes) -> Sighting | None:
        """See SecuritiesSide; as ``sightings``."""
        return await self._inner.earmark_sighting(trade_id)

    async def end_sightings(self, trade_id: bytes) -> tuple[Sighting, ...]:
        """See SecuritiesSide; part of asking the token."""
        return await self._inner.end_sightings(trade_id)

    async def time_s(self) -> int:
        """See SecuritiesSide."""
        return await self._inner.time_s()

    async def obstacle(self, terms: SettlementTerms, to: Side) -> str:
        """See SecuritiesSide."""
        with _step(self._tracing, "ask the token", terms.trade_id):
            return await self._inner.obstacle(terms, to)

    async def interference(self, after_block: int, held: HeldTrades, *, asks: bool = True) -> InterferenceSeen:
        """See SecuritiesSide."""
        return await self._inner.interference(after_block, held, asks=asks)

    async def earmark_evidence(
        self, adapter: bytes, trade_ids: Sequence[bytes], trusted_height: int
    ) -> tuple[EarmarkEvidence, ...]:
        """See SecuritiesSide; one span, in the trace of each of the trades."""
        with self._tracing.during("gateway prove earmark", trade_ids, {"trades": str(len(trade_ids))}):
            return await self._inner.earmark_evidence(adapter, trade_ids, trusted_height)
