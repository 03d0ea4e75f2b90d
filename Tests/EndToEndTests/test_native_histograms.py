"""The scrape in protobuf: native histograms beside classic buckets, exemplars, and what a real Prometheus makes of them."""

import math
import subprocess
from collections import defaultdict

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from harness import http_client, metric_families, now, project, spans
from harness.recordings import replay
from harness.metric_families import COUNTER, GAUGE, HISTOGRAM, labels, native_buckets
from harness.prometheus import Prometheus
from harness.spans import MILLISECOND
from harness.waiting import eventually

PROTOBUF = metric_families.ACCEPT
TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
DURATIONS = "faultline_operation_duration_seconds"


@pytest.fixture
def daemon(serve):
    return serve(configuration="evaluation_delay: 0s\nattribution: {settle: 1s}\n")


def scrape(daemon):
    status, kind, contents = daemon.get("/metrics", Accept=PROTOBUF)
    assert (status, kind) == (200, PROTOBUF)
    return metric_families.parse(contents)


# What was asked for, and what must come. The first three are what Prometheus 2.42 and 3.5 send.
NEGOTIATIONS = {
    PROTOBUF.replace("; ", ";") + ",application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5,*/*;q=0.1": PROTOBUF,
    PROTOBUF.replace("; ", ";") + ";q=0.6,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,*/*;q=0.2": PROTOBUF,
    "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1": OPENMETRICS,
    "application/openmetrics-text;q=0.3," + PROTOBUF + ";q=0.2": OPENMETRICS,
    "text/plain;q=0.9,application/openmetrics-text;q=0.3": TEXT,
    PROTOBUF + ";q=0,text/plain;q=0.1": TEXT,
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text": TEXT,
    "application/vnd.google.protobuf;proto=com.example.Other;encoding=delimited": TEXT,
}


@pytest.mark.parametrize("accept", NEGOTIATIONS)
def test_the_format_is_the_one_that_is_preferred(daemon, accept):
    assert daemon.get("/metrics", Accept=accept)[1] == NEGOTIATIONS[accept]


def test_protobuf_says_the_same_as_text(daemon):
    hostile = [spans.span(name) for name in ('quote " and \\ back', "line\nfeed", "a\\n", "ü…")]
    assert http_client.send(daemon.http, spans.body(*hostile)).status == 200
    # Only what the scrapes themselves don't change
    names = (DURATIONS, "faultline_operation_errors_total", "faultline_window_latency_seconds", "faultline_window_spans")
    text = {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for sample in daemon.metrics().samples
        if sample.name.startswith(names)
    }
    found = {}
    families = scrape(daemon)
    for name in names:
        for metric in families[name].metric:
            own = labels(metric)
            for suffix, extra, value in samples(families[name].type, metric):
                found[name + suffix, frozenset({**own, **extra}.items())] = value
    assert found == text
    assert families[DURATIONS].unit == "seconds"
    assert families[DURATIONS].help


def samples(kind, metric):
    """Suffix, further labels and value of each sample that the text format has of a metric."""
    if kind == COUNTER:
        assert metric.counter.created_timestamp.seconds > 1_700_000_000
        return [("", {}, metric.counter.value)]
    if kind == GAUGE:
        return [("", {}, metric.gauge.value)]
    assert kind == HISTOGRAM
    histogram = metric.histogram
    buckets = [
        ("_bucket", {"le": "+Inf" if math.isinf(bucket.upper_bound) else f"{bucket.upper_bound:g}"}, bucket.cumulative_count)
        for bucket in histogram.bucket
    ]
    return [*buckets, ("_sum", {}, histogram.sample_sum), ("_count", {}, histogram.sample_count)]


def test_native_buckets_hold_each_span_once(daemon):
    durations = [0, 1, 2, 999, 1_000, 500_000, 500_001, MILLISECOND, 3 * MILLISECOND, 10**9, 2**30, 7 * 10**12]
    sent = [spans.span("odd", duration=duration) for duration in durations]
    assert http_client.send(daemon.http, spans.body(*sent)).status == 200
    (metric,) = [m for m in scrape(daemon)[DURATIONS].metric if labels(m)["operation"] == "odd"]
    histogram = metric.histogram
    assert (histogram.sample_count, histogram.zero_count, histogram.schema) == (len(durations), 1, 3)
    assert 0 < histogram.zero_threshold < 1e-9
    buckets = native_buckets(histogram)
    for lower, upper, count in buckets:
        assert count == sum(lower < duration / 1e9 <= upper for duration in durations)
    assert sum(count for _, _, count in buckets) + histogram.zero_count == len(durations)


def test_durations_of_all_magnitudes_are_merged_into_fewer_buckets(daemon):
    durations = [int(2 ** (number / 8)) for number in range(80, 360)]
    for chunk in range(0, len(durations), 50):
        sent = [spans.span("wide", duration=duration) for duration in durations[chunk : chunk + 50]]
        assert http_client.send(daemon.http, spans.body(*sent)).status == 200
    (metric,) = [m for m in scrape(daemon)[DURATIONS].metric if labels(m)["operation"] == "wide"]
    buckets = native_buckets(metric.histogram)
    assert metric.histogram.schema == 2
    assert len(buckets) <= 160
    for lower, upper, count in buckets:
        assert count == sum(lower < duration / 1e9 <= upper for duration in durations)


