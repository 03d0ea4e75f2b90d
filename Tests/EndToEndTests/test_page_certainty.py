"""What the page says while no incident is open: green only if everything was heard and compared."""

import json
import re
import time

import pytest
from playwright.sync_api import expect

from harness import http_client, now, project, spans
from harness.chromium import PATIENCE
from harness.command import faultline
from harness.daemon import Faultline
from harness.spans import SECOND
from harness.viewer import Viewer
from harness.waiting import eventually
from test_kept_traces import NO_RULES

expect.set_options(timeout=PATIENCE)


def send(daemon, *made, service):
    assert http_client.send(daemon.http, spans.body(*made, service=service)).status == 200


def request(**fields):
    return spans.span("GET", attributes=[spans.text("http.request.method", "GET"), spans.text("http.target", "/api/v1/pods")], **fields)


def minutes_of_requests():
    """A request a second for two minutes."""
    last = time.time_ns() - SECOND
    return [
        request(start_time_unix_nano=end - spans.MILLISECOND, end_time_unix_nano=end)
        for end in range(last - 120 * SECOND, last, SECOND)
    ]


def said_by_top(daemon):
    return " ".join(faultline("top", "--once", "--address", daemon.query).output.split())


def test_without_an_api_server_nobody_knows(serve, page):
    daemon = serve(NO_RULES)
    send(daemon, spans.span("etcdserverpb.KV/Range"), service="etcd")
    page.goto(f"http://{daemon.query}/")
    expect(page.locator(".verdict.past h1")).to_contain_text("No API server sends spans.")
    expect(page.locator(".verdict.quiet")).to_have_count(0)
    assert "no open incident; no alert is firing; no API server sends spans" in said_by_top(daemon)


def test_without_a_baseline_nobody_knows(serve, page):
    daemon = serve(NO_RULES)
    send(daemon, request(), service="apiserver")
    page.goto(f"http://{daemon.query}/")
    expect(page.locator(".verdict.past h1")).to_contain_text("No baseline yet.")
    assert "no alert is firing; no baseline yet" in said_by_top(daemon)


def test_an_api_server_that_was_heard_long_ago_is_not_heard(serve, page):
    daemon = serve(NO_RULES)
    end = time.time_ns() - 600 * SECOND
    send(daemon, request(start_time_unix_nano=end - SECOND, end_time_unix_nano=end), service="apiserver")
    send(daemon, spans.span("etcdserverpb.KV/Range"), service="etcd")
    page.goto(f"http://{daemon.query}/")
    expect(page.locator(".verdict.past h1")).to_contain_text("No API server is heard.")
    assert "no API server is heard" in said_by_top(daemon)


def test_green_is_what_was_heard_and_compared_until_the_daemon_is_away(page, tmp_path):
    (tmp_path / "rules.yaml").write_text(NO_RULES)
    with Faultline("--rules", tmp_path / "rules.yaml") as daemon:
        send(daemon, *minutes_of_requests(), service="apiserver")
        page.goto(f"http://{daemon.query}/")
        expect(page.locator(".verdict.quiet h1")).to_contain_text("Nothing is wrong.")
        expect(page).to_have_title("Nothing is wrong. Faultline")
        said = said_by_top(daemon)
        assert "no open incident; no alert is firing whose time" in said, said
    expect(page.locator(".verdict.past h1")).to_contain_text("The daemon doesn’t answer.")
    expect(page.locator(".verdict")).to_contain_text("what is shown is from")
    expect(page.locator(".verdict.quiet")).to_have_count(0)
    expect(page).to_have_title("The daemon doesn’t answer. Faultline")


@pytest.fixture(scope="module")
def incident():
    with Faultline() as daemon:
        now.send(daemon, [now.joined(now.messages())])
        yield daemon, eventually(lambda: json.loads(daemon.get("/api/v1/incidents")[2]), "an incident")[0]


def test_an_open_incident_goes_on_with_the_clock(incident, page):
    daemon, found = incident
    found = found | {"state": "open", "closed_at": None}

    def with_incident(route):
        answer = route.fetch()
        route.fulfill(response=answer, json=answer.json() | {"incident": found})

    page.route(re.compile("/api/v1/status"), with_incident)
    page.goto(f"http://{daemon.query}/")
    shown = page.locator(".verdict.alarm .elapsed")
    expect(shown).to_be_visible()
    first = shown.inner_text()
    expect(shown).not_to_have_text(first)
    # The verdict itself stays, and with it the focus of whoever reads it.
    page.locator(".verdict .chip").first.focus()
    second = shown.inner_text()
    expect(shown).not_to_have_text(second)
    assert page.evaluate("document.activeElement.className").endswith("chip")
    page.unroute_all(behavior="wait")


def test_what_an_incident_affects_is_what_it_counted(page):
    with Viewer("--quiet", project.EXAMPLE) as viewer:
        check_what_is_affected(viewer, page)


def check_what_is_affected(viewer, page):
    found = viewer.ask("/api/v1/incidents")[0]
    verbs = [verb["verb"] for verb in found["requests"]["verbs"] if verb["slow"] + verb["failed"] > 0.05 * verb["count"]]
    assert verbs and {key: sum(verb[key] for verb in found["requests"]["verbs"]) for key in ("count", "slow", "failed")} == {
        key: found["requests"][key] for key in ("count", "slow", "failed")}
    page.goto(f"{viewer.url}/?tab=incidents")
    expect(page.locator("article.incident").first).to_contain_text(f": {', '.join(verbs)}")
