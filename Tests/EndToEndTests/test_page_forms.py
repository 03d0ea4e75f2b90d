"""Numbers have one form on the page and in the terminal; charts, traces and alerts show what there is and no more."""

import re

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from playwright.sync_api import expect

from harness import archives, project, spans
from harness.chromium import PATIENCE
from harness.spans import MILLISECOND, SECOND
from harness.viewer import Viewer

expect.set_options(timeout=PATIENCE)
BEGIN = 1_767_225_600 * SECOND


@pytest.fixture(scope="module")
def viewer():
    with Viewer("--quiet", project.EXAMPLE) as viewer:
        yield viewer


FORMS = {
    "duration": {
        0: "0", 9e-7: "900 ns", 0.0009996: "1.00 ms", 0.001: "1.00 ms", 0.0604: "60.4 ms", 0.254: "254 ms", 0.9996: "1.00 s", 1.3: "1.30 s",
        43.55: "43.5 s", 99.9: "99.9 s", 146: "2 min 26 s",
    },
    "tick": {0: "0", 0.001: "1 ms", 0.25: "250 ms", 1: "1 s", 120: "2 min", 1800: "30 min", 5400: "1.5 h", 7200: "2 h", 518_400: "6 d"},
    "rate": {0: "0/s", 0.004: "< 0.01/s", 0.016: "0.02/s", 0.0951: "0.1/s", 0.3: "0.3/s", 18.5: "18.5/s", 1250.2: "1,250/s"},
    "percent": {0: "0", 0.0002: "0.02 %", 0.125: "12.5 %", 1: "100.0 %"},
    "shareOf": {0: "–", 0.004: "< 1 %", 0.916: "92 %"},
}


@pytest.mark.parametrize("form", FORMS)
def test_numbers_are_written_as_in_the_terminal(viewer, page, form):
    page.goto(viewer.url)
    written = page.evaluate(
        "async ([form, numbers]) => { const forms = await import('/assets/format.js'); return numbers.map((one) => forms[form](one)); }",
        [form, list(FORMS[form])])
    assert [text.replace("\u00a0", " ") for text in written] == list(FORMS[form].values())


@pytest.mark.parametrize("width", [320, 375, 1280])
def test_a_trace_doesnt_scroll_sideways(viewer, browser, width):
    page = browser.new_page(viewport={"width": width, "height": 812})
    page.set_default_timeout(PATIENCE)
    found = viewer.ask("/api/v1/traces?limit=3")["traces"] + viewer.ask("/api/v1/traces?limit=3&order=recent")["traces"]
    for trace in found:
        page.goto(f"{viewer.url}/?trace={trace['trace_id']}")
        page.locator(".span-row").first.click()
        expect(page.locator(".details")).to_be_visible()
        wide = page.evaluate(
            "[...document.querySelectorAll('main *')].filter((one) => one.getBoundingClientRect().right > innerWidth + 0.5 && one.checkVisibility())"
            ".map((one) => one.outerHTML.slice(0, 90))")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), wide
    page.close()


def test_errors_are_whole_on_a_phone_however_many(viewer, browser):
    page = browser.new_page(viewport={"width": 375, "height": 812})
    page.set_default_timeout(PATIENCE)
    page.route(
        re.compile("/api/v1/requests"),
        lambda route: route.fulfill(json=[row | {"errors": row["count"]} for row in route.fetch().json()]))
    page.goto(f"{viewer.url}/?sort=-errors")
    cell = page.locator("#panel tbody td.errors").first
    expect(cell).to_have_text("100.0\u00a0%")
    assert page.locator("#panel tbody td.errors, #panel thead th.errors").evaluate_all("cells => cells.every((cell) => cell.scrollWidth <= cell.clientWidth)")
    page.unroute_all(behavior="wait")
    page.close()


@pytest.fixture
def gap(tmp_path):
    """Requests for a minute, none for three, then again, and one alone in between."""
    made = []
    for second in [*range(60), 150, *range(240, 300)]:
        end = BEGIN + second * SECOND
        made.append(spans.span(
            "GET", attributes=[spans.text("http.request.method", "GET"), spans.text("http.target", "/api/v1/pods")],
            start_time_unix_nano=end - 5 * MILLISECOND, end_time_unix_nano=end))
    archive = tmp_path / "gap.otlp"
    archive.write_bytes(archives.framed([spans.body(*made, service="apiserver")]))
    with Viewer("--quiet", archive) as viewer:
        yield viewer


