"""`kill -9`, and what the next process knows: which alerts are active since when, and what must still be delivered."""

import os
import random
import shutil
import threading

import pytest

from harness.daemon import Faultline
from harness.rules import CONFIGURATION, SLOW_PAYMENTS
from harness.waiting import eventually
from harness.webhook import HANG, WebhookReceiver
from test_alert_delivery import fire, resolve

KILLS = int(os.environ.get("FAULTLINE_KILLS", 5))
SEED = int(os.environ.get("FAULTLINE_SEED", 20261123))
# Seconds from the spans that make an alert fire to the kill, at most: it fires after one to two and a half.
FIRES_WITHIN = 3

RULES = SLOW_PAYMENTS.replace("over: 1m", "over: 5s")


@pytest.fixture
def start(tmp_path):
    """Starts daemons, one after the other, that keep their state in the same directory."""

    def start(rules):
        (tmp_path / "rules.yaml").write_text(rules)
        (tmp_path / "faultline.yaml").write_text(CONFIGURATION + f"state: {{directory: {tmp_path / 'state'}}}\n")
        return Faultline("--rules", tmp_path / "rules.yaml", "--config", tmp_path / "faultline.yaml")

    return start


def kill(daemon):
    daemon.process.kill()
    daemon.process.wait()
    daemon.output.finish()
    daemon.log.finish()


def with_webhook(url):
    return RULES + f'sinks:\n  - stdout:\n  - webhook: {{url: "{url}"}}\n'


def test_what_fired_before_a_kill_is_delivered_after_it_and_not_twice(start):
    with WebhookReceiver() as gone:
        pass
    first = start(with_webhook(gone.url)).__enter__()
    fire(first)
    first.output.wait_for("FIRING")
    first.log.wait_for("will retry")
    kill(first)

    with WebhookReceiver(port=gone.port) as receiver, start(with_webhook(gone.url)) as second:
        second.log.wait_for("alerts of the last run continue", "alerts=1")
        payload, headers = receiver.next_call()
        assert payload["status"] == "firing"
        assert second.metrics().value("faultline_alerts", alertname="PaymentsSlow", alertstate="firing") == 1
        # It stays slow, so there is nothing new to send.
        fire(second)
        threading.Event().wait(3)
        assert receiver.is_done and not second.output.matching("FIRING")

        threading.Event().wait(3)
        resolve(second)
        end, other = receiver.next_call()
        assert end["status"] == "resolved" and headers["Idempotency-Key"] != other["Idempotency-Key"]
        assert end["alerts"][0]["startsAt"] == payload["alerts"][0]["startsAt"]
        assert end["alerts"][0]["fingerprint"] == payload["alerts"][0]["fingerprint"]


def test_a_call_that_was_not_answered_before_a_kill_is_made_again(start):
    with WebhookReceiver([HANG]) as receiver:
        first = start(with_webhook(receiver.url)).__enter__()
        fire(first)
        payload, headers = receiver.next_call()
        kill(first)
        with start(with_webhook(receiver.url)):
            again, same = receiver.next_call()
    assert again == payload
    assert same["Idempotency-Key"] == headers["Idempotency-Key"]


def test_kill_at_random_moments_makes_one_page_of_one_alert(start, tmp_path):
    moments = random.Random(SEED)
    for number in range(KILLS):
        with WebhookReceiver() as receiver:
            first = start(with_webhook(receiver.url)).__enter__()
            fire(first)
            threading.Event().wait(moments.uniform(0, FIRES_WITHIN))
            kill(first)
            with start(with_webhook(receiver.url)) as second:
                fire(second)
                eventually(
                    lambda: second.metrics().value("faultline_alerts", alertname="PaymentsSlow", alertstate="firing") == 1,
                    f"firing after kill {number}, seed {SEED}",
                )
            calls = []
            while not receiver.is_done:
                calls.append(receiver.next())
            alerts = {(call["alerts"][0]["fingerprint"], call["alerts"][0]["startsAt"]) for call in calls}
            assert len(alerts) == 1 and {call["status"] for call in calls} == {"firing"}, (number, SEED, calls)
        (tmp_path / "state").rename(tmp_path / f"state-{number}")


def test_a_rule_that_has_changed_starts_over(start):
    with start(RULES) as first:
        fire(first)
        first.output.wait_for("FIRING")
    with start(RULES.replace("150ms", "151ms")) as second:
        second.log.wait_for("alerts of the last run continue", "alerts=0")
        fire(second)
        second.output.wait_for("FIRING")


def test_a_file_that_is_not_a_state_file_is_set_aside(start, tmp_path):
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "alerts.json").write_text('{"version":1,"alerts":[')
    with start(RULES) as daemon:
        (line,) = daemon.log.wait_for("set aside")
        (aside,) = (tmp_path / "state").glob("alerts.json.corrupt-*")
        assert str(aside) in line and aside.read_text() == '{"version":1,"alerts":['
        fire(daemon)
        daemon.output.wait_for("FIRING")


def run_together(content):
    return content.replace(b"\n", b"")


def with_zeros(content):
    """As some file systems leave a file whose last write was cut off by a power failure."""
    return content + bytes(100)


def with_another_bit(content):
    return content[:40] + bytes([content[40] ^ 1]) + content[41:]


@pytest.mark.parametrize("is_defined", [True, False], ids=["", "of a sink that is gone"])
@pytest.mark.parametrize("damage", [run_together, with_zeros, with_another_bit])
def test_a_damaged_queue_is_told(start, tmp_path, damage, is_defined):
    with WebhookReceiver() as gone:
        pass
    first = start(with_webhook(gone.url)).__enter__()
    fire(first)
    first.log.wait_for("will retry")
    kill(first)
    (queue,) = (tmp_path / "state").glob("queue-*.jsonl")
    queue.write_bytes(damage(queue.read_bytes()))
    with start(with_webhook(gone.url) if is_defined else RULES) as second:
        second.log.wait_for("lines of the queue on disk can't be read and are skipped")


def test_alerts_are_sent_even_if_nothing_can_be_saved(start, tmp_path):
    with WebhookReceiver() as receiver, start(with_webhook(receiver.url)) as daemon:
        assert daemon.metrics().value("faultline_state_failed") == 0
        shutil.rmtree(tmp_path / "state")
        fire(daemon)
        assert receiver.next()["status"] == "firing"
        daemon.log.wait_for("can't be written to disk")
        assert daemon.metrics().value("faultline_state_failed") == 1


def test_two_daemons_don_t_share_a_directory(start, tmp_path):
    with start(RULES):
        second = Faultline("--state", tmp_path / "state")
        assert second.process.wait(timeout=30) == 1
        second.log.finish()
        assert second.log.matching("another daemon keeps its state in")
