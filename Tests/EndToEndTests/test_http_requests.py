"""HTTP requests that ask for the wrong thing: answered with a status in the request's content type."""

import json
import socket

import pytest

from harness import http_client, spans
from harness.counting import Counting
from harness.http_client import JSON, PROTOBUF
from harness.raw import answer, connect, read_to_end

INVALID_ARGUMENT = 3
NOT_FOUND = 5
UNIMPLEMENTED = 12


@pytest.mark.parametrize("type", [PROTOBUF, JSON])
@pytest.mark.parametrize("path", ["/", "/v1/metrics", "/v1/traces/", "/v1/traces/x", "/V1/TRACES"])
def test_another_path_is_not_found(survivor, path, type):
    with Counting(survivor) as change:
        given = http_client.send(survivor.http, spans.body(spans.span()), type, path=path)
    assert (given.status, given.type, given.error[0]) == (404, type, NOT_FOUND)
    assert (change.received, change.refused["http"]) == (0, {"unknown_path": 1})


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_another_method_is_not_allowed(survivor, method):
    with Counting(survivor) as change:
        given = http_client.send(survivor.http, b"", method=method)
    assert (given.status, given.type, given.headers["Allow"]) == (405, PROTOBUF, "POST")
    assert given.error == (UNIMPLEMENTED, "/v1/traces takes POST only")
    assert change.refused["http"] == {"wrong_method": 1}


@pytest.mark.parametrize("type", ["text/plain", "application/x-protobuffer", "application/grpc", "", None])
def test_another_content_type_is_unsupported(survivor, type):
    with Counting(survivor) as change:
        given = http_client.send(survivor.http, spans.body(spans.span()), type)
    # In JSON, which people can read, since it isn't known what the client understands.
    assert (given.status, given.type, given.error[0]) == (415, JSON, INVALID_ARGUMENT)
    assert (change.received, change.refused["http"]) == (0, {"wrong_content_type": 1})


@pytest.mark.parametrize("type", ["application/json; charset=utf-8", "Application/JSON"])
def test_a_content_type_may_have_parameters_and_any_case(survivor, type):
    assert http_client.send(survivor.http, b"{}", type).status == 200


HEAD = b"POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\n"


@pytest.mark.parametrize(
    "request_bytes",
    [
        HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        HEAD + b"Content-Length: -1\r\n\r\n",
        HEAD + b"Content-Length: 99999999999999999999\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
        HEAD + b"Content-Length: 100\r\n\r\nfew",
        HEAD + b"Content-Length: 2, 2\r\n\r\n{}",
        HEAD + b"Content-Length: +2\r\n\r\n{}",
        HEAD + b"X: a\r\n b\r\n\r\n",
        HEAD + b"Content-Length : 2\r\n\r\n{}",
        b"\x00\x01\x02\r\n\r\n",
    ],
    ids=[
        "two ways of framing",
        "two lengths",
        "a negative length",
        "an absurd length",
        "a bad chunk",
        "a cut body",
        "a list of lengths",
        "a length with a sign",
        "a folded field",
        "white space before the colon",
        "no HTTP",
    ],
)
def test_bad_http_is_refused_with_a_reason(survivor, request_bytes):
    with Counting(survivor) as change:
        with connect(survivor.http) as connection:
            connection.sendall(request_bytes)
            connection.shutdown(socket.SHUT_WR)
            head, _, body = read_to_end(connection).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 Bad Request")
    assert json.loads(body)["code"] == INVALID_ARGUMENT and json.loads(body)["message"]
    assert (change.received, change.refused["http"]) == (0, {"protocol_error": 1})


@pytest.mark.parametrize("port, target", [("http", "/v1/traces"), ("query", "/-/healthy")])
@pytest.mark.parametrize(
    "line, fields, reason",
    [
        ("{} HTTP/1.1", [], "bad_host"),
        ("{} HTTP/1.1", ["Host: localhost", "Host: localhost"], "bad_host"),
        ("{} HTTP/1.1", ["Host: localhost", "Host: evil.example"], "bad_host"),
        ("{} HTTP/1.1", ["Host:"], "bad_host"),
        ("{} HTTP/1.1", ["Host: localhost, evil.example"], "bad_host"),
        ("http://evil.example{} HTTP/1.1", ["Host: localhost"], "bad_host"),
        ("https://localhost{} HTTP/1.1", ["Host: localhost"], "bad_host"),
        ("{} HTTP/1.0", ["Host: localhost", "Transfer-Encoding: chunked"], "bad_framing"),
    ],
)
def test_a_request_that_does_not_say_for_which_host_it_is_meant_is_bad(survivor, port, target, line, fields, reason):
    request = "\r\n".join(["GET " + line.format(target), *fields, "", ""]).encode()
    with Counting(survivor) as change:
        assert answer(getattr(survivor, port), request) == "HTTP/1.1 400 Bad Request"
    assert change.refused[port] == {reason: 1}


