"""The scrape, checked by Prometheus' own programs and by independent parsers."""

import subprocess

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from harness import http_client, project, spans
from harness.prometheus import Prometheus
from harness.spans import MILLISECOND
from harness.waiting import eventually

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
# What Prometheus 3 asks for, and what version 2 does
ACCEPTS = [
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
]

POD = "/api/v1/namespaces/shop/pods/checkout-0"


@pytest.fixture
def busy(serve):
    """A daemon that has received every kind of span, and refused some."""
    # Requests are observed once they have settled.
    daemon = serve(configuration="evaluation_delay: 0s\nattribution: {settle: 1s}\n")
    reads = [
        spans.span(
            "GET /api/v1/namespaces/{:namespace}/pods/{:name}",
            duration=20 * MILLISECOND,
            attributes=[spans.text("http.request.method", "GET"), spans.text("http.target", POD)],
            is_error=number == 0,
        )
        for number in range(10)
    ]
    calls = [spans.span("etcdserverpb.KV/Range", kind=Span.SPAN_KIND_CLIENT) for _ in range(5)]
    bad = spans.span(trace_id=b"")
    assert http_client.send(daemon.http, spans.body(*reads, *calls, bad, service="apiserver")).status == 200
    assert http_client.send(daemon.http, spans.body(*calls, service="apiserver")).status == 200
    assert http_client.send(daemon.http, b"\xff").status == 400
    eventually(lambda: daemon.metrics().all("faultline_request_duration_seconds_count"), "requests in the scrape")
    return daemon


def test_promtool_finds_no_problem(busy):
    _, _, text = busy.get("/metrics")
    judged = subprocess.run([project.tool("promtool"), "check", "metrics"], input=text, capture_output=True)
    assert (judged.returncode, judged.stdout.decode(), judged.stderr.decode()) == (0, "", "")


def test_prometheus_scrapes_it(busy, tmp_path):
    with Prometheus(busy.query, tmp_path) as prometheus:
        ((_, up),) = prometheus.wait_for("up == 1")
        assert up == 1

        assert prometheus.wait_for("faultline_spans_accepted_total")[0][1] == 15
        ((labels, count),) = prometheus.wait_for('faultline_request_duration_seconds_count{verb="get"}')
        assert count == 10
        # Prometheus treats an empty label, such as the core group, like a missing one.
        assert (labels.get("group"), labels["resource"], labels["scope"]) == (None, "pods", "resource")
        ((_, p99),) = prometheus.wait_for(
            'histogram_quantile(0.99, faultline_operation_duration_seconds_bucket{operation=~"GET .*"})'
        )
        assert 0.01 < p99 < 0.04
        kinds = prometheus.get("/api/v1/metadata")
        assert kinds["faultline_operation_duration_seconds"][0]["type"] == "histogram"
        assert kinds["faultline_spans_accepted"][0]["type"] == "counter"
        assert prometheus.targets() == ["up"]


def test_every_metric_of_the_contract_is_there(busy):
    metrics = busy.metrics()
    names = {sample.name for sample in metrics.samples}
    missing = {
        "faultline_operation_duration_seconds_bucket",
        "faultline_operation_errors_total",
        "faultline_request_duration_seconds_bucket",
        "faultline_window_latency_seconds",
        "faultline_window_error_ratio",
        "faultline_alerts",
        "faultline_spans_received_total",
        "faultline_spans_accepted_total",
        "faultline_spans_rejected_total",
        "faultline_spans_late_total",
        "faultline_spans_duplicates_total",
        "faultline_requests_refused_total",
        "faultline_ingest_inflight_bytes",
        "faultline_window_spans",
        "faultline_window_bytes",
        "faultline_history_bytes",
        "faultline_rule_evaluation_duration_seconds_bucket",
        "faultline_config_last_reload_successful",
        "faultline_build_info",
        "process_cpu_seconds_total",
        "process_resident_memory_bytes",
        "process_virtual_memory_bytes",
        "process_open_fds",
        "process_max_fds",
        "process_start_time_seconds",
        "process_threads",
    } - names
    assert not missing
    assert (metrics.received, metrics.accepted, metrics.duplicates) == (21, 15, 5)
    assert metrics.rejected == {"invalid_trace_id": 1}


@pytest.mark.parametrize("accept", ["text/plain", "*/*", "application/json", ""])
def test_a_client_that_does_not_ask_for_openmetrics_gets_text(busy, accept):
    status, type, text = busy.get("/metrics", Accept=accept)
    assert (status, type) == (200, TEXT)
    assert b"# EOF" not in text


@pytest.mark.parametrize("accept", ACCEPTS)
def test_openmetrics_says_the_same_as_text(busy, accept):
    status, type, text = busy.get("/metrics", Accept=accept)
    assert (status, type) == (200, OPENMETRICS)
    assert text.endswith(b"\n# EOF\n")
    # An independent parser that is strict about order, names, units and buckets.
    families = {family.name: family for family in text_string_to_metric_families(text.decode())}
    assert families["faultline_spans_accepted"].type == "counter"
    assert families["faultline_operation_duration_seconds"].unit == "seconds"

    plain = busy.metrics()
    for name in ("faultline_operation_duration_seconds", "faultline_operation_errors", "faultline_spans_rejected"):
        samples = {
            (sample.name, frozenset(sample.labels.items())): sample.value for sample in families[name].samples
        }
        same = {
            (sample.name, frozenset(sample.labels.items())): sample.value for sample in plain.families[name].samples
        }
        assert samples == same
