"""The page over recorded spans: what it says of intervals, alerts, sources and kinds of request."""

import re

import pytest
from playwright.sync_api import expect

from harness import clusters, faults, project
from harness.chromium import PATIENCE
from harness.viewer import Viewer

EMPTY = "from=2026-11-23T05:33:10Z&to=2026-11-23T05:34:10Z"
FIRST = "from=2026-11-23T04:31:55Z&to=2026-11-23T04:32:30Z"
FAULT = "from=2026-11-23T04:34:00Z&to=2026-11-23T04:34:40Z"

RULES = """
groups:
  - name: budgets
    rules:
      - {alert: Burns, select: {service: apiserver}, when: count > 1, over: 1m, labels: {window: short}}
      - {alert: Burns, select: {service: apiserver}, when: count > 2, over: 5m, labels: {window: long}}
      - {alert: Early, select: {service: apiserver}, when: "count > 1 and rate < 2/s", over: 30s, keep_firing_for: 0s}
"""


@pytest.fixture(scope="module")
def viewer(tmp_path_factory):
    with Viewer("--quiet", project.EXAMPLE) as viewer:
        yield viewer


def test_an_interval_without_spans_gets_no_verdict(viewer, page):
    answer = viewer.ask(f"/api/v1/culprit?{EMPTY}")
    assert (answer["culprit"], answer["spans"], answer["components"]) == (None, 0, [])
    page.goto(f"{viewer.url}/?{EMPTY}")
    expect(page.locator(".verdict h1")).to_contain_text("No spans in this interval.", timeout=PATIENCE)
    expect(page.locator(".verdict.past")).to_have_count(1)
    expect(page.locator(".verdict")).not_to_contain_text(re.compile("clear|compared with"))


def test_a_verdict_says_what_it_compared_and_what_it_affects(viewer, page):
    answer = viewer.ask(f"/api/v1/culprit?{FAULT}")
    first = min(source["first"] for source in viewer.ask("/api/v1/sources"))
    assert answer["culprit"]["side"] == "etcd" and answer["spans"] > 0
    # Slots of five seconds
    assert first[:18] <= answer["baseline_from"][:18] < answer["baseline_to"] < answer["from"]
    page.goto(f"{viewer.url}/?{FAULT}")
    expect(page.locator(".evidence caption")).to_have_text("A request’s time, before and in this interval", timeout=PATIENCE)
    expect(page.locator(".verdict")).to_contain_text(f"compared with {answer['baseline_from'][11:19]} –")
    page.goto(viewer.url)
    expect(page.locator(".verdict .evidence caption").first).to_have_text("A request’s time, before and when the verdict was given", timeout=PATIENCE)


def test_an_interval_that_nothing_precedes_has_no_baseline(viewer, page):
    answer = viewer.ask(f"/api/v1/culprit?{FIRST}")
    assert (answer["baseline_from"], answer["baseline_to"], answer["culprit"]["side"]) == (None, None, None)
    assert {row["baseline_seconds"] for row in answer["components"]} == {None}
    page.goto(f"{viewer.url}/?{FIRST}")
    expect(page.locator(".verdict h1")).to_contain_text("No baseline yet.", timeout=PATIENCE)
    expect(page.locator(".verdict.past")).to_have_count(1)
    expect(page.locator(".verdict")).not_to_contain_text(re.compile("not clear|compared with|new"))
    expect(page.locator(".verdict .evidence caption")).to_have_text("A request’s time in this interval")
    row = page.locator(".verdict .evidence tbody tr").first
    expect(row.locator("td.number").first).to_have_text("–")
    expect(row.locator("td.number").last).to_have_text("–")
    expect(page.locator(".verdict .evidence .before")).to_have_count(0)


def test_a_cluster_that_there_is_not_is_said(viewer, page):
    page.goto(f"{viewer.url}/?cluster=nope")
    expect(page.locator(".verdict h1")).to_contain_text("No spans of the cluster nope.", timeout=PATIENCE)
    expect(page.locator(".verdict.past")).to_have_count(1)
    names = {source["cluster"] for source in viewer.ask("/api/v1/sources") if source["cluster"]}
    expect(page.locator(".verdict .line .chip")).to_have_count(len(names))
    page.get_by_role("link", name="Show all").click()
    expect(page.locator(".verdict h1")).to_contain_text("etcd")


