"""Incidents: one fault, one incident, in the report of a replay, the API, notifications and after a restart."""

import json
from datetime import datetime

import pytest

from harness import archives, faults, project, spans
from harness.command import faultline
from harness.spans import MILLISECOND, SECOND

OPENED_WITHIN = 30
CLOSED_WITHIN = 150
# Spans are counted by slots of this many seconds.
SLOT = 5


def seconds(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def replay(*arguments):
    done = faultline("replay", "--quiet", "--format", "json", *arguments)
    assert done.code == 0, done.errors
    return done.json


@pytest.mark.parametrize(
    "name, side, is_closed", [("errors", "etcd", True), ("slow-etcd", "etcd", False)]
)
def test_a_fault_on_a_real_cluster_is_one_incident(name, side, is_closed):
    facts = json.loads(project.capture(name, "facts.json").read_text())
    (fault,) = facts["faults"]
    report = replay(project.capture(name))
    (incident,) = report["incidents"]
    assert incident["culprit"]["side"] == fault["side"] == side
    opened = seconds(incident["opened_at"])
    assert 0 <= opened - fault["start_ns"] / 1e9 <= OPENED_WITHIN
    assert abs(seconds(incident["started_at"]) - fault["start_ns"] / 1e9) <= SLOT
    assert (incident["state"] == "closed") == is_closed
    if is_closed:
        assert 0 <= seconds(incident["closed_at"]) - fault["end_ns"] / 1e9 <= CLOSED_WITHIN
    # Every alert of the report belongs to it, with the same times.
    listed = [
        (alert["alert"], alert["labels"], alert["active_at"], alert["fired_at"], alert["resolved_at"])
        for rows in (incident["alerts"], report["alerts"]) for alert in rows
    ]
    assert len(incident["alerts"]) == len(report["alerts"])
    assert all(listed.count(row) == 2 for row in listed)
    # The verdict is one that was asked for, none of them surer.
    verdicts = [alert["evidence"]["culprit"] for alert in report["alerts"]]
    assert {key: value for key, value in incident["culprit"].items() if key != "instance"} in verdicts
    order = ["not clear", "likely", "clear"]
    assert incident["culprit"]["certainty"] == max((verdict["certainty"] for verdict in verdicts), key=order.index)
    assert "etcd_disk_wal_fsync_duration_seconds" in incident["next"]


@pytest.mark.parametrize(
    "fault",
    [
        faults.slow(faults.is_etcd, 60 * MILLISECOND),
        faults.slow(faults.is_mutating_webhook_call, 800 * MILLISECOND),
        faults.failing_etcd(0.9),
        faults.failing_webhook("Call validating webhook", 0.9),
        faults.stopped("etcd", 30 * SECOND, 60 * SECOND),
    ],
    ids=["etcd is slow", "webhooks are slow", "etcd's answers are errors", "webhooks fail", "etcd stalls"],
)
def test_an_incident_started_when_its_fault_did(tmp_path, fault):
    healthy = faults.Recording("steady")
    (tmp_path / "faulty.otlp").write_bytes(healthy.with_fault(fault))
    incidents = replay(tmp_path / "faulty.otlp")["incidents"]
    began = healthy.begin / SECOND + faults.START
    assert abs(seconds(incidents[0]["started_at"]) - began) <= SLOT


def test_a_healthy_cluster_has_none():
    assert replay(project.capture("steady"))["incidents"] == []


def test_the_requests_of_an_incident_are_those_of_its_time():
    """Counted again from the spans: those that ended from its start to its end, longer than 99 % of their kind before."""
    archive = project.capture("errors")
    (incident,) = replay(archive)["incidents"]
    during = replay("--from", incident["started_at"], "--to", incident["closed_at"], archive)
    assert incident["requests"]["count"] == sum(row["count"] for row in during["requests"])
    assert incident["requests"]["failed"] == sum(row["errors"] for row in during["requests"])
    assert 0 < incident["requests"]["slow"] < incident["requests"]["count"] / 5


def test_a_rule_with_incident_false_makes_none(tmp_path):
    rules = faultline("builtin-rules").output
    (tmp_path / "rules.yaml").write_text(rules.replace("        when:", "        incident: false\n        when:"))
    report = replay("--rules", tmp_path / "rules.yaml", project.EXAMPLE)
    assert report["alerts"] and report["incidents"] == []


def test_rules_that_are_only_compared_make_none(tmp_path):
    with_all = replay(project.EXAMPLE)
    compared = replay("--compare", "builtin", project.EXAMPLE)
    assert compared["incidents"] == with_all["incidents"] != []


ETCD = "groups:\n- name: g\n  interval: 5s\n  rules:\n"
SHORT = """\
  - alert: Short
    select: {service: etcd, kind: SERVER}
    when: p90 > 100ms and count >= 20
    over: 30s
    by: [service]
"""
LONG = """\
  - alert: Long
    select: {service: etcd, kind: SERVER}
    when: p99 > 100ms and count >= 20
    over: 10m
    by: [service]
    for: 1m
"""


def test_long_windows_attach_to_the_incident_of_short_ones_and_open_their_own_without(tmp_path):
    path = tmp_path / "rules.yaml"
    path.write_text(ETCD + SHORT + LONG)
    (incident,) = replay("--rules", path, project.capture("slow-etcd"))["incidents"]
    assert [alert["alert"] for alert in incident["alerts"]] == ["Short", "Long"]
    # The ten minutes still hold the fault, the last minute doesn't.
    assert incident["closed_at"] is None or incident["alerts"][1]["resolved_at"] is None
    path.write_text(ETCD + LONG)
    (alone,) = replay("--rules", path, project.capture("slow-etcd"))["incidents"]
    assert [alert["alert"] for alert in alone["alerts"]] == ["Long"]


def test_rules_about_other_services_make_none(tmp_path):
    path = tmp_path / "rules.yaml"
    path.write_text(
        "groups: [{name: g, interval: 5s, rules: [{alert: A, select: {service: '!~ etcd|apiserver'}, when: count > 0, over: 1m}]}]"
    )
    archive = tmp_path / "payments.otlp"
    now = 1_767_225_600 * SECOND
    archive.write_bytes(archives.framed(
        spans.body(spans.span("pay", end_time_unix_nano=now + number * SECOND, start_time_unix_nano=now), service="payments")
        for number in range(30)
    ))
    report = replay("--rules", path, archive)
    assert report["alerts"] and report["incidents"] == []
