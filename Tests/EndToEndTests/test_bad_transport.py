"""Bad input below the level of requests: floods, slowness, too many connections, framing; on all three ports.

The numbers in names refer to the kinds of bad input in test_bad_inputs_index.
"""

import http.client
import resource
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import count

import grpc
import hpack
import pytest
from hyperframe.frame import (
    ContinuationFrame, DataFrame, GoAwayFrame, HeadersFrame, PingFrame, PriorityFrame, RstStreamFrame, SettingsFrame,
    WindowUpdateFrame,
)

from harness import exports, grpc_client, grpc_frames, http_client, raw, spans
from harness.counting import Counting
from harness.daemon import Faultline
from harness.grpc_client import METHOD
from harness.http2_client import HTTP2Client
from harness.waiting import DEADLINE, eventually

PORTS = ["grpc", "http", "query"]


def is_healthy(daemon):
    return raw.get(daemon.query)[::2] == (200, b"healthy\n")


def address(daemon, port):
    return getattr(daemon, port)


# Line 1

CALL = [
    (":method", "POST"), (":scheme", "http"), (":path", METHOD), (":authority", "localhost"),
    ("content-type", "application/grpc"), ("te", "trailers"),
]
START = raw.PREFACE + SettingsFrame(0).serialize()


def headers(stream, flags=("END_HEADERS",)):
    # Without the dynamic table each block is the same.
    block = b"".join(
        b"\x00" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode() for name, value in CALL
    )
    return HeadersFrame(stream, block, flags=list(flags)).serialize()


FLOODS = {
    "rapid reset": (
        "http2_reset_flood",
        b"".join(headers(n) + RstStreamFrame(n).serialize() for n in range(1, 20_001, 2)),
    ),
    "continuation": (
        "http2_continuation_flood",
        headers(1, flags=()) + ContinuationFrame(1, b"").serialize() * 10_000,
    ),
    "settings": ("http2_control_flood", SettingsFrame(0).serialize() * 20_000),
    "ping": ("http2_control_flood", PingFrame(0, b"12345678").serialize() * 20_000),
    "priority": ("http2_control_flood", PriorityFrame(1, depends_on=0).serialize() * 20_000),
    "window update": ("http2_window_update_flood", WindowUpdateFrame(0, window_increment=1).serialize() * 20_000),
    "empty data": ("http2_empty_data_flood", headers(1) + DataFrame(1, b"").serialize() * 10_000),
    "padding": (
        "http2_tiny_data_flood",
        headers(1) + DataFrame(1, b"", pad_length=250, flags=["PADDED"]).serialize() * 10_000,
    ),
    "data of one byte": ("http2_tiny_data_flood", headers(1) + DataFrame(1, b"\0").serialize() * 20_000),
    "unknown frames": ("http2_control_flood", bytes([0, 0, 0, 0xFA, 0, 0, 0, 0, 0]) * 20_000),
}


@pytest.mark.parametrize("flood", FLOODS)
def test_a_flood_whose_client_reads_nothing_is_closed_and_counted(survivor, flood):
    reason, frames = FLOODS[flood]
    with Counting(survivor) as change:
        with raw.connect(survivor.grpc, receive_buffer=4096) as connection:
            raw.send(connection, START + frames)
            eventually(lambda: survivor.metrics().refused("grpc").get(reason), "the flood is counted")
            raw.read_to_end(connection)
    # If the frames belong to a call, the call may be refused too; padding exceeds its window.
    of_the_call = "http2_stream_error" if flood == "padding" else "bad_framing"
    assert change.refused["grpc"].pop(of_the_call, 1) == 1
    assert change.refused["grpc"] == {reason: 1}
    assert change.received == 0


@pytest.mark.parametrize("port", ["http", "query"])
def test_http_2_on_the_other_ports_is_refused(survivor, port):
    with Counting(survivor) as change:
        with raw.connect(address(survivor, port)) as connection:
            raw.send(connection, START + PingFrame(0, b"12345678").serialize() * 20_000)
            raw.read_to_end(connection)
    assert change.refused[port] == {"http2": 1}
    assert is_healthy(survivor)


