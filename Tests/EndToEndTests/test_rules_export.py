"""Rules as Prometheus' alerting rules, judged by Prometheus' own tools."""

import subprocess

import pytest

from harness import project
from harness.command import faultline

RULES = """\
groups:
  - name: etcd
    interval: 30s
    rules:
      - alert: EtcdSlow
        select: {role: etcd, kind: SERVER, operation: "=~ etcdserverpb[.]KV/.+"}
        by: [operation]
        when: p99 > 150ms and count >= 20
        over: 5m
        for: 1m
        labels: {severity: page}
        annotations: {summary: "{{ $labels.operation }}: {{ $value | duration }}; {{ $culprit }}"}
      - alert: WritesFail
        select: {verb: "=~ create|update", resource: widgets}
        by: [verb]
        when: not (error_ratio <= 5% or count < 10)
        over: 1m
      - alert: EtcdTakesAll
        select: {verb: list}
        when: share(etcd) > 60% and time(etcd) > 2 * time(etcd) offset 1h
        over: 5m
      - alert: BudgetBurns
        select: {verb: get}
        when: burn_rate(99%, 1s, 1h) > 14.4
      - alert: GotSlower
        select: {verb: get}
        when: slowdown(p50, 1m) > 3
        over: 1m
      - alert: OneSlow
        match: {verb: get}
        when: duration > 10s
      - alert: OddThreshold
        select: {verb: get}
        when: burn_rate(99%, 700ms, 1h) > 14.4
"""

# Ten spans in 15 s, nine of which take up to 100 ms in health and up to 1 s with a fault
TESTS = """\
rule_files: [exported.yml]
evaluation_interval: 15s
tests:
  - interval: 15s
    input_series:
      - {series: 'faultline_operation_duration_seconds_bucket{service="etcd-1", kind="SERVER", operation="etcdserverpb.KV/Txn", le="0.1"}', values: "0+10x40 400+0x40"}
      - {series: 'faultline_operation_duration_seconds_bucket{service="etcd-1", kind="SERVER", operation="etcdserverpb.KV/Txn", le="1"}', values: "0+10x80"}
      - {series: 'faultline_operation_duration_seconds_bucket{service="etcd-1", kind="SERVER", operation="etcdserverpb.KV/Txn", le="+Inf"}', values: "0+10x80"}
      - {series: 'faultline_operation_duration_seconds_count{service="etcd-1", kind="SERVER", operation="etcdserverpb.KV/Txn"}', values: "0+10x80"}
      - {series: 'faultline_request_errors_total{verb="create", resource="widgets"}', values: "0+0x40 0+5x40"}
      - {series: 'faultline_request_duration_seconds_count{verb="create", resource="widgets"}', values: "0+10x80"}
    alert_rule_test:
      - {eval_time: 9m, alertname: EtcdSlow}
      - {eval_time: 9m, alertname: WritesFail}
      - eval_time: 18m
        alertname: EtcdSlow
        exp_alerts:
          - exp_labels: {severity: page, operation: etcdserverpb.KV/Txn}
            exp_annotations: {summary: "etcdserverpb.KV/Txn: 991ms; see Faultline"}
      - eval_time: 18m
        alertname: WritesFail
        exp_alerts: [{exp_labels: {verb: create}}]
"""


def promtool(*arguments, directory):
    judged = subprocess.run([project.tool("promtool"), *arguments], cwd=directory, capture_output=True, text=True)
    return judged.returncode, judged.stdout + judged.stderr


@pytest.fixture
def exported(tmp_path):
    (tmp_path / "rules.yaml").write_text(RULES)
    result = faultline("rules", "export", "--format", "prometheus", "rules.yaml", directory=tmp_path)
    assert result.code == 0
    (tmp_path / "exported.yml").write_text(result.output)
    return result


def test_prometheus_accepts_all_that_is_exported_of_the_builtin_rules(tmp_path):
    result = faultline("rules", "export")
    (tmp_path / "exported.yml").write_text(result.output)
    code, said = promtool("check", "rules", "exported.yml", directory=tmp_path)
    assert (code, "SUCCESS" in said) == (0, True), said
    assert "EtcdSlowNow" in result.output


def test_exported_rules_fire_as_the_rules_would(exported, tmp_path):
    (tmp_path / "tests.yml").write_text(TESTS)
    code, said = promtool("test", "rules", "tests.yml", directory=tmp_path)
    assert code == 0, said


def test_of_native_histograms_they_read_no_classic_buckets(tmp_path):
    (tmp_path / "rules.yaml").write_text(RULES)
    result = faultline("rules", "export", "--histograms", "native", "rules.yaml", directory=tmp_path)
    (tmp_path / "exported.yml").write_text(result.output)
    code, said = promtool("check", "rules", "exported.yml", directory=tmp_path)
    assert (result.code, code) == (0, 0), said
    assert not any(f"seconds_{suffix}" in result.output for suffix in ("bucket", "count", "sum"))
    # Any threshold can be interpolated.
    assert "OddThreshold" in result.output and "histogram_fraction(0, 0.7, sum by (cluster, verb)" in result.output


def test_what_promql_cannot_say_is_listed(exported):
    assert exported.errors.splitlines() == [
        "faultline: GotSlower is left out: slowdown(p50, 1m) has no counterpart in PromQL",
        "faultline: OneSlow is left out: it is about single spans or requests, which a scrape doesn't have",
        "faultline: OddThreshold is left out: burn_rate needs a threshold that is a bucket's bound, such as 150ms, 1s, 5s or 30s",
        "faultline: burn_rate counts what is both failed and slow twice: BudgetBurns",
    ]
    for name in ("GotSlower", "OneSlow", "OddThreshold"):
        assert name not in exported.output


def test_a_faulty_rule_file_is_refused(tmp_path):
    (tmp_path / "rules.yaml").write_text("groups: 3\n")
    result = faultline("rules", "export", "rules.yaml", directory=tmp_path)
    assert (result.code, result.output) == (2, "")
    assert "rules.yaml:1:9: groups must be a list" in result.errors
