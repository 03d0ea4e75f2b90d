"""Archives in all their forms."""

import base64
import json
import struct
import subprocess

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from harness.project import EXAMPLE

# Magic number of an lz4 frame that readers pass over
_SKIPPABLE = 0x184D2A50


def decompress(path):
    return subprocess.run(["lz4", "-dc", path], check=True, capture_output=True).stdout


def compress(content, *options):
    return subprocess.run(["lz4", "-c", *options], input=content, check=True, capture_output=True).stdout


def skippable(content):
    return struct.pack("<II", _SKIPPABLE, len(content)) + content


def records(content):
    """The messages of an uncompressed archive."""
    found = []
    offset = 0
    while offset < len(content):
        (length,) = struct.unpack_from(">I", content, offset)
        found.append(content[offset + 4 : offset + 4 + length])
        offset += 4 + length
    return found


def framed(messages):
    """Messages, each preceded by its length."""
    return b"".join(struct.pack(">I", len(message)) + message for message in messages)


def json_line(message):
    """A message as the OpenTelemetry Collector's file exporter writes it."""
    line = MessageToDict(TracesData.FromString(message), use_integers_for_enums=True)
    for resource_spans in line.get("resourceSpans", []):
        for scope_spans in resource_spans.get("scopeSpans", []):
            for span in scope_spans.get("spans", []):
                _hex(span, "traceId", "spanId", "parentSpanId")
                for link in span.get("links", []):
                    _hex(link, "traceId", "spanId")
    return json.dumps(line, separators=(",", ":")).encode() + b"\n"


def _hex(message, *keys):
    # OTLP writes ids in hex, protobuf's JSON in base64.
    for key in keys:
        if key in message:
            message[key] = base64.b64decode(message[key]).hex()


def example():
    """The example archive, uncompressed."""
    return decompress(EXAMPLE)
