"""Traces by OpenTelemetry: spans to an OTLP collector, to a file of JSON lines, or to both."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import IdGenerator, RandomIdGenerator
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, Status, StatusCode, TraceFlags
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from primitives.errors import CrossDvpError
from relayer.telemetry.redaction import redacted
from relayer.telemetry.tracing import Attributes, Past, root_span_of, trace_id_of

MOST_FILE_BYTES: Final = 64 << 20
MOST_LINKS: Final = 64
HAND_OVER_EVERY_MS: Final = 500
_LIMITS: Final = SpanLimits(max_attributes=32, max_attribute_length=512, max_links=MOST_LINKS, max_events=8)
_CHOSEN: Final[ContextVar[tuple[int, int] | None]] = ContextVar("chosen_span", default=None)
_PROPAGATOR: Final = TraceContextTextMapPropagator()
_SAMPLED: Final = TraceFlags(TraceFlags.SAMPLED)


class FileSpanExporter(SpanExporter):
    """One JSON object a span and line; at ``most_bytes`` the file is moved aside and begun anew."""

    def __init__(self, path: Path, most_bytes: int = MOST_FILE_BYTES) -> None:
        self._path = path
        self._most_bytes = most_bytes
        self._writing = threading.Lock()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Append; a disk that is full loses spans and nothing else."""
        lines = "".join(json.dumps(_document(span), ensure_ascii=False) + "\n" for span in spans)
        try:
            with self._writing:
                if self._path.exists() and self._path.stat().st_size + len(lines) > self._most_bytes:
                    self._path.replace(self._path.with_suffix(self._path.suffix + ".1"))
                with self._path.open("a") as file:
                    file.write(lines)
        except OSError:
            return SpanExportResult.FAILURE
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        """Nothing is held."""


class OtelTracing:
    """Implements ``Tracing``. ``program`` is the service's name in every span."""

    def __init__(self, program: str, exporters: Sequence[SpanExporter]) -> None:
        resource = Resource.create({"service.name": f"crossdvp-{program}"})
        self._provider = TracerProvider(
            resource=resource, id_generator=_ChosenIds(), span_limits=_LIMITS, shutdown_on_exit=False
        )
        for exporter in exporters:
            self._provider.add_span_processor(
                BatchSpanProcessor(exporter, schedule_delay_millis=HAND_OVER_EVERY_MS, max_queue_size=4096)
            )
        self._tracer = self._provider.get_tracer("crossdvp")

    @contextmanager
    def during(self, name: str, trades: Sequence[bytes], attributes: Attributes) -> Iterator[None]:
        """See Tracing."""
        alone = trades[0] if len(set(trades)) == 1 else None
        context = None if alone is None else _under(alone)
        links = [] if alone is not None else [Link(_root(each)) for each in dict.fromkeys(trades)][:MOST_LINKS]
        with self._span(name, context, links, attributes):
            yield

    @contextmanager
    def call(self, name: str, traceparent: str, trade_id: bytes | None, attributes: Attributes) -> Iterator[None]:
        """See Tracing."""
        context = _PROPAGATOR.extract({"traceparent": traceparent}) if traceparent else None
        caller = trace.get_current_span(context).get_span_context() if context is not None else None
        sent = caller is not None and caller.is_valid
        in_trade = None if trade_id is None else _under(trade_id)
        if not sent or in_trade is None:
            links = [] if in_trade is None or not sent else [Link(_root(trade_id or b""))]
            with self._span(name, context if sent else in_trade, links, attributes):
                yield
            return
        with (
            self._span(name, context, [Link(_root(trade_id or b""))], attributes) as outer,
            self._span(name, in_trade, [Link(outer.get_span_context())], attributes),
        ):
            yield

    @contextmanager
    def _span(
        self, name: str, context: Context | None, links: Sequence[Link], attributes: Attributes
    ) -> Iterator[trace.Span]:
        """A current span; one of our errors ends it as failed, by its reason alone."""
        span = self._tracer.start_span(name, context, attributes=_clean(attributes), links=links)
        try:
            with trace.use_span(span, record_exception=False, set_status_on_exception=False):
                yield span
        except CrossDvpError as failure:
            span.set_status(Status(StatusCode.ERROR, redacted(f"{failure.reason}: {failure}")))
            raise
        except BaseException as failure:
            span.set_status(Status(StatusCode.ERROR, type(failure).__name__))
            raise
        finally:
            span.end()

    def tell(self, trade_id: bytes, past: Past) -> None:
        """See Tracing."""
        span_id = root_span_of(trade_id) if past.is_root else past.span_id
        token = _CHOSEN.set((trace_id_of(trade_id), span_id)) if span_id else None
        try:
            span = self._tracer.start_span(
                past.name,
                Context() if past.is_root else _under(trade_id),
                attributes=_clean(past.attributes),
                start_time=int(past.start_s * 1e9),
            )
        finally:
            if token is not None:
                _CHOSEN.reset(token)
        if past.error:
            span.set_status(Status(StatusCode.ERROR, redacted(past.error)))
        span.end(int(max(past.start_s, past.end_s) * 1e9))

    def current_traceparent(self) -> str:
        """See Tracing."""
        carrier: dict[str, str] = {}
        _PROPAGATOR.inject(carrier)
        return carrier.get("traceparent", "")

    def close(self) -> None:
        """See Tracing."""
        self._provider.shutdown()


class _ChosenIds(IdGenerator):
    """The ids that ``tell`` chose, else random ones."""

    def __init__(self) -> None:
        self._random = RandomIdGenerator()

    def generate_span_id(self) -> int:
        chosen = _CHOSEN.get()
        return self._random.generate_span_id() if chosen is None else chosen[1]

    def generate_trace_id(self) -> int:
        chosen = _CHOSEN.get()
        return self._random.generate_trace_id() if chosen is None else chosen[0]


def _root(trade_id: bytes) -> SpanContext:
    return SpanContext(trace_id_of(trade_id), root_span_of(trade_id), is_remote=True, trace_flags=_SAMPLED)


def _under(trade_id: bytes) -> Context:
    return trace.set_span_in_context(NonRecordingSpan(_root(trade_id)), Context())


def _clean(attributes: Attributes) -> dict[str, str | int | float | bool]:
    return {name: redacted(value) if isinstance(value, str) else value for name, value in attributes.items()}


def _document(span: ReadableSpan) -> dict[str, object]:
    """A span as the file keeps it; ids in hex, times in Unix seconds."""
    own, parent = span.get_span_context(), span.parent
    return {
        "trace": f"{own.trace_id:032x}" if own else "",
        "span": f"{own.span_id:016x}" if own else "",
        "parent": f"{parent.span_id:016x}" if parent else "",
        "service": span.resource.attributes.get("service.name", ""),
        "name": span.name,
        "start_s": (span.start_time or 0) / 1e9,
        "end_s": (span.end_time or 0) / 1e9,
        "status": span.status.status_code.name,
        "error": span.status.description or "",
        "attributes": dict(span.attributes or {}),
        "links": [f"{link.context.trace_id:032x}/{link.context.span_id:016x}" for link in span.links],
    }
