"""Single traces: `/api/v1/traces` and `/api/v1/traces/ID`, with everything that their spans carried."""

import json
import math
import time
from urllib.parse import urlencode

import pytest
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.trace.v1.trace_pb2 import Span, TracesData

from harness import http_client, now, spans
from harness.daemon import Faultline

HOSTILE = '<img src=x onerror=alert(1)>\x1b]0;title\x07‮'


@pytest.fixture(scope="module")
def capture():
    return now.messages()


@pytest.fixture(scope="module")
def daemon(capture, tmp_path_factory):
    # Two minutes of spans are sent at once: no slot may settle before all of its spans have come.
    configuration = tmp_path_factory.mktemp("traces") / "faultline.yaml"
    configuration.write_text("attribution: {settle: 10m}\n")
    with Faultline("--config", configuration) as running:
        now.send(running, capture)
        yield running


def get(daemon, path, **parameters):
    status, type, body = daemon.get(path + ("?" + urlencode(parameters) if parameters else ""))
    assert (status, type) == (200, "application/json"), body
    return json.loads(body)


def refused(daemon, path, **parameters):
    status, type, body = daemon.get(path + "?" + urlencode(parameters))
    assert (status, type) == (400, "application/json")
    return json.loads(body)["error"]


@pytest.fixture(scope="module")
def by_trace(capture):
    """The spans of each trace, as they were sent."""
    found = {}
    for message in capture:
        for span in now.spans(message):
            found.setdefault(span.trace_id.hex(), {})[span.span_id.hex()] = span
    return found


def test_the_longest_requests_come_first(daemon, by_trace):
    found = get(daemon, "/api/v1/traces", limit=50)
    durations = [trace["duration_seconds"] for trace in found["traces"]]
    assert len(durations) == 50 and durations == sorted(durations, reverse=True)
    assert found["truncated"]
    for trace in found["traces"]:
        assert trace["span_count"] == len(by_trace[trace["trace_id"]])
        assert math.isclose(sum(part["seconds"] for part in trace["components"]), trace["duration_seconds"], abs_tol=1e-8)


def test_a_trace_carries_everything_that_was_sent(daemon, by_trace):
    for found in get(daemon, "/api/v1/traces", limit=20)["traces"]:
        trace = get(daemon, f"/api/v1/traces/{found['trace_id']}")
        sent = by_trace[found["trace_id"]]
        own = [span for span in trace["spans"] if "trace_id" not in span]
        assert trace["whole"] and {span["span_id"] for span in own} == set(sent)
        for span in own:
            original = MessageToDict(sent[span["span_id"]])
            names = [attribute["key"] for attribute in original.get("attributes", [])]
            assert set(span["attributes"]) == set(names)
            assert [event["name"] for event in span["events"]] == [e["name"] for e in original.get("events", [])]
            nanoseconds = sent[span["span_id"]].end_time_unix_nano - sent[span["span_id"]].start_time_unix_nano
            assert round(span["duration_seconds"] * 1e9) == nanoseconds


def test_whose_time_it_was_covers_each_request_without_gaps(daemon):
    for found in get(daemon, "/api/v1/traces", limit=100)["traces"]:
        for request in get(daemon, f"/api/v1/traces/{found['trace_id']}")["requests"]:
            at = request["offset_seconds"]
            for part in request["parts"]:
                assert math.isclose(part["offset_seconds"], at, abs_tol=1e-8)
                at += part["seconds"]
            assert math.isclose(at - request["offset_seconds"], request["duration_seconds"], abs_tol=1e-7)


def test_whose_time_it_was_agrees_with_the_attribution_of_all_requests(daemon):
    compared = 0
    for found in get(daemon, "/api/v1/traces", limit=200)["traces"]:
        trace = get(daemon, f"/api/v1/traces/{found['trace_id']}")
        if len(trace["requests"]) != 1:
            continue
        expected = {part["component"]: part["seconds"] for part in found["components"]}
        actual = {part["component"]: part["seconds"] for part in trace["requests"][0]["components"]}
        assert set(actual) == set(expected)
        assert all(math.isclose(actual[name], expected[name], abs_tol=2e-9) for name in actual), found["trace_id"]
        compared += 1
    assert compared > 100


def test_a_request_is_ranked_among_its_kind(daemon):
    requests = {}
    for row in get(daemon, "/api/v1/requests"):
        requests[tuple(row[label] for label in ("verb", "group", "resource", "subresource", "scope"))] = row
    found = get(daemon, "/api/v1/traces", verb="update", resource="leases", limit=1)["traces"][0]
    request = get(daemon, f"/api/v1/traces/{found['trace_id']}")["requests"][0]
    row = requests[tuple(request[label] for label in ("verb", "group", "resource", "subresource", "scope"))]
    assert request["rank"]["of"] == row["count"]
    assert request["rank"]["faster_share"] > 0.99


@pytest.mark.parametrize(
    "parameters, holds",
    [
        ({"status": "error"}, lambda trace: trace["status"] == "error"),
        ({"verb": "list"}, lambda trace: trace["request"]["verb"] == "list"),
        ({"min_duration": "100ms", "max_duration": "200ms"}, lambda trace: 0.1 <= trace["duration_seconds"] <= 0.2),
        ({"service": "etcd", "operation": "etcdserverpb.KV/Txn"}, lambda trace: trace["service"] == "etcd"),
        ({"component": "serialize"}, lambda trace: "serialize" in [part["component"] for part in trace["components"]]),
    ],
)
def test_a_search_finds_what_it_asks_for(daemon, parameters, holds):
    found = get(daemon, "/api/v1/traces", limit=30, **parameters)["traces"]
    assert found and all(holds(trace) for trace in found)


