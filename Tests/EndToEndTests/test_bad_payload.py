"""Bad payloads of export requests, also sent to the scrape and API port, and how bad names are shown.

The numbers in names refer to the kinds of bad input in test_bad_inputs_index. The exact replies to each kind of fault are in
test_compression, test_malformed_bodies, test_grpc_calls and test_http_requests.
"""

import gzip
import struct
import zlib

import grpc
import pytest

from harness import exports, grpc_frames, http_client, raw, spans
from harness.counting import Counting
from harness.exports import MALFORMED, TAKEN
from harness.http_client import JSON, PROTOBUF
from harness.hostile_names import NAMES, named
from harness.metrics import Metrics
from harness.wire import field, nested, varint

MIB = 1 << 20
RESOURCE_EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED.value[0]
INVALID_ARGUMENT = grpc.StatusCode.INVALID_ARGUMENT.value[0]


def send_compressed(daemon, transport, body):
    """HTTP status, or gRPC's, of a compressed body."""
    if transport == "http":
        return http_client.send(daemon.http, body, encoding="gzip").status
    return grpc_frames.send(daemon.grpc, grpc_frames.message(body, is_compressed=True), "gzip").status


def empty_blocks(size):
    """A gzip body of empty deflate blocks: much work for no output."""
    # Not the last, with the fixed codes, and its end: 10 bits, four of them in five bytes.
    bits = "0" + "10" + "0000000"
    four = (bits * 4)
    packed = bytes(int(four[start : start + 8][::-1], 2) for start in range(0, 40, 8))
    last = b"\x03\x00"
    return b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03" + packed * (size // 5) + last + bytes(8)


