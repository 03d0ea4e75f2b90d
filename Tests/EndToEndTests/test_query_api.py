"""What the daemon says of its window over HTTP: the rows of a replay's report, and its health."""

import json

import pytest

from harness import http_client, spans
from harness.waiting import eventually

RULES = """
groups:
  - name: quick
    interval: 1s
    rules:
      - alert: Held
        select: {service: apiserver}
        when: count >= 1 and max > 1us
        over: 1m
        for: 1h
"""


def rows(daemon, path):
    status, type, body = daemon.get(path)
    assert (status, type) == (200, "application/json")
    return json.loads(body)


def send_requests(daemon):
    """Three lists of pods, one of them failed, and a watch."""
    targets = ["/api/v1/pods?limit=500"] * 3 + ["/api/v1/pods?watch=true"]
    made = [
        spans.span(
            "GET /api/v1/pods",
            duration=(number + 1) * spans.MILLISECOND,
            is_error=number == 2,
            attributes=[spans.text("http.request.method", "GET"), spans.text("http.target", target)],
        )
        for number, target in enumerate(targets)
    ]
    assert http_client.send(daemon.http, spans.body(*made, service="apiserver")).status == 200


def test_operations_and_requests_have_the_rows_of_a_report(daemon):
    send_requests(daemon)
    (operation,) = rows(daemon, "/api/v1/operations")
    assert (operation["service"], operation["operation"], operation["kind"]) == ("apiserver", "GET /api/v1/pods", "SERVER")
    assert (operation["count"], operation["errors"], operation["max_seconds"]) == (4, 1, 0.004)
    (request,) = rows(daemon, "/api/v1/requests")
    assert [request[label] for label in ("verb", "group", "resource", "subresource", "scope")] == [
        "list", "", "pods", "", "cluster",
    ]
    assert (request["count"], request["errors"], request["p50_seconds"], request["max_seconds"]) == (3, 1, 0.002, 0.003)


def test_the_status_counts_spans(daemon):
    send_requests(daemon)
    assert rows(daemon, "/api/v1/status") == {
        "received": 4, "accepted": 4, "duplicates": 0, "late": 0, "rejected": {},
    }


def test_alerts_lists_the_pending_ones_too(serve):
    daemon = serve(RULES, "evaluation_delay: 1s\n")
    send_requests(daemon)
    eventually(lambda: rows(daemon, "/api/v1/alerts"), "the alert is pending")
    (alert,) = rows(daemon, "/api/v1/alerts")
    assert (alert["alert"], alert["state"], alert["fired_at"]) == ("Held", "pending", None)


@pytest.mark.parametrize("path, text", [("/-/healthy", "healthy\n"), ("/-/ready", "ready\n")])
def test_a_running_daemon_is_healthy_and_ready(daemon, path, text):
    status, _, body = daemon.get(path)
    assert (status, body.decode()) == (200, text)


def test_another_path_is_not_found(daemon):
    assert daemon.get("/api/v1/nothing")[0] == 404