def test_only_streams_beyond_the_limit_are_refused(survivor):
    """Even if the client hasn't acknowledged the settings yet."""
    client = HTTP2Client(survivor.grpc)
    streams = range(1, 2 * 120, 2)
    with Counting(survivor) as change:
        for stream in streams:
            client.begin(stream)
        for stream in streams[:100]:
            client.send(stream, grpc_frames.message(spans.body(spans.span())), is_last=True)
        assert client.receive_until(lambda: len(client.answers) == 100 and len(client.resets) == 20)
    assert set(client.resets.values()) == {7}, "REFUSED_STREAM"
    assert set(client.resets) == set(streams[100:])
    assert client.goaways == []
    assert (change.accepted, change.refused["grpc"]) == (100, {"streams": 20})
    client.close()


@pytest.mark.parametrize("error_code", [0, 1, 11])
@pytest.mark.parametrize("last_streams", [[0], [1], [5], [2], [2**31 - 1], [1, 3, 2**31 - 1]])
def test_a_client_that_says_goodbye_is_not_refused(survivor, last_streams, error_code):
    """grpc-go names its own last stream; the field is for the server's streams (RFC 9113, section 6.8)."""
    client = HTTP2Client(survivor.grpc)
    with Counting(survivor) as change:
        client.begin(1)
        for last_stream in last_streams:
            client.send_frame(GoAwayFrame(0, last_stream_id=last_stream, error_code=error_code))
        client.send(1, grpc_frames.message(spans.body(spans.span())), is_last=True)
        assert client.receive_until(lambda: "grpc-status" in client.answers.get(1, {}))
        assert not client.receive_until(lambda: False), "the connection is closed"
    assert client.goaways == []
    assert (change.accepted, change.refused["grpc"]) == (1, {})
    client.close()


def test_a_goodbye_after_the_last_answer_ends_the_connection(survivor):
    client = HTTP2Client(survivor.grpc)
    with Counting(survivor) as change:
        client.begin(1)
        client.send(1, grpc_frames.message(spans.body(spans.span())), is_last=True)
        assert client.receive_until(lambda: "grpc-status" in client.answers.get(1, {}))
        client.send_frame(GoAwayFrame(0, last_stream_id=1, error_code=0))
        assert not client.receive_until(lambda: False), "the connection is closed"
    assert client.goaways == []
    assert (change.accepted, change.refused["grpc"]) == (1, {})
    client.close()


def test_a_call_that_comes_in_one_piece_with_a_goodbye_is_answered(survivor):
    client = HTTP2Client(survivor.grpc)
    with Counting(survivor) as change:
        with client.together():
            client.send_frame(SettingsFrame(0))
            client.begin(1)
            client.send_frame(GoAwayFrame(0, last_stream_id=0, error_code=0))
            client.send(1, grpc_frames.message(spans.body(spans.span())), is_last=True)
        assert client.receive_until(lambda: "grpc-status" in client.answers.get(1, {}))
        assert not client.receive_until(lambda: False), "the connection is closed"
    assert (change.accepted, change.refused["grpc"]) == (1, {})
    client.close()


def test_one_connection_holds_a_quarter_of_what_may_be_in_flight(serve):
    daemon = serve(configuration="limits: {max_request_bytes: 1MiB, max_bytes_in_flight: 4MiB}\n")
    greedy = HTTP2Client(daemon.grpc)
    greedy.receive_until(lambda: greedy.has_settings)
    for stream in (1, 3):
        greedy.begin(stream)
        greedy.send_in_parts(stream, grpc_frames.message(b"", length=1 << 20) + bytes(700_000))
    assert greedy.receive_until(lambda: greedy.answers)
    assert daemon.metrics().refused("grpc") == {"connection_bytes_in_flight": 1}
    for transport in exports.TRANSPORTS:
        assert exports.send(daemon, transport, spans.body(spans.span())).what == exports.TAKEN
    greedy.close()


# Other protocols

TLS_HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(505)


