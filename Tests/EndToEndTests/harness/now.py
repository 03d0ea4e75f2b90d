"""Captures with their times moved to the present, as a daemon would receive them."""

import time

from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from harness import archives, http_client, project

SECOND = 1_000_000_000


def spans(message):
    for resource_spans in message.resource_spans:
        for scope_spans in resource_spans.scope_spans:
            yield from scope_spans.spans


def messages(path=project.EXAMPLE, before=None, ago=2):
    """The messages of an archive, the last span having ended so many seconds ago. Those with spans that end after `before` in
    the archive are left out."""
    found = [TracesData.FromString(record) for record in archives.records(archives.decompress(path))]
    if before:
        found = [message for message in found if max(span.end_time_unix_nano for span in spans(message)) < before]
    last = max(span.end_time_unix_nano for message in found for span in spans(message))
    shift = time.time_ns() - ago * SECOND - last
    for message in found:
        for span in spans(message):
            span.start_time_unix_nano += shift
            span.end_time_unix_nano += shift
            for event in span.events:
                event.time_unix_nano += shift
    return found


def send(daemon, found):
    """Exports messages, each of which must be accepted whole."""
    for message in found:
        assert http_client.send(daemon.http, message.SerializeToString()).status == 200


def joined(found):
    """One message of all, so that no evaluation finds a part of them, however slow the machine."""
    return TracesData.FromString(b"".join(message.SerializeToString() for message in found))
