"""A trace that memory no longer has is read back from the recording."""

import json

import pytest

from harness import http_client, recordings, spans
from test_kept_traces import NO_RULES, fill

TEXT = "what only the span itself says"


@pytest.fixture
def directory(tmp_path):
    return tmp_path / "archive"


@pytest.fixture
def record(serve, directory):
    """Starts a daemon that records everything before it acknowledges it, and keeps little in memory."""
    return lambda: serve(
        NO_RULES, f"traces: {{max_bytes: 1MiB}}\narchive: {{directory: {directory}, mode: durable}}\n")


def send(daemon, *made):
    assert http_client.send(daemon.http, spans.body(*made)).status == 200


def span(**fields):
    return spans.span(attributes=[spans.text("text", TEXT)], **fields)


def test_a_trace_of_the_window_is_whole_again_from_the_file_being_written(record):
    daemon = record()
    first = span()
    child = span(trace_id=first.trace_id, parent_span_id=first.span_id)
    send(daemon, first)
    fill(daemon)
    # One is in memory, the other only recorded.
    send(daemon, child)
    status, _, body = daemon.get(f"/api/v1/traces/{first.trace_id.hex()}")
    found = json.loads(body)
    assert status == 200 and found["whole"]
    assert [(span["span_id"], span["attributes"]["text"]) for span in found["spans"]] == [
        (span.span_id.hex(), TEXT) for span in (first, child)]


@pytest.fixture
def later(record, directory):
    """A daemon that begins with nothing but the files of another, and a span in them."""
    earlier = record()
    made = span()
    send(earlier, made)
    assert earlier.stop() == 0
    assert len(recordings.files(directory)) == 1
    return record(), made


@pytest.mark.parametrize("path", ["/api/v1/traces/{}", "/api/v1/traces/{}?format=otlp", "/api/v1/traces/{}?format=jaeger",
                                  "/api/traces/{}", "/api/v3/traces/{}"])
def test_a_trace_of_an_earlier_run_is_read_back_in_every_form(later, path):
    daemon, made = later
    status, _, body = daemon.get(path.format(made.trace_id.hex()))
    assert status == 200
    assert TEXT.encode() in body and made.span_id.hex().encode() in body
    assert daemon.get(path.format("ab" * 16))[0] == 404


def test_a_range_of_time_says_which_parts_to_read(later):
    daemon, made = later
    path = f"/api/v1/traces/{made.trace_id.hex()}"
    assert daemon.get(f"{path}?from=-1h")[0] == 200
    assert daemon.get(f"{path}?from=-2h&to=-1h")[0] == 404
    seconds = made.end_time_unix_nano // 1_000_000_000
    jaeger = f"/api/traces/{made.trace_id.hex()}?start={{}}&end={{}}"
    assert daemon.get(jaeger.format(seconds * 1_000_000, (seconds + 1) * 1_000_000))[0] == 200
    assert daemon.get(jaeger.format(1_000_000, 2_000_000))[0] == 404
    jaeger = f"/api/v3/traces/{made.trace_id.hex()}?startTime=2020-01-01T00:00:00Z&endTime={{}}-01-01T00:00:00Z"
    assert daemon.get(jaeger.format(2040))[0] == 200
    assert daemon.get(jaeger.format(2021))[0] == 404
    status, _, body = daemon.get(jaeger.format(2019))
    assert status == 400 and b"startTime must not be after endTime" in body


def test_damage_hides_no_trace_behind_it(record, directory):
    earlier = record()
    # Ids that lz4 leaves as they are.
    made = [span(trace_id=bytes(range(16 * number, 16 * number + 16))) for number in (1, 2, 3)]
    for one in made:
        # Each is acknowledged once it is on disk, so each has a frame of its own.
        send(earlier, one)
    assert earlier.stop() == 0
    (path,) = recordings.files(directory)
    content = bytearray(path.read_bytes())
    content[content.index(made[1].trace_id)] ^= 0xFF
    path.write_bytes(content)
    daemon = record()
    statuses = [daemon.get(f"/api/v1/traces/{one.trace_id.hex()}")[0] for one in made]
    assert statuses == [200, 404, 200]
