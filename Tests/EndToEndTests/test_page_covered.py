"""What the page says of a calm hour is of the time that it knows of, and of failures that they are no more than before."""

import re
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from harness import project
from harness.chromium import PATIENCE
from harness.viewer import Viewer

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="module")
def viewer():
    with Viewer("--quiet", project.capture("steady")) as viewer:
        yield viewer


def steps(from_, to, step, known, count):
    """Steps of which only those from a time on are known."""
    begin, end = datetime.fromisoformat(from_), datetime.fromisoformat(to)
    rows = []
    while begin < end:
        row = {"time": begin.isoformat().replace("+00:00", "Z"), "count": 0, "errors": 0, "mean_seconds": None, "components": []}
        if begin >= known:
            row |= {"count": count, "mean_seconds": 0.01, "components": [{"component": "etcd", "seconds": 0.01}]}
        else:
            row["exact"] = False
        rows.append(row)
        begin += timedelta(seconds=step)
    return {"from": from_, "to": to, "step_seconds": step, "steps": rows}


def answering(page, history):
    """Components of an hour whose first half has left the window; the history may know its whole minutes."""
    asked = []

    def answer(route):
        query = {name: values[0] for name, values in parse_qs(urlsplit(route.request.url).query).items()}
        asked.append(query["step"])
        step = {"s": 1, "m": 60}[query["step"][-1]] * int(query["step"][:-1])
        begin, end = datetime.fromisoformat(query["from"]), datetime.fromisoformat(query["to"])
        known = begin if history and step == 60 else begin + (end - begin) / 2
        route.fulfill(json=steps(query["from"], query["to"], step, known, 9 * step))

    page.route("**/api/v1/components?*", answer)
    return asked


@pytest.mark.parametrize("history", [False, True])
def test_requests_are_divided_by_the_time_that_is_known(viewer, page, history):
    asked = answering(page, history)
    page.goto(viewer.url)
    line = page.locator(".verdict .line")
    expect(line).to_contain_text("requests/s")
    said = line.text_content().replace("\u00a0", " ")
    # The last step has only begun where the spans end.
    assert 8.9 <= float(re.search(r"([\d.]+) requests/s", said)[1]) <= 11, said
    assert re.search(r"on average over \d+ (min|s)", said), said
    assert asked[0] != "1m" and "1m" in asked
    width = page.locator(".chart .plot svg").first.evaluate("(svg) => svg.querySelectorAll('.came').length")
    assert (width > 0) and (width <= 5) == history


def test_an_interval_that_fails_no_more_than_before_is_quiet(viewer, page):
    page.goto(f"{viewer.url}/?from=-105s&to=-90s")
    expect(page.locator(".verdict h1")).to_contain_text("Nothing stands out.")
    expect(page.locator(".verdict.quiet")).to_have_count(1)


@pytest.mark.parametrize("failed, before, title", [
    (60, 0, "Requests fail, but the culprit isn’t clear."), (60, 500, "Nothing stands out."), (5, 0, "Nothing stands out."),
])
def test_failures_are_compared_with_those_before(viewer, page, failed, before, title):
    verdict = viewer.ask("/api/v1/culprit?from=-105s&to=-90s")
    verdict["culprit"] = {"side": None, "component": None, "instance": None, "certainty": "not clear", "why": "nothing grew"}
    verdict["requests"] |= {"count": 1000, "slow": 10, "failed": failed}
    row = viewer.ask("/api/v1/requests")[0] | {"count": 1000, "errors": before}
    page.route("**/api/v1/culprit?*", lambda route: route.fulfill(json=verdict))
    page.route("**/api/v1/requests?*", lambda route: route.fulfill(json=[row]))
    page.goto(f"{viewer.url}/?from=-105s&to=-90s")
    expect(page.locator(".verdict h1")).to_contain_text(title)