def test_exemplars_lead_to_traces_of_their_buckets(daemon):
    sent = [
        spans.span("GET /api/v1/pods", duration=duration, attributes=[spans.text("http.request.method", "GET"), spans.text("http.target", "/api/v1/pods")])
        for duration in (MILLISECOND, 4 * MILLISECOND, 700 * MILLISECOND, 40_000 * MILLISECOND)
    ]
    assert http_client.send(daemon.http, spans.body(*sent, service="apiserver")).status == 200
    took = {span.trace_id.hex(): (span.end_time_unix_nano - span.start_time_unix_nano) / 1e9 for span in sent}
    eventually(lambda: daemon.metrics().all("faultline_request_duration_seconds_count"), "the requests in the scrape")
    families = scrape(daemon)
    for name in (DURATIONS, "faultline_request_duration_seconds"):
        (metric,) = families[name].metric
        lower, found = 0, {}
        for bucket in metric.histogram.bucket:
            if bucket.HasField("exemplar"):
                own = {pair.name: pair.value for pair in bucket.exemplar.label}
                assert lower < bucket.exemplar.value <= bucket.upper_bound
                assert bucket.exemplar.timestamp.seconds > 1_700_000_000
                found[own["trace_id"]] = bucket.exemplar.value
            lower = bucket.upper_bound
        assert found == pytest.approx(took)
        assert [e.label[0].value for e in metric.histogram.exemplars] == list(found)

    # OpenMetrics has them too, Prometheus' text format can't.
    _, _, text = daemon.get("/metrics", Accept="application/openmetrics-text")
    assert all(f'trace_id="{trace}"'.encode() in text for trace in took)
    assert b'{trace_id="' not in daemon.get("/metrics", Accept="text/plain")[2]
    (trace, *_) = took
    assert daemon.get(f"/api/v1/traces/{trace}")[0] == 200


@pytest.fixture(params=["of this release", "newer"])
def prometheus(request, daemon, tmp_path):
    """Starts a real Prometheus that reads native histograms: Debian's own, and that of sid, which can keep classic buckets too."""
    program = newer = None
    if request.param == "newer":
        program = project.TOOLS / "prometheus-newer" / "usr" / "bin" / "prometheus"
        assert program.exists(), "no newer Prometheus: run Scripts/install-packages.sh test"
        # Debian trixie's, if sid's couldn't be had, has another name for the setting.
        is_old = "version 2." in subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
        newer = f"    {'scrape' if is_old else 'always_scrape'}_classic_histograms: true\n"
    features = ["--enable-feature=native-histograms,exemplar-storage"]
    return lambda: Prometheus(daemon.query, tmp_path, options=features, extra=newer or "", program=program), bool(newer)


def test_a_prometheus_reads_native_histograms_and_exemplars(daemon, prometheus):
    start, has_both = prometheus
    capture = now.messages()
    now.send(daemon, capture)
    expected = {
        (row["service"], row["operation"], row["kind"]): row for row in replay(project.EXAMPLE).json["operations"]
    }
    with start() as prometheus:
        prometheus.wait_for(f"histogram_count({DURATIONS}) > 0")
        for share in (0.5, 0.9, 0.99):
            compared = 0
            for found, value in prometheus.query(f"histogram_quantile({share}, {DURATIONS})"):
                row = expected[found["service"], found["operation"], found["kind"]]
                exact = row[f"p{share * 100:g}_seconds"]
                # Prometheus takes rank q·n where the report takes the next whole one, so the neighbour may count.
                if row["count"] >= 500:
                    assert exact / 2 ** (1 / 8) <= value <= exact * 2 ** (1 / 8), (found, value, exact)
                    compared += 1
            assert compared >= 10
        if has_both:
            native = dict(counts(prometheus, f"histogram_count({DURATIONS})"))
            assert native and native == dict(counts(prometheus, f"{DURATIONS}_count"))
        known = {span.trace_id.hex() for message in capture for span in now.spans(message)}
        series = prometheus.get("/api/v1/query_exemplars", query=DURATIONS, start=0, end=4_000_000_000)
        found = {exemplar["labels"]["trace_id"] for one in series for exemplar in one["exemplars"]}
        assert found and found <= known


def counts(prometheus, expression):
    """The value of each operation."""
    for found, value in prometheus.query(expression):
        yield (found["service"], found["operation"], found["kind"]), value


def test_self_durations_leave_out_children(daemon):
    parent = spans.span("parent", duration=30 * MILLISECOND)
    child = Span(
        trace_id=parent.trace_id,
        span_id=(2**60).to_bytes(8, "big"),
        parent_span_id=parent.span_id,
        name="child",
        kind=Span.SPAN_KIND_INTERNAL,
        start_time_unix_nano=parent.start_time_unix_nano + 5 * MILLISECOND,
        end_time_unix_nano=parent.end_time_unix_nano - 5 * MILLISECOND,
    )
    assert http_client.send(daemon.http, spans.body(parent, child)).status == 200
    name = "faultline_operation_self_duration_seconds"
    eventually(lambda: len(daemon.metrics().all(f"{name}_sum")) == 2, "self times in the scrape")
    sums = defaultdict(float)
    for metric in scrape(daemon)[name].metric:
        assert metric.histogram.sample_count == sum(count for *_, count in native_buckets(metric.histogram)) == 1
        sums[labels(metric)["operation"]] = metric.histogram.sample_sum
    assert sums == pytest.approx({"parent": 0.010, "child": 0.020})
