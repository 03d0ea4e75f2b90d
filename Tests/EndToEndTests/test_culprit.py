"""Attribution and culprits in the report of a replay, the scrape, the API and alerts."""

import json
import math
import time

import pytest

from harness import archives, http_client, now, project, spans
from harness.command import faultline
from harness.spans import MILLISECOND, SECOND
from harness.waiting import eventually
from harness.webhook import WebhookReceiver

COMPONENTS = {
    "etcd", "etcd-client", "storage", "watch-cache", "authentication", "authorization", "audit", "impersonation",
    "priority-and-fairness", "mutating-webhook", "validating-webhook", "serialize", "transform", "proxy", "apiserver",
}
RULES = """
groups:
  - name: quick
    interval: 1s
    rules:
      - alert: CreateSlow
        select: {verb: create}
        when: p50 > 100ms and share(etcd) > 60% and time(etcd) > 50ms
        over: 1m
        annotations: {note: "{{ $labels.verb }}: {{ $culprit }}"}
"""
QUICK = "evaluation_delay: 0s\nattribution: {settle: 1s}\n"


@pytest.fixture(scope="module")
def report():
    return faultline("replay", "--format", "json", project.EXAMPLE).json


def test_the_components_of_requests_add_up_to_their_time(report):
    assert report["requests"]
    for request in report["requests"]:
        components = request["components"]
        assert {component["component"] for component in components} <= COMPONENTS
        assert math.isclose(sum(component["share"] for component in components), 1, abs_tol=1e-9)
        seconds = [component["seconds"] for component in components]
        assert seconds == sorted(seconds, reverse=True)
        assert all(0 <= component["p99_seconds"] <= request["max_seconds"] for component in components)


def test_operations_have_self_times(report):
    assert all(
        row["self_max_seconds"] <= row["max_seconds"] and row["self_p99_seconds"] <= row["p99_seconds"]
        for row in report["operations"] if "self_p99_seconds" in row
    )
    nested = [row for row in report["operations"] if row["operation"] == "authorization"]
    assert nested and nested[0]["self_p50_seconds"] < nested[0]["p50_seconds"] / 10


def test_the_alerts_of_a_slow_etcd_say_so(report):
    assert report["alerts"]
    for alert in report["alerts"]:
        evidence = alert["evidence"]
        assert evidence["culprit"]["side"] == "etcd"
        assert evidence["culprit"]["component"] == "etcd"
        assert evidence["culprit"]["certainty"] in ("clear", "likely")
        assert evidence["culprit"]["why"].startswith("etcd: ")
        etcd = next(row for row in evidence["components"] if row["component"] == "etcd")
        assert etcd["seconds"] > 10 * etcd["baseline_seconds"]
        assert 1 <= len(evidence["traces"]) <= 5
        assert all(len(bytes.fromhex(trace)) == 16 for trace in evidence["traces"])


def test_the_report_for_people_names_the_culprit():
    text = faultline("replay", project.EXAMPLE).output
    assert "etcd (clear): its own handlers took" in text
    assert " etcd-client " in text and "self p99" in text


def create(number, end):
    """A request of 200 ms to create a pod, 150 ms of it in etcd: the API server's span and etcd's."""
    trace = (1 << 64 | number).to_bytes(16, "big")
    request = spans.span(
        "POST /api/v1/namespaces/{:namespace}/pods",
        trace_id=trace,
        start_time_unix_nano=end - 200 * MILLISECOND,
        end_time_unix_nano=end,
        attributes=[
            spans.text("http.request.method", "POST"),
            spans.text("http.target", "/api/v1/namespaces/default/pods"),
        ],
    )
    call = spans.span(
        "etcdserverpb.KV/Txn",
        trace_id=trace,
        parent_span_id=request.span_id,
        start_time_unix_nano=end - 180 * MILLISECOND,
        end_time_unix_nano=end - 30 * MILLISECOND,
    )
    return request, call


def test_a_baseline_that_does_not_exist_is_not_zero(tmp_path):
    (tmp_path / "rules.yaml").write_text(RULES)
    begin = 1_795_300_000 * 1_000 * MILLISECOND
    messages = [
        spans.body(made, service=service)
        for number in range(40)
        for service, made in zip(("apiserver", "etcd"), create(number, begin + number * 500 * MILLISECOND))
    ]
    (tmp_path / "first.otlp").write_bytes(archives.framed(messages))
    command = ("replay", "--quiet", "--rules", tmp_path / "rules.yaml", tmp_path / "first.otlp")
    (alert,) = faultline(*command, "--format", "json").json["alerts"]
    components = alert["evidence"]["components"]
    assert [row["component"] for row in components] == ["etcd", "apiserver"]
    assert {row["baseline_seconds"] for row in components} == {None}
    assert "etcd 150 ms (no baseline yet)" in faultline(*command).output


