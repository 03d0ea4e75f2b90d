"""The query API: the rows of a replay's report, and the daemon's health."""

import json
from datetime import datetime

import pytest
import yaml

from harness import http_client, spans
from harness.command import faultline
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
    status = rows(daemon, "/api/v1/status")
    assert status.pop("last_span") and status.pop("now") and status.pop("spans_per_second") > 0
    assert status.pop("last_apiserver_span")
    assert status == {
        "received": 4, "accepted": 4, "duplicates": 0, "late": 0, "rejected": {}, "incident": None,
        "recorded_from": None, "has_baseline": False,
    }


def test_alerts_lists_the_pending_ones_too(serve):
    daemon = serve(RULES, "evaluation_delay: 1s\n")
    send_requests(daemon)
    eventually(lambda: rows(daemon, "/api/v1/alerts"), "the alert is pending")
    (alert,) = rows(daemon, "/api/v1/alerts")
    assert (alert["alert"], alert["state"], alert["fired_at"]) == ("Held", "pending", None)


GROUPS = """
groups:
  - name: first
    interval: 1s
    limit: 20
    rules:
      - alert: Slow
        select: {service: apiserver, operation: "=~GET .+", kind: "!= CLIENT"}
        when: max > 1us and count >= 1
        over: 1m30s
        by: [service]
        for: 500ms
        keep_firing_for: 2m
        labels: {severity: page}
        annotations: {summary: "{{ $labels.service }} takes {{ $value | humanizeDuration }}"}
      - alert: Budget
        select: {verb: list}
        when: burn_rate(99%, 1s, 1h) > 90
  - name: second
    interval: 2s
    rules:
      - alert: Long
        match: {verb: "!~ get|watch"}
        when: duration > 10s or (duration > 5s)
"""


def test_rules_are_those_of_the_file_with_their_alerts(serve):
    daemon = serve(GROUPS, "evaluation_delay: 1s\n")
    first, second = rows(daemon, "/api/v1/rules")
    assert {key: first[key] for key in first if key not in ("rules", "evaluated_at")} == {
        "name": "first", "interval_seconds": 1, "limit": 20,
    }
    assert (second["name"], second["interval_seconds"], second["limit"]) == ("second", 2, None)
    slow, budget = first["rules"]
    assert slow == {
        "runbook": None,
        "alert": "Slow",
        "select": {"service": "apiserver", "operation": "=~ GET .+", "kind": "!= CLIENT"},
        "when": "max > 1us and count >= 1",
        "over_seconds": 90,
        "by": ["service"],
        "for_seconds": 0.5,
        "keep_firing_for_seconds": 120,
        "labels": {"severity": "page"},
        "annotations": {"summary": "{{ $labels.service }} takes {{ $value | humanizeDuration }}"},
        "state": "inactive",
        "alerts": [],
    }
    assert (budget["select"], budget["when"]) == ({"verb": "list"}, "burn_rate(99%, 1s, 1h) > 90")
    assert (budget["over_seconds"], budget["by"]) == (None, ["verb"])
    (long,) = second["rules"]
    assert (long["match"], long["over_seconds"], long["for_seconds"]) == ({"verb": "!~ get|watch"}, 2, 0)
    assert long["when"] == "duration > 10s or (duration > 5s)"
    assert "select" not in long and "match" not in slow

    send_requests(daemon)
    eventually(lambda: rows(daemon, "/api/v1/rules")[0]["rules"][0]["state"] == "firing", "the alert fires")
    slow, budget = rows(daemon, "/api/v1/rules")[0]["rules"]
    (alert,) = slow["alerts"]
    assert [alert] == rows(daemon, "/api/v1/alerts")
    assert (alert["alert"], alert["state"]) == ("Slow", "firing")
    assert (budget["state"], budget["alerts"]) == ("inactive", [])


def test_a_rule_with_a_pending_alert_is_pending(serve):
    daemon = serve(RULES, "evaluation_delay: 1s\n")
    send_requests(daemon)
    eventually(lambda: rows(daemon, "/api/v1/alerts"), "the alert is pending")
    ((rule,),) = (group["rules"] for group in rows(daemon, "/api/v1/rules"))
    assert (rule["state"], [alert["state"] for alert in rule["alerts"]]) == ("pending", ["pending"])


def test_groups_say_which_time_they_evaluated_last(serve, tmp_path):
    def times():
        return [group["evaluated_at"] for group in rows(daemon, "/api/v1/rules")]

    daemon = serve(GROUPS.replace("interval: 1s", "interval: 1d"), "evaluation_delay: 1s\n")
    eventually(lambda: times()[1], "the second group was evaluated")
    before = datetime.fromisoformat(times()[1])
    assert before.microsecond == 0 and before.second % 2 == 0
    eventually(lambda: datetime.fromisoformat(times()[1]) > before, "it was again")

    (tmp_path / "rules.yaml").write_text(RULES)
    daemon.reload()
    eventually(lambda: [group["name"] for group in rows(daemon, "/api/v1/rules")] == ["quick"], "rules are reloaded")
    eventually(lambda: times()[0], "the new ones were evaluated")


def test_the_built_in_rules_are_shown_as_they_are_printed(daemon):
    printed = yaml.load(faultline("builtin-rules").output, yaml.BaseLoader)["groups"]
    shown = rows(daemon, "/api/v1/rules")
    assert [group["name"] for group in shown] == [group["name"] for group in printed]
    for group, source in zip(shown, printed):
        assert [rule["alert"] for rule in group["rules"]] == [rule["alert"] for rule in source["rules"]]
        for rule, text in zip(group["rules"], source["rules"]):
            field = "match" if "match" in text else "select"
            assert rule[field] == text[field]
            assert rule["when"].split() == text["when"].split()
            assert rule["annotations"] == text.get("annotations", {})
            assert rule["labels"] == text.get("labels", {})
            assert (rule["state"], rule["alerts"]) == ("inactive", [])


@pytest.mark.parametrize("path, text", [("/-/healthy", "healthy\n"), ("/-/ready", "ready\n")])
def test_a_running_daemon_is_healthy_and_ready(daemon, path, text):
    status, _, body = daemon.get(path)
    assert (status, body.decode()) == (200, text)


def test_another_path_is_not_found(daemon):
    status, type, body = daemon.get("/api/v1/nothing")
    assert (status, type) == (404, "application/json") and "no such path" in json.loads(body)["error"]
    assert daemon.get("/api/v1")[:2] == (404, "application/json")
    status, type, body = daemon.get("/api/v1/traces/" + "f" * 32)
    assert (status, type, json.loads(body)) == (404, "application/json", {"error": "trace not found"})
    # Elsewhere answers are text, and so is this one.
    status, type, body = daemon.get("/nothing")
    assert (status, type) == (404, "text/plain; charset=utf-8") and body.startswith(b"no such path")


@pytest.mark.parametrize(
    "query, status", [
        ("l%69mit=1", 200), ("&limit=1&&", 200), ("service=a%20b+c", 200), ("service=%zz", 400), ("service=%ff", 400),
        ("limit=%2B1", 200), ("limit=+1", 400), ("limit", 400), ("=", 400), ("l%69mit=1&limit=1", 400),
    ],
)
def test_names_and_values_of_parameters_are_percent_decoded_or_refused(daemon, query, status):
    send_requests(daemon)
    found, _, body = daemon.get(f"/api/v1/operations?{query}")
    assert found == status, body
    if "mit=1" in query and status == 200:
        assert len(json.loads(body)) == 1
