"""gRPC calls that no library would make."""

import struct

import grpc
import pytest

from harness import grpc_client, grpc_frames, spans
from harness.counting import Counting

OK = 0
INVALID_ARGUMENT = 3
RESOURCE_EXHAUSTED = 8
UNIMPLEMENTED = 12
INTERNAL = 13

MIB = 1 << 20


def good():
    return grpc_frames.message(spans.body(spans.span()))


def test_frames_by_hand_are_as_good_as_a_library(survivor):
    with Counting(survivor) as change:
        answer = grpc_frames.send(survivor.grpc, good())
    assert (answer.status, answer.body, change.accepted) == (OK, bytes(5), 1)


def test_a_length_of_four_gibibytes_reserves_no_memory(survivor):
    survivor.forget_peak_memory()
    before = survivor.peak_memory()
    with Counting(survivor) as change:
        answer = grpc_frames.send(survivor.grpc, struct.pack(">BI", 0, 0xFFFFFFFF) + b"few")
    assert answer.status == RESOURCE_EXHAUSTED
    assert "grpc-status-details-bin" not in answer.headers
    assert (change.received, change.refused["grpc"]) == (0, {"too_large": 1})
    assert survivor.peak_memory() - before < 4 * MIB


@pytest.mark.parametrize(
    "payload, status",
    [
        (b"", UNIMPLEMENTED),
        (b"\x00\x00", INVALID_ARGUMENT),
        (grpc_frames.message(b"", length=10) + b"few", INVALID_ARGUMENT),
        (good() + good(), UNIMPLEMENTED),
        (b"\x02" + good()[1:], INTERNAL),
        (grpc_frames.message(b"", is_compressed=True), INTERNAL),
    ],
    ids=[
        "no message",
        "a cut prefix",
        "a cut message",
        "two messages",
        "an unknown flag",
        "compressed by nothing that is named",
    ],
)
def test_wrong_framing_is_refused(survivor, payload, status):
    with Counting(survivor) as change:
        answer = grpc_frames.send(survivor.grpc, payload)
    assert answer.status == status
    assert answer.headers["grpc-message"]
    assert (change.received, change.refused["grpc"]) == (0, {"bad_framing": 1})


@pytest.mark.parametrize(
    "method",
    [
        "/opentelemetry.proto.collector.trace.v1.TraceService/Import",
        "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
        "/grpc.health.v1.Health/Check",
    ],
)
def test_another_method_is_unimplemented(survivor, method):
    with Counting(survivor) as change:
        answer = grpc_client.send(survivor.grpc, b"", method=method)
    assert answer.code == grpc.StatusCode.UNIMPLEMENTED
    assert change.refused["grpc"] == {"unknown_path": 1}


def test_a_request_that_is_not_grpc_gets_an_http_error(survivor):
    with Counting(survivor) as change:
        assert grpc_frames.send(survivor.grpc, good(), content_type="application/json").headers[":status"] == "415"
        assert grpc_frames.send(survivor.grpc, b"", _method="GET").headers[":status"] == "405"
    assert change.refused["grpc"] == {"wrong_content_type": 1, "wrong_method": 1}


def test_a_bad_call_ends_no_other_call_of_its_connection(survivor):
    with grpc_client.channel(survivor.grpc) as channel, Counting(survivor) as change:
        for _ in range(10):
            assert grpc_client.call(channel, b"\xff").code == grpc.StatusCode.INVALID_ARGUMENT
            assert grpc_client.call(channel, spans.body(spans.span())).code == grpc.StatusCode.OK
    assert change.accepted == 10
