"""Rules that select and group by `instance`: what one instance does is measured apart from what the others do."""

import math
from datetime import datetime

import pytest

from harness import faults, instances
from harness.command import faultline
from harness.instances import NODES
from harness.spans import MILLISECOND, SECOND

OPERATIONS = """\
rule_files: [rules.yaml]
tests:
  - name: one instance of each is at fault
    operations:
      - etcd etcdserverpb.KV/Range p50=2ms rate=20/s instance=etcd-0 for 10m
      - etcd etcdserverpb.KV/Range p50=2ms rate=20/s instance=etcd-1 for 5m
      - etcd etcdserverpb.KV/Range p50=300ms rate=20/s instance=etcd-1 from 5m for 5m
      - apiserver list pods p50=20ms rate=20/s instance=api-0 for 10m
      - apiserver list pods p50=20ms rate=20/s instance=api-1 for 5m
      - apiserver list pods p50=900ms rate=20/s errors=50% instance=api-1 from 5m for 5m
    expect:
      - at: 5m
        alerts: []
      - at: 8m
        alerts:
"""

# The fields of a rule, and the labels of the only alert that it has
RULES = [
    ("select: {service: etcd}, by: [operation, instance], when: p99 > 150ms and count >= 50, over: 1m",
     "operation: etcdserverpb.KV/Range, instance: etcd-1"),
    ("select: {service: etcd}, by: [instance], when: 'slowdown(p50, 3m) > 5', over: 1m", "instance: etcd-1"),
    ("select: {instance: etcd-1}, when: mean > 200ms, over: 1m", "instance: etcd-1"),
    ("select: {verb: list}, by: [verb, instance], when: error_ratio > 40%, over: 1m", "verb: list, instance: api-1"),
    ("select: {verb: list, instance: '=~ api-.*'}, by: [], when: p90 > 500ms and count > 2000, over: 1m", ""),
    ("select: {verb: list}, by: [instance], when: 'burn_rate(99%, 1s, 2m) > 40', over: 1m", "instance: api-1"),
    ("match: {verb: list}, by: [verb, instance], when: duration > 800ms", "verb: list, instance: api-1"),
    ("match: {service: etcd, instance: '!= etcd-0'}, when: duration > 100ms, by: [instance]", "instance: etcd-1"),
    # None
    ("select: {service: etcd, instance: etcd-0}, when: max > 100ms, over: 1m", None),
    ("select: {verb: list, instance: '!~ api-1'}, when: errors > 0, over: 1m", None),
]


def test_each_instance_is_judged_by_its_own_spans(tmp_path):
    rules = "".join(f"      - {{alert: Rule{number}, {rule}}}\n" for number, (rule, _) in enumerate(RULES))
    alerts = "".join(
        f"          - {{alert: Rule{number}, labels: {{{labels}}}}}\n"
        for number, (_, labels) in enumerate(RULES) if labels is not None
    )
    (tmp_path / "rules.yaml").write_text(f"groups:\n  - name: g\n    rules:\n{rules}")
    (tmp_path / "tests.yaml").write_text(OPERATIONS + alerts)
    done = faultline("test", tmp_path / "tests.yaml")
    # Both servers together have 40 requests a second: a rule over all instances counts both, so that p90 is that of one.
    assert (done.code, done.output) == (0, "1 passed, 0 failed\n")


CAPTURE_RULES = """\
groups:
  - name: g
    rules:
      - {alert: Calls, select: {service: etcd}, by: [service, instance], when: p50 > 20ms and count > 10, over: 30s}
      - {alert: Work, select: {service: etcd}, by: [instance], when: self_p90 > 20ms, over: 30s}
      - {alert: Share, select: {verb: "=~ update|patch|create"}, by: [instance], when: share(etcd) > 60% and count > 10, over: 30s}
"""


@pytest.fixture(scope="module")
def nodes():
    return instances.Nodes("steady")


@pytest.fixture(scope="module")
def slow_disk():
    return instances.on(["node-b"], faults.slow(faults.is_etcd, 40 * MILLISECOND, at_start=False))


@pytest.fixture(scope="module")
def report(nodes, slow_disk, tmp_path_factory):
    def replay(rules):
        path = tmp_path_factory.mktemp("rules") / "rules.yaml"
        path.write_text(rules)
        done = faultline("replay", "--quiet", "--rules", path, "--format", "json", "-", input=nodes.with_fault(slow_disk))
        assert (done.code, done.errors) == (0, "")
        return done.json

    return replay


def percentile(durations, fraction):
    return sorted(durations)[math.ceil(fraction * len(durations)) - 1]


def durations(spans, instance, until, length):
    """The durations of an instance's spans that ended in the last `length` before a time, each span once."""
    found = {
        (span.trace_id, span.span_id): span.end_time_unix_nano - span.start_time_unix_nano for sender, span in spans
        if f"{sender}-{sender.node}" == instance and until - length <= span.end_time_unix_nano < until
    }
    return list(found.values())


def nanoseconds(time):
    return int(datetime.fromisoformat(time).timestamp()) * SECOND


def test_alerts_and_their_traces_are_of_the_slow_member(nodes, report):
    alerts = report(CAPTURE_RULES)["alerts"]
    assert {(alert["alert"], alert["labels"]["instance"]) for alert in alerts} == {
        ("Calls", "etcd-node-b"), ("Work", "etcd-node-b"), ("Share", "apiserver-node-b"),
    }
    of_node = {span.trace_id.hex() for sender, span in nodes.spans if sender.node == "node-b"}
    for alert in alerts:
        assert alert["evidence"]["traces"]
        assert set(alert["evidence"]["traces"]) <= of_node
        assert alert["evidence"]["culprit"]["side"] == "etcd"


def test_the_incident_names_the_instance(report):
    (incident,) = report(CAPTURE_RULES)["incidents"]
    assert (incident["culprit"]["side"], incident["culprit"]["instance"]) == ("etcd", "etcd-node-b")


def test_values_are_exactly_those_of_the_instances_spans(nodes, slow_disk, report):
    rules = CAPTURE_RULES.replace("p50 > 20ms and count > 10", "p50 > 0s") + (
        "      - {alert: Count, select: {service: '=~ .*'}, by: [service, instance], when: count > 0, over: 30s}\n"
    )
    spans = nodes.faulty(slow_disk)
    alerts = [alert for alert in report(rules)["alerts"] if alert["alert"] in ("Calls", "Count")]
    assert {alert["labels"]["instance"] for alert in alerts if alert["alert"] == "Calls"} == {f"etcd-{node}" for node in NODES}
    for alert in alerts:
        own = durations(spans, alert["labels"]["instance"], nanoseconds(alert["fired_at"]), 30 * SECOND)
        expected = len(own) if alert["alert"] == "Count" else percentile(own, 0.5) / SECOND
        assert alert["value"] == expected, alert["labels"]