def test_a_request_of_more_parts_than_any_slot_has_spans_is_reported(tmp_path, serve):
    """One request of 13 s: its children ended in earlier slots, and its own slot has no other span."""

    def made(end):
        def child(name, start, stop, kind):
            return spans.span(
                name, kind=kind, trace_id=b"7" * 16, parent_span_id=b"1" * 8,
                start_time_unix_nano=end - (13 - start) * SECOND, end_time_unix_nano=end - (13 - stop) * SECOND,
            )

        request = spans.span(
            "POST /api/v1/namespaces/{:namespace}/pods", 13 * SECOND, trace_id=b"7" * 16, span_id=b"1" * 8,
            start_time_unix_nano=end - 13 * SECOND, end_time_unix_nano=end,
            attributes=[
                spans.text("http.request.method", "POST"), spans.text("url.path", "/api/v1/namespaces/a/pods"),
            ],
        )
        webhook = child("Call mutating webhook", 1, 4, spans.Span.SPAN_KIND_INTERNAL)
        call = child("etcdserverpb.KV/Txn", 6, 8, spans.Span.SPAN_KIND_CLIENT)
        return spans.body(request, webhook, call, service="apiserver")

    def check(row):
        assert (row["verb"], row["count"], row["max_seconds"]) == ("create", 1, 13)
        assert {part["component"]: part["seconds"] for part in row["components"]} == {
            "apiserver": 8, "mutating-webhook": 3, "etcd-client": 2,
        }

    (tmp_path / "long.otlp").write_bytes(archives.framed([made(1_795_300_013 * SECOND)]))
    (row,) = faultline("replay", "--format", "json", tmp_path / "long.otlp").json["requests"]
    check(row)

    daemon = serve(RULES, QUICK)
    assert http_client.send(daemon.http, made(time.time_ns())).status == 200
    (row,) = json.loads(daemon.get("/api/v1/requests")[2])
    check(row)


def test_a_daemon_attributes_the_time_of_requests(serve):
    with WebhookReceiver() as receiver:
        daemon = serve(RULES + f'sinks:\n  - webhook: {{url: "{receiver.url}"}}\n', QUICK)
        requests, calls = zip(*(create(number, end=time.time_ns()) for number in range(10)))
        # etcd's own spans come first, in a separate batch.
        for service, made in (("etcd", calls), ("apiserver", requests)):
            assert http_client.send(daemon.http, spans.body(*made, service=service)).status == 200

        payload = receiver.next()
        (alert,) = payload["alerts"]
        assert alert["labels"]["alertname"] == "CreateSlow"
        evidence = alert["evidence"]
        assert evidence["culprit"] == {
            "side": None, "component": None, "certainty": "not clear",
            "why": "there is nothing from before to compare with",
        }
        assert alert["annotations"]["culprit"] == "not clear: there is nothing from before to compare with"
        assert alert["annotations"]["note"] == "create: " + alert["annotations"]["culprit"]
        seconds = {row["component"]: row["seconds"] for row in evidence["components"]}
        assert seconds == pytest.approx({"etcd": 0.15, "apiserver": 0.05})
        # Not 0: there is no baseline.
        assert {row["baseline_seconds"] for row in evidence["components"]} == {None}
        assert set(evidence["traces"]) <= {request.trace_id.hex() for request in requests}

        status, _, body = daemon.get("/api/v1/traces/" + evidence["traces"][0])
        assert status == 200
        request, call = json.loads(body)["spans"]
        assert request["service"] == "apiserver" and "parent_span_id" not in request
        assert (call["service"], call["parent_span_id"]) == ("etcd", request["span_id"])
        assert daemon.get("/api/v1/traces/" + "0" * 31)[0] == 400
        assert daemon.get("/api/v1/traces/" + "f" * 32)[0] == 404

        (row,) = json.loads(daemon.get("/api/v1/requests")[2])
        assert {part["component"]: part["share"] for part in row["components"]} == pytest.approx(
            {"etcd": 0.75, "apiserver": 0.25})
        # The counter covers settled slots.
        labels = {"verb": "create", "resource": "pods", "component": "etcd"}
        eventually(
            lambda: daemon.metrics().sum("faultline_request_component_seconds_total", **labels)
            == pytest.approx(1.5),
            "the counter of etcd's seconds",
        )


def test_a_fault_that_is_heard_of_a_minute_late_is_no_measure_of_health(serve):
    """The daemon has evaluated the time of the fault before its spans come, so it notices the fault near the end."""
    daemon = serve(faultline("builtin-rules").output)
    first, *rest = now.messages()
    now.send(daemon, [first])

    def evaluations():
        return daemon.metrics().sum("faultline_rule_evaluation_duration_seconds_count")

    before = evaluations()
    # One may have been going on.
    eventually(lambda: evaluations() >= before + 2, "an evaluation of what was sent")
    now.send(daemon, [now.joined(rest)])
    assert daemon.metrics().sum("faultline_spans_late_total") > 1_000
    (incident,) = eventually(lambda: json.loads(daemon.get("/api/v1/incidents")[2]), "an incident")
    assert incident["culprit"]["side"] == incident["culprit"]["component"] == "etcd"
    assert incident["culprit"]["certainty"] == "clear"
