"""Directories that a daemon records to, and their contents."""

import struct
from dataclasses import dataclass

from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from harness import archives
from harness.command import faultline

_NOTE = 0x184D2A5F
_FRAME = 0x184D2204
_GROUP = 2
_CLOCK = "clock"
_RECORD = "record"


def files(directory):
    """Recorded files, the oldest first."""
    return sorted(directory.glob("spans-*.otlp.lz4"))


def span_ids(*paths):
    """The ids of all spans, read with the lz4 command and OpenTelemetry's own definitions."""
    return [id for path in paths for id in ids_of(archives.records(archives.decompress(path)))]


def ids_of(messages):
    """The ids of all spans in messages."""
    found = []
    for message in messages:
        for resource_spans in TracesData.FromString(message).resource_spans:
            for scope_spans in resource_spans.scope_spans:
                found += [span.span_id for span in scope_spans.spans]
    return found


def replay(*paths):
    return faultline("replay", "--quiet", "--format", "json", *paths)


@dataclass
class Event:
    sequence: int
    kind: str
    time: int


def events(path):
    """The events in a file's skippable frames, in order, read only by docs/archive-format.md."""
    content = path.read_bytes()
    found = []
    offset = 0
    while offset < len(content):
        magic, length = struct.unpack_from("<II", content, offset)
        if magic == _NOTE:
            if content[offset + 13] == _GROUP:
                found += _group(content[offset + 16 : offset + 8 + length - 4])
            offset += 8 + length
        else:
            assert magic == _FRAME
            offset = _frame_end(content, offset)
    return found


def _group(body):
    first, _, _, _, count, _ = struct.unpack_from("<QqqIIQ", body)
    assert len(body) == 40 + 16 * count
    found = []
    for number in range(count):
        time, length, _ = struct.unpack_from("<qII", body, 40 + 16 * number)
        found.append(Event(first + number, _RECORD if length else _CLOCK, time))
    return found


def _frame_end(content, offset):
    # Magic, flags, block size, content size, header checksum
    offset += 4 + 2 + 8 + 1
    while True:
        (size,) = struct.unpack_from("<I", content, offset)
        offset += 4
        if size == 0:
            return offset + 4
        offset += (size & 0x7FFFFFFF) + 4
