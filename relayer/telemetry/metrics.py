"""A process's metrics: made from the table of names, kept in a registry of its own, written out when scraped.

Only this module knows the metrics library. What is counted pushes here; what is read (packets by state, say) is a
source, asked before each scrape. A source that fails leaves its gauges out: a number that is not known is not shown.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import choose_encoder

from primitives.errors import CrossDvpError
from relayer.telemetry import names
from relayer.telemetry.names import Kind, Metric

_log = structlog.get_logger(__name__)

MOST_SERIES: Final = 300
"""Combinations of labels that one metric may have; what comes later is counted as ``other``."""
MOST_LABEL_CHARS: Final = 64
OTHER: Final = "other"
_PLAIN = re.compile(r"[^\w.:/@~ -]")

Rows = Mapping[tuple[str, ...], float]
"""Values of a gauge by its labels, in the order of the table; ``()`` where it has none."""


@dataclass(frozen=True)
class Source:
    """What is asked before a scrape: the gauges it speaks for, and their rows now.

    ``read`` may raise errors of ours: the gauges are left out then. It is asked at most every ``pause_s``.
    """

    name: str
    gauges: tuple[Metric, ...]
    read: Callable[[], Awaitable[Mapping[Metric, Rows]]]
    pause_s: float = 0.0


@dataclass
class _Series:
    """One metric of the library, and the combinations of labels it has."""

    metric: Counter | Gauge | Histogram
    known: set[tuple[str, ...]] = field(default_factory=set)


class Metrics:
    """One per process. ``now_s`` is a clock that never goes back, for the sources' pauses."""

    def __init__(self, metrics: Sequence[Metric], now_s: Callable[[], float]) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._series = {metric: _Series(_made(metric, self._registry)) for metric in metrics}
        self._now_s = now_s
        self._sources: dict[str, Source] = {}
        self._asked_s: dict[str, float] = {}
        self._rendering = asyncio.Lock()

    def count(self, metric: Metric, *labels: str, by: float = 1.0) -> None:
        """Add to a counter."""
        self._child(metric, labels).inc(by)

    def observe(self, metric: Metric, *labels: str, seconds: float) -> None:
        """Add a duration to a histogram; a clock that went back counts as zero."""
        self._child(metric, labels).observe(max(0.0, seconds))

    def show(self, metric: Metric, *labels: str, value: float) -> None:
        """Set a gauge."""
        self._child(metric, labels).set(value)

    def add(self, metric: Metric, *labels: str, by: float) -> None:
        """Move a gauge."""
        self._child(metric, labels).inc(by)

    def replace(self, metric: Metric, rows: Rows) -> None:
        """Set a gauge's rows; rows that are not there any more go."""
        series = self._series[metric]
        if metric.labels:
            series.metric.clear()
            series.known.clear()
        for labels, value in rows.items():
            self._child(metric, labels).set(value)

    def add_source(self, source: Source) -> None:
        """Ask ``source`` before scrapes from now on; one of the same name is replaced."""
        self._sources[source.name] = source

    async def render(self, accept: str = "") -> tuple[bytes, str]:
        """What a scrape gets, in the format it accepts, and the name of that format."""
        async with self._rendering:  # a second scraper waits for the first one's questions
            for source in self._sources.values():
                await self._ask(source)
            encode, content_type = choose_encoder(accept)
            return encode(self._registry), content_type

    async def _ask(self, source: Source) -> None:
        now_s = self._now_s()
        asked_s = self._asked_s.get(source.name)
        if asked_s is not None and now_s - asked_s < source.pause_s:
            return
        self._asked_s[source.name] = now_s
        try:
            found, failed = await source.read(), 0.0
        except CrossDvpError as failure:
            _log.warning("metrics source failed", source=source.name, reason=failure.reason, error=str(failure))
            found, failed = {}, 1.0
        for gauge in source.gauges:
            self.replace(gauge, found.get(gauge, {}))
        self.show(names.SOURCE_FAILED, source.name, value=failed)

    def _child(self, metric: Metric, labels: tuple[str, ...]) -> Any:  # noqa: ANN401  # one of the library's three kinds
        series = self._series[metric]
        if not metric.labels:
            return series.metric
        wanted = tuple(_PLAIN.sub("_", label)[:MOST_LABEL_CHARS] for label in labels)
        if wanted not in series.known:
            if len(series.known) >= MOST_SERIES:
                wanted = (OTHER,) * len(wanted)
            series.known.add(wanted)
        return series.metric.labels(*wanted)


def _made(metric: Metric, registry: CollectorRegistry) -> Counter | Gauge | Histogram:
    match metric.kind:
        case Kind.COUNTER:
            return Counter(metric.name, metric.says, metric.labels, registry=registry)
        case Kind.GAUGE:
            return Gauge(metric.name, metric.says, metric.labels, registry=registry)
        case Kind.HISTOGRAM:
            return Histogram(metric.name, metric.says, metric.labels, registry=registry, buckets=metric.buckets)
