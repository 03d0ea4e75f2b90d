"""Requests whose authentication is a trace of its own: what an API server with an authentication webhook sends."""

import hashlib
import struct

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from harness.spans import SECOND

MILLISECOND = SECOND // 1000
COUNT = 300
# Requests per second
RATE = 5
SERVER = 4 * MILLISECOND


def lead(number):
    """How long a request waits for its authentication, nanoseconds: the last ones almost as long as the worst."""
    return 1000 * MILLISECOND if number == 77 else (2 + number % 7) * MILLISECOND + (number > 200) * 700 * MILLISECOND


def request_trace(number):
    return _id(f"request {number}")


def authentication_trace(number):
    return _id(f"authentication {number}")


def _id(name):
    """As a random one: ids of which only small ones come look sampled."""
    return hashlib.md5(name.encode()).hexdigest()


def messages(begin=1_767_225_600 * SECOND):
    """Export requests of a second each."""
    for second in range(COUNT // RATE):
        message = ExportTraceServiceRequest()
        resource_spans = message.resource_spans.add()
        resource_spans.resource.attributes.add(key="service.name").value.string_value = "apiserver"
        spans = resource_spans.scope_spans.add().spans
        for number in range(second * RATE, (second + 1) * RATE):
            start = begin + number * SECOND // RATE
            end = start + lead(number) + SERVER
            lone = spans.add(
                trace_id=bytes.fromhex(authentication_trace(number)), span_id=(2 * number + 2).to_bytes(8, "big"),
                name="authentication", kind=Span.SPAN_KIND_INTERNAL, start_time_unix_nano=start,
                end_time_unix_nano=end + 5000,
            )
            lone.attributes.add(key="number").value.int_value = number
            server = spans.add(
                trace_id=bytes.fromhex(request_trace(number)), span_id=(2 * number + 1).to_bytes(8, "big"),
                name="GET /api/v1/nodes/{:name}", kind=Span.SPAN_KIND_SERVER, start_time_unix_nano=end - SERVER,
                end_time_unix_nano=end,
            )
            server.attributes.add(key="http.request.method").value.string_value = "GET"
            server.attributes.add(key="url.path").value.string_value = f"/api/v1/nodes/n{number}"
        yield message


def archive(**options):
    """The bytes of an archive."""
    encoded = [message.SerializeToString() for message in messages(**options)]
    return b"".join(struct.pack(">I", len(one)) + one for one in encoded)
