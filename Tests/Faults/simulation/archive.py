"""Simulated spans as the export requests of an archive."""

import random
from collections import defaultdict

from opentelemetry.proto.trace.v1.trace_pb2 import Status

from harness import archives, wire
from harness.spans import SECOND

# Exporters hold spans for up to five seconds and send at most so many at once.
_HELD = 5 * SECOND
_BATCH = 512


class Archive:
    """Collects spans with new ids and times."""

    def __init__(self, begin):
        self.begin = begin
        self.batches = defaultdict(list)

    def add(self, node, use, start, end, failure=None):
        """Takes a span of one use of its unit. Times are from the beginning of the archive."""
        span = node.span
        saved = span.trace_id, span.span_id, span.parent_span_id
        span.trace_id = _mixed(saved[0], use.mask)
        span.span_id = _mixed(saved[1], use.mask)
        span.parent_span_id = _mixed(saved[2], use.mask)
        span.start_time_unix_nano = self.begin + start
        span.end_time_unix_nano = self.begin + end
        if failure is None:
            encoded = span.SerializeToString()
        else:
            failed = type(span)()
            failed.CopyFrom(span)
            failure.mark(failed)
            encoded = failed.SerializeToString()
        span.trace_id, span.span_id, span.parent_span_id = saved
        self.batches[end // _HELD, node.source].append(encoded)

    def records(self):
        """The export requests, in order of time."""
        for (_, source), spans in sorted(self.batches.items(), key=lambda batch: batch[0]):
            for first in range(0, len(spans), _BATCH):
                scope_spans = wire.field(1, source.scope) + b"".join(
                    wire.field(2, span) for span in spans[first : first + _BATCH])
                yield wire.field(1, wire.field(1, source.resource) + wire.field(2, scope_spans))

    def write(self, path):
        path.write_bytes(archives.framed(self.records()))


class Failure:
    """How a span says that it failed."""

    def __init__(self, key, value, message="", is_error=True):
        self.key, self.value, self.message, self.is_error = key, value, message, is_error

    def mark(self, span):
        if self.is_error:
            span.status.code = Status.STATUS_CODE_ERROR
            span.status.message = self.message
        attribute = next((one for one in span.attributes if one.key == self.key), None) or span.attributes.add(key=self.key)
        attribute.value.Clear()
        if isinstance(self.value, int):
            attribute.value.int_value = self.value
        else:
            attribute.value.string_value = self.value


INTERNAL_ERROR = Failure("http.response.status_code", 500)


class Use:
    """One use of a recorded unit: recorded units are used again and again, with other ids."""

    __slots__ = ("unit", "mask", "chance", "failure", "memory", "is_added", "of_level")

    def __init__(self, unit, seed, number, is_added=False):
        self.unit = unit
        self.chance = random.Random(f"{seed} {number}")
        self.mask = self.chance.getrandbits(128)
        self.failure = None
        self.memory = {}
        self.is_added = is_added
        self.of_level = self.chance.random()

    def fail(self):
        """The request ends as soon as what fails has ended."""
        self.failure = INTERNAL_ERROR


def _mixed(identifier, mask):
    if not identifier:
        return b""
    bits = 8 * len(identifier)
    return (int.from_bytes(identifier, "big") ^ mask >> (128 - bits)).to_bytes(len(identifier), "big")