def test_the_most_urgent_incident_comes_before_a_later_one(tmp_path, page):
    with Viewer(*clusters.with_incidents(tmp_path)) as viewer:
        assert [incident["cluster"] for incident in viewer.ask("/api/v1/incidents")] == ["east", "west"]
        assert viewer.ask("/api/v1/status")["incident"]["cluster"] == "west"
        page.goto(viewer.url)
        line = page.locator(".verdict.alarm .line")
        expect(line).to_contain_text("cluster west", timeout=PATIENCE)
        page.get_by_label("cluster").select_option("east")
        expect(line).to_contain_text("cluster east", timeout=PATIENCE)


def test_a_time_that_is_none_is_said(viewer, page):
    page.goto(f"{viewer.url}/?from=abc&to=2026-11-23T04:34:40Z")
    expect(page.locator(".problem")).to_contain_text("from=abc in the address is not a time", timeout=PATIENCE)
    page.goto(f"{viewer.url}/?{FAULT}")
    expect(page.locator(".evidence caption")).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".problem")).to_be_hidden()


def test_an_open_incident_lasts_until_the_last_span(viewer, page):
    (incident,) = [one for one in viewer.ask("/api/v1/incidents") if one["state"] == "open"]
    last = viewer.ask("/api/v1/status")["last_span"]

    def seconds(time):
        return int(time[11:13]) * 3600 + int(time[14:16]) * 60 + float(time[17:].rstrip("Z"))

    length = round(seconds(last) - seconds(incident["started_at"]))
    text = f"{length // 60} min {length % 60} s" if length >= 60 else f"{length} s"
    page.goto(viewer.url)
    expect(page.locator(".verdict .line").first).to_contain_text(f"{incident['started_at'][11:19]} UTC, {text}", timeout=PATIENCE)


def test_sources_are_as_old_as_their_last_span(viewer, page):
    sources = viewer.ask("/api/v1/sources")
    newest = max(source["last"] for source in sources)
    page.goto(f"{viewer.url}/?tab=sources")
    for source in sources:
        row = page.locator("#panel tbody tr", has_text=source["service"]).first
        late = float(newest[17:].rstrip("Z")) - float(source["last"][17:].rstrip("Z"))
        assert newest[:16] == source["last"][:16] and 0 <= late < 10
        shown = f"{round(late * 10) / 10:g} s"
        expect(row.locator("td.last")).to_have_text(f"{shown} before the newest", timeout=PATIENCE)
        expect(row.locator("td.late")).to_have_text("none")


def test_the_rate_of_a_kind_is_that_of_its_row(viewer, page):
    page.goto(f"{viewer.url}/?sort=-rate")
    row = page.locator("#panel tbody tr:not(.spacer)").first
    expect(row).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".tab-bar [role=status]")).to_have_text(re.compile(r"^\d+ kinds of request$"))
    rate = row.locator("td.rate").inner_text()
    row.locator("a").first.click()
    expect(page.locator(".kind-title .line span").first).to_have_text(rate, timeout=PATIENCE)


def test_a_trace_that_is_not_there_is_not_looked_for_any_longer(viewer, page):
    page.goto(f"{viewer.url}/?trace={'ab' * 16}")
    expect(page.locator(".problem")).to_contain_text("trace not found", timeout=PATIENCE)
    expect(page.locator("main")).not_to_contain_text("Looking for the trace")


def test_alerts_of_one_name_are_shown_with_their_own_rule(tmp_path, page):
    rules = tmp_path / "rules.yaml"
    rules.write_text(RULES)
    with Viewer("--quiet", "--rules", rules, project.EXAMPLE) as viewer:
        page.goto(f"{viewer.url}/?tab=alerts")
        for window, condition, over in ("short", "count > 1", "1 min"), ("long", "count > 2", "5 min"):
            alert = page.locator("article.alert", has_text=f"window={window}").first
            expect(alert.locator("code")).to_have_text(condition, timeout=PATIENCE)
            expect(alert).to_contain_text(f"over {over}")


SHARED_NAME = """
groups:
  - name: shared
    interval: 5s
    rules:
      - alert: EtcdAsUsual
        select: {role: etcd}
        when: p80 < 10ms and count >= 10
        over: 10s
        by: []
      - alert: EtcdAsUsual
        select: {role: etcd}
        when: p80 < 11ms and count >= 10
        over: 15s
        by: []
        labels: {window: 15s}
"""