@pytest.mark.parametrize(
    "port, sent, reason",
    [
        ("grpc", TLS_HELLO, "tls"), ("http", TLS_HELLO, "tls"), ("query", TLS_HELLO, "tls"),
        ("grpc", b"POST /v1/traces HTTP/1.1\r\nHost: localhost\r\n\r\n", "http1"),
        ("http", START, "http2"), ("query", START, "http2"),
    ],
)
def test_clients_that_speak_another_protocol_are_counted_by_which_it_is(survivor, port, sent, reason):
    with Counting(survivor) as change:
        with raw.connect(address(survivor, port)) as connection:
            raw.send(connection, sent)
            raw.read_to_end(connection)
    assert change.refused[port] == {reason: 1}
    eventually(
        lambda: survivor.log.matching("refused", f"reason={reason}", f"transport={port}", 'because="the client'),
        "a line that says so")


# Line 2

HALF_A_REQUEST = {
    "grpc": START + headers(1, flags=())[:-5],
    "http": b"POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-",
    "query": b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nX-",
}
HALF_A_BODY = {
    "grpc": START + headers(1) + DataFrame(1, grpc_frames.message(b"", length=1000) + b"few").serialize(),
    "http": b"POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-protobuf\r\n"
    b"Content-Length: 1000\r\n\r\nfew",
    "query": b"POST /-/reload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nfew",
}


# The body of `POST /-/reload` is not awaited; see below.
@pytest.mark.parametrize(
    "sent, ports, reason",
    [(HALF_A_REQUEST, PORTS, "header_timeout"), (HALF_A_BODY, ["grpc", "http"], "body_timeout")],
    ids=["header", "body"],
)
def test_an_incomplete_request_is_closed_in_time(survivor, sent, ports, reason):
    with ExitStack() as open_connections, Counting(survivor) as change:
        for port in ports:
            connection = open_connections.enter_context(raw.connect(address(survivor, port)))
            raw.send(connection, sent[port])

        def counted():
            metrics = survivor.metrics()
            return all(metrics.refused(port).get(reason) for port in ports)

        eventually(counted, f"{reason} on {ports}", deadline=4 * DEADLINE)
        assert is_healthy(survivor)
    assert {port: change.refused[port] for port in ports} == dict.fromkeys(ports, {reason: 1})


def test_a_body_that_is_not_awaited_may_take_its_time(survivor):
    """`POST /-/reload` has none: the answer comes before it."""
    with raw.connect(survivor.query) as connection:
        raw.send(connection, HALF_A_BODY["query"])
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 403")


@pytest.fixture(scope="module")
def crowded():
    """A daemon whose replies have several megabytes: 1,500 operations with long names, even longer when escaped."""
    with Faultline() as daemon:
        made = [spans.span(f"{number:05} " + "\x01" * 1_000) for number in range(1_500)]
        assert http_client.send(daemon.http, spans.body(*made)).status == 200
        yield daemon


def unread(daemon, path):
    connection = raw.connect(daemon.query, receive_buffer=4096)
    raw.send(connection, f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return connection


@pytest.mark.parametrize("path, at_once", [("/metrics", 4), ("/api/v1/operations", 8)])
def test_clients_that_read_nothing_hold_little_memory_for_a_short_time(crowded, path, at_once):
    size = len(raw.get(crowded.query, path)[2])
    assert size > 1_500_000
    crowded.forget_peak_memory()
    before = crowded.peak_memory()
    timeouts = crowded.metrics().refused("query").get("reply_timeout", 0)
    with ExitStack() as open_connections:
        # Those who ask the same of the API share an answer.
        questions = (f"{path}?from=-{seconds}s" if path != "/metrics" else path for seconds in count(3_600))
        for _ in range(at_once):
            open_connections.enter_context(unread(crowded, next(questions)))

        def is_full():
            question = next(questions)
            status, headers, _ = raw.get(crowded.query, question)
            if status == 200:
                # On a busy machine the first may have been closed before the last is open.
                open_connections.enter_context(unread(crowded, question))
                return False
            assert (status, headers["Retry-After"]) == (429, "1")
            return True

        eventually(is_full, "no more are taken", deadline=4 * DEADLINE)
        assert is_healthy(crowded)
        eventually(lambda: raw.get(crowded.query, path)[0] == 200, "there is room again", deadline=4 * DEADLINE)
    eventually(
        lambda: crowded.metrics().refused("query").get("reply_timeout", 0) >= timeouts + 1, "they were closed",
        deadline=4 * DEADLINE,
    )
    refused = crowded.metrics().refused("query")
    assert refused["queries"] >= 1
    if path == "/metrics":
        assert crowded.peak_memory() - before < 2 * size


def test_any_number_of_clients_share_the_answer_to_one_question(crowded):
    with Counting(crowded) as change, ExitStack() as open_connections:
        for _ in range(16):
            open_connections.enter_context(unread(crowded, "/api/v1/operations"))
        with ThreadPoolExecutor(40) as clients:
            statuses = clients.map(lambda _: raw.get(crowded.query, "/api/v1/operations")[0], range(40))
            assert set(statuses) == {200}
    assert "queries" not in change.refused["query"]


def raise_own_limit(wanted):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))


