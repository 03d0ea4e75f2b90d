"""Attribute values at the limits of the format: their span is counted all the same."""

import json
import math

import pytest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from harness import http_client, spans
from harness.counting import Counting
from harness.exports import TAKEN
from harness.http_client import JSON
from harness.spans import span, text
from test_span_rejection import json_span


def number(key, **value):
    return KeyValue(key=key, value=AnyValue(**value))


# Keys that Faultline reads, with meaningless values
STATUS = "http.response.status_code"

ATTRIBUTES = {
    "not a number": [number("a", double_value=math.nan), number(STATUS, double_value=math.nan)],
    "infinities": [number("a", double_value=math.inf), number(STATUS, double_value=-math.inf)],
    "the least integer": [number("a", int_value=-(2**63)), number(STATUS, int_value=-(2**63))],
    "the greatest integer": [number(STATUS, int_value=2**63 - 1), number("rpc.grpc.status_code", int_value=2**63 - 1)],
    "numbers as text": [text(STATUS, "9" * 400), text("rpc.grpc.status_code", "-0"), text(STATUS, "")],
    "empty keys": [text("", "a"), text("", "b")],
    "the same key twice": [text("http.method", "GET"), text("http.method", "POST")],
    "no value": [KeyValue(key="a"), KeyValue(key="http.target"), KeyValue()],
    "a hundred thousand": [number(f"key.{index}", int_value=index) for index in range(100_000)],
    "a mebibyte": [text("http.target", "/api/" + "x" * (1 << 20)), text("k" * (1 << 20), "")],
    "a path that is no path": [text("http.target", "%zz?&=&watch=%"), text("http.method", "\r\n")],
}


@pytest.mark.parametrize("kind", ATTRIBUTES)
def test_a_span_is_counted_whatever_its_attributes(survivor, export, kind):
    # From the API server, whose attributes are read more closely than others.
    body = spans.body(span(attributes=ATTRIBUTES[kind]), service="apiserver")
    with Counting(survivor) as change:
        outcome = export(body)
    assert (outcome.what, outcome.rejected) == (TAKEN, 0)
    assert (change.received, change.accepted) == (1, 1)


def json_body(attributes, name='"work"'):
    given = json.dumps(json_span()).replace('"work"', name)[:-1] + f', "attributes": [{attributes}]}}'
    return f'{{"resourceSpans": [{{"scopeSpans": [{{"spans": [{given}]}}]}}]}}'.encode()


@pytest.mark.parametrize(
    "value",
    [
        '{"doubleValue": "NaN"}',
        '{"doubleValue": "-Infinity"}',
        '{"doubleValue": 1e308}',
        '{"intValue": "-9223372036854775808"}',
        '{"intValue": -9223372036854775808}',
        '{"bytesValue": "AP8="}',
        '{"stringValue": "' + "x" * (1 << 20) + '"}',
        '{"stringValue": "\\u0000\\ud800"}',
        "{}",
    ],
    ids=lambda value: value[:40],
)
def test_json_says_the_same_values(survivor, value):
    with Counting(survivor) as change:
        answer = http_client.send(survivor.http, json_body(f'{{"key": "{STATUS}", "value": {value}}}'), JSON)
    assert (answer.status, answer.rejected[0]) == (200, 0)
    assert change.accepted == 1


@pytest.mark.parametrize(
    "value",
    [
        '{"doubleValue": 1e999999}',
        '{"intValue": "9223372036854775808"}',
        '{"intValue": 1e400}',
        '{"intValue": "x"}',
        '{"bytesValue": "?"}',
    ],
)
def test_json_values_out_of_range_are_kept_or_refused(survivor, value):
    with Counting(survivor) as change:
        answer = http_client.send(survivor.http, json_body(f'{{"key": "a", "value": {value}}}'), JSON)
    assert answer.status in (200, 400)
    assert change.accepted == (1 if answer.status == 200 else 0)


@pytest.mark.parametrize("name", [r'"\ud800"', r'"\udc00\ud800"', r'"a\u0000b"', r'"\u202e"', r'"x\"} 1\nfake 1"'])
def test_names_in_json_that_are_not_text_leave_the_scrape_parseable(survivor, name):
    with Counting(survivor) as change:
        assert http_client.send(survivor.http, json_body("", name), JSON).status == 200
    assert change.accepted == 1