def test_a_resolved_alert_is_shown_with_the_rule_that_has_most_of_its_labels(tmp_path, page):
    rules = tmp_path / "rules.yaml"
    rules.write_text(SHARED_NAME)
    with Viewer("--quiet", "--rules", rules, project.EXAMPLE) as viewer:
        page.goto(f"{viewer.url}/?tab=alerts")
        for text, condition in [("window=15s", "p80 < 11ms and count >= 10"), (None, "p80 < 10ms and count >= 10")]:
            alert = page.locator("article.alert", **{"has_text" if text else "has_not_text": text or "window=15s"})
            expect(alert.locator(".badge").first).to_have_text("resolved", timeout=PATIENCE)
            expect(alert.locator("code")).to_have_text(condition)


@pytest.fixture(scope="module")
def failing(tmp_path_factory):
    """Mutating webhooks that fail for a while, as fast as ever."""
    archive = tmp_path_factory.mktemp("failing") / "failing.otlp"
    archive.write_bytes(faults.Recording("steady").with_fault(faults.failing_webhook("Call mutating webhook", 0.9)))
    with Viewer("--quiet", archive) as viewer:
        yield viewer


def test_a_culprit_that_fails_is_marked_in_the_evidence(failing, page):
    (incident,) = failing.ask("/api/v1/incidents")
    assert incident["culprit"]["component"] == "mutating-webhook" and "failed" in incident["culprit"]["why"]
    page.goto(f"{failing.url}/?tab=incidents")
    row = page.locator("article.incident .evidence tbody tr").first
    expect(row.locator("th")).to_have_text("mutating webhooks", timeout=PATIENCE)
    expect(row.locator(".badge.failed")).to_have_text("fails")
    expect(page.locator("article.incident .badge.failed")).to_have_count(1)


def test_alerts_that_have_resolved_are_below_pending_ones_and_these_below_those_that_fire(failing, page):
    recorded = f"from={failing.ask('/api/v1/status')['recorded_from']}&to={failing.ask('/api/v1/status')['last_span']}"
    past = [alert for alert in failing.ask(f"/api/v1/alerts?{recorded}") if alert["resolved_at"]]
    active = sorted(failing.ask("/api/v1/alerts"), key=lambda alert: alert["state"] == "pending")
    assert len(past) > 2 and len(active) > 0
    page.goto(f"{failing.url}/?tab=alerts")
    shown = page.locator("article.alert")
    expect(shown).to_have_count(len(active) + len(past), timeout=PATIENCE)
    for place, alert in enumerate([*active, *reversed(past)]):
        expect(shown.nth(place).locator(".badge").first).to_have_text(alert["state"])
        expect(shown.nth(place).locator("h2")).to_contain_text(alert["alert"])
        if alert["resolved_at"]:
            expect(shown.nth(place)).to_contain_text(f"resolved {alert['resolved_at'][:19].replace('T', ' ')} UTC")


def test_streams_are_apart_from_the_operations_that_they_would_hide(viewer, page):
    rows = viewer.ask("/api/v1/operations?streams=apart")
    streams = [row for row in rows if row.get("stream")]
    assert streams and len(streams) < len(rows)
    status = page.locator(".tab-bar [role=status]")
    page.goto(f"{viewer.url}/?tab=operations")
    expect(status).to_have_text(f"{len(rows) - len(streams)} operations", timeout=PATIENCE)
    # Watches take minutes.
    p99 = page.locator("#panel tbody td.p99")
    expect(p99.first).to_have_text(re.compile(r"^[\d.]+\s(ms|s)$"))
    assert not any("min" in text for text in p99.all_inner_texts())
    page.get_by_role("tab", name="Streams").click()
    page.wait_for_url(re.compile("tab=streams"))
    expect(status).to_have_text(f"{len(streams)} operations")
    expect(page.locator("#panel tbody td.max").first).to_have_text(re.compile(r"^\d+\smin"))
    expect(page.locator("#panel .below")).to_contain_text("Watches and other long-running requests")
    page.locator("#panel tbody a", has_text="audit").click()
    expect(page.locator(".kind-title .line")).to_contain_text(re.compile(r"without \d+ streams, the longest \d+\smin"))


def test_an_interval_without_streams_says_so(viewer, page):
    page.goto(f"{viewer.url}/?tab=streams&{EMPTY}")
    expect(page.locator("#panel")).to_contain_text("No streams in this interval.", timeout=PATIENCE)
