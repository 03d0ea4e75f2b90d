"""A trace begins its request with the authentication that is joined to it, although that is a trace of its own."""

import json
import os
import subprocess
import time

import pytest
from playwright.sync_api import expect

from harness import lone_authentication as lone
from harness import http_client, project, spans
from harness.chromium import chromium
from harness.spans import SECOND
from harness.viewer import Viewer
from harness.waiting import eventually
from test_culprit import QUICK
from test_kept_traces import NO_RULES, kept

PATIENCE = 30_000
WORST = 77
TOTAL = (lone.lead(WORST) + lone.SERVER) / 1e9


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    path = tmp_path_factory.mktemp("lone") / "spans.otlp"
    path.write_bytes(lone.archive())
    return path


@pytest.fixture(scope="module")
def viewer(archive):
    with Viewer("--quiet", archive) as viewer:
        yield viewer


@pytest.fixture
def page():
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.set_default_timeout(PATIENCE)
        yield page


def assert_begins_with_authentication(trace, number=WORST):
    (request,) = trace["requests"]
    components = {part["component"]: part["seconds"] for part in request["components"]}
    assert request["duration_seconds"] == pytest.approx((lone.lead(number) + lone.SERVER) / 1e9, abs=1e-9)
    assert components["authentication"] == pytest.approx(lone.lead(number) / 1e9, abs=1e-9)
    assert sum(part["seconds"] for part in request["parts"]) == pytest.approx(request["duration_seconds"], abs=1e-9)
    assert request["authentication_trace_id"] == lone.authentication_trace(number)
    first, server = trace["spans"]
    assert (first["operation"], first["trace_id"]) == ("authentication", lone.authentication_trace(number))
    assert first["attributes"] == {"number": number}
    assert request["parts"][0]["span_id"] == first["span_id"] and "trace_id" not in server
    assert (trace["start"], request["offset_seconds"]) == (first["start"], 0)
    return request


def test_the_worst_of_the_search_is_as_slow_when_it_is_looked_at(viewer):
    (worst,) = viewer.ask("/api/v1/traces?verb=get&resource=nodes&limit=1")["traces"]
    assert (worst["trace_id"], worst["duration_seconds"]) == (lone.request_trace(WORST), pytest.approx(TOTAL, abs=1e-9))
    request = assert_begins_with_authentication(viewer.ask(f"/api/v1/traces/{worst['trace_id']}"))
    assert (request["rank"]["faster_share"], request["rank"]["of"]) == ((lone.COUNT - 1) / lone.COUNT, lone.COUNT)


def test_every_request_begins_as_its_row_in_the_table_does(viewer):
    leads = [
        next(part["seconds"] for part in trace["requests"][0]["components"] if part["component"] == "authentication")
        for trace in (viewer.ask(f"/api/v1/traces/{lone.request_trace(number)}") for number in range(0, lone.COUNT, 23))
    ]
    assert leads == pytest.approx([lone.lead(number) / 1e9 for number in range(0, lone.COUNT, 23)], abs=1e-9)


def test_other_formats_have_the_spans_of_the_trace_alone(viewer):
    otlp = viewer.ask(f"/api/v1/traces/{lone.request_trace(WORST)}?format=otlp")
    spans = [
        span for resource in otlp["resourceSpans"] for scope in resource["scopeSpans"] for span in scope["spans"]
    ]
    assert [span["traceId"] for span in spans] == [lone.request_trace(WORST)]


def test_an_authentication_is_a_trace_without_a_request(viewer):
    trace = viewer.ask(f"/api/v1/traces/{lone.authentication_trace(WORST)}")
    assert len(trace["spans"]) == 1 and trace["requests"] == []


def test_the_page_shows_it_and_links_to_its_trace(viewer, page):
    page.goto(f"{viewer.url}/?trace={lone.request_trace(WORST)}")
    expect(page.locator(".kind-title .line")).to_contain_text("1.00\u00a0s")
    expect(page.locator(".kind-title .rank")).to_contain_text("slower than 99.67\u00a0% of the 300 like it")
    expect(page.locator(".kind-title .line")).to_contain_text("1 span of apiserver")
    expect(page.locator(".lane .sums")).to_contain_text("authentication 1.00\u00a0s")
    expect(page.locator(".lane .part").first).to_have_attribute("aria-label", "authentication 1.00\u00a0s")
    expect(page.locator(".span-row")).to_have_count(2)
    page.locator(".lane .sums a").click()
    assert page.url.endswith(f"trace={lone.authentication_trace(WORST)}")
    expect(page.locator(".kind-title h1")).to_contain_text("authentication")


@pytest.mark.parametrize("columns", ["40", "80"])
@pytest.mark.parametrize("asks", [True, False])
def test_the_terminal_shows_it(viewer, archive, asks, columns):
    source = ["--address", viewer.query] if asks else [archive]
    done = subprocess.run(
        [project.BINARY, "trace", lone.request_trace(WORST), *source], capture_output=True, timeout=60,
        env=os.environ | {"COLUMNS": columns}, check=True,
    )
    lines = done.stdout.decode().splitlines()
    assert all(len(line) <= int(columns) for line in lines)
    text = " ".join(line.strip() for line in lines)
    assert "authentication 1.00 s (100 %)" in text
    assert columns == "40" or lines[0].endswith("1 span")
    assert f"trace {lone.authentication_trace(WORST)}" in text


def test_it_is_read_back_from_a_recording(serve, tmp_path):
    recording = f"archive: {{directory: {tmp_path / 'archive'}, mode: durable}}\n"
    earlier = serve(NO_RULES, recording)
    for message in lone.messages(begin=time.time_ns() - (lone.COUNT // lone.RATE + 2) * SECOND):
        assert http_client.send(earlier.http, message.SerializeToString()).status == 200
    assert earlier.stop() == 0
    status, _, body = serve(NO_RULES, recording).get(f"/api/v1/traces/{lone.request_trace(WORST)}")
    assert status == 200
    assert_begins_with_authentication(json.loads(body))


def test_it_outlives_the_window_with_the_trace_that_an_alert_names(serve):
    rules = """
groups:
  - name: quick
    interval: 1s
    rules:
      - {alert: GetSlow, select: {verb: get}, when: p50 > 1ms and count >= 300, over: 5m}
"""
    daemon = serve(rules, QUICK + "window: {max_bytes: 1MiB}\ntraces: {max_bytes: 4MiB}\n")
    for message in lone.messages(begin=time.time_ns() - (lone.COUNT // lone.RATE + 2) * SECOND):
        assert http_client.send(daemon.http, message.SerializeToString()).status == 200

    def named():
        alerts = [alert for alert in json.loads(daemon.get("/api/v1/alerts")[2]) if alert["state"] == "firing"]
        return alerts and alerts[0]["evidence"]["traces"]

    traces = eventually(named, "an alert with traces")
    eventually(lambda: kept(daemon) == 2 * len(traces), "the authentications of its traces")
    # More than the window and the bodies hold.
    for _ in range(24):
        filling = [spans.span(attributes=[spans.text("body", "x" * 512)]) for _ in range(1_000)]
        assert http_client.send(daemon.http, spans.body(*filling)).status == 200
    assert json.loads(daemon.get("/api/v1/requests")[2]) == []
    numbers = {lone.request_trace(number): number for number in range(lone.COUNT)}
    for trace in traces:
        found = json.loads(daemon.get(f"/api/v1/traces/{trace}")[2])
        assert found["whole"]
        assert_begins_with_authentication(found, numbers[trace])
