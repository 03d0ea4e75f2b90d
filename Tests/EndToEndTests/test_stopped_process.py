"""A stopped process: a paused virtual machine, or `SIGSTOP`."""

import json
import os
import signal
import threading

from harness import http_client, spans
from harness.rules import CONFIGURATION
from harness.spans import MILLISECOND
from harness.waiting import eventually

# How long it is stopped: longer than the ranges and intervals of the rules.
SECONDS = int(os.environ.get("FAULTLINE_STOP_SECONDS", 6))

RULES = """\
groups:
  - name: shop
    interval: 1s
    rules:
      - {alert: PaymentsSlow, select: {operation: pay}, when: p50 > 150ms and count >= 5, over: 5s}
      - {alert: PaymentsMany, select: {operation: pay}, when: count > 200, over: 5s}
      - {alert: Silent, select: {service: checkout}, when: seen == 0 and count offset 30s >= 5, over: 1m}
"""


def pay(daemon, duration=10 * MILLISECOND):
    batch = [spans.span("pay", duration=duration) for _ in range(20)]
    assert http_client.send(daemon.http, spans.body(*batch)).status == 200


def group(daemon):
    return json.loads(daemon.get("/api/v1/rules")[2])[0]


def evaluated_after(daemon, time):
    return eventually(lambda: (group(daemon)["evaluated_at"] or "") > time and group(daemon)["evaluated_at"], "an evaluation")


def state_of(process):
    with open(f"/proc/{process.pid}/stat") as stat:
        return stat.read().rpartition(")")[2].split()[0]


def test_a_stopped_process_resumes_without_a_storm_of_alerts_and_without_going_back(serve):
    daemon = serve(RULES, CONFIGURATION)
    pay(daemon)
    before = evaluated_after(daemon, "")
    oldest = daemon.metrics().value("faultline_window_oldest_timestamp_seconds")
    daemon.process.send_signal(signal.SIGSTOP)
    try:
        eventually(lambda: state_of(daemon.process) == "T", "the process is stopped")
        threading.Event().wait(SECONDS)
    finally:
        daemon.process.send_signal(signal.SIGCONT)
    pay(daemon)
    after = evaluated_after(daemon, before)
    for _ in range(2):
        pay(daemon)
        after = evaluated_after(daemon, after)
    metrics = daemon.metrics()
    assert metrics.value("faultline_window_oldest_timestamp_seconds") >= oldest
    assert metrics.accepted == 20 * 4
    metrics.check_accounts()
    assert daemon.output.all == []
    # It still detects faults.
    for _ in range(5):
        pay(daemon, 400 * MILLISECOND)
    daemon.output.wait_for("FIRING", "PaymentsSlow")
