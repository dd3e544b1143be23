"""What becomes of settlements, read from the gateway's one stream of changes: counts, durations, traces, a line.

It reads as any platform does, from now on, and stores nothing: what ended while the process was down is in the
database and in nobody's log. Several instances over one database each tell of every settlement; a trace's spans have
ids that follow from what they tell, so that they are the same spans.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Collection
from typing import Final, Protocol

import structlog
from crossdvp.gateway.v1 import settlement_service_pb2 as pb
from google.protobuf.timestamp_pb2 import Timestamp

from primitives.errors import CrossDvpError
from relayer.gateway.store import EventPage, StoredEvent
from relayer.telemetry import names
from relayer.telemetry.metrics import Metrics
from relayer.telemetry.tracing import Past, Tracing, Value, fact_span_of, shown_trace

_log = structlog.get_logger(__name__)

MOST_A_PAGE: Final = 100
MOST_REMEMBERED: Final = 20_000
_ENDS: Final = {
    pb.SETTLEMENT_STATE_SETTLED: "settled",
    pb.SETTLEMENT_STATE_RETURNED: "returned",
    pb.SETTLEMENT_STATE_CANCELLED: "cancelled",
}
_LOCKS: Final = {"cash locked": "cash", "securities locked": "securities"}
_RELEASES: Final = ("cash released", "cash returned", "securities delivered", "securities returned")
"""How facts begin that end what a lock held."""


class Stream(Protocol):
    """The gateway's stream of changes, as its store has it."""

    def newest_event(self, nodes: Collection[str]) -> int:
        """The number of the last change that concerns ``nodes``."""

    def events(self, nodes: Collection[str], after: int, trade_id: bytes | None, limit: int) -> EventPage:
        """What concerns ``nodes`` after a number."""


class SettlementEnds:
    """Reads the stream of all ``nodes``; ``now_s`` is the wall clock."""

    def __init__(
        self, stream: Stream, nodes: Collection[str], metrics: Metrics, tracing: Tracing, now_s: Callable[[], float]
    ) -> None:
        self._stream = stream
        self._nodes = frozenset(nodes)
        self._metrics = metrics
        self._tracing = tracing
        self._now_s = now_s
        self._after: int | None = None
        self._told: OrderedDict[str, int] = OrderedDict()
        """By settlement, how many facts were told; -1 at its end."""
        self._alarmed: OrderedDict[str, frozenset[tuple[str, str, str]]] = OrderedDict()

    async def run(self, stopping: asyncio.Event, interval_s: float) -> None:
        """Read until ``stopping``, and once more; a database that is away is waited for."""
        while not stopping.is_set():
            await self._read_or_say()
            try:
                await asyncio.wait_for(stopping.wait(), interval_s)
            except TimeoutError:
                continue
        await self._read_or_say()

    async def _read_or_say(self) -> None:
        try:
            await self.read()
        except CrossDvpError as failure:
            _log.warning("event stream unread", reason=failure.reason, error=str(failure))

    async def read(self) -> None:
        """Everything that is new; at the first call, only where the stream stands."""
        if self._after is None:
            self._after = await asyncio.to_thread(self._stream.newest_event, self._nodes)
            return
        while True:
            page = await asyncio.to_thread(self._stream.events, self._nodes, self._after, None, MOST_A_PAGE)
            for event in page.events:
                self._saw(event)
            self._after = page.reached
            if len(page.events) < MOST_A_PAGE:
                return

    def _saw(self, event: StoredEvent) -> None:
        self._metrics.count(names.EVENTS)
        self._metrics.show(names.EVENT_LAG, value=max(0.0, self._now_s() - event.at_s))
        settlement = pb.Settlement.FromString(event.settlement)
        told = self._told.get(settlement.name, 0)
        if told < 0:
            return
        trade_id = bytes(settlement.terms.trade_id)
        for index in range(told, len(settlement.facts)):
            self._tell_fact(trade_id, settlement, index)
        self._told[settlement.name] = len(settlement.facts)
        self._note_alarms(settlement)
        if settlement.state in _ENDS:
            self._end(trade_id, settlement, event.at_s)
            self._told[settlement.name] = -1
        while len(self._told) > MOST_REMEMBERED:
            self._told.popitem(last=False)

    def _note_alarms(self, settlement: pb.Settlement) -> None:
        """Alarms that this settlement did not have when it was read last."""
        before = self._alarmed.pop(settlement.name, frozenset())
        now = frozenset((alarm.name, alarm.detail, alarm.tx_id) for alarm in settlement.alarms)
        for name, _, _ in now - before:
            self._metrics.count(names.SETTLEMENT_ALARMS, name)
        if now and settlement.state not in _ENDS:
            self._alarmed[settlement.name] = now
        while len(self._alarmed) > MOST_REMEMBERED:
            self._alarmed.popitem(last=False)

    def _tell_fact(self, trade_id: bytes, settlement: pb.Settlement, index: int) -> None:
        """A fact's span is as long as what was waited for before it."""
        fact = settlement.facts[index]
        before = settlement.facts[index - 1].at if index else settlement.create_time
        attributes: dict[str, Value] = {
            "ledger": fact.ledger,
            "tx_id": fact.tx_id,
            "height": int(fact.height),
            "proof_bytes": int(fact.proof_bytes),
        }
        start_s, end_s = sorted((_s(before), _s(fact.at)))
        span_id = fact_span_of(trade_id, fact.ledger, fact.what)
        self._tracing.tell(trade_id, Past(f"{fact.ledger}: {fact.what}", start_s, end_s, attributes, span_id))

    def _end(self, trade_id: bytes, settlement: pb.Settlement, at_s: int) -> None:
        outcome = _ENDS[settlement.state]
        begun_s = _s(settlement.create_time)
        took_s = max(0.0, at_s - begun_s)
        self._metrics.count(names.SETTLEMENTS_ENDED, outcome)
        self._metrics.observe(names.SETTLEMENT_SECONDS, outcome, seconds=took_s)
        locked = next(((_LOCKS[f.what], _s(f.at)) for f in settlement.facts if f.what in _LOCKS), None)
        released_s = next((_s(f.at) for f in settlement.facts if f.what.startswith(_RELEASES)), None)
        held: dict[str, float] = {}
        if locked is not None and released_s is not None:
            held = {"locked_s": max(0.0, released_s - locked[1])}
            self._metrics.observe(names.LOCK_SECONDS, locked[0], outcome, seconds=held["locked_s"])
        _log.info(
            "settlement ended",
            trade_id=trade_id.hex(),
            trace_id=shown_trace(trade_id),
            outcome=outcome,
            took_s=took_s,
            steps=[f"{fact.what} +{max(0.0, _s(fact.at) - begun_s):g} s" for fact in settlement.facts],
            **held,
        )
        sequence = str(settlement.packet_sequence)
        attributes = {"trade_id": trade_id.hex(), "outcome": outcome, "packet_sequence": sequence}
        self._tracing.tell(trade_id, Past("settlement", begun_s, at_s, attributes, is_root=True))


def _s(stamp: Timestamp) -> float:
    return float(stamp.seconds) + stamp.nanos / 1e9
