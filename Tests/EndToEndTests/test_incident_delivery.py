"""Incidents of a running daemon: what sinks are sent, once, and what a restart and a replay of its recording know of them."""

import json

import pytest

from harness import http_client, spans
from harness.alertmanager import Alertmanager
from harness.command import faultline
from harness.daemon import Faultline
from harness.rules import CONFIGURATION
from harness.spans import MILLISECOND
from harness.waiting import eventually
from harness.webhook import WebhookReceiver
from test_restart import kill

# Two alerts of one fault.
RULES = """\
groups:
  - name: etcd
    interval: 1s
    rules:
      - alert: EtcdSlow
        select: {service: etcd, operation: Range}
        when: p50 > 150ms and count >= 5
        over: 5s
        labels: {severity: critical}
      - alert: EtcdVerySlow
        select: {service: etcd, operation: Range}
        when: p50 > 300ms and count >= 5
        over: 5s
"""


@pytest.fixture
def receiver():
    with WebhookReceiver() as receiver:
        yield receiver


def call_etcd(daemon, duration):
    calls = [spans.span("Range", duration=duration) for _ in range(20)]
    assert http_client.send(daemon.http, spans.body(*calls, service="etcd")).status == 200


def rows(daemon, path):
    return json.loads(daemon.get(path)[2])


def test_one_fault_is_two_calls_of_a_webhook_whatever_happens_to_the_daemon(tmp_path, receiver):
    sinks = f'sinks: [{{webhook: {{url: "{receiver.url}", send: incidents}}}}, {{stdout: {{send: incidents}}}}]\n'
    (tmp_path / "rules.yaml").write_text(RULES + sinks)
    (tmp_path / "faultline.yaml").write_text(CONFIGURATION + f"state: {{directory: {tmp_path / 'state'}}}\n")
    arguments = ("--rules", tmp_path / "rules.yaml", "--config", tmp_path / "faultline.yaml")

    first = Faultline(*arguments).__enter__()
    call_etcd(first, 400 * MILLISECOND)
    opened = receiver.next()
    (before,) = rows(first, "/api/v1/incidents")
    # What the daemon doesn't know to be delivered is delivered again.
    (queue,) = (tmp_path / "state").glob("queue-*.jsonl")
    eventually(lambda: '"done":1' in queue.read_text(), "the daemon knows that it was delivered")
    kill(first)

    (alert,) = opened["alerts"]
    assert opened["status"] == "firing"
    assert alert["labels"] == {
        "alertname": "ControlPlaneIncident", "incident": before["id"], "side": "unknown", "severity": "critical",
    }
    assert alert["annotations"].keys() == {"summary", "verdict", "affects", "next"}
    assert {row["alert"] for row in alert["incident"]["alerts"]} == {"EtcdSlow", "EtcdVerySlow"}
    assert alert["incident"]["state"] == "open" and alert["startsAt"] == alert["incident"]["opened_at"]

    with Faultline(*arguments) as second:
        (again,) = rows(second, "/api/v1/incidents")
        assert (again["id"], again["opened_at"], again["state"]) == (before["id"], before["opened_at"], "open")
        # Healthy from now on, and heard of.
        def closed_incidents():
            call_etcd(second, MILLISECOND)
            return [row for row in rows(second, "/api/v1/incidents") if row["state"] == "closed"]

        closed = eventually(closed_incidents, "the incident has closed")
        end = receiver.next()
        (line,) = second.output.wait_for("INCIDENT CLOSED")
    assert receiver.is_done
    assert end["status"] == "resolved"
    assert end["alerts"][0]["fingerprint"] == alert["fingerprint"]
    assert end["alerts"][0]["labels"] == alert["labels"]
    assert end["alerts"][0]["incident"] == closed[0]
    assert closed[0]["id"] in line and end["alerts"][0]["annotations"]["summary"] in line


def test_an_alertmanager_gets_one_alert_for_all_of_a_fault(serve, tmp_path, receiver):
    with Alertmanager(tmp_path, receiver.url) as alertmanager:
        daemon = serve(RULES + f'sinks: [{{alertmanager: {{url: "{alertmanager.url}", send: incidents}}}}]\n', CONFIGURATION)
        call_etcd(daemon, 400 * MILLISECOND)
        (alert,) = alertmanager.wait_for_alerts(1)
        assert alert["labels"]["alertname"] == "ControlPlaneIncident"
        assert daemon.metrics().value("faultline_incidents", side="unknown", severity="critical") == 1
        assert daemon.metrics().value("faultline_incidents_opened_total") == 1


def test_a_replay_of_a_recording_has_the_incidents_that_the_daemon_had(serve, tmp_path):
    configuration = CONFIGURATION + f"archive: {{directory: {tmp_path / 'archive'}}}\n"
    daemon = serve(RULES, configuration)
    call_etcd(daemon, 400 * MILLISECOND)
    eventually(lambda: [len(row["alerts"]) for row in rows(daemon, "/api/v1/incidents")] == [2], "both alerts fire")

    def resolved():
        call_etcd(daemon, MILLISECOND)
        found = rows(daemon, "/api/v1/incidents")
        return found if found and all(alert["resolved_at"] for alert in found[0]["alerts"]) else None

    live = eventually(resolved, "both alerts have resolved")
    assert daemon.stop() == 0
    (tmp_path / "replay.yaml").write_text(CONFIGURATION)
    report = faultline(
        "replay", "--quiet", "--format", "json", "--rules", tmp_path / "rules.yaml", "--config", tmp_path / "replay.yaml",
        tmp_path / "archive",
    ).json
    assert report["incidents"] == live
    assert {row["alert"] for row in live[0]["alerts"]} == {"EtcdSlow", "EtcdVerySlow"}
