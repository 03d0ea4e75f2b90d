"""OpenTelemetry's own client and exporters, against the daemon."""

import time

import grpc
import pytest
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GRPCExporter
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HTTPExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, StatusCode

from harness.spans import MILLISECOND

EXPORTERS = {
    "grpc": lambda daemon: GRPCExporter(f"http://{daemon.grpc}", insecure=True),
    "grpc-gzip": lambda daemon: GRPCExporter(
        f"http://{daemon.grpc}", insecure=True, compression=grpc.Compression.Gzip
    ),
    "http": lambda daemon: HTTPExporter(f"http://{daemon.http}/v1/traces"),
    "http-gzip": lambda daemon: HTTPExporter(f"http://{daemon.http}/v1/traces", compression=Compression.Gzip),
}

# Name, kind, spans, how many of them fail
OPERATIONS = [
    ("checkout", SpanKind.SERVER, 700, 7),
    ("charge card", SpanKind.CLIENT, 500, 0),
    ("reckon", SpanKind.INTERNAL, 300, 3),
]
DURATION = 5 * MILLISECOND


def record(exporter):
    """Has the client's library make and export the spans; returns when it says that all are delivered."""
    provider = TracerProvider(resource=Resource.create({"service.name": "shop"}))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    tracer = provider.get_tracer("end to end")
    now = time.time_ns()
    for name, kind, count, failed in OPERATIONS:
        for number in range(count):
            span = tracer.start_span(name, kind=kind, start_time=now - DURATION)
            if number < failed:
                span.set_status(StatusCode.ERROR)
            span.end(now)
    assert provider.force_flush()
    provider.shutdown()


@pytest.mark.parametrize("exporter", EXPORTERS)
def test_every_span_of_a_real_client_is_counted(daemon, exporter):
    record(EXPORTERS[exporter](daemon))

    metrics = daemon.metrics()
    total = sum(count for _, _, count, _ in OPERATIONS)
    assert (metrics.received, metrics.accepted, metrics.duplicates, metrics.rejected) == (total, total, 0, {})
    for name, kind, count, failed in OPERATIONS:
        labels = {"service": "shop", "operation": name, "kind": kind.name}
        assert metrics.value("faultline_operation_duration_seconds_count", **labels) == count
        assert metrics.value("faultline_operation_duration_seconds_bucket", le="+Inf", **labels) == count
        assert metrics.value("faultline_operation_duration_seconds_sum", **labels) == pytest.approx(count * 0.005)
        assert metrics.value("faultline_operation_errors_total", **labels) == failed
        assert metrics.value("faultline_window_latency_seconds", quantile="0.99", **labels) == 0.005
        assert metrics.value("faultline_window_error_ratio", **labels) == failed / count
    assert metrics.refused("grpc") == metrics.refused("http") == {}
