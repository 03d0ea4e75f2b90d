"""Bodies that aren't export requests are refused whole; none of their spans is accepted."""

import grpc
import pytest

from harness import exports, grpc_client, http_client, spans
from harness.counting import Counting
from harness.exports import MALFORMED, TAKEN
from harness.http_client import JSON
from harness.wire import field, nested, varint

GOOD = spans.body(spans.span())

# What follows a good request makes it a bad one.
FAULTS = {
    "a length past the end": b"\x0a\x05\x00",
    "a length of 2^63": b"\x0a" + varint(1 << 63),
    "a varint of 11 bytes": b"\x0a" + b"\x80" * 10 + b"\x01",
    "an unfinished varint": b"\x0a\x80",
    "field number 0": b"\x02\x00",
    "a group's start": b"\x0b",
    "a group's end": b"\x0c",
    "a group of a field unknown": b"\x7b\x7c",
    "wire type 6": b"\x0e",
    "wire type 7": b"\x0f",
    "a number where messages are": b"\x08\x01",
    "fixed 64 where messages are": b"\x09" + bytes(8),
    "resource that is a number": field(1, b"\x08\x01"),
    "scope spans that are a number": field(1, b"\x10\x01"),
    "spans that are a number": field(1, field(2, b"\x10\x01")),
    "a start time that is a varint": field(1, field(2, field(2, b"\x38\x01"))),
    "a trace id that is a number": field(1, field(2, field(2, b"\x08\x01"))),
    "a kind that is text": field(1, field(2, field(2, b"\x32\x01a"))),
    "a fixed 64 cut off": field(1, field(2, field(2, b"\x39\x01\x02"))),
    "no protobuf at all": b"GET / HTTP/1.1\r\n\r\n",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_malformed_body_is_refused_whole(survivor, export, fault):
    with Counting(survivor) as change:
        outcome = export(GOOD + FAULTS[fault])
    assert outcome.what == MALFORMED
    assert outcome.message
    assert change.received == 0


def test_malformed_bodies_are_counted_by_transport(survivor):
    for transport in exports.TRANSPORTS:
        with Counting(survivor) as change:
            assert exports.send(survivor, transport, b"\xff").what == MALFORMED
        assert {name: counts for name, counts in change.refused.items() if counts} == {transport: {"malformed": 1}}


def test_a_flood_of_malformed_bodies_does_not_fill_the_log(survivor):
    lines = len(survivor.log.all)
    with grpc_client.channel(survivor.grpc) as channel:
        for _ in range(500):
            assert grpc_client.call(channel, b"\xff").code == grpc.StatusCode.INVALID_ARGUMENT
    assert len(survivor.log.all) <= lines + 1


# Each makes a body out of an attribute.
PLACES = {
    "a resource": lambda attribute: field(1, field(1, field(1, attribute))),
    "a scope": lambda attribute: field(1, field(2, field(1, field(3, attribute)))),
    "a span": lambda attribute: field(1, field(2, field(2, spans.span().SerializeToString() + field(9, attribute)))),
    "an event": lambda attribute: field(
        1, field(2, field(2, spans.span().SerializeToString() + field(11, field(3, attribute))))
    ),
    "a link": lambda attribute: field(
        1, field(2, field(2, spans.span().SerializeToString() + field(13, field(4, attribute))))
    ),
}

# Field numbers from a value within a value outwards: through `ArrayValue`, through `KeyValueList` and `KeyValue`.
ARRAYS = [1, 5]
LISTS = [2, 1, 6]


def attribute(depth, numbers):
    """An attribute with values nested `depth` deep."""
    return field(1, b"key") + field(2, nested((depth - 1) * len(numbers), numbers))


@pytest.mark.parametrize("numbers", [ARRAYS, LISTS], ids=["arrays", "lists"])
@pytest.mark.parametrize("depth", [101, 100_000])
@pytest.mark.parametrize("place", PLACES)
def test_values_nested_too_deep_are_refused(survivor, export, place, depth, numbers):
    with Counting(survivor) as change:
        assert export(PLACES[place](attribute(depth, numbers))).what == MALFORMED
    assert change.received == 0


@pytest.mark.parametrize("numbers", [ARRAYS, LISTS], ids=["arrays", "lists"])
@pytest.mark.parametrize("place", PLACES)
def test_values_nested_a_hundred_deep_are_taken(export, place, numbers):
    assert export(PLACES[place](attribute(100, numbers))).what == TAKEN


# How JSON nests a value in a value
JSON_NESTING = {
    "arrays": ('{"arrayValue":{"values":[', "]}}"),
    "lists": ('{"kvlistValue":{"values":[{"key":"a","value":', "}]}}"),
}
JSON_PLACES = {
    "a resource": '{"resourceSpans":[{"resource":{"attributes":[%s]}}]}',
    "an event": '{"resourceSpans":[{"scopeSpans":[{"spans":[{"events":[{"attributes":[%s]}]}]}]}]}',
}


def json_body(place, depth, kind):
    opening, closing = JSON_NESTING[kind]
    value = opening * (depth - 1) + '{"intValue":"1"}' + closing * (depth - 1)
    return (JSON_PLACES[place] % ('{"key":"key","value":%s}' % value)).encode()


def assert_refused_as_json(survivor, body):
    with Counting(survivor) as change:
        answer = http_client.send(survivor.http, body, JSON)
    assert (answer.status, answer.type) == (400, JSON)
    assert answer.error[0] == 3
    assert change.received == 0


@pytest.mark.parametrize("kind", JSON_NESTING)
@pytest.mark.parametrize("depth", [101, 100_000])
@pytest.mark.parametrize("place", JSON_PLACES)
def test_json_values_nested_too_deep_are_refused(survivor, place, depth, kind):
    assert_refused_as_json(survivor, json_body(place, depth, kind))


@pytest.mark.parametrize("kind", JSON_NESTING)
@pytest.mark.parametrize("place", JSON_PLACES)
def test_json_values_nested_a_hundred_deep_are_taken(survivor, place, kind):
    answer = http_client.send(survivor.http, json_body(place, 100, kind), JSON)
    assert answer.status == 200, answer.error


@pytest.mark.parametrize(
    "body",
    [b'{"unknown":' + b"[" * 100_000 + b"]" * 100_000 + b"}", b'{"a":' * 100_000, b"[" * 1_000_000],
    ids=["unknown arrays", "objects without an end", "arrays without an end"],
)
def test_json_of_any_other_depth_is_refused(survivor, body):
    assert_refused_as_json(survivor, body)


def test_a_million_empty_resource_spans_hold_nothing(survivor, export):
    with Counting(survivor) as change:
        assert export(b"\x0a\x00" * 1_000_000).what == TAKEN
    assert change.received == 0


def test_a_million_empty_spans_are_rejected_one_by_one(survivor, export):
    with Counting(survivor) as change:
        outcome = export(field(1, field(2, b"\x12\x00" * 1_000_000)))
    assert (outcome.what, outcome.rejected) == (TAKEN, 1_000_000)
    assert change.rejected == {"invalid_trace_id": 1_000_000}
