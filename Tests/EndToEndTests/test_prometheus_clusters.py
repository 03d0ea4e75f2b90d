"""A Prometheus whose scrape job names a cluster of its own, and the relabelling that docs/prometheus.md has for it."""

import json
import re

import pytest

from harness import http_client, project, spans
from harness.prometheus import Prometheus
from harness.waiting import eventually

RULES = """\
groups:
  - name: quick
    interval: 1s
    rules:
      - {alert: Slow, select: {service: apiserver}, when: max > 500ms, over: 1h}
"""
JOB = "    relabel_configs: [{target_label: cluster, replacement: hub}]\n"


def relabelling():
    text = (project.ROOT / "docs" / "prometheus.md").read_text()
    (block,) = re.findall(r"```yaml\n(    metric_relabel_configs:\n.*?)```", text, re.S)
    return block


@pytest.fixture
def daemon(serve):
    daemon = serve(RULES, "evaluation_delay: 1s\n")
    eventually(lambda: json.loads(daemon.get("/api/v1/rules")[2])[0]["evaluated_at"], "rules are evaluated")
    for cluster in ("east", "west"):
        message = spans.request(spans.span("GET /healthz", duration=spans.SECOND), service="apiserver")
        message.resource_spans[0].resource.attributes.append(spans.text("k8s.cluster.name", cluster))
        assert http_client.send(daemon.http, message.SerializeToString()).status == 200
    eventually(lambda: len(json.loads(daemon.get("/api/v1/alerts")[2])) == 2, "an alert for each cluster")
    return daemon


def test_alerts_and_incidents_are_counted_by_cluster(daemon):
    metrics = daemon.metrics()
    for cluster in ("east", "west"):
        assert metrics.value("faultline_alerts", cluster=cluster, alertname="Slow", alertstate="firing") == 1
        assert metrics.value("faultline_alerts", cluster=cluster, alertname="Slow", alertstate="pending") == 0
    counts = [sample for sample in metrics.all("faultline_alerts") if "cluster" not in sample.labels]
    assert [(sample.labels["alertstate"], sample.value) for sample in counts] == [("pending", 0), ("firing", 0)]
    assert sum(sample.value for sample in metrics.all("faultline_incidents") if sample.labels.get("cluster") == "east") == 1


@pytest.mark.parametrize(
    "extra, label", [("", "exported_cluster"), (relabelling(), "cluster"), ("    honor_labels: true\n", "cluster")], ids=["plain", "relabelled", "honoured"]
)
def test_clusters_in_a_prometheus_that_names_its_own(daemon, tmp_path, extra, label):
    with Prometheus(daemon.query, tmp_path, extra=JOB + extra) as prometheus:
        found = prometheus.wait_for('faultline_alerts{alertstate="firing"} == 1')
        assert {metric[label] for metric, _ in found} == {"east", "west"}
        (build, _), = prometheus.query("faultline_build_info")
        assert build["cluster"] == "hub" and "exported_cluster" not in build