@pytest.mark.parametrize("port", PORTS)
@pytest.mark.parametrize("open_files", [64, 256])
def test_any_number_of_idle_connections_leaves_room_for_others(open_files, port):
    raise_own_limit(4_096)
    with Faultline(open_files=open_files) as daemon, ExitStack() as idle:
        kept = http.client.HTTPConnection(daemon.query, timeout=DEADLINE)
        kept.request("GET", "/-/healthy")
        assert kept.getresponse().read() == b"healthy\n"
        for _ in range(1_500):
            try:
                idle.enter_context(raw.connect(address(daemon, port)))
            except ConnectionError:
                pass
        kept.request("GET", "/-/healthy")
        assert kept.getresponse().read() == b"healthy\n"
        assert is_healthy(daemon)
        for transport in exports.TRANSPORTS:
            assert exports.send(daemon, transport, spans.body(spans.span())).what == exports.TAKEN
        metrics = daemon.metrics()
        assert metrics.refused(port)["connections"] > 1_000
        assert metrics.value("process_open_fds") < open_files
        limit = metrics.value("faultline_connections_limit", transport=port)
        assert metrics.value("faultline_connections", transport=port) <= limit < open_files
        kept.close()
    # With so many of one cause, the log has one line every ten seconds.
    assert 1 <= len(daemon.log.matching("refused", "reason=connections", f"transport={port}")) < 30


def test_connections_that_wait_for_their_next_call_make_room_the_longest_first():
    with Faultline(open_files=64) as daemon, ExitStack() as idle:
        limit = int(daemon.metrics().value("faultline_connections_limit", transport="grpc"))
        clients = [HTTP2Client(daemon.grpc) for _ in range(limit)]
        for client in clients:
            idle.callback(client.close)
            client.begin(1)
            client.send(1, grpc_frames.message(spans.body(spans.span())), is_last=True)
            assert client.receive_until(lambda client=client: "grpc-status" in client.answers.get(1, {}))
        # The first has an open call, the second has waited longest.
        clients[0].begin(3)
        clients[0].send_frame(PingFrame(0, b"12345678"))
        for _ in range(limit):
            connection = http.client.HTTPConnection(daemon.http, timeout=DEADLINE)
            idle.callback(connection.close)
            connection.request(
                "POST", "/v1/traces", spans.body(spans.span()), {"Content-Type": "application/x-protobuf"})
            assert connection.getresponse().read() is not None
        for transport in exports.TRANSPORTS:
            assert exports.send(daemon, transport, spans.body(spans.span())).what == exports.TAKEN
        assert not clients[1].receive_until(lambda: False), "the connection is closed"
        # First that no more calls should be started, then which was the last.
        assert [(goaway.error_code, goaway.last_stream_id) for goaway in clients[1].goaways] == [(0, 2**31 - 1), (0, 1)]
        clients[0].send(3, grpc_frames.message(spans.body(spans.span())), is_last=True)
        assert clients[0].receive_until(lambda: "grpc-status" in clients[0].answers.get(3, {}))
        assert daemon.metrics().refused("grpc")["connections"] >= 1
        assert daemon.metrics().refused("http")["connections"] >= 1


