"""Where spans go: an OTLP collector by gRPC, a file, or both."""

from __future__ import annotations

from typing import Final

from opentelemetry.sdk.trace.export import SpanExporter

from relayer.telemetry.config import TelemetrySection
from relayer.telemetry.otel import FileSpanExporter

TIMEOUT_S: Final = 5.0


def span_exporters(section: TelemetrySection) -> list[SpanExporter]:
    """Those that are configured."""
    exporters: list[SpanExporter] = []
    if section.traces_file is not None:
        exporters.append(FileSpanExporter(section.traces_file))
    if section.otlp_endpoint is not None:
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter  # noqa: PLC0415  # as rarely used as it is slow to load

        plain = section.otlp_endpoint.startswith("http://")
        exporters.append(OTLPSpanExporter(endpoint=section.otlp_endpoint, insecure=plain, timeout=TIMEOUT_S))
    return exporters
