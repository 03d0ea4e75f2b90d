"""OTLP/HTTP in JSON: ids in hex, enums as numbers, 64-bit integers as strings or numbers, unknown fields."""

import gzip
import json
import time

import pytest

from harness import http_client
from harness.http_client import JSON
from harness.spans import MILLISECOND


def request():
    now = time.time_ns()
    attribute = {"key": "http.response.status_code", "value": {"intValue": "503"}}
    spans = [
        {
            "traceId": "5B8EFFF798038103D269B633813FC60C",
            "spanId": "EEE19B7EC3C1B174",
            "parentSpanId": "",
            "name": "pay",
            "kind": 2,
            "startTimeUnixNano": str(now - 20 * MILLISECOND),
            "endTimeUnixNano": str(now),
            "attributes": [attribute],
            "status": {},
            "aFieldOfTomorrow": {"nested": [1, None, True]},
        },
        {
            "traceId": "5b8efff798038103d269b633813fc60c",
            "spanId": "eee19b7ec3c1b175",
            "parentSpanId": "eee19b7ec3c1b174",
            "name": "pay",
            "kind": 2,
            "startTimeUnixNano": now - 10 * MILLISECOND,
            "endTimeUnixNano": now,
            "status": {"code": 0},
        },
    ]
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "checkout"}}]}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"scope": {"name": "by hand"}, "spans": spans}]}]}


@pytest.mark.parametrize("encoding", [None, "gzip"])
def test_json_is_taken_as_protobuf_is(daemon, encoding):
    body = json.dumps(request()).encode()

    answer = http_client.send(daemon.http, gzip.compress(body) if encoding else body, JSON, encoding)

    assert (answer.status, answer.type, json.loads(answer.body)) == (200, JSON, {})
    metrics = daemon.metrics()
    labels = {"service": "checkout", "operation": "pay", "kind": "SERVER"}
    assert metrics.accepted == 2
    assert metrics.value("faultline_operation_duration_seconds_count", **labels) == 2
    assert metrics.value("faultline_operation_duration_seconds_sum", **labels) == pytest.approx(0.030)
    # A status of 503 makes an error, whatever the span's own status.
    assert metrics.value("faultline_operation_errors_total", **labels) == 1


def test_an_empty_request_succeeds(daemon):
    for body in (b"{}", b'{"resourceSpans": []}'):
        assert http_client.send(daemon.http, body, JSON).status == 200
    assert http_client.send(daemon.http, b"").status == 200
    assert daemon.metrics().received == 0


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"resourceSpans": [{"scopeSpans": 1}]}', b'{"a":1}x', b"\xff"])
def test_what_is_not_a_json_request_is_refused_with_a_status_in_json(daemon, body):
    answer = http_client.send(daemon.http, body, JSON)

    assert (answer.status, answer.type) == (400, JSON)
    code, message = answer.error
    assert code == 3 and message
    assert daemon.metrics().received == 0


@pytest.mark.parametrize(
    ("body", "seen", "meant"),
    [
        ('{"resourceSpans": [{"scopeSpan": [{"spans": []}]}]}', "scopeSpan", "scopeSpans"),
        ('{"resourceSpans": [{"resource": {}, "ScopeSpans" : [{}]}]}', "ScopeSpans", "scopeSpans"),
        ('{"resourceSpans": [{"spans": [{}]}]}', "spans", "scopeSpans"),
        ('{"resourceSpans": [{"scopeSpans": [{"scope": {}, "span": [{}]}]}]}', "span", "spans"),
    ],
)
def test_spans_under_a_name_that_is_nearly_right_are_refused_with_both_names(daemon, body, seen, meant):
    answer = http_client.send(daemon.http, body.encode(), JSON)
    assert answer.status == 400
    assert f'did you mean "{meant}" instead of "{seen}"?' in json.loads(answer.body)["message"]
    assert daemon.metrics().value("faultline_requests_refused_total", transport="http", reason="malformed") == 1


@pytest.mark.parametrize(
    "body",
    [
        '{"resourceSpans": [{"scopeSpans": [], "scopeSpan": [{}]}]}',
        '{"resourceSpans": [{"scopeSpanCount": 3, "scopeSpan": 1, "tomorrow": [{}]}]}',
        '{"resourceSpans": [{"scope_spans": [{"spans": [], "span": [{}]}]}]}',
    ],
)
def test_unknown_fields_beside_those_that_lead_to_spans_are_ignored(daemon, body):
    assert http_client.send(daemon.http, body.encode(), JSON).status == 200
