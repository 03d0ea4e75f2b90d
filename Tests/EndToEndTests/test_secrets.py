"""Secrets in a configuration are never shown."""

import pytest

from harness.command import faultline
from harness.rules import CONFIGURATION, SLOW_PAYMENTS
from harness.webhook import WebhookReceiver
from test_alert_delivery import fire

SECRET = "hunter2"
PATHS = [
    "/metrics", "/api/v1/rules", "/api/v1/alerts", "/api/v1/status", "/api/v1/operations", "/api/v1/requests",
    "/-/healthy", "/-/ready", "/api/v1/config", "/",
]


def test_credentials_of_sinks_are_in_no_log_and_no_reply(serve, tmp_path):
    headers = tmp_path / "headers"
    headers.write_text(f"Authorization: Bearer {SECRET}\n")
    with WebhookReceiver([500, 401]) as receiver:
        url = receiver.url.replace("127.0.0.1", f"user:{SECRET}@127.0.0.1") + f"?token={SECRET}"
        rules = SLOW_PAYMENTS + (
            f'sinks:\n  - stdout:\n  - webhook: {{url: "{url}", headers_file: {headers}}}\n'
            f'  - alertmanager: {{url: "http://user:{SECRET}@127.0.0.1:1"}}\n'
        )
        daemon = serve(rules, CONFIGURATION)
        fire(daemon)
        daemon.log.wait_for("the receiver answered 401")
        daemon.log.wait_for("alertmanager", "will retry")
        answers = [daemon.get(path) for path in PATHS]
        # A broken header file is reported without its contents.
        headers.write_text(f"{SECRET} without a colon\n")
        daemon.reload()
        daemon.log.wait_for("rules not reloaded")
    daemon.stop()
    for _, _, body in answers:
        assert SECRET not in body.decode()
    assert SECRET not in "\n".join(daemon.log.all + daemon.output.all)


@pytest.mark.parametrize("url", [f"ftp://user:{SECRET}@host/", f"http://user:{SECRET}@/x"])
def test_a_wrong_url_is_not_quoted(tmp_path, url):
    file = tmp_path / "rules.yaml"
    file.write_text(SLOW_PAYMENTS + f'sinks:\n  - webhook: {{url: "{url}"}}\n')
    done = faultline("check", file)
    assert done.code == 1
    assert SECRET not in done.output + done.errors
