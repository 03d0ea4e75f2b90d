"""Which of the built-in rules fire on recorded control planes."""

import re

import pytest
import yaml

from harness import project
from harness.command import faultline

FIRED = {
    "steady": set(),
    "slow-etcd": {"EtcdSlowNow", "APIServerSlowerNow", "RequestsSlowerNow", "EtcdCallsSlowerNow",
                  "EtcdSlowerThanUsual", "EtcdCallsSlowerThanUsual", "RequestsOfOneVerbSlowerNow"},
    "errors": {
        "ComponentSilentNow", "EtcdConnectionBroke", "EtcdCallsFailingNow", "APIServerErrorsNow", "APIServerStallsNow",
        "RequestsOfOneKindFailNow", "RequestsSlowerNow", "EtcdCallsSlowerNow",
    },
}


def test_they_are_a_rule_file_like_any_other():
    path = project.ROOT / "Sources" / "Rules" / "Builtin" / "control-plane.yaml"
    assert faultline("builtin-rules").output == path.read_text()
    for name in (path, "builtin"):
        done = faultline("check", name)
        assert (done.code, done.errors) == (0, "")


def test_no_summary_shows_a_figure_that_did_not_decide():
    """`$value` is that of the first comparison. If others can fire the alert without it, or a part of the operations may be
    meant, it says nothing, or even the opposite."""
    groups = yaml.safe_load(faultline("builtin-rules").output)["groups"]
    shown = [rule for group in groups for rule in group["rules"] if "$value" in rule["annotations"]["summary"]]
    assert shown
    for rule in shown:
        summary, alternatives = rule["annotations"]["summary"], nested(rule["when"])
        assert " or " not in alternatives and not re.search(r"\bor one\b|, or ", summary), summary
        first = re.search(r"[a-z_0-9]+(\([^)]*\))? *(>|==|<)", rule["when"])
        assert first.start() == 0 or " or " not in rule["when"], rule["when"]


def nested(condition):
    """A condition without what is in parentheses, which stand beside a first comparison that always holds."""
    while (shorter := re.sub(r"\([^()]*\)", "", condition)) != condition:
        condition = shorter
    return condition


@pytest.mark.parametrize("capture", FIRED)
def test_the_rules_about_the_fault_fire(capture):
    report = faultline("replay", "--format", "json", project.capture(capture)).json
    assert {alert["alert"] for alert in report["alerts"]} == FIRED[capture]
    for alert in report["alerts"]:
        assert set(alert["annotations"]) == {"summary", "next"}
        assert not any(text in str(alert["annotations"]) for text in ("{{", "NaN", "inf", "no data"))


