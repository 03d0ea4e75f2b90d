"""HTTP requests that ask for the wrong thing: answered with a status in the request's content type."""

import socket

import pytest

from harness import http_client, spans
from harness.counting import Counting
from harness.http_client import JSON, PROTOBUF
from harness.waiting import DEADLINE

INVALID_ARGUMENT = 3
NOT_FOUND = 5
UNIMPLEMENTED = 12


@pytest.mark.parametrize("type", [PROTOBUF, JSON])
@pytest.mark.parametrize("path", ["/", "/v1/metrics", "/v1/traces/", "/v1/traces/x", "/V1/TRACES"])
def test_another_path_is_not_found(survivor, path, type):
    with Counting(survivor) as change:
        answer = http_client.send(survivor.http, spans.body(spans.span()), type, path=path)
    assert (answer.status, answer.type, answer.error[0]) == (404, type, NOT_FOUND)
    assert (change.received, change.refused["http"]) == (0, {"unknown_path": 1})


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_another_method_is_not_allowed(survivor, method):
    with Counting(survivor) as change:
        answer = http_client.send(survivor.http, b"", method=method)
    assert (answer.status, answer.type, answer.headers["Allow"]) == (405, PROTOBUF, "POST")
    assert answer.error == (UNIMPLEMENTED, "/v1/traces takes POST only")
    assert change.refused["http"] == {"wrong_method": 1}


@pytest.mark.parametrize("type", ["text/plain", "application/x-protobuffer", "application/grpc", "", None])
def test_another_content_type_is_unsupported(survivor, type):
    with Counting(survivor) as change:
        answer = http_client.send(survivor.http, spans.body(spans.span()), type)
    # In JSON, which a person can read: what the client understands isn't known.
    assert (answer.status, answer.type, answer.error[0]) == (415, JSON, INVALID_ARGUMENT)
    assert (change.received, change.refused["http"]) == (0, {"wrong_content_type": 1})


@pytest.mark.parametrize("type", ["application/json; charset=utf-8", "Application/JSON"])
def test_a_content_type_may_have_parameters_and_any_case(survivor, type):
    assert http_client.send(survivor.http, b"{}", type).status == 200


def raw(survivor, request):
    """The first line of the answer to bytes sent as they are."""
    host, port = survivor.http.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=DEADLINE) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while part := connection.recv(1 << 16):
            answer += part
    return answer.split(b"\r\n")[0].decode()


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
        b"\x00\x01\x02\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
    ids=[
        "two ways of framing",
        "two lengths",
        "a negative length",
        "an absurd length",
        "a bad chunk",
        "a cut body",
        "no HTTP",
        "TLS",
    ],
)
def test_bad_http_is_refused(survivor, request_bytes):
    with Counting(survivor) as change:
        assert raw(survivor, request_bytes) == "HTTP/1.1 400 Bad Request"
    assert (change.received, change.refused["http"]) == (0, {"protocol_error": 1})
