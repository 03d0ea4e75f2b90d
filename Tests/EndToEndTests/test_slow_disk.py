"""A disk in trouble delays what must be saved before it is sent, and nothing else."""

import json
from datetime import datetime

import pytest

from harness.daemon import Faultline
from harness.rules import CONFIGURATION, SLOW_PAYMENTS
from harness.slow_disk import SlowDisk
from harness.waiting import eventually
from harness.webhook import WebhookReceiver
from test_alert_delivery import fire, resolve

RULES = SLOW_PAYMENTS.replace("over: 1m", "over: 5s")


@pytest.fixture
def disk(tmp_path, monkeypatch):
    slow = SlowDisk(tmp_path, monkeypatch)
    yield slow
    slow.go()


@pytest.fixture
def receiver():
    with WebhookReceiver() as receiver:
        yield receiver


@pytest.fixture
def start(tmp_path, receiver, disk):
    """Starts daemons, one after the other, that keep their state on the slow disk."""

    def start():
        (tmp_path / "rules.yaml").write_text(RULES + f'sinks:\n  - webhook: {{url: "{receiver.url}"}}\n')
        (tmp_path / "faultline.yaml").write_text(CONFIGURATION + f"state: {{directory: {tmp_path / 'state'}}}\n")
        return Faultline("--rules", tmp_path / "rules.yaml", "--config", tmp_path / "faultline.yaml")

    return start


def firing(daemon):
    return daemon.metrics().value("faultline_alerts", alertname="PaymentsSlow", alertstate="firing")


def evaluations(daemon):
    return daemon.metrics().value("faultline_rule_evaluation_duration_seconds_count")


class Progress:
    """What a daemon that evaluates its rules every second did from one moment to another.

    If the disk makes the evaluating thread wait, one evaluation afterwards does the work of all the seconds that passed, and if it
    makes a scrape wait, that scrape sees many evaluations more than the one before."""

    # Seconds: what a busy machine may delay. Waiting for the disk takes longer, in both tests.
    DELAY = 5

    def __init__(self, daemon):
        self.daemon = daemon
        self.first = self.last = self.evaluated()
        self.scrapes = [evaluations(daemon)]

    def evaluated(self):
        """The last evaluated time, Unix seconds."""

        def time():
            status, _, body = self.daemon.get("/api/v1/rules")
            assert status == 200
            return json.loads(body)[0]["evaluated_at"]

        return datetime.fromisoformat(eventually(time, "an evaluation")).timestamp()

    def until(self, condition, what):
        """Scrapes until something is the case."""

        def look():
            self.scrapes.append(evaluations(self.daemon))
            self.last = self.evaluated()
            return condition()

        eventually(look, what)

    def was_on_time(self):
        seconds, count = self.last - self.first, self.scrapes[-1] - self.scrapes[0]
        assert count > seconds - self.DELAY, f"{count} evaluations of {seconds} seconds"
        steps = [after - before for before, after in zip(self.scrapes, self.scrapes[1:])]
        assert max(steps) < self.DELAY, f"{max(steps)} evaluations from one scrape to the next"


def delivered(daemon):
    return daemon.metrics().value("faultline_notifications_total", sink="webhook", outcome="delivered")


def unsent(state):
    """How many alerts in the only queue on disk are not marked as delivered."""
    (queue,) = state.glob("queue-*.jsonl")
    lines = [json.loads(line) for line in queue.read_text().splitlines()]
    return sum("alert" in line for line in lines) - sum(line.get("done", 0) for line in lines)


def test_while_a_disk_hangs_rules_are_evaluated_and_queries_answered(start, disk, receiver):
    with start() as daemon:
        disk.hold()
        progress = Progress(daemon)
        fire(daemon)
        progress.until(lambda: firing(daemon) == 1, "an alert that fires")
        fired = progress.last
        progress.until(lambda: progress.last > fired + 2 * Progress.DELAY, "evaluations go on")
        progress.was_on_time()
        status, _, body = daemon.get("/api/v1/alerts")
        assert status == 200 and b"PaymentsSlow" in body
        assert daemon.get("/-/ready")[0] == 200
        disk.go()
        assert receiver.next()["status"] == "firing"


def test_with_two_seconds_for_every_sync_alerts_are_delivered_once_in_order(start, disk, receiver):
    disk.takes(2000)
    with start() as daemon:
        progress = Progress(daemon)
        fire(daemon)
        progress.until(lambda: firing(daemon) == 1, "an alert that fires")
        resolve(daemon)
        progress.until(lambda: firing(daemon) == 0, "an alert that resolves")
        # Each of the two needs at least three syncs.
        progress.was_on_time()
        assert [receiver.next()["status"] for _ in range(2)] == ["firing", "resolved"]
    assert receiver.is_done


def test_a_disk_that_never_answers_delays_neither_alerts_nor_shutdown(start, disk, receiver):
    with start() as daemon:
        disk.hold()
        fire(daemon)
        assert receiver.next()["status"] == "firing"
        eventually(lambda: daemon.metrics().value("faultline_state_failed") == 1, "the gauge of the state directory")
        assert daemon.stop() == 0


def test_what_was_delivered_just_before_a_kill_is_not_delivered_again(start, disk, receiver, tmp_path):
    disk.takes(2000)
    first = start().__enter__()
    try:
        fire(first)
        assert receiver.next()["status"] == "firing"
        resolve(first)
        end, headers = receiver.next_call()
        assert end["status"] == "resolved"
        eventually(lambda: delivered(first) == 2, "an answer that was taken in")
        # Written but not yet synced, which is enough to survive a kill.
        eventually(lambda: unsent(tmp_path / "state") == 0, "a queue that knows")
    finally:
        first.process.kill()
        first.process.wait()
        first.output.finish()
        first.log.finish()
    disk.takes(0)
    with start() as second:
        # Queued alerts are sent before new ones.
        fire(second)
        payload, other = receiver.next_call()
        assert payload["status"] == "firing" and other["Idempotency-Key"] != headers["Idempotency-Key"]
    assert receiver.is_done
