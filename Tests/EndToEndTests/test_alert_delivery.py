"""An alert goes to standard output and to a webhook when it fires and when it resolves."""

import json

import pytest

from harness import http_client, spans
from harness.rules import CONFIGURATION, SLOW_PAYMENTS
from harness.spans import MILLISECOND
from harness.webhook import WebhookReceiver

LABELS = {"operation": "pay", "service": "checkout", "severity": "page"}


@pytest.fixture
def receiver():
    with WebhookReceiver() as receiver:
        yield receiver


@pytest.fixture
def start(receiver, serve):
    def start(format):
        sinks = f'sinks:\n  - stdout: {{format: {format}}}\n  - webhook: {{url: "{receiver.url}"}}\n'
        return serve(SLOW_PAYMENTS + sinks, CONFIGURATION)

    return start


def pay(daemon, count, duration):
    payments = [spans.span("pay", duration=duration) for _ in range(count)]
    assert http_client.send(daemon.http, spans.body(*payments)).status == 200


def fire(daemon):
    pay(daemon, 10, 400 * MILLISECOND)


def resolve(daemon):
    pay(daemon, 100, 2 * MILLISECOND)


def test_a_line_of_text_says_that_an_alert_fires_and_one_that_it_resolved(start):
    daemon = start("text")
    fire(daemon)
    (line,) = daemon.output.wait_for("PaymentsSlow")
    assert 'FIRING PaymentsSlow {operation="pay" service="checkout" severity="page"} value=400 ms since 20' in line
    assert line.endswith(": pay takes 400ms; culprit: not clear: there is nothing from before to compare with")
    assert daemon.metrics().value("faultline_alerts", alertname="PaymentsSlow", alertstate="firing") == 1

    resolve(daemon)
    _, line = daemon.output.wait_for("PaymentsSlow", count=2)
    assert "RESOLVED PaymentsSlow" in line
    assert daemon.metrics().value("faultline_alerts", alertname="PaymentsSlow", alertstate="firing") == 0


def test_a_line_of_text_says_the_verdict_once(serve):
    """Annotations may have it already, as those of the built-in rules do."""
    following = 'annotations: {next: "Start with the culprit: {{ $culprit }}", '
    daemon = serve(SLOW_PAYMENTS.replace("annotations: {", following) + "sinks: [{stdout: {format: text}}]\n", CONFIGURATION)
    fire(daemon)
    (line,) = daemon.output.wait_for("PaymentsSlow")
    assert line.count("not clear: there is nothing from before to compare with") == 1 and "Start with the culprit: not clear" in line


def test_a_line_of_json_says_all_of_an_alert(start):
    daemon = start("json")
    fire(daemon)
    (line,) = daemon.output.wait_for("PaymentsSlow")
    fired = json.loads(line)
    assert fired["alert"] == "PaymentsSlow"
    assert fired["labels"] == LABELS
    assert fired["annotations"] == {"summary": "pay takes 400ms"}
    assert (fired["state"], fired["value"], fired["resolved_at"]) == ("firing", 0.4, None)
    assert fired["active_at"] == fired["fired_at"]

    resolve(daemon)
    _, line = daemon.output.wait_for("PaymentsSlow", count=2)
    resolved = json.loads(line)
    assert resolved["state"] == "resolved"
    assert resolved["fired_at"] == fired["fired_at"] < resolved["resolved_at"]


def test_a_webhook_is_called_with_the_payload_of_alertmanager(start, receiver):
    daemon = start("text")
    fire(daemon)
    payload = receiver.next()
    assert (payload["version"], payload["status"]) == ("4", "firing")
    assert payload["groupLabels"] == {"alertname": "PaymentsSlow"}
    (alert,) = payload["alerts"]
    assert alert["status"] == "firing"
    assert alert["labels"] == {"alertname": "PaymentsSlow", **LABELS}
    assert alert["annotations"] == {
        "summary": "pay takes 400ms", "culprit": "not clear: there is nothing from before to compare with",
    }
    assert alert["endsAt"] == "0001-01-01T00:00:00Z"

    resolve(daemon)
    payload = receiver.next()
    assert payload["status"] == "resolved"
    (resolved,) = payload["alerts"]
    assert resolved["fingerprint"] == alert["fingerprint"]
    assert alert["startsAt"] == resolved["startsAt"] < resolved["endsAt"]


def test_a_webhook_that_fails_once_is_called_again(serve):
    with WebhookReceiver(answers=[503]) as receiver:
        daemon = serve(SLOW_PAYMENTS + f'sinks:\n  - webhook: {{url: "{receiver.url}"}}\n', CONFIGURATION)
        fire(daemon)
        assert receiver.next() == receiver.next()


def test_fired_alerts_are_delivered_before_the_daemon_ends(start, receiver):
    daemon = start("text")
    fire(daemon)
    daemon.output.wait_for("FIRING")
    assert daemon.stop() == 0
    assert receiver.next()["status"] == "firing"
    # Only the daemon had ended, not the alert.
    daemon.output.finish()
    assert not daemon.output.matching("RESOLVED")


def test_external_labels_are_added_to_what_is_delivered(receiver, serve):
    sinks = f'sinks:\n  - stdout: {{format: json}}\n  - webhook: {{url: "{receiver.url}"}}\n'
    daemon = serve(SLOW_PAYMENTS + sinks, CONFIGURATION + "external_labels: {cluster: east, severity: none}\n")
    fire(daemon)
    (line,) = daemon.output.wait_for("PaymentsSlow")
    # The alert's own label takes precedence.
    assert json.loads(line)["labels"] == {**LABELS, "cluster": "east"}


def test_labels_with_an_empty_value_are_left_out(serve):
    rules = SLOW_PAYMENTS.replace("{severity: page}", '{severity: page, team: ""}')
    assert rules != SLOW_PAYMENTS
    sinks = "sinks:\n  - stdout: {format: json}\n"
    daemon = serve(rules + sinks, CONFIGURATION + 'external_labels: {cluster: east, region: ""}\n')
    fire(daemon)
    (line,) = daemon.output.wait_for("PaymentsSlow")
    assert json.loads(line)["labels"] == {**LABELS, "cluster": "east"}
