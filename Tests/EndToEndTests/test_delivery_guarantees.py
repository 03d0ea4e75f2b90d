"""Whatever a receiver does, it gets every alert in order, and a receiver in trouble delays no other."""

import json
import time

from harness.rules import CONFIGURATION, SLOW_PAYMENTS
from harness.webhook import FLOOD, HANG, WebhookReceiver
from test_alert_delivery import fire, resolve

# Seconds that a call may take.
CALL_SECONDS = 10


def webhooks(*receivers):
    return SLOW_PAYMENTS + "sinks:\n  - stdout:\n" + "".join(f'  - webhook: {{url: "{r.url}"}}\n' for r in receivers)


def story(receiver, calls):
    """The states in the next calls, each once for all attempts with the same key."""
    told = []
    for _ in range(calls):
        payload, headers = receiver.next_call()
        told.append((headers["Idempotency-Key"], payload["status"]))
    return [status for number, (key, status) in enumerate(told) if number == 0 or told[number - 1][0] != key]


def fire_and_resolve(daemon):
    fire(daemon)
    daemon.output.wait_for("FIRING")
    resolve(daemon)
    daemon.output.wait_for("RESOLVED")


def test_a_receiver_that_fails_in_every_way_gets_everything_in_order(serve):
    answers = [500, 503, FLOOD, 429, 502, 200]
    with WebhookReceiver(answers) as receiver:
        daemon = serve(webhooks(receiver), CONFIGURATION)
        fire_and_resolve(daemon)
        assert story(receiver, len(answers)) == ["firing", "resolved"]


def test_a_receiver_that_asks_for_time_gets_it(serve):
    with WebhookReceiver([429, 503], headers={"Retry-After": "3"}) as receiver:
        daemon = serve(webhooks(receiver), CONFIGURATION)
        fire(daemon)
        times = []
        for _ in range(3):
            receiver.next()
            times.append(time.monotonic())
        # Otherwise the first retry would come within half a second.
        assert times[1] - times[0] >= 2.5 and times[2] - times[1] >= 2.5


def test_a_receiver_that_hangs_holds_up_no_other(serve):
    with WebhookReceiver([HANG]) as hanging, WebhookReceiver() as sound:
        daemon = serve(webhooks(hanging, sound), CONFIGURATION)
        fire(daemon)
        hanging.next()
        assert sound.next(CALL_SECONDS / 2)["status"] == "firing"
        resolve(daemon)
        assert sound.next(CALL_SECONDS / 2)["status"] == "resolved"
        # Timed out, and repeated.
        assert story(hanging, 2) == ["firing", "resolved"]


def test_a_receiver_that_dies_and_returns_gets_what_happened_meanwhile(serve):
    with WebhookReceiver() as receiver:
        pass
    daemon = serve(webhooks(receiver), CONFIGURATION)
    fire_and_resolve(daemon)
    daemon.log.wait_for("will retry")
    with WebhookReceiver(port=receiver.port) as returned:
        assert story(returned, 2) == ["firing", "resolved"]


def test_what_is_refused_is_a_dead_letter(serve, tmp_path):
    state = tmp_path / "state"
    with WebhookReceiver([400]) as receiver:
        url = receiver.url
        rules = SLOW_PAYMENTS + f'sinks:\n  - stdout:\n  - webhook: {{url: "{url}?token=hunter2"}}\n'
        rules = rules.replace("127.0.0.1", "user:hunter2@127.0.0.1")
        daemon = serve(rules, CONFIGURATION + f"state: {{directory: {state}}}\n")
        fire(daemon)
        daemon.log.wait_for("the receiver answered 400")
        letters = (state / "dead-letters.jsonl").read_text()
    (letter,) = [json.loads(line) for line in letters.splitlines()]
    assert (letter["sink"], letter["reason"]) == ("webhook", "the receiver answered 400")
    assert (letter["alert"]["alert"], letter["alert"]["state"]) == ("PaymentsSlow", "firing")
    daemon.stop()
    files = [path.name + path.read_text() for path in state.iterdir()]
    for text in ("\n".join(daemon.log.all), *files):
        assert "hunter2" not in text


def test_a_redirect_to_another_host_is_not_followed(serve):
    with WebhookReceiver() as other, WebhookReceiver([302], headers={"Location": other.url}) as receiver:
        daemon = serve(webhooks(receiver), CONFIGURATION)
        fire(daemon)
        assert receiver.next()["status"] == "firing"
        daemon.log.wait_for("302")
        assert daemon.metrics().sum("faultline_notifications_total", sink="webhook", outcome="delivered") == 0
        assert other.is_done
