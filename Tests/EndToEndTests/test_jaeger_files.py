"""Jaeger's JSON, in which any field may be odd: what can't be converted is left out and reported, the rest is kept."""

import copy
import json

import pytest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, TracesData

from harness import archives, spans
from harness.command import faultline

SPAN = {
    "traceID": "1A2B",
    "spanID": "C",
    "operationName": "GET /cart",
    "startTime": 1767225600000000,
    "duration": 2500,
    "processID": "p1",
    "tags": [{"key": "a", "type": "string", "value": "b"}],
}
GOOD = {**SPAN, "spanID": "d", "operationName": "good"}


def document(*changes, processes={"p1": {"serviceName": "cart"}}):
    traced = [{**copy.deepcopy(SPAN), **change} for change in changes]
    return {"data": [{"traceID": "1a2b", "spans": [*traced, GOOD], "processes": processes}], "errors": None}


def converted(tmp_path, value):
    """The output of `convert`, and the spans by name with their service."""
    source, path = tmp_path / "traces.json", tmp_path / "converted"
    source.write_text(json.dumps(value))
    path.unlink(missing_ok=True)
    done = faultline("archive", "convert", "--to", "otlp", "-o", path, source)
    found = {}
    for record in archives.records(path.read_bytes()):
        for resource_spans in TracesData.FromString(record).resource_spans:
            service = [a.value.string_value for a in resource_spans.resource.attributes if a.key == "service.name"]
            for scope_spans in resource_spans.scope_spans:
                for span in scope_spans.spans:
                    found[span.name] = (service, span)
    return done, found


# Odd fields of a span that lose nothing.
HARMLESS = {
    "a duration with a fraction": {"duration": 2500.125},
    "a start in text": {"startTime": "1767225600000000"},
    "a start with an exponent": {"startTime": 1.7672256e15},
    "ids with their zeros": {"traceID": "1a2b".zfill(32), "spanID": "c".zfill(16)},
    "a tag without a type": {"tags": [{"key": "a", "value": "b"}]},
    "a tag of an unknown type": {"tags": [{"key": "a", "type": "date", "value": "b"}]},
    "no lists": {"tags": None, "logs": None, "references": None, "warnings": None},
    "fields of tomorrow": {"flags": 1, "warnings": ["x"], "tomorrow": {"tags": [{}]}},
    "no name": {"operationName": "GET /cart", "process": None},
}


@pytest.mark.parametrize("field", HARMLESS)
def test_an_odd_field_loses_nothing(tmp_path, field):
    done, found = converted(tmp_path, document(HARMLESS[field]))
    assert (done.code, done.errors) == (0, "")
    assert set(found) == {"GET /cart", "good"}
    service, span = found["GET /cart"]
    assert service == ["cart"]
    assert (span.trace_id.hex(), span.span_id.hex()) == ("1a2b".zfill(32), "c".zfill(16))
    duration = span.end_time_unix_nano - span.start_time_unix_nano
    assert duration == (2_500_125 if "fraction" in field else 2_500_000)
    assert span.start_time_unix_nano == 1767225600000000000


@pytest.mark.parametrize("processes", [None, {}, {"p1": None}, [], {"p2": {"serviceName": "x"}}], ids=str)
def test_spans_without_their_process_are_kept(tmp_path, processes):
    done, found = converted(tmp_path, document({}, processes=processes))
    assert (done.code, done.errors) == (0, "")
    assert {name: service for name, (service, _) in found.items()} == {"GET /cart": [], "good": []}


# Fields for which the span or a part of it is left out, and the message about it.
LEFT_OUT = {
    "no start": ({"startTime": None}, "1 span", '"C" has no startTime'),
    "a negative duration": ({"duration": -1}, "1 span", '"C" has no duration'),
    "a start that is none": ({"startTime": "yesterday"}, "1 span", "startTime"),
    "an id of other letters": ({"spanID": "xyz"}, "1 span", '"xyz" has no spanID'),
    "an id that is too long": ({"traceID": "1" * 33}, "1 span", "traceID"),
    "a tag without a key": ({"tags": [{"value": 1}, SPAN["tags"][0]]}, "1 tag", "no key"),
    "a tag without a value": ({"tags": [{"key": "x", "value": {}}, {"key": "y"}]}, "2 tags", '"x"'),
    "tags that are no list": ({"tags": {"a": "b"}}, "1 tag", "not a list"),
    "a log without a time": ({"logs": [{"fields": []}]}, "1 log", "timestamp"),
    "a reference without an id": ({"references": [{"refType": "CHILD_OF"}]}, "1 reference", "ids"),
}


