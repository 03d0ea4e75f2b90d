"""A request that kube-apiserver passes on to an aggregated API server has two SERVER spans, and is one request."""

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from harness import faults
from harness.command import faultline
from harness.spans import MILLISECOND, SECOND

BEGIN = 1_767_225_600 * SECOND
PATH = "/apis/metrics.k8s.io/v1beta1/nodes"
COUNT = 20
SERVER, CLIENT, INTERNAL = Span.SPAN_KIND_SERVER, Span.SPAN_KIND_CLIENT, Span.SPAN_KIND_INTERNAL


def traces(call, path=PATH):
    """Requests of 100 ms of which the aggregated server takes the middle 60 ms, authentication included, and etcd 10 of these."""
    found = []
    for trace in range(1, COUNT + 1):
        parent = b""
        for number, (name, kind, start, end, target) in enumerate([
            (f"GET {PATH}", SERVER, 0, 100, PATH), (*call, 10, 90, None), ("authentication", INTERNAL, 20, 80, None),
            (f"GET {path}", SERVER, 25, 75, path), ("etcdserverpb.KV/Range", CLIENT, 40, 50, None),
        ], 1):
            span = Span(
                trace_id=trace.to_bytes(16, "big"), span_id=number.to_bytes(8, "big"), parent_span_id=parent, name=name, kind=kind,
                start_time_unix_nano=BEGIN + trace * SECOND + start * MILLISECOND,
                end_time_unix_nano=BEGIN + trace * SECOND + end * MILLISECOND,
            )
            if target:
                for key, value in (("url.path", target), ("http.request.method", "GET")):
                    span.attributes.add(key=key).value.string_value = value
            parent = span.span_id
            found.append(("apiserver", span))
    return found


def replay(spans):
    done = faultline("replay", "--quiet", "--format", "json", "-", input=faults.exported(spans))
    assert (done.code, done.errors) == (0, "")
    return done.json


def parts(row):
    return {part["component"]: round(part["seconds"], 6) for part in row["components"]}


@pytest.mark.parametrize("call", [("HTTP GET", CLIENT), ("Proxy via http", INTERNAL)])
def test_a_request_that_is_passed_on_counts_once(call):
    report = replay(traces(call))
    (row,) = report["requests"]
    assert (row["verb"], row["group"], row["resource"], row["count"]) == ("list", "metrics.k8s.io", "nodes", COUNT)
    # The call's own 20 ms, and the 60 ms below it
    assert parts(row) == {"apiserver": round(0.02 * COUNT, 6), "proxy": round(0.08 * COUNT, 6)}
    assert {row["operation"]: row["count"] for row in report["operations"]}[f"GET {PATH}"] == 2 * COUNT


def test_another_request_that_a_request_makes_is_its_own():
    rows = {row["resource"]: row for row in replay(traces(("HTTP GET", CLIENT), "/api/v1/pods"))["requests"]}
    assert {resource: row["count"] for resource, row in rows.items()} == {"nodes": COUNT, "pods": COUNT}
    assert parts(rows["pods"]) == {
        "authentication": round(0.005 * COUNT, 6), "apiserver": round(0.04 * COUNT, 6), "etcd-client": round(0.01 * COUNT, 6),
    }


def test_a_request_below_a_webhook_is_its_own():
    rows = replay(traces(("Call validating webhook", INTERNAL)))["requests"]
    assert [row["count"] for row in rows] == [2 * COUNT]