def test_nothing_is_drawn_where_nothing_was(gap, page):
    page.goto(f"{gap.url}/?request=list//pods//cluster")
    line = page.locator(".heat path.p99")
    expect(line).to_have_count(1)
    # The two minutes, and the one alone.
    assert line.get_attribute("d").count("M") == 3


def test_what_a_client_calls_for_long_is_a_stream(tmp_path):
    def span(name, kind, duration, trace, number, parent=b"", **attributes):
        return spans.span(
            name, kind=kind, trace_id=bytes([trace]) * 16, span_id=bytes([number]) * 8, parent_span_id=parent,
            attributes=[spans.text(key.replace("__", "."), value) for key, value in attributes.items()],
            start_time_unix_nano=BEGIN + trace * SECOND, end_time_unix_nano=BEGIN + trace * SECOND + duration)

    client, server = Span.SPAN_KIND_CLIENT, Span.SPAN_KIND_SERVER
    watch = {"http__request__method": "GET", "http__target": "/api/v1/pods?watch=true"}
    get = {"http__request__method": "GET", "http__target": "/api/v1/pods/a"}
    made = [
        span("HTTP GET", client, 400 * SECOND, 1, 1), span("GET", server, 399 * SECOND, 1, 2, bytes([1]) * 8, **watch),
        span("HTTP GET", client, 4 * MILLISECOND, 2, 3), span("GET", server, 3 * MILLISECOND, 2, 4, bytes([3]) * 8, **get),
        span("etcdserverpb.Watch/Watch", client, 500 * SECOND, 3, 5),
        span("etcdserverpb.Watch/Watch", client, 500 * SECOND, 4, 6),
    ]
    etcd = [span("etcdserverpb.Watch/Watch", server, 499 * SECOND, 4, 7, bytes([6]) * 8)]
    archive = tmp_path / "streams.otlp"
    archive.write_bytes(archives.framed([spans.body(*made, service="apiserver"), spans.body(*etcd, service="etcd")]))
    with Viewer("--quiet", archive) as viewer:
        rows = viewer.ask("/api/v1/operations?streams=apart")
    found = sorted((row["operation"], row["kind"], bool(row.get("stream")), row["count"], round(row["max_seconds"], 3)) for row in rows)
    assert found == [
        ("GET", "SERVER", False, 1, 0.003), ("GET", "SERVER", True, 1, 399), ("HTTP GET", "CLIENT", False, 1, 0.004),
        ("HTTP GET", "CLIENT", True, 1, 400), ("etcdserverpb.Watch/Watch", "CLIENT", True, 2, 500),
        ("etcdserverpb.Watch/Watch", "SERVER", True, 1, 499),
    ]


def test_a_pending_alert_has_no_evidence_to_open(viewer, page):
    alert = {
        "alert": "Slow", "labels": {}, "annotations": {}, "state": "pending", "active_at": "2026-11-23T04:34:00Z", "fired_at": None,
        "resolved_at": None, "reason": None, "value": None, "evidence": None,
    }
    page.route(re.compile("/api/v1/alerts"), lambda route: route.fulfill(json=[alert]))
    page.goto(f"{viewer.url}/?tab=alerts")
    expect(page.locator("article.alert").first).to_contain_text("Slow")
    expect(page.locator("article.alert details")).to_have_count(0)
    page.unroute_all(behavior="wait")


def test_there_is_no_verdict_on_requests_that_there_were_none_of(viewer):
    interval = "from=2026-11-23T04:33:20Z&to=2026-11-23T04:33:55Z"
    answer = viewer.ask(f"/api/v1/culprit?{interval}&verb=nope")
    assert (answer["culprit"], answer["requests"]["count"], answer["traces"]) == (None, 0, [])
    assert answer["note"] == "no such request ended in the interval"
    assert viewer.ask(f"/api/v1/culprit?{interval}&verb=update")["culprit"]["side"] == "etcd"


def test_what_the_page_says_next_names_no_path_of_the_api(viewer, page):
    page.goto(f"{viewer.url}/?tab=incidents")
    expect(page.locator("article.incident").first).to_be_visible()
    advised = page.evaluate("async () => { const verdict = await import('/assets/verdict.js'); return verdict.incidentVerdict({alerts: [], opened_at: '2026-11-23T04:34:00Z', closed_at: '2026-11-23T04:35:00Z', next: 'Open the worst traces (GET /api/v1/traces/ID): one.'}, '').textContent; }")
    assert "Open the worst traces: one." in advised