def test_calls_of_a_client_are_answered_whatever_connections_make_room():
    """More clients than there is room for, using the most common gRPC library: a connection that a call is on its way to is
    never closed."""
    with Faultline(open_files=128) as daemon:
        limit = int(daemon.metrics().value("faultline_connections_limit", transport="grpc"))
        body = spans.body(spans.span())
        rounds, clients = 3, [grpc_client.channel(daemon.grpc) for _ in range(limit + 3)]
        # Each calls again when it has waited longest and is asked to leave. No more call at once than are given time.
        with ThreadPoolExecutor(limit // 4) as pool:
            answers = list(pool.map(lambda client: grpc_client.call(client, body), clients * rounds))
        for client in clients:
            client.close()
        assert [answer for answer in answers if answer.code != grpc.StatusCode.OK] == []
        metrics = daemon.metrics()
        assert metrics.refused("grpc")["connections"] > 3
        assert metrics.value("faultline_spans_received_total") == rounds * len(clients)


def test_with_too_few_descriptors_the_daemon_says_how_many_it_needs():
    with pytest.raises(BaseException):
        with Faultline(open_files=24):
            pass


# Line 3

@pytest.mark.parametrize("port", ["http", "query"])
def test_endless_tiny_headers_are_refused(survivor, port):
    fields = b"".join(b"a%d: b\r\n" % number for number in range(70_000))
    with Counting(survivor) as change:
        status = raw.answer(address(survivor, port), b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n" + fields + b"\r\n")
    # The reply is lost if it meets bytes that were still on their way.
    assert status.split(" ")[1:2] in (["431"], [])
    assert change.refused[port] == {"headers_too_large": 1}


def test_endless_tiny_headers_are_refused_over_grpc(survivor):
    block = hpack.Encoder().encode(CALL + [(f"a{number}", "b") for number in range(70_000)])
    frames = [block[start : start + 16_000] for start in range(0, len(block), 16_000)]
    sent = HeadersFrame(1, frames[0], flags=[]).serialize()
    sent += b"".join(ContinuationFrame(1, part, flags=[]).serialize() for part in frames[1:])
    with Counting(survivor) as change:
        with raw.connect(survivor.grpc) as connection:
            raw.send(connection, START + sent)
            raw.read_to_end(connection)
    assert sum(change.refused["grpc"].values()) == 1
    assert set(change.refused["grpc"]) <= {"headers_too_large", "http2_continuation_flood", "protocol_error"}


def test_a_few_bytes_that_stand_for_many_headers_are_refused_over_grpc(survivor):
    """A field of the dynamic table takes one byte each time it is repeated."""
    field = hpack.Encoder().encode([("a", "b" * 3_900)])
    index_of_the_field = b"\xbe"
    with Counting(survivor) as change:
        with raw.connect(survivor.grpc) as connection:
            block = field + index_of_the_field * 16_000
            parts = [block[start : start + 16_000] for start in range(0, len(block), 16_000)]
            sent = HeadersFrame(1, parts[0], flags=[]).serialize()
            for number, part in enumerate(parts[1:], start=1):
                is_last = number == len(parts) - 1
                sent += ContinuationFrame(1, part, flags=["END_HEADERS"] if is_last else []).serialize()
            raw.send(connection, START + sent)
            raw.read_to_end(connection)
    assert change.refused["grpc"] == {"headers_too_large": 1}


@pytest.mark.parametrize("stream", [1, 3])
def test_a_call_on_a_stream_that_is_over_is_refused(survivor, stream):
    """A client that waits for an answer gets one (RFC 9113, section 5.1.1)."""
    client = HTTP2Client(survivor.grpc)
    with Counting(survivor) as change:
        for call in (1, 5):
            client.begin(call)
            client.send(call, grpc_frames.message(spans.body(spans.span())), is_last=True)
        assert client.receive_until(lambda: "grpc-status" in client.answers.get(5, {}))
        client.begin(stream)
        assert client.receive_until(lambda: client.resets)
    assert (client.resets, client.goaways) == ({stream: 5}, [])
    assert (change.accepted, change.refused["grpc"]) == (2, {"http2_stream_error": 1})
    client.close()


def test_trailers_behind_an_early_answer_end_nothing_else(survivor):
    """They are on their way while the call is refused."""
    client = HTTP2Client(survivor.grpc)
    with Counting(survivor) as change:
        client.begin(1)
        client.send(1, b"\x07\0\0\0\0", is_last=False)
        assert client.receive_until(lambda: 1 in client.resets)
        client.send_frame(HeadersFrame(1, b"", flags=["END_HEADERS", "END_STREAM"]))
        client.begin(3)
        client.send(3, grpc_frames.message(spans.body(spans.span())), is_last=True)
        assert client.receive_until(lambda: "grpc-status" in client.answers.get(3, {}))
    # First that the client may stop, then STREAM_CLOSED.
    assert (client.answers[1]["grpc-status"], client.resets, client.goaways) == ("13", {1: 5}, [])
    assert (change.accepted, change.refused["grpc"]) == (1, {"bad_framing": 1, "http2_stream_error": 1})
    client.close()


def frame(type, stream):
    """A frame of five bytes: not enough for a PING, and on stream 0 wrong for DATA."""
    return bytes([0, 0, 5, type, 0, 0, 0, 0, stream]) + bytes(5)


@pytest.mark.parametrize(
    "port, sent, reason, because",
    [
        ("grpc", b"\0" * 100, "protocol_error", "the connection doesn't begin with HTTP/2's preface"),
        ("grpc", START + frame(type=6, stream=0), "protocol_error",
         "the connection was ended with FRAME_SIZE_ERROR"),
        ("grpc", START + frame(type=0, stream=0), "protocol_error",
         "the connection was ended with PROTOCOL_ERROR: DATA"),
        ("grpc", START + headers(2), "protocol_error",
         "the connection was ended with PROTOCOL_ERROR: request HEADERS: invalid stream_id"),
        ("grpc", START + HeadersFrame(1, b"\xff" * 8, flags=["END_HEADERS"]).serialize(), "protocol_error",
         "the connection was ended with COMPRESSION_ERROR"),
        ("grpc", START + headers(1) + WindowUpdateFrame(1, window_increment=2**31 - 1).serialize(),
         "http2_stream_error", "stream 1 was reset with FLOW_CONTROL_ERROR: WINDOW_UPDATE"),
        ("grpc", START + HeadersFrame(1, hpack.Encoder().encode(CALL + [("Upper", "case")]), flags=["END_HEADERS"])
         .serialize(), "http2_stream_error", "stream 1 was reset with PROTOCOL_ERROR: HEADERS"),
        ("grpc", START + headers(1) + DataFrame(1, b"\x07\0\0\0\0").serialize(), "bad_framing",
         "a message begins with the byte 7 instead of 0 or 1"),
        ("http", b"POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n", "protocol_error",
         "Content-Length must be a single whole number"),
        ("query", b"GET /metrics HTTP/1.1\r\nHost localhost\r\n\r\n", "protocol_error", "a header field must be"),
    ],
)
def test_the_log_says_what_was_wrong(serve, port, sent, reason, because):
    daemon = serve()
    with raw.connect(address(daemon, port)) as connection:
        raw.send(connection, sent)
        (line,) = daemon.log.wait_for("refused", f"reason={reason}", f"transport={port}", "because=")
    assert because in line


def test_a_reply_waits_for_its_window(survivor):
    client = HTTP2Client(survivor.grpc)
    client.send_frame(SettingsFrame(0, settings={SettingsFrame.INITIAL_WINDOW_SIZE: 0}))
    with Counting(survivor) as change:
        for stream in (1, 3):
            client.begin(stream)
            client.send(stream, grpc_frames.message(spans.body(spans.span())), is_last=True)
        # An empty reply has five bytes. The other call's never come.
        for _ in range(5):
            client.send_frame(WindowUpdateFrame(1, window_increment=1))
        assert client.receive_until(lambda: "grpc-status" in client.answers.get(1, {}))
        assert client.receive_until(lambda: client.resets)
    assert (client.resets, change.accepted, change.refused["grpc"]) == ({3: 8}, 2, {"reply_timeout": 1})
    client.close()


@pytest.mark.parametrize("port, target", [("http", "/v1/traces"), ("query", "/-/reload")])
def test_two_ways_of_framing_are_refused(survivor, port, target):
    request = f"POST {target} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
    with Counting(survivor) as change:
        status = raw.answer(address(survivor, port), request.encode() + b"0\r\n\r\n")
    assert status == "HTTP/1.1 400 Bad Request"
    assert change.refused[port] == {"protocol_error": 1}