def repeated(unit, size):
    """gzip of one message repeated, at the best ratio."""
    return gzip.compress(unit * (size // len(unit)), 9)


# Line 5

@pytest.mark.parametrize("transport", exports.TRANSPORTS)
def test_a_body_that_grows_more_than_spans_ever_do_is_too_large(survivor, transport):
    body = repeated(b"\x0a\x00", 32 * MIB)
    assert len(body) < 40_000
    survivor.forget_peak_memory()
    before = survivor.peak_memory()
    with Counting(survivor) as change:
        status = send_compressed(survivor, transport, body)
    assert status == {"http": 413, "grpc": RESOURCE_EXHAUSTED}[transport]
    assert (change.received, change.refused[transport]) == (0, {"compression_ratio": 1})
    assert survivor.peak_memory() - before < 16 * MIB


@pytest.mark.parametrize("transport", exports.TRANSPORTS)
def test_a_batch_of_equal_spans_is_accepted_however_well_it_compresses(survivor, transport):
    body = gzip.compress(spans.body(*[spans.span() for _ in range(2_000)]))
    with Counting(survivor) as change:
        assert send_compressed(survivor, transport, body) == {"http": 200, "grpc": 0}[transport]
    assert change.accepted == 2_000


def test_empty_blocks_are_decompressed_to_nothing(survivor):
    body = empty_blocks(1_000)
    assert zlib.decompress(body, 31) == b""
    assert http_client.send(survivor.http, body, encoding="gzip").status == 200


@pytest.mark.parametrize("transport", exports.TRANSPORTS)
def test_more_compressed_bytes_than_spans_need_are_too_large(serve, transport):
    daemon = serve(configuration="limits: {max_request_bytes: 4MiB}\n")
    body = empty_blocks(2 * MIB + 1_000)
    assert send_compressed(daemon, transport, body) == {"http": 413, "grpc": RESOURCE_EXHAUSTED}[transport]
    assert daemon.metrics().refused(transport) == {"too_large": 1}


@pytest.mark.parametrize("transport", exports.TRANSPORTS)
def test_truncated_gzip_is_bad(survivor, transport):
    body = gzip.compress(spans.body(spans.span()))[:-9]
    assert send_compressed(survivor, transport, body) == {"http": 400, "grpc": INVALID_ARGUMENT}[transport]


def test_the_scrape_port_decompresses_nothing(survivor):
    body = repeated(bytes(1024), 64 * MIB)
    survivor.forget_peak_memory()
    before = survivor.peak_memory()
    answer = http_client.send(survivor.query, body, encoding="gzip", path="/-/reload")
    assert answer.status == 403
    assert survivor.peak_memory() - before < 16 * MIB


@pytest.mark.parametrize("transport", exports.TRANSPORTS)
@pytest.mark.parametrize("is_compressed", [False, True], ids=["plain", "gzip"])
def test_large_bodies_are_counted_exactly(survivor, transport, is_compressed):
    """They are decoded outside the event loops."""
    count = 20_000
    body = spans.body(*[spans.span(f"operation {number % 50}") for number in range(count)])
    assert len(body) > MIB
    with Counting(survivor) as change:
        if is_compressed:
            assert send_compressed(survivor, transport, gzip.compress(body)) == {"http": 200, "grpc": 0}[transport]
        else:
            assert exports.send(survivor, transport, body).what == TAKEN
    assert change.accepted == count


# Line 6

@pytest.mark.parametrize("length", [0xFFFFFFFF, 0x80000000, 64 * MIB + 1])
def test_an_announced_length_reserves_no_memory(survivor, length):
    survivor.forget_peak_memory()
    before = survivor.peak_memory()
    answer = grpc_frames.send(survivor.grpc, struct.pack(">BI", 0, length) + b"few")
    assert answer.status == RESOURCE_EXHAUSTED
    assert survivor.peak_memory() - before < 4 * MIB


# Line 7

@pytest.mark.parametrize(
    "fault",
    [b"\x0a\x05\x00", b"\x0a" + varint(1 << 63), b"\x0a" + b"\x80" * 10 + b"\x01", b"\x02\x00", b"\x0b", b"\x0c", b"\x08\x01"],
    ids=["length past the end", "length of 2^63", "varint of 11 bytes", "field 0", "group", "group's end", "wire type"],
)
def test_malformed_protobuf_is_refused_whole(survivor, export, fault):
    with Counting(survivor) as change:
        assert export(spans.body(spans.span()) + fault).what == MALFORMED
    assert change.received == 0


# Line 8

def json_nested(depth):
    opening, closing = '{"arrayValue":{"values":[' * depth, "]}}" * depth
    attribute = '{"key":"k","value":%s{"intValue":"1"}%s}' % (opening, closing)
    return ('{"resourceSpans":[{"resource":{"attributes":[%s]}}]}' % attribute).encode()


@pytest.mark.parametrize("depth", [101, 100_000])
def test_values_nested_too_deep_are_refused(survivor, export, depth):
    attribute = field(1, b"key") + field(2, nested(2 * depth, [1, 5]))
    assert export(field(1, field(1, field(1, attribute)))).what == MALFORMED
    assert http_client.send(survivor.http, json_nested(depth), JSON).status == 400


# Line 9

@pytest.mark.parametrize("body", [b"\x0a\x00" * 1_000_000, b"\x0a\x02\x12\x00" * 1_000_000], ids=["resource", "scope"])
def test_health_is_answered_while_a_million_empty_messages_are_decoded(survivor, export, body):
    with Counting(survivor) as change:
        assert export(body).what == TAKEN
    assert raw.get(survivor.query)[0] == 200
    assert change.received == 0


# Line 15

@pytest.mark.parametrize("type", [PROTOBUF, JSON])
def test_a_wrong_request_is_answered_with_a_status(survivor, type):
    body = spans.body(spans.span())
    assert http_client.send(survivor.http, body, type, path="/v1/metrics").error[0] == 5
    assert http_client.send(survivor.http, b"", type, method="GET").status == 405
    assert http_client.send(survivor.http, body, "text/plain").status == 415
    assert grpc_frames.send(survivor.grpc, b"", _method="GET").headers[":status"] == "405"
    assert grpc_frames.send(survivor.grpc, b"", content_type=type).headers[":status"] == "415"


@pytest.mark.parametrize(
    "method, path, status",
    [("POST", "/metrics", 405), ("DELETE", "/api/v1/rules", 405), ("GET", "/v1/traces", 404), ("GET", "/metrics/", 200),
     ("GET", "//nope", 404), ("GET", "/%00", 404), ("GET", "/../../etc/passwd", 404), ("PRI", "*", 505)],
)
def test_the_scrape_port_has_no_other_paths(survivor, method, path, status):
    assert raw.get(survivor.query, path, method)[0] == status


# Line 17

@pytest.mark.parametrize("accept", ["text/plain", "application/openmetrics-text"])
@pytest.mark.parametrize("encoding", ["identity", "gzip", "gzip;q=0", "br, gzip;q=0.5"])
def test_the_scrape_parses_whatever_names_contain(daemon, accept, encoding):
    for name in NAMES.values():
        body = named(lambda stand_in: spans.body(spans.span(stand_in)), name)
        assert http_client.send(daemon.http, body).status == 200
    status, headers, body = raw.get(daemon.query, "/metrics", Accept=accept, Accept_Encoding=encoding)
    assert status == 200 and headers["Vary"] == "Accept, Accept-Encoding"
    assert headers["Content-Encoding"] == ("gzip" if encoding in ("gzip", "br, gzip;q=0.5") else None)
    text = (gzip.decompress(body) if headers["Content-Encoding"] else body).decode()
    if accept == "text/plain":
        metrics = Metrics(text)
        counts = metrics.all("faultline_operation_duration_seconds_count")
        assert len(counts) == len({tuple(sample.labels.items()) for sample in counts}) == len(NAMES)
        assert not metrics.all("fake")
    else:
        assert text.endswith("# EOF\n")


def test_no_two_names_become_one_series(daemon):
    long = "x" * 500
    made = ["\x1b", r"\u{1B}", r"\u{5C}u{1B}", "\\\x1b", r"\\u{1B}", long + "1", long + "2", "x" * 200, "x" * 201]
    assert http_client.send(daemon.http, spans.body(*[spans.span(name) for name in made])).status == 200
    # Each truncated one too is a name of its own.
    cut = [sample.labels["operation"] for sample in daemon.metrics().all("faultline_operation_duration_seconds_count")]
    again = [name for name in cut if name not in made]
    assert http_client.send(daemon.http, spans.body(*[spans.span(name) for name in again])).status == 200
    names = [sample.labels["operation"] for sample in daemon.metrics().all("faultline_operation_duration_seconds_count")]
    assert len(names) == len(set(names)) == len(made) + len(again)


# Line 19

@pytest.mark.parametrize(
    "query, named_thing",
    [("limit=1000000000000", "limit"), ("limit=-1", "limit"), ("limit=0", "limit"), ("limit=x", "limit"), ("limit=", "limit"),
     ("limit=3&limit=4", "limit"), ("nothing=1", "nothing"), ("service=a&kind=b", "kind"), ("%1b=1", r"\u{1B}")],
)
def test_a_wrong_parameter_is_named(survivor, query, named_thing):
    status, _, body = raw.get(survivor.query, f"/api/v1/operations?{query}")
    assert status == 400
    assert named_thing in body.decode()


@pytest.mark.parametrize("path", ["requests?service=a", "alerts?service=a", "rules?x=1", "status?x=1", "traces/" + "0" * 31 + "1?x=1"])
def test_each_path_has_its_own_parameters(survivor, path):
    assert raw.get(survivor.query, f"/api/v1/{path}")[0] == 400
