"""Two clusters that send to one Faultline: each has what it would have alone."""

import json

import pytest

from harness import archives, clusters, http_client, project, spans
from harness.command import faultline
from harness.spans import MILLISECOND, SECOND
from harness.viewer import Viewer
from harness.waiting import eventually

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

START = 1_767_225_600 * SECOND
RULES = """
groups:
  - name: quick
    interval: 5s
    rules:
      - alert: EtcdSlow
        select: {service: etcd, operation: etcdserverpb.KV/Txn}
        when: p90 > 20ms
        over: 30s
        annotations: {note: "{{ $labels.cluster }}: {{ $culprit }}"}
      - alert: AllRequests
        select: {verb: =~ .+}
        when: count >= 50
        over: 1m
        by: []
      - alert: OnlyWest
        select: {verb: create, cluster: west}
        when: count >= 1
        over: 1m
"""


def replay(tmp_path, content, *arguments):
    rules = tmp_path / "rules.yaml"
    rules.write_text(RULES)
    done = faultline("replay", "--quiet", "--format", "json", "--rules", rules, *arguments, "-", input=content)
    assert (done.code, done.errors) == (0, "")
    return done.json


def share(report, cluster):
    """What a report says about a cluster, without its name."""
    rows = {}
    for part in ("operations", "requests"):
        rows[part] = [dict(row) for row in report[part] if row.get("cluster") == cluster]
        for row in rows[part]:
            row.pop("cluster", None)
    rows["alerts"] = []
    for alert in report["alerts"]:
        if alert["labels"].get("cluster") == cluster:
            labels = {name: value for name, value in alert["labels"].items() if name != "cluster"}
            annotations = {name: text.removeprefix(cluster or "") for name, text in alert["annotations"].items()}
            rows["alerts"].append({**alert, "labels": labels, "annotations": annotations})
    return rows


@pytest.fixture(scope="module")
def slow():
    return archives.decompress(project.EXAMPLE)


@pytest.fixture(scope="module")
def steady(slow):
    """The same requests, with the same ids and times, of an etcd that took no time: nothing but the cluster tells them apart."""
    found = []
    for message in archives.records(slow):
        request = ExportTraceServiceRequest.FromString(message)
        for resource_spans in request.resource_spans:
            for scope in resource_spans.scope_spans:
                for span in scope.spans:
                    if span.name.startswith("etcdserverpb.") and span.kind == span.SPAN_KIND_SERVER:
                        span.end_time_unix_nano = span.start_time_unix_nano + 1_000
        found.append(request.SerializeToString())
    return archives.framed(found)


@pytest.fixture(scope="module")
def both(tmp_path_factory, slow, steady):
    archive = tmp_path_factory.mktemp("both") / "both.otlp"
    archive.write_bytes(archives.framed(clusters.named(slow, "west") + clusters.named(steady, "east")))
    with Viewer("--quiet", archive) as viewer:
        yield viewer


def test_each_cluster_has_what_it_has_alone(tmp_path, slow, steady):
    both = archives.framed(clusters.named(slow, "west") + clusters.named(steady, "east"))
    report = replay(tmp_path, both)
    alone = {name: replay(tmp_path, content) for name, content in [("west", slow), ("east", steady)]}
    assert report["spans"]["duplicates"] == 0
    assert report["spans"]["accepted"] == sum(one["spans"]["accepted"] for one in alone.values())
    # Rates are over the time of the whole archive.
    ends = {(one["first_end"], one["last"]) for one in [report, *alone.values()]}
    for name, one in alone.items():
        found, expected = share(report, name), share(one, None)
        found["alerts"] = [alert for alert in found["alerts"] if alert["alert"] != "OnlyWest"]
        if len(ends) > 1:
            for row in found["operations"] + expected["operations"] + found["requests"] + expected["requests"]:
                row.pop("rate", None)
        assert found == expected
    fired = {(alert["alert"], alert["labels"]["cluster"]) for alert in report["alerts"]}
    assert fired == {("EtcdSlow", "west"), ("AllRequests", "west"), ("AllRequests", "east"), ("OnlyWest", "west")}
    (etcd,) = [alert for alert in report["alerts"] if alert["alert"] == "EtcdSlow"]
    assert etcd["annotations"]["note"].startswith("west: ")


def test_an_incident_counts_the_requests_of_its_own_cluster(tmp_path, slow, steady):
    def incidents(content):
        done = faultline("replay", "--quiet", "--format", "json", "-", input=content)
        assert (done.code, done.errors) == (0, "")
        return [row for row in done.json["incidents"] if row["culprit"]["side"] == "etcd"]

    (alone,) = incidents(slow)
    (beside,) = incidents(archives.framed(clusters.named(slow, "west") + clusters.named(steady, "east")))
    assert beside["cluster"] == "west" and alone["requests"]["count"] > 0
    assert beside["requests"] == alone["requests"]


@pytest.mark.parametrize("resource", ["alerts", "culprit", "incidents", "operations", "requests", "sources"])
def test_answers_about_a_cluster_have_nothing_of_another(both, resource):
    """Rows name their cluster wherever spans do."""
    west, east, none = (both.ask(f"/api/v1/{resource}?cluster={name}") for name in ("west", "east", "nowhere"))
    assert '"west"' in json.dumps(west) and '"east"' not in json.dumps(west)
    assert '"west"' not in json.dumps(east)
    assert '"west"' not in json.dumps(none) and '"east"' not in json.dumps(none)


