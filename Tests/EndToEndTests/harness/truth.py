"""Counts and percentiles of an archive by definition, using OpenTelemetry's own protobuf classes and the lz4 command."""

from collections import Counter, defaultdict

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status


def truth_of(records):
    """The fields of a recording's `truth.json` that tests read, and some more."""
    spans = [one for record in records for one in _spans(record)]
    operations, services = defaultdict(list), defaultdict(list)
    for service, span in spans:
        operations[service, span.name].append(span)
        services[service].append(span)
    return {
        "records": len(records),
        "payload_bytes": sum(len(record) for record in records),
        "spans": len(spans),
        "distinct_span_ids": len({span.span_id for _, span in spans}),
        "traces": len({span.trace_id for _, span in spans}),
        "root_spans": sum(not span.parent_span_id for _, span in spans),
        "start_time_min_ns": min(span.start_time_unix_nano for _, span in spans),
        "end_time_max_ns": max(span.end_time_unix_nano for _, span in spans),
        "by_kind": _kinds(span for _, span in spans),
        "services": {service: _statistics(own) for service, own in services.items()},
        "operations": {
            key: {"kinds": _kinds(own), **_statistics(own)} for key, own in operations.items()
        },
    }


def _spans(record):
    for resource_spans in ExportTraceServiceRequest.FromString(record).resource_spans:
        (service,) = [a.value.string_value for a in resource_spans.resource.attributes if a.key == "service.name"]
        for scope_spans in resource_spans.scope_spans:
            for span in scope_spans.spans:
                yield service, span


def _kinds(spans):
    return dict(Counter(Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_") for span in spans))


def _statistics(spans):
    durations = sorted(span.end_time_unix_nano - span.start_time_unix_nano for span in spans)

    def percentile(percent):
        # Nearest rank: number ceil(percent * n / 100), counted from 1
        return durations[-(-percent * len(durations) // 100) - 1]

    return {
        "count": len(durations),
        "errors": sum(span.status.code == Status.STATUS_CODE_ERROR for span in spans),
        "p50_ns": percentile(50),
        "p90_ns": percentile(90),
        "p99_ns": percentile(99),
        "min_ns": durations[0],
        "max_ns": durations[-1],
        "sum_ns": sum(durations),
    }
