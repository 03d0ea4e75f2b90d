"""The page over recorded spans: what it says of intervals, alerts, sources and kinds of request."""

import re

import pytest
from playwright.sync_api import expect

from harness import project
from harness.chromium import chromium
from harness.viewer import Viewer

PATIENCE = 30_000
EMPTY = "from=2026-11-23T05:33:10Z&to=2026-11-23T05:34:10Z"
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


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser):
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.set_default_timeout(PATIENCE)
    yield page
    page.close()


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
