"""Who sends spans: `/api/v1/sources` of the daemon and `sources` of a report."""

import json
import random
import time
from datetime import UTC, datetime

import pytest
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GRPCExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HTTPExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from harness import archives, http_client, recordings, spans
from harness.command import faultline
from harness.spans import MILLISECOND, SECOND
from harness.waiting import eventually

ROLES = {"apiserver": "apiserver", "kube-apiserver": "apiserver", "etcd": "etcd", "kubelet": "kubelet"}
START = 1_767_225_600 * SECOND


def sources(daemon):
    status, type, body = daemon.get("/api/v1/sources")
    assert (status, type) == (200, "application/json")
    return without_late(json.loads(body))


def without_late(rows):
    """Whether a span is late depends on when it is sent; `doctor`'s tests look at that."""
    for row in rows:
        late, lateness = row.pop("late"), row.pop("lateness_seconds")
        assert 0 <= late <= row["spans"] and (lateness is None) == (late == 0)
    return rows


def replay(*arguments, **options):
    done = faultline("replay", "--quiet", "--format", "json", *arguments, **options)
    assert (done.code, done.errors) == (0, "")
    assert {row["late"] for row in done.json["sources"]} <= {0}
    return without_late(done.json["sources"])


def rfc3339(nanoseconds):
    """As reports have times: to the second, or with milli-, micro- or nanoseconds."""
    seconds, rest = divmod(nanoseconds, SECOND)
    digits = f"{rest:09}"
    while digits.endswith("000"):
        digits = digits[:-3]
    fraction = f".{digits}" if digits else ""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S") + fraction + "Z"


def row(cluster, service, instance, ends):
    return {
        "cluster": cluster, "service": service, "instance": instance, "role": ROLES.get(service), "version": None, "spans": len(ends), "first": rfc3339(min(ends)),
        "last": rfc3339(max(ends)), "sampling_ratio": None, "sampling_source": None,
        "clock_offset_seconds": None, "dialect": None,
    }  # fmt: skip


def request(attributes, *ends, **fields):
    """An export request of one resource, with a span for each end."""
    made = [
        spans.span(end_time_unix_nano=end, start_time_unix_nano=end - MILLISECOND, **fields) for end in ends
    ]
    exported = spans.request(*made)
    del exported.resource_spans[0].resource.attributes[:]
    exported.resource_spans[0].resource.attributes.extend(spans.text(*pair) for pair in attributes.items())
    return exported


def send(daemon, *requests):
    """Concatenated requests are one request."""
    body = b"".join(one.SerializeToString() for one in requests)
    assert http_client.send(daemon.http, body).status == 200


@pytest.mark.parametrize("exporter", [GRPCExporter, HTTPExporter])
def test_a_source_is_what_opentelemetry_s_resource_says(daemon, exporter):
    address = f"http://{daemon.grpc}" if exporter is GRPCExporter else f"http://{daemon.http}/v1/traces"
    settings = {"insecure": True} if exporter is GRPCExporter else {}
    now = time.time_ns()
    expected = []
    for cluster, instance in [("west", "a"), ("east", "b"), ("east", "a")]:
        resource = Resource.create(
            {"service.name": "apiserver", "service.instance.id": instance, "k8s.cluster.name": cluster}
        )
        provider = TracerProvider(resource=resource)
        provider.add_span_processor(SimpleSpanProcessor(exporter(endpoint=address, **settings)))
        ends = [now - number * 7 * MILLISECOND - len(expected) for number in range(1, 4)]
        for end in ends:
            provider.get_tracer("test").start_span("GET", start_time=end - MILLISECOND).end(end)
        provider.shutdown()
        expected.append(row(cluster, "apiserver", instance, ends))
    # By cluster, service and instance.
    assert sources(daemon) == expected[::-1]


