"""Slots begin at multiples of five seconds, wherever a fault or a burst begins: health is silent at every phase of them."""

import json

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from harness import archives, now, project
from harness.command import faultline
from harness.spans import MILLISECOND


@pytest.fixture(scope="module")
def messages():
    return [TracesData.FromString(record) for record in archives.records(archives.decompress(project.capture("steady")))]


def shifted(messages, by):
    """Copies of messages with all times so much later."""
    for message in messages:
        copy = TracesData.FromString(message.SerializeToString())
        for span in now.spans(copy):
            span.start_time_unix_nano += by
            span.end_time_unix_nano += by
        yield copy.SerializeToString()


# With 2.25 to 2.45 seconds, all of a burst of other work on the machine is in one window.
@pytest.mark.parametrize("milliseconds", [1250, 2300, 2450, 3750])
def test_health_is_silent(messages, tmp_path, milliseconds):
    path = tmp_path / "shifted.otlp"
    path.write_bytes(archives.framed(shifted(messages, milliseconds * MILLISECOND)))
    report = json.loads(faultline("replay", "--quiet", "--format", "json", path).output)
    assert report["incidents"] == [], report["incidents"]
