"""Compressed bodies: intact, damaged, and decompression bombs."""

import gzip
import zlib

import grpc
import pytest

from harness import grpc_frames, http_client, spans
from harness.counting import Counting
from harness.http_client import JSON, PROTOBUF

MIB = 1 << 20
# Decompressed bytes of a request, by default
LIMIT = 64 * MIB

GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"


def bomb(size):
    """`size` zero bytes as well-formed gzip, made without ever holding them."""
    block = bytes(16 * MIB)
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    parts = [deflater.compress(block) + deflater.flush(zlib.Z_FULL_FLUSH)]
    # After a full flush the same input gives the same output.
    repeated = deflater.compress(block) + deflater.flush(zlib.Z_FULL_FLUSH)
    count = size // len(block)
    checksum = 0
    for _ in range(count):
        checksum = zlib.crc32(block, checksum)
    parts += [repeated] * (count - 1)
    trailer = checksum.to_bytes(4, "little") + (count * len(block) % (1 << 32)).to_bytes(4, "little")
    return GZIP_HEADER + b"".join(parts) + deflater.flush() + trailer


@pytest.fixture(scope="module")
def gigabyte():
    return bomb(1 << 30)


def test_the_bomb_is_well_formed():
    assert gzip.decompress(bomb(64 * MIB)) == bytes(64 * MIB)


@pytest.fixture
def bounded_memory(survivor):
    """Decompression may take no more memory than the limit of a request plus some for everything else."""
    survivor.forget_peak_memory()
    before = survivor.peak_memory()
    yield
    assert survivor.peak_memory() - before < LIMIT + 16 * MIB


@pytest.mark.parametrize("type", [PROTOBUF, JSON])
def test_a_bomb_over_http_is_too_large(survivor, bounded_memory, gigabyte, type):
    with Counting(survivor) as change:
        answer = http_client.send(survivor.http, gigabyte, type, "gzip")
    assert (answer.status, answer.type, answer.error[0]) == (413, type, 8)
    assert (change.received, change.refused["http"]) == (0, {"too_large": 1})


def test_a_bomb_over_grpc_is_too_large(survivor, bounded_memory, gigabyte):
    with Counting(survivor) as change:
        answer = grpc_frames.send(survivor.grpc, grpc_frames.message(gigabyte, is_compressed=True), "gzip")
    assert answer.status == grpc.StatusCode.RESOURCE_EXHAUSTED.value[0]
    # With RetryInfo the client would send it again.
    assert "grpc-status-details-bin" not in answer.headers
    assert (change.received, change.refused["grpc"]) == (0, {"too_large": 1})


GOOD = gzip.compress(spans.body(spans.span()))

BROKEN = {
    "cut in its middle": GOOD[: len(GOOD) // 2],
    "cut before its checksum": GOOD[:-8],
    "cut in its header": GOOD[:5],
    "a wrong checksum": GOOD[:-8] + bytes(4) + GOOD[-4:],
    "a wrong length": GOOD[:-4] + bytes(4),
    "not compressed": spans.body(spans.span()),
    "zlib instead of gzip": zlib.compress(spans.body(spans.span())),
    "rubbish behind it": GOOD + b"rubbish",
    "nothing": b"",
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("type", [PROTOBUF, JSON])
def test_broken_gzip_over_http_is_a_bad_request(survivor, body, type):
    with Counting(survivor) as change:
        answer = http_client.send(survivor.http, body, type, "gzip")
    assert (answer.status, answer.type, answer.error[0]) == (400, type, 3)
    assert (change.received, change.refused["http"]) == (0, {"bad_gzip": 1})


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_broken_gzip_over_grpc_is_an_invalid_argument(survivor, body):
    with Counting(survivor) as change:
        answer = grpc_frames.send(survivor.grpc, grpc_frames.message(body, is_compressed=True), "gzip")
    assert answer.status == grpc.StatusCode.INVALID_ARGUMENT.value[0]
    assert (change.received, change.refused["grpc"]) == (0, {"bad_gzip": 1})


def test_gzip_of_two_members_is_taken(survivor):
    first, second = (gzip.compress(spans.body(spans.span())) for _ in range(2))
    with Counting(survivor) as change:
        assert http_client.send(survivor.http, first + second, encoding="gzip").status == 200
    assert change.accepted == 2


SPANS_OF_3_MIB = 3_000


@pytest.fixture(scope="module")
def more_than_announced():
    """Spans of 3 MiB in a few kilobytes. The length at the end of the body is that of its last member: one span."""
    note = spans.text("note", "x" * 1_000)
    trace = (1).to_bytes(16, "big")
    made = [
        spans.span(trace_id=trace, span_id=number.to_bytes(8, "big"), attributes=[note])
        for number in range(1, SPANS_OF_3_MIB + 1)
    ]
    large = spans.body(*made)
    assert len(large) > 3 * MIB
    body = gzip.compress(large, 9) + GOOD
    assert len(body) < 64 << 10
    return body


def test_a_body_larger_than_announced_is_taken_over_http(daemon, more_than_announced):
    assert http_client.send(daemon.http, more_than_announced, encoding="gzip").status == 200
    assert daemon.metrics().accepted == SPANS_OF_3_MIB + 1


def test_a_body_larger_than_announced_is_taken_over_grpc(daemon, more_than_announced):
    answer = grpc_frames.send(daemon.grpc, grpc_frames.message(more_than_announced, is_compressed=True), "gzip")
    assert answer.status == grpc.StatusCode.OK.value[0]
    assert daemon.metrics().accepted == SPANS_OF_3_MIB + 1


@pytest.mark.parametrize("encoding", ["deflate", "zstd", "br", "gzip, gzip", "x"])
def test_an_unknown_encoding_over_http_is_unsupported(survivor, encoding):
    with Counting(survivor) as change:
        answer = http_client.send(survivor.http, GOOD, encoding=encoding)
    assert (answer.status, answer.type) == (415, PROTOBUF)
    assert answer.error[1]
    assert (change.received, change.refused["http"]) == (0, {"unknown_encoding": 1})


def test_an_unknown_encoding_over_grpc_is_unimplemented(survivor):
    with Counting(survivor) as change:
        answer = grpc_frames.send(survivor.grpc, grpc_frames.message(GOOD, is_compressed=True), "zstd")
    assert answer.status == grpc.StatusCode.UNIMPLEMENTED.value[0]
    assert "gzip" in answer.headers["grpc-accept-encoding"]
    assert (change.received, change.refused["grpc"]) == (0, {"unknown_encoding": 1})


def test_a_body_over_the_limit_is_too_large_uncompressed_too(survivor):
    answer = http_client.send(survivor.http, bytes(LIMIT + 1))
    assert (answer.status, answer.error[0]) == (413, 8)