@pytest.mark.parametrize(
    "attributes, cluster, instance",
    [
        ({}, "", ""),
        ({"k8s.cluster.name": "east"}, "east", ""),
        ({"host.name": "node-1"}, "", "node-1"),
        ({"host.name": "node-1", "k8s.pod.name": "etcd-1"}, "", "etcd-1"),
        ({"service.instance.id": "7f3a", "host.name": "node-1", "k8s.pod.name": "etcd-1"}, "", "7f3a"),
        # An empty name is none.
        ({"service.instance.id": "", "k8s.pod.name": "", "host.name": "node-1"}, "", "node-1"),
        ({"k8s.cluster.name": "clúster", "k8s.pod.name": "名前\n\"x\""}, "clúster", "名前\n\"x\""),
        ({"k8s.node.name": "node-1", "k8s.cluster.uid": "17"}, "", ""),
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", ["protobuf", "json", "jaeger"])
def test_the_instance_is_the_most_precise_name_there_is(form, attributes, cluster, instance, tmp_path):
    # Jaeger's times are microseconds.
    end = START + 123_456_000
    message = request({"service.name": "etcd", **attributes}, end).SerializeToString()
    content = archives.json_line(message) if form == "json" else archives.framed([message])
    if form == "jaeger":
        original = tmp_path / "spans.otlp"
        original.write_bytes(content)
        converted = tmp_path / "spans.json"
        done = faultline("archive", "convert", "--to", "jaeger", "-o", converted, original)
        assert (done.code, done.errors) == (0, "")
        content = converted.read_bytes()
    assert replay("-", input=content) == [row(cluster, "etcd", instance, [end])]


def test_names_that_are_not_text_are_none():
    made = request({"service.name": "etcd", "host.name": "node-1"}, START)
    attributes = made.resource_spans[0].resource.attributes
    attributes.append(KeyValue(key="service.instance.id", value=AnyValue(int_value=7)))
    attributes.append(KeyValue(key="k8s.cluster.name", value=AnyValue(bool_value=True)))
    assert replay("-", input=archives.framed([made.SerializeToString()])) == [row("", "etcd", "node-1", [START])]


def test_only_accepted_spans_count(daemon):
    now = time.time_ns()
    attributes = {"service.name": "apiserver", "host.name": "a"}
    sent = request(attributes, now - 2 * SECOND, now - SECOND)
    send(daemon, sent)
    expected = [row("", "apiserver", "a", [now - 2 * SECOND, now - SECOND])]
    assert sources(daemon) == expected
    # Again, from another instance, and with an id that no span may have.
    again = ExportTraceServiceRequest.FromString(sent.SerializeToString())
    again.resource_spans[0].resource.attributes.append(spans.text("k8s.pod.name", "b"))
    send(daemon, again, request({"service.name": "apiserver", "host.name": "c"}, now, span_id=b""))
    send(daemon, request(attributes, now))
    total = [row("", "apiserver", "a", [now - 2 * SECOND, now - SECOND, now])]
    eventually(lambda: sources(daemon) == total, "the third span")


def random_traffic(chance, end):
    """Requests of several resources each, and what each source sent."""
    clusters = [{}, {"k8s.cluster.name": "east"}, {"k8s.cluster.name": "west"}]
    instances = [{}] + [{key: f"{key} {n}"} for key in ("host.name", "k8s.pod.name", "service.instance.id") for n in "12"]
    requests, sent = [], {}
    for _ in range(40):
        parts = []
        for _ in range(chance.randrange(1, 4)):
            cluster, instance = chance.choice(clusters), chance.choice(instances)
            service = chance.choice(["apiserver", "etcd", "checkout"])
            ends = [end - chance.randrange(40 * SECOND) for _ in range(chance.randrange(1, 6))]
            parts.append(request({**instance, "service.name": service, **cluster}, *ends))
            key = (cluster.get("k8s.cluster.name", ""), service, "".join(instance.values()))
            sent.setdefault(key, []).extend(ends)
        requests.append(b"".join(one.SerializeToString() for one in parts))
    return requests, [row(*key, sent[key]) for key in sorted(sent)]


@pytest.mark.parametrize("seed", range(3))
def test_a_replay_has_the_same_sources_in_any_order(seed, tmp_path):
    chance = random.Random(seed)
    requests, expected = random_traffic(chance, START)
    assert replay("-", input=archives.framed(requests)) == expected
    chance.shuffle(requests)
    assert replay("-", input=archives.framed(requests)) == expected
    assert replay("-", input=b"".join(map(archives.json_line, requests))) == expected
    # One record, and each request in a file of its own.
    assert replay("-", input=archives.framed([b"".join(requests)])) == expected
    for number, one in enumerate(requests):
        (tmp_path / f"{number:03}.otlp").write_bytes(archives.framed([one]))
    assert replay(tmp_path) == expected
    small = tmp_path / "small.yaml"
    small.write_text("window: {max_bytes: 1MiB}\n")
    assert replay("--config", small, "-", input=archives.framed(requests)) == expected


def test_of_spans_that_differ_only_in_their_source_the_same_one_counts_in_any_order():
    attributes = [{"service.name": "etcd", "host.name": name} for name in ("b", "a", "ab", "")]
    made = [request(one, START, trace_id=b"t" * 16, span_id=b"s" * 8).SerializeToString() for one in attributes]
    for order in [made, made[::-1], made[2:] + made[:2]]:
        assert replay("-", input=archives.framed(order)) == [row("", "etcd", "", [START])]


def test_a_recording_has_the_sources_of_the_daemon(serve, tmp_path):
    directory = tmp_path / "archive"
    daemon = serve(configuration=f"archive: {{directory: {directory}}}\n")
    requests, expected = random_traffic(random.Random(7), time.time_ns())
    for body in requests:
        assert http_client.send(daemon.http, body).status == 200
    eventually(lambda: sources(daemon) == expected, "all sources")
    assert daemon.stop() == 0
    assert replay(*recordings.files(directory)) == expected


LIMIT = 100


def test_sources_beyond_the_limit_count_together(serve):
    daemon = serve(configuration=f"window: {{max_sources: {LIMIT}}}\n")
    now = time.time_ns()
    flood = [request({"service.name": "junk", "service.instance.id": f"{n}"}, now) for n in range(1_000)]
    send(daemon, *flood)
    send(daemon, request({"service.name": "kube-apiserver", "host.name": "node-1"}, now))
    rows = sources(daemon)
    assert len(rows) <= LIMIT + 1
    assert row("", "kube-apiserver", "node-1", [now]) in rows
    assert sum(one["spans"] for one in rows) == 1_001
    (other,) = [one for one in rows if one["service"] == "_other"]
    assert (other["cluster"], other["instance"]) == ("_other", "_other")
    assert daemon.metrics().value("faultline_sources_overflowed_spans_total") == other["spans"]
    daemon.log.wait_for("sources beyond the limit of names")
    # The spans still count under their operation.
    assert daemon.metrics().sum("faultline_operation_duration_seconds_count", service="junk") == 1_000


@pytest.mark.parametrize(
    "keys, dialect",
    [
        ([], None),
        (["k8s.namespace"], None),
        (["http.method"], "older"),
        (["http.target", "http.status_code"], "older"),
        (["rpc.grpc.status_code"], "older"),
        (["http.request.method"], "newer"),
        (["url.path", "url.query", "http.response.status_code"], "newer"),
        (["rpc.response.status_code"], "newer"),
        (["http.method", "http.request.method"], "mixed"),
    ],
)
@pytest.mark.parametrize("together", [True, False])
def test_the_dialect_is_that_of_all_its_spans(keys, dialect, together):
    lots = [keys] if together else [[key] for key in keys] or [[]]
    requests = [request({"service.name": service}, START) for service in ["etcd", *["apiserver"] * len(lots)]]
    for one, lot in zip(requests, [["http.method"], *lots], strict=True):
        (span,) = one.resource_spans[0].scope_spans[0].spans
        span.attributes.extend(spans.text(key, "1") for key in lot)
    found = replay("-", input=archives.framed([one.SerializeToString() for one in requests]))
    assert [(row["service"], row["dialect"]) for row in found] == [("apiserver", dialect), ("etcd", "older")]


@pytest.mark.parametrize(
    "told, version",
    [
        ([], None),
        ([""], None),
        (["v1.31.9", "v1.31.10"], "v1.31.10"),
        (["v1.32.0", "", "v1.31.10"], "v1.32.0"),
        (["3.5.16", "3.5.16-0"], "3.5.16-0"),
    ],
)
def test_the_version_is_the_latest_that_is_told_in_any_order(told, version):
    exports = [request({"service.name": "etcd", **({"service.version": one} if one else {})}, START) for one in told or [""]]
    for order in (exports, exports[::-1]):
        found = replay("-", input=archives.framed([one.SerializeToString() for one in order]))
        assert [row["version"] for row in found] == [version]