@pytest.mark.parametrize("fault", LEFT_OUT)
def test_what_is_left_out_is_reported_with_an_example_and_the_rest_is_kept(tmp_path, fault):
    change, count, example = LEFT_OUT[fault]
    done, found = converted(tmp_path, document(change))
    (line,) = done.errors.splitlines()
    assert done.code == 1
    assert f"left out {count}; the first: " in line and example in line
    assert set(found) == ({"good"} if "span" in count else {"GET /cart", "good"})
    replayed = faultline("replay", "--format", "json", tmp_path / "traces.json")
    assert (replayed.code, replayed.json["spans"]["accepted"]) == (1, len(found))
    assert line in replayed.errors


def test_elements_that_are_not_traces_are_left_out(tmp_path):
    value = document({})
    value["data"] += [None, {"traceID": "1"}]
    done, found = converted(tmp_path, value)
    assert done.code == 1 and "left out 2 traces" in done.errors
    assert len(found) == 2


def test_parents_are_found_whatever_the_case_of_ids(tmp_path):
    child = {"refType": "CHILD_OF", "traceID": "1a2B", "spanID": "000D"}
    follows = {"refType": "FOLLOWS_FROM", "traceID": "1A2B", "spanID": "e"}
    elsewhere = {"refType": "CHILD_OF", "traceID": "ff", "spanID": "f"}
    cases = [
        ([follows, child], "d", ["e"]),
        ([follows], "e", []),
        ([elsewhere], "", ["f"]),
        ([elsewhere, follows], "e", ["f"]),
        ([{"refType": "CHILD_OF", "spanID": "D"}], "d", []),
    ]
    for references, parent, links in cases:
        _, found = converted(tmp_path, document({"references": references}))
        _, span = found["GET /cart"]
        assert span.parent_span_id.hex() == (parent and parent.zfill(16))
        assert [link.span_id.hex() for link in span.links] == [link.zfill(16) for link in links]


def test_values_keep_their_types_on_the_way_there_and_back(tmp_path):
    values = {
        "text": AnyValue(string_value="1"),
        "yes": AnyValue(bool_value=True),
        "whole": AnyValue(double_value=1.0),
        "half": AnyValue(double_value=0.5),
        "none": AnyValue(double_value=float("-inf")),
        "small": AnyValue(int_value=-3),
        "large": AnyValue(int_value=-(2**63)),
        "bytes": AnyValue(bytes_value=b"\x00\xff"),
    }
    attributes = [KeyValue(key=key, value=value) for key, value in values.items()]
    span = spans.span(
        name="all",
        kind=Span.SPAN_KIND_CLIENT,
        is_error=True,
        attributes=attributes,
        parent_span_id=bytes(range(8)),
        start_time_unix_nano=1767225600000000000,
        end_time_unix_nano=1767225600000001000,
        events=[Span.Event(name="event", time_unix_nano=5000, attributes=attributes)],
        links=[Span.Link(trace_id=bytes(range(16)), span_id=bytes(range(1, 9)))],
    )
    request = spans.request(span)
    request.resource_spans[0].resource.attributes.extend(attributes)
    request.resource_spans[0].scope_spans[0].scope.name = "scope"
    request.resource_spans[0].scope_spans[0].scope.version = "1.2"
    source, page, back = tmp_path / "source", tmp_path / "page.json", tmp_path / "back"
    source.write_bytes(archives.framed([request.SerializeToString()]))
    assert faultline("archive", "convert", "--to", "jaeger", "-o", page, source).code == 0
    tags = {tag["key"]: tag for tag in json.loads(page.read_text())["data"][0]["spans"][0]["tags"]}
    assert (tags["whole"]["type"], tags["bytes"]["type"]) == ("float64", "binary")
    # Jaeger writes as text what its UI could not represent exactly.
    assert (tags["large"]["type"], tags["large"]["value"]) == ("int64", str(-(2**63)))
    done = faultline("archive", "convert", "--to", "otlp", "-o", back, page)
    assert (done.code, done.errors) == (0, "")
    (record,) = archives.records(back.read_bytes())
    assert TracesData.FromString(record) == TracesData.FromString(request.SerializeToString())
