"""Which services are API servers, etcd and kubelets is configuration; the rest follows from it."""

import pytest

from harness import archives, spans
from harness.command import faultline
from harness.spans import MILLISECOND, SECOND
from opentelemetry.proto.trace.v1.trace_pb2 import Span

START = 1_767_225_600 * SECOND
NAMES = "services: {apiserver: [front-*, api], etcd: ['*store*'], kubelet: []}\n"


def traffic(api, store):
    """A request of ten milliseconds a second, of which the store takes six."""
    messages = []
    for number in range(1, 31):
        trace, begin = number.to_bytes(16, "big"), START + number * SECOND
        times = {"start_time_unix_nano": begin, "end_time_unix_nano": begin + 10 * MILLISECOND}
        top = spans.span("GET /api/v1/pods", trace_id=trace, span_id=b"\1" * 8, **times)
        call = spans.span(
            "etcdserverpb.KV/Range", kind=Span.SPAN_KIND_CLIENT, trace_id=trace, span_id=b"\2" * 8,
            parent_span_id=b"\1" * 8, start_time_unix_nano=begin + MILLISECOND,
            end_time_unix_nano=begin + 9 * MILLISECOND,
        )  # fmt: skip
        handler = spans.span(
            "etcdserverpb.KV/Range", trace_id=trace, span_id=b"\3" * 8, parent_span_id=b"\2" * 8,
            start_time_unix_nano=begin + 2 * MILLISECOND, end_time_unix_nano=begin + 8 * MILLISECOND,
        )
        messages += [spans.body(top, call, service=api), spans.body(handler, service=store)]
    return archives.framed(messages)


def replay(tmp_path, content, configuration):
    settings = tmp_path / "faultline.yaml"
    settings.write_text(configuration)
    rules = tmp_path / "rules.yaml"
    rules.write_text(
        "groups: [{name: roles, interval: 5s, rules: [{alert: Etcd, select: {role: etcd}, by: [service], "
        "when: count >= 5, over: 10s}]}]\n"
    )
    done = faultline(
        "replay", "--quiet", "--format", "json", "--config", settings, "--rules", rules, "-", input=content
    )
    assert (done.code, done.errors) == (0, "")
    return done.json


@pytest.mark.parametrize(
    "api, store, configuration",
    [
        ("apiserver", "etcd", ""),
        ("kube-apiserver-1", "etcd-events", "services: {kubelet: [node-agent]}\n"),
        ("front-door", "the-store-1", NAMES),
        ("api", "store", NAMES),
    ],
)
def test_requests_components_and_rules_follow_from_the_names_of_services(tmp_path, api, store, configuration):
    report = replay(tmp_path, traffic(api, store), configuration)
    (request,) = report["requests"]
    assert (request["verb"], request["resource"], request["count"]) == ("list", "pods", 30)
    seconds = {part["component"]: round(part["seconds"], 6) for part in request["components"]}
    assert seconds == {"etcd": 0.18, "etcd-client": 0.06, "apiserver": 0.06}
    assert {alert["labels"]["service"] for alert in report["alerts"]} == {store}


@pytest.mark.parametrize("api, store", [("apiserver", "etcd"), ("front", "etcd"), ("api-1", "etcd")])
def test_other_services_have_no_requests(tmp_path, api, store):
    report = replay(tmp_path, traffic(api, store), NAMES)
    assert (report["requests"], report["alerts"]) == ([], [])
    assert sum(row["count"] for row in report["operations"]) == 90


@pytest.mark.parametrize(
    "services, message",
    [
        ("{proxy: [a]}", 'unknown field "proxy"'),
        ("{etcd: ['']}", "the name of a service must be text in which * stands for any, but found an empty one"),
        ("{etcd: etcd}", "list"),
        ("{apiserver: []}", "name at least one, as in [kube-apiserver*], or leave apiserver out for the usual names"),
        ("{apiserver: [control], etcd: [control]}", "control under etcd never counts: each such service is one of apiserver already"),
        ("{apiserver: ['*'], etcd: ['etcd*']}", "etcd* under etcd never counts"),
        ("{etcd: ['kube-apiserver-*']}", "kube-apiserver-* under etcd never counts"),
    ],
)
def test_a_wrong_name_is_reported(tmp_path, services, message):
    file = tmp_path / "faultline.yaml"
    file.write_text(f"services: {services}\n")
    done = faultline("check", file)
    assert done.code == 1
    assert "faultline.yaml:1:" in done.output + done.errors
    assert message in done.output + done.errors


def test_a_report_without_an_api_server_says_how_to_name_it(tmp_path):
    hint = "no service is an API server"
    (tmp_path / "faultline.yaml").write_text(NAMES)
    (tmp_path / "spans.otlp").write_bytes(traffic("front", "store"))
    without = faultline("replay", tmp_path / "spans.otlp")
    assert without.code == 0 and hint in without.output
    assert "only front, store; " in without.output and "services: {apiserver: [NAME]}" in without.output
    (tmp_path / "named.otlp").write_bytes(traffic("front-1", "store"))
    assert hint not in faultline("replay", "--config", tmp_path / "faultline.yaml", tmp_path / "named.otlp").output
