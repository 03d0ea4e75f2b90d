"""Alerts in a real Alertmanager, and its notifications about them."""

import pytest

from harness.alertmanager import Alertmanager
from harness.rules import CONFIGURATION, SLOW_PAYMENTS
from harness.webhook import WebhookReceiver
from test_alert_delivery import LABELS, fire, resolve


@pytest.fixture
def receiver():
    with WebhookReceiver() as receiver:
        yield receiver


@pytest.fixture
def alertmanager(tmp_path, receiver):
    with Alertmanager(tmp_path, receiver.url) as running:
        yield running


def test_an_alert_is_received_once_and_resolves(serve, alertmanager, receiver):
    sinks = "sinks:\n  - stdout:\n" + f'  - alertmanager: {{url: "{alertmanager.url}"}}\n' * 2
    daemon = serve(SLOW_PAYMENTS + sinks, CONFIGURATION)
    fire(daemon)
    (alert,) = alertmanager.wait_for_alerts(1)
    assert alert["labels"] == {"alertname": "PaymentsSlow", **LABELS}
    assert alert["annotations"]["summary"] == "pay takes 400ms"
    assert alert["annotations"]["culprit"].startswith("not clear: ")
    assert alert["status"]["state"] == "active"
    assert alert["startsAt"] < alert["endsAt"]

    # Two sinks send it, but only one page follows.
    payload = receiver.next()
    assert payload["status"] == "firing" and len(payload["alerts"]) == 1

    resolve(daemon)
    alertmanager.wait_for_alerts(0)
    payload = receiver.next()
    assert payload["status"] == "resolved"
    assert payload["alerts"][0]["startsAt"][:19] == alert["startsAt"][:19]


def test_an_alertmanager_that_was_away_gets_what_fired_meanwhile(serve, tmp_path, receiver):
    with Alertmanager(tmp_path, receiver.url) as gone:
        pass
    daemon = serve(SLOW_PAYMENTS + f'sinks:\n  - stdout:\n  - alertmanager: {{url: "{gone.url}"}}\n', CONFIGURATION)
    fire(daemon)
    daemon.output.wait_for("FIRING")
    daemon.log.wait_for("will retry")

    with Alertmanager(tmp_path, receiver.url, gone.address) as back:
        (alert,) = back.wait_for_alerts(1)
        assert alert["labels"]["alertname"] == "PaymentsSlow"
        assert receiver.next()["status"] == "firing"
    assert gone.address not in "\n".join(daemon.log.matching("not delivered"))
