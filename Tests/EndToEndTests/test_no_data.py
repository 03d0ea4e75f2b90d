"""A rule without data neither fires nor resolves."""

import json

from harness import http_client, spans
from harness.rules import CONFIGURATION
from harness.spans import MILLISECOND
from harness.waiting import eventually

RULES = """\
groups:
  - name: unknown
    interval: 1s
    rules:
      - {alert: NeverSeen, select: {service: checkout, operation: no such thing}, when: p99 < 1h, over: 1m}
      - {alert: NeverSeenNegated, select: {service: nobody}, when: "not p99 > 1ms", over: 1m}
      - {alert: DividedByZero, select: {operation: pay}, when: count / errors > 0, over: 1m}
      - {alert: ZeroByZero, select: {operation: pay}, when: errors / (errors * 2) >= 0 or errors / errors < 5, over: 1m}
      - {alert: TooFew, select: {operation: pay}, when: p50 > 1ms and count >= 1000, over: 1m}
      - {alert: Paid, select: {operation: pay}, when: count >= 5, over: 1m}
"""


def pay(daemon):
    batch = [spans.span("pay", duration=200 * MILLISECOND) for _ in range(10)]
    assert http_client.send(daemon.http, spans.body(*batch)).status == 200


def evaluated_at(daemon):
    return json.loads(daemon.get("/api/v1/rules")[2])[0]["evaluated_at"]


def test_operations_never_seen_divisions_by_zero_and_too_few_spans_fire_nothing(serve):
    daemon = serve(RULES, CONFIGURATION)
    pay(daemon)
    daemon.output.wait_for("FIRING", "Paid")
    # All rules have been evaluated over these spans a few more times.
    for _ in range(3):
        last = evaluated_at(daemon)
        pay(daemon)
        eventually(lambda: evaluated_at(daemon) > last, "another evaluation")
    assert daemon.stop() == 0
    daemon.output.finish()
    assert [line for line in daemon.output.all if "Paid" not in line] == []
    assert len(daemon.output.all) == 1
