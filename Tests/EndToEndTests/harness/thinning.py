"""Recordings as a control plane with a lower sampling ratio would have sent them."""

import random

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from harness import archives, project

# The flags of a span that say that its parent is known, and in another process
_REMOTE_PARENT = 0x300


def messages(name):
    """The export requests of a capture."""
    for record in archives.records(archives.decompress(project.capture(name))):
        message = ExportTraceServiceRequest()
        message.ParseFromString(record)
        yield message


def is_sampled(trace_id, per_million):
    """Whether OpenTelemetry's SDKs keep a trace that begins in the process itself."""
    return int.from_bytes(trace_id[8:]) >> 1 < per_million * 2**63 // 1_000_000


def thinned(name, per_million, seed=None):
    """A capture with this `samplingRatePerMillion`, as export requests: traces of clients stay whole. With a seed trace ids
    are others, and so is what is left."""
    whole = traces_of_clients(name)
    mask = random.Random(seed).randbytes(16) if seed is not None else bytes(16)
    for message in messages(name):
        for resource in message.resource_spans:
            for scope in resource.scope_spans:
                spans = [
                    span for span in scope.spans
                    if span.trace_id in whole or is_sampled(masked(span.trace_id, mask), per_million)
                ]
                del scope.spans[:]
                for span in spans:
                    span.trace_id = masked(span.trace_id, mask)
                scope.spans.extend(spans)
        yield message


def masked(trace_id, mask):
    return bytes(own ^ other for own, other in zip(trace_id, mask))


def traces_of_clients(name):
    """The traces without a root in the capture that a request with a parent in another process belongs to."""
    begun, continued = set(), set()
    for message in messages(name):
        for resource in message.resource_spans:
            is_api_server = any(
                a.key == "service.name" and a.value.string_value == "apiserver" for a in resource.resource.attributes
            )
            for span in (span for scope in resource.scope_spans for span in scope.spans):
                if not span.parent_span_id:
                    begun.add(span.trace_id)
                elif is_api_server and span.flags & _REMOTE_PARENT == _REMOTE_PARENT:
                    continued.add(span.trace_id)
    return continued - begun


def archive(path, exports):
    path.write_bytes(archives.framed([message.SerializeToString() for message in exports]))
    return path