def test_the_host_of_a_whole_address_counts(survivor):
    def get(address, version, *fields):
        return answer(survivor.query, "\r\n".join([f"GET {address} HTTP/{version}", *fields, "", ""]).encode())

    assert get("http://localhost/-/healthy", "1.1", "Host: localhost:80") == "HTTP/1.1 200 OK"
    assert get("http://localhost/-/healthy", "1.0") == "HTTP/1.0 200 OK"
    assert get("http://evil.example/-/healthy", "1.0") == "HTTP/1.0 403 Forbidden"
    assert get("http://evil.example/-/healthy", "1.1", "Host: evil.example") == "HTTP/1.1 403 Forbidden"


@pytest.mark.parametrize("coding", ["gzip, chunked", "identity", "chunked, identity"])
def test_another_transfer_coding_is_not_implemented(survivor, coding):
    with Counting(survivor) as change:
        assert answer(survivor.http, HEAD + f"Transfer-Encoding: {coding}\r\n\r\n0\r\n\r\n".encode()) in (
            "HTTP/1.1 501 Not Implemented", "HTTP/1.1 400 Bad Request")
    assert sum(change.refused["http"].values()) == 1 and change.received == 0


@pytest.mark.parametrize(
    "body, fields",
    [
        (b"2\r\n{}\r\n0\r\nHost: evil.example\r\nX-Trailer: 1\r\n\r\n", b"Transfer-Encoding: chunked\r\n"),
        (b"2;name=value\r\n{}\r\n0\r\n\r\n", b"Transfer-Encoding: chunked\r\n"),
        (b"{}", b"Content-Length: 2\r\nExpect: something\r\n"),
    ],
    ids=["trailers", "a chunk's extension", "another expectation"],
)
def test_odd_but_legal_http_is_accepted(survivor, body, fields):
    request = b"POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + fields + b"\r\n" + body
    assert answer(survivor.http, request) == "HTTP/1.1 200 OK"


def test_pipelined_requests_are_answered_in_order_each_by_itself(survivor):
    """The body of the second comes later than its head, after `100 Continue`."""
    first = spans.body(spans.span())
    head = HEAD + b"Content-Length: %d\r\n" % len(first)
    last = spans.body(spans.span(), spans.span())
    with Counting(survivor) as change:
        with connect(survivor.http) as connection:
            connection.sendall(head + b"\r\n" + first + HEAD + b"Content-Length: %d\r\n" % len(last))
            connection.sendall(b"Expect: 100-continue\r\nConnection: close\r\n\r\n")
            received = b""
            while b"100 Continue\r\n\r\n" not in received:
                received += connection.recv(1 << 16)
            connection.sendall(last)
            received += read_to_end(connection)
    assert [line for line in received.decode().split("\r\n") if line.startswith("HTTP/1.1")] == [
        "HTTP/1.1 200 OK", "HTTP/1.1 100 Continue", "HTTP/1.1 200 OK"]
    assert (change.accepted, change.refused["http"]) == (3, {})


def test_nothing_is_answered_after_the_last_reply(survivor):
    """A refusal that leaves a body unread closes the connection, even if more requests have arrived with it."""
    with Counting(survivor) as change:
        with connect(survivor.http) as connection:
            connection.sendall(b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n" * 10)
            received = read_to_end(connection)
    assert received.count(b"HTTP/1.1 404 Not Found") == 1
    assert b"Connection: close\r\n" in received
    assert change.refused["http"] == {"unknown_path": 1}


@pytest.mark.parametrize("value", ["close", "Close", "TE, close"])
def test_a_connection_ends_when_its_client_wants_it(survivor, value):
    with connect(survivor.query) as connection:
        connection.sendall(b"GET /-/healthy HTTP/1.1\r\nHost: localhost\r\nConnection: " + value.encode() + b"\r\n\r\n")
        assert b"Connection: close\r\n" in read_to_end(connection)


@pytest.mark.parametrize("path", ["/-/healthy", "/metrics", "/nothing"])
def test_http_1_0_has_no_chunks_and_ends_unless_it_asks_not_to(survivor, path):
    request = f"GET {path} HTTP/1.0\r\n".encode()
    with connect(survivor.query) as connection:
        connection.sendall(request + b"\r\n")
        head, _, body = read_to_end(connection).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.0 ") and b"Connection: close" in head and b"chunked" not in head
    assert body[:1] != b"" and b"\r\n" not in body
    with connect(survivor.query) as connection:
        connection.sendall(2 * (request + b"Connection: keep-alive\r\n\r\n"))
        connection.shutdown(socket.SHUT_WR)
        assert read_to_end(connection).count(b"HTTP/1.0 ") == (1 if path == "/metrics" else 2)
