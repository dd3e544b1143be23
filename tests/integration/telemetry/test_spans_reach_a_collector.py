"""Spans go to an OTLP collector over gRPC; one that is away costs spans and nothing else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as pb
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc as pb_grpc

from relayer.telemetry.config import TelemetrySection
from relayer.telemetry.exporters import span_exporters
from relayer.telemetry.otel import OtelTracing
from relayer.telemetry.tracing import trace_id_of

TRADE_ID = bytes(range(32))


class Collector(pb_grpc.TraceServiceServicer):
    """Keeps what it is sent."""

    def __init__(self) -> None:
        self.spans: list[Any] = []

    def Export(self, request: Any, _context: Any) -> Any:  # noqa: ANN401, N802  # generated
        self.spans += [s for r in request.resource_spans for scope in r.scope_spans for s in scope.spans]
        return pb.ExportTraceServiceResponse()


def test_a_collector_gets_the_settlements_span_under_its_trace_id() -> None:
    collector, server = Collector(), grpc.server(ThreadPoolExecutor(1))
    pb_grpc.add_TraceServiceServicer_to_server(collector, server)  # type: ignore[no-untyped-call]  # generated
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    section = TelemetrySection(otlp_endpoint=f"http://127.0.0.1:{port}")
    tracing = OtelTracing("gateway", span_exporters(section))
    with tracing.during("gateway lock", (TRADE_ID,), {"chain": "evm-1"}):
        pass
    tracing.close()
    server.stop(None).wait()
    (span,) = collector.spans
    assert int.from_bytes(span.trace_id, "big") == trace_id_of(TRADE_ID)
    assert span.name == "gateway lock"


def test_a_full_disk_costs_spans_and_nothing_else(tmp_path: Path) -> None:
    tracing = OtelTracing("gateway", span_exporters(TelemetrySection(traces_file=tmp_path / "no" / "such" / "folder")))
    with tracing.during("gateway lock", (TRADE_ID,), {}):
        pass
    tracing.close()


@pytest.mark.parametrize("endpoint", ["collector:4317", "http://user:secret@collector:4317", "http://c/x", "ftp://c"])
def test_a_collectors_address_has_no_place_for_a_password(endpoint: str) -> None:
    with pytest.raises(ValueError, match="otlp_endpoint"):
        TelemetrySection(otlp_endpoint=endpoint)