def test_the_longest_part_of_a_component_comes_first(daemon):
    found = get(daemon, "/api/v1/traces", component="etcd", order="part", limit=30)["traces"]
    parts = [next(p["seconds"] for p in trace["components"] if p["component"] == "etcd") for trace in found]
    assert parts == sorted(parts, reverse=True) and len(parts) == 30


def test_a_range_of_time_limits_the_search(daemon):
    everything = get(daemon, "/api/v1/traces", order="recent", limit=1000)
    middle = everything["traces"][500]["start"]
    older = get(daemon, "/api/v1/traces", order="recent", limit=1000, to=middle)["traces"]
    assert older and all(trace["start"] <= middle for trace in older)


@pytest.mark.parametrize(
    "parameters, message",
    [
        ({"limit": "0"}, "limit must be a number from 1 to"),
        ({"limit": "1000000000000"}, "limit must be a number from 1 to"),
        ({"component": "disk"}, "component must be one of etcd, etcd-client"),
        ({"min_duration": "fast"}, "min_duration must be a duration such as"),
        ({"min_duration": "2s", "max_duration": "1s"}, "min_duration must not be more than max_duration, but 2s is more than 1s"),
        ({"order": "best"}, "order must be duration, recent or part"),
        ({"order": "part"}, "order=part needs component"),
        ({"min_part": "1ms"}, "min_part needs component"),
        ({"verb": "GET"}, "verb must be in lower case, such as list"),
        ({"scope": "Namespace"}, "scope must be resource, namespace, cluster or empty"),
        ({"status": "broken"}, "status must be ok or error"),
        ({"component": "etcd", "service": "etcd"}, "can't be combined"),
        ({"colour": "red"}, "unknown parameter"),
    ],
)
def test_a_wrong_parameter_says_what_would_be_right(daemon, parameters, message):
    assert message in refused(daemon, "/api/v1/traces", **parameters)


def test_a_trace_can_be_copied_as_otlp_and_as_jaegers_json(daemon, by_trace):
    id = get(daemon, "/api/v1/traces", limit=1)["traces"][0]["trace_id"]
    otlp = get(daemon, f"/api/v1/traces/{id}", format="otlp")
    spans = [s for r in otlp["resourceSpans"] for scope in r["scopeSpans"] for s in scope["spans"]]
    assert {span["spanId"] for span in spans} == set(by_trace[id])
    jaeger = get(daemon, f"/api/v1/traces/{id}", format="jaeger")
    assert {span["spanID"] for span in jaeger["data"][0]["spans"]} == set(by_trace[id])


def test_a_span_sent_twice_is_there_once_and_hostile_text_stays_text(serve):
    daemon = serve()
    message = TracesData()
    resource = message.resource_spans.add()
    resource.resource.attributes.add(key="service.name").value.string_value = "apiserver"
    span = resource.scope_spans.add().spans.add(
        trace_id=bytes(range(16)), span_id=bytes(range(1, 9)), name=HOSTILE, kind=Span.SPAN_KIND_SERVER
    )
    span.end_time_unix_nano = time.time_ns()
    span.start_time_unix_nano = span.end_time_unix_nano - 1_000_000
    span.attributes.add(key=HOSTILE).value.string_value = HOSTILE
    span.attributes.add(key="big").value.int_value = 2**60
    span.status.code = 2
    span.status.message = HOSTILE
    now.send(daemon, [message, message])
    status, _, body = daemon.get("/api/v1/traces/" + bytes(range(16)).hex())
    assert status == 200 and b"\x1b" not in body and "‮".encode() not in body
    (found,) = json.loads(body)["spans"]
    assert found["operation"] == HOSTILE and found["status"] == {"code": "error", "message": HOSTILE}
    assert found["attributes"] == {HOSTILE: HOSTILE, "big": str(2**60)}


def test_the_oldest_bodies_go_first_and_columns_still_show_their_traces(serve, capture):
    daemon = serve(configuration="traces: {max_bytes: 1MiB}\n")
    now.send(daemon, capture)
    found = get(daemon, "/api/v1/traces", order="recent", limit=1000)["traces"]
    assert get(daemon, f"/api/v1/traces/{found[0]['trace_id']}")["whole"]
    first = next(now.spans(capture[0])).trace_id.hex()
    assert not get(daemon, f"/api/v1/traces/{first}")["whole"]
    held = daemon.metrics().value("faultline_memory_bytes", part="traces")
    assert 0 < held <= 1 << 20


def test_without_room_nothing_is_kept_and_columns_answer(serve, capture):
    daemon = serve(configuration="traces: {max_bytes: 0}\n")
    now.send(daemon, capture[:3])
    found = get(daemon, "/api/v1/traces", limit=1)["traces"][0]
    trace = get(daemon, f"/api/v1/traces/{found['trace_id']}")
    assert trace["spans"] and not trace["whole"]
    assert daemon.get(f"/api/v1/traces/{found['trace_id']}?format=otlp")[0] == 404
    assert daemon.metrics().value("faultline_memory_bytes", part="traces") == 0


def test_a_span_of_another_service_is_no_part_of_the_api_server(serve):
    daemon = serve()
    trace = b"o" * 16
    for service in ("apiserver", "checkout", "kubelet"):
        assert http_client.send(daemon.http, spans.body(spans.span(f"GET /{service}", trace_id=trace), service=service)).status == 200
    found = json.loads(daemon.get(f"/api/v1/traces/{trace.hex()}")[2])["spans"]
    assert {span["service"]: span["component"] for span in found} == {"apiserver": "apiserver", "checkout": "other", "kubelet": "other"}
