"""Which packets came to an end, and how long they took: one line and one count a packet, whoever brought it there."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

import structlog

from relayer.core.chain import EventKind, PacketEvent
from relayer.telemetry import names
from relayer.telemetry.metrics import Metrics
from relayer.telemetry.tracing import Past, Tracing, Value, shown_trace, trade_of

_log = structlog.get_logger(__name__)

MOST_REMEMBERED: Final = 20_000
_ENDS: Final = {EventKind.ACK_PROCESSED: "acknowledged", EventKind.TIMEOUT_PROCESSED: "timed_out"}
Key = tuple[str, str, int]


class PacketEnds:
    """Fed with the events of a path's ends as they are read; a page that is read twice counts once.

    A packet whose sending was read by an earlier process has no duration here: its story is in the relayer's database.
    """

    def __init__(
        self, metrics: Metrics, tracing: Tracing, now_s: Callable[[], float], most: int = MOST_REMEMBERED
    ) -> None:
        self._metrics = metrics
        self._tracing = tracing
        self._now_s = now_s
        self._most = most
        self._sent_s: OrderedDict[Key, float] = OrderedDict()
        self._ended: OrderedDict[Key, None] = OrderedDict()

    def saw(self, chain: str, event: PacketEvent) -> None:
        """An event that ``chain`` reports."""
        key = (chain, event.packet.source_client, event.packet.sequence)
        if event.kind is EventKind.SENT and key not in self._ended:
            self._sent_s.setdefault(key, self._now_s())
        elif event.kind in _ENDS and key not in self._ended:
            self._end(chain, event, self._sent_s.pop(key, None))
            self._ended[key] = None
        for remembered in (self._sent_s, self._ended):
            while len(remembered) > self._most:
                remembered.popitem(last=False)

    def _end(self, chain: str, event: PacketEvent, sent_s: float | None) -> None:
        now_s, outcome, trade_id = self._now_s(), _ENDS[event.kind], trade_of(event.packet)
        packet = f"{event.packet.source_client}/{event.packet.sequence}"
        self._metrics.count(names.PACKETS_ENDED, chain, outcome)
        ids = {} if trade_id is None else {"trade_id": trade_id.hex(), "trace_id": shown_trace(trade_id)}
        took = {} if sent_s is None else {"took_s": round(now_s - sent_s, 3)}
        _log.info(
            "packet ended",
            chain=chain,
            packet=packet,
            outcome=outcome,
            tx_id=event.tx_id,
            height=event.height,
            **took,
            **ids,
        )
        if sent_s is not None:
            self._metrics.observe(names.PACKET_SECONDS, chain, seconds=now_s - sent_s)
        if trade_id is not None:
            told: dict[str, Value] = {"chain": chain, "packet": packet, "outcome": outcome}
            told |= {"tx_id": event.tx_id, "height": event.height}
            self._tracing.tell(trade_id, Past("packet", now_s if sent_s is None else sent_s, now_s, told))
