"""Export requests, built with OpenTelemetry's own protobuf definitions."""

import itertools
import time

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

MILLISECOND = 1_000_000
SECOND = 1_000_000_000
HOUR = 3_600 * SECOND

_numbers = itertools.count(1)


def text(key, value):
    """An attribute."""
    return KeyValue(key=key, value=AnyValue(string_value=value))


def span(name="work", duration=MILLISECOND, kind=Span.SPAN_KIND_SERVER, is_error=False, **fields):
    """A span in a trace of its own that has just ended, unless the fields say otherwise."""
    number = next(_numbers)
    end = time.time_ns()
    defaults = {
        "trace_id": number.to_bytes(16, "big"),
        "span_id": number.to_bytes(8, "big"),
        "start_time_unix_nano": end - duration,
        "end_time_unix_nano": end,
    }
    status = Status(code=Status.STATUS_CODE_ERROR) if is_error else None
    return Span(name=name, kind=kind, status=status, **{**defaults, **fields})


def request(*spans, service="checkout"):
    """An export request of one service."""
    resource = Resource(attributes=[text("service.name", service)])
    return ExportTraceServiceRequest(
        resource_spans=[ResourceSpans(resource=resource, scope_spans=[ScopeSpans(spans=spans)])]
    )


def body(*spans, service="checkout"):
    return request(*spans, service=service).SerializeToString()