# What must happen for each of the others to fire, in synthetic spans.
TESTS = """\
rule_files: [builtin]
tests:
  - name: slow creates burn their budget, and stop
    operations:
      - apiserver create pods p50=20ms p99=500ms rate=10/s for 1h
      - apiserver create pods p20=20ms p39=30ms p40=2s rate=10/s from 1h for 20m
      - apiserver create pods p50=20ms p99=500ms rate=10/s from 80m for 60m
    rules: [APIServerMutatingBurnsBudget]
    expect:
      - {at: 1h, alerts: []}
      - at: 80m
        alerts:
          - alert: APIServerMutatingBurnsBudget
            labels: {verb: create, scope: resource, severity: critical, window: 1h}
      # Longer windows see it later and for longer.
      - at: 95m
        alerts:
          - alert: APIServerMutatingBurnsBudget
            labels: {verb: create, scope: resource, severity: critical, window: 6h}
      - at: 2h20m
        alerts:
          - alert: APIServerMutatingBurnsBudget
            labels: {verb: create, scope: resource, severity: warning, window: 1d}
  - name: etcd falls silent and comes back
    operations:
      - apiserver list pods p50=20ms rate=10/s for 30m
      - etcd etcdserverpb.KV/Range p50=2ms rate=10/s for 10m
      - etcd etcdserverpb.KV/Range p50=2ms rate=10/s from 20m for 10m
    rules: [ComponentSilent]
    expect:
      - {at: 10m, alerts: []}
      - {at: 11m15s, alerts: [{alert: ComponentSilent, labels: {service: etcd, severity: critical}}]}
      - {at: 19m, alerts: [{alert: ComponentSilent}]}
      - {at: 20m15s, alerts: []}
  - name: all fall silent, which says nothing
    operations:
      - apiserver list pods p50=20ms rate=10/s for 10m
      - etcd etcdserverpb.KV/Range p50=2ms rate=10/s for 10m
    expect:
      - {at: 15m, alerts: []}
  - name: a slow webhook
    operations:
      - apiserver "Call validating webhook" kind=INTERNAL p50=20ms p98=1500ms rate=1/s for 10m
    rules: [WebhookSlow]
    expect:
      - {at: 1m, alerts: []}
      - at: 8m
        alerts:
          - alert: WebhookSlow
            labels: {operation: Call validating webhook, severity: warning}
            annotations: {summary: "Call validating webhook takes 1.50 s (p99; threshold 1 s)"}
  - name: slower than an hour ago
    operations:
      - apiserver get pods p50=5ms p99=100ms rate=5/s for 1h
      - apiserver get pods p50=5ms p98=700ms rate=5/s from 1h for 30m
    rules: [APIServerSlowerThanAnHourAgo, APIServerReadBurnsBudget]
    expect:
      - {at: 1h, alerts: []}
      - {at: 80m, alerts: [{alert: APIServerSlowerThanAnHourAgo}]}
  - name: a rare kind of request, six in half a minute, gets slow
    operations:
      - apiserver get pods p50=5ms rate=5/s for 12m
      - apiserver create certificates.cert-manager.io p50=20ms rate=0.2/s for 10m
      - apiserver create certificates.cert-manager.io p50=600ms rate=0.2/s from 10m for 2m
    expect:
      - {at: 10m, alerts: []}
      - {at: 10m30s, alerts: [{alert: RequestsOfOneKindSlowerNow, culprit: apiserver}]}
  - name: a fault that lasts is not what is usual
    operations:
      - apiserver get pods p50=5ms rate=5/s for 12m
      - apiserver get pods p50=80ms rate=5/s from 12m for 50m
      - apiserver get pods p50=5ms rate=5/s from 62m for 2m
    rules: [RequestsOfOneVerbSlowerNow]
    expect:
      - {at: 12m, alerts: []}
      - {at: 13m, alerts: [{alert: RequestsOfOneVerbSlowerNow}, {alert: RequestsOfOneVerbSlowerNow}]}
      - {at: 61m, alerts: [{alert: RequestsOfOneVerbSlowerNow}, {alert: RequestsOfOneVerbSlowerNow}]}
      - {at: 64m, alerts: []}
  - name: all of one kind of request take longer, the shortest too
    operations:
      - apiserver get pods p50=5ms rate=5/s for 12m
      - apiserver update leases.coordination.k8s.io p50=4ms p99=12ms rate=2/s for 10m
      - apiserver update leases.coordination.k8s.io p50=44ms p99=90ms rate=2/s from 10m for 2m
    rules: [RequestsOfOneKindSlowerNow]
    expect:
      - {at: 10m, alerts: []}
      - {at: 10m30s, alerts: [{alert: RequestsOfOneKindSlowerNow, culprit: apiserver}]}
  - name: a rare webhook gets slow
    operations:
      - apiserver get pods p50=5ms rate=5/s for 12m
      - apiserver "Call validating webhook" kind=INTERNAL p50=5ms rate=0.2/s for 10m
      - apiserver "Call validating webhook" kind=INTERNAL p50=150ms rate=0.2/s from 10m for 2m
    expect:
      - {at: 10m, alerts: []}
      - {at: 10m30s, alerts: [{alert: WebhookSlowNow}, {alert: WebhookSlowerThanUsual}]}
  - name: a rare webhook is slow now and then
    operations:
      - apiserver get pods p50=5ms rate=5/s for 12m
      - apiserver "Call validating webhook" kind=INTERNAL p50=5ms p70=150ms rate=0.2/s for 10m
      - apiserver "Call validating webhook" kind=INTERNAL p50=150ms rate=0.2/s from 10m for 20s
    expect:
      - {at: 10m, alerts: []}
      - {at: 10m20s, alerts: []}
"""


def test_the_others_fire_when_they_should(tmp_path):
    (tmp_path / "tests.yaml").write_text(TESTS)
    done = faultline("test", tmp_path / "tests.yaml")
    assert (done.code, done.output) == (0, "10 passed, 0 failed\n"), done.output + done.errors