def test_the_status_of_a_cluster_counts_its_own_spans(both):
    sources = both.ask("/api/v1/sources")
    whole, *own = (both.ask(f"/api/v1/status{query}") for query in ("", "?cluster=west", "?cluster=east", "?cluster=nowhere"))
    for status, cluster in zip(own, ("west", "east", "nowhere")):
        mine = [row for row in sources if row["cluster"] == cluster]
        assert status["accepted"] == sum(row["spans"] for row in mine)
        assert status["last_span"] == max((row["last"] for row in mine), default=None)
        assert {status["incident"]["cluster"] if status["incident"] else None} <= {cluster, None}
    assert sum(status["accepted"] for status in own) == whole["accepted"]
    assert sum(status["spans_per_second"] for status in own) == pytest.approx(whole["spans_per_second"])
    assert own[2]["spans_per_second"] == 0


def test_steps_of_a_cluster_are_its_own(both):
    def counts(resource, name):
        query = f"step=1h&cluster={name}" if name else "step=1h"
        return sum(step["count"] for step in both.ask(f"/api/v1/{resource}?{query}")["steps"])

    for resource in ("components", "latency"):
        assert counts(resource, "west") == counts(resource, "east") == counts(resource, None) / 2 > 0
        assert counts(resource, "nowhere") == 0


def test_the_text_tells_clusters_apart(tmp_path, slow, steady):
    """The longer name is too wide for a terminal of 80 columns."""
    west, east = "west", "east-" + "1" * 80
    archive = tmp_path / "both.otlp"
    archive.write_bytes(archives.framed(clusters.named(slow, west) + clusters.named(steady, east)))
    done = faultline("replay", archive, "--top", "100", COLUMNS="80")
    assert done.code == 0 and all(len(line) <= 80 for line in done.output.splitlines())
    headline = done.output.partition("Incidents\n")[2].splitlines()[0]
    assert headline.startswith("cluster west: etcd")
    for table in ("Requests to the API server", "Operations", "Streams"):
        lines = done.output.partition(f"\n{table}")[2].partition("\n\n")[0].splitlines()
        (start,) = [number for number, line in enumerate(lines) if " cluster  " in line]
        end = lines[start].index("cluster") + len("cluster")
        names = {line[:end].split()[-1] for line in lines[start + 1 :] if line[end : end + 2] == "  "}
        assert "west" in names and any(name.startswith("east-11") and "…" in name for name in names), (table, names)
    (tmp_path / "one.otlp").write_bytes(archives.framed(clusters.named(slow, west)))
    alone = faultline("replay", tmp_path / "one.otlp").output
    assert "cluster west:" not in alone and " cluster  " not in alone


def test_without_clusters_nothing_names_one(tmp_path, slow):
    report = replay(tmp_path, slow)
    rows = report["operations"] + report["requests"] + [alert["labels"] for alert in report["alerts"]]
    assert rows
    assert not any("cluster" in row for row in rows)


def test_a_replay_has_the_same_clusters_in_any_order(tmp_path, slow, steady):
    messages = clusters.named(slow, "west") + archives.records(slow) + clusters.named(steady, "east")
    report = replay(tmp_path, archives.framed(messages))
    assert {row.get("cluster") for row in report["requests"]} == {None, "east", "west"}
    assert replay(tmp_path, archives.framed(messages[::-1])) == report


def request(cluster, end, trace, service="kube-apiserver"):
    top = {"trace_id": trace, "span_id": b"\1" * 8}
    made = spans.request(
        spans.span(
            "GET /api/v1/pods", start_time_unix_nano=end - 10 * MILLISECOND, end_time_unix_nano=end, **top
        ),
        service=service,
    )
    if cluster:
        made.resource_spans[0].resource.attributes.append(spans.text("k8s.cluster.name", cluster))
    return made.SerializeToString()


def test_a_daemon_tells_clusters_apart(serve):
    daemon = serve(configuration="evaluation_delay: 0s\nattribution: {settle: 1s}\n")
    end = spans.time.time_ns() - 6 * SECOND
    for cluster in ("west", "east", ""):
        assert http_client.send(daemon.http, request(cluster, end, b"t" * 16)).status == 200

    def rows(path):
        return json.loads(daemon.get(path)[2])

    operations = rows("/api/v1/operations")
    assert sorted((row.get("cluster", ""), row["count"]) for row in operations) == [("", 1), ("east", 1), ("west", 1)]
    assert [row["cluster"] for row in rows("/api/v1/operations?cluster=east")] == ["east"]
    assert [row["cluster"] for row in rows("/api/v1/requests?cluster=west")] == ["west"]
    count = "faultline_operation_duration_seconds_count"
    metrics = daemon.metrics()
    for cluster in ("east", "west"):
        assert metrics.sum(count, cluster=cluster) == 1
    assert metrics.sum(count) == 3
    eventually(
        lambda: daemon.metrics().sum("faultline_request_duration_seconds_count", cluster="east") == 1, "the request"
    )
    assert rows("/api/v1/culprit?cluster=east")["cluster"] == "east"


def test_clusters_beyond_the_limit_count_together(daemon):
    end = spans.time.time_ns() - SECOND
    body = b"".join(request(f"c{number}", end, b"t" * 16) for number in range(100))
    assert http_client.send(daemon.http, body).status == 200
    rows = json.loads(daemon.get("/api/v1/operations")[2])
    assert sum(row["count"] for row in rows) == 63
    counts = {row["cluster"]: row["count"] for row in rows}
    assert len(counts) == 63
    assert counts["_other"] == 1
    assert daemon.metrics().value("faultline_clusters_overflowed_spans_total") == 1
