"""The heat map of the page: a cell opens exactly what it counts, by mouse and by touch."""

import re
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import expect

from harness import project
from harness.chromium import PATIENCE
from harness.viewer import Viewer

expect.set_options(timeout=PATIENCE)
KINDS = {
    "leases": {"verb": "update", "group": "coordination.k8s.io", "resource": "leases", "subresource": "", "scope": "resource"},
    "bindings": {"verb": "create", "group": "", "resource": "pods", "subresource": "binding", "scope": "resource"},
}


@pytest.fixture(scope="module")
def viewer():
    with Viewer("--quiet", project.EXAMPLE) as viewer:
        yield viewer


def address(viewer, labels):
    return f"{viewer.url}/?request={'/'.join(labels[name] for name in ('verb', 'group', 'resource', 'subresource', 'scope'))}"


def cells(page):
    """The middles of the cells, on the screen."""
    shapes = page.locator(".plot.heat rect.cell")
    expect(shapes.first).to_be_visible()
    page.locator(".plot.heat").scroll_into_view_if_needed()
    boxes = shapes.evaluate_all("(cells) => cells.map((cell) => cell.getBoundingClientRect()).map(({x, y, width, height}) => [x + width / 2, y + height / 2])")
    assert len(boxes) > 20
    return boxes


def opened(page, before):
    page.wait_for_url(lambda url: "cell=" in url and url != before)
    expect(page.locator(".trace-list").first.locator("h2")).to_contain_text("At ")


@pytest.mark.parametrize("kind", KINDS)
def test_a_cell_lists_as_many_as_it_counts(viewer, page, kind):
    page.goto(address(viewer, KINDS[kind]))
    for x, y in cells(page)[::7]:
        before = page.url
        page.mouse.click(x, y)
        opened(page, before)
        start, end, least, most = page.evaluate("new URL(location).searchParams.get('cell')").split("/")
        said = page.locator(".readout").first
        expect(said).to_contain_text(f"{start[11:19]}: ")
        count = int(re.search(r": ([\d,]+) took", said.text_content())[1].replace(",", ""))
        title = page.locator(".trace-list").first.locator("h2 .small")
        expect(title).to_have_text(f"{count}")
        # In the API, too, a bound takes what is within it to the nanosecond.
        query = "&".join(f"{name}={value}" for name, value in KINDS[kind].items())
        found = viewer.ask(f"/api/v1/traces?{query}&from={start}&to={end}&min_duration={least}&max_duration={most}&limit=1000")["traces"]
        assert len(found) == count
        assert all(int(least[:-2]) <= round(trace["duration_seconds"] * 1e9) <= int(most[:-2]) for trace in found)
        assert datetime.fromisoformat(end) - datetime.fromisoformat(start) >= timedelta(seconds=1)


@pytest.mark.parametrize("width", [375, 1280])
def test_a_finger_opens_a_cell(viewer, browser, width):
    context = browser.new_context(viewport={"width": width, "height": 900}, has_touch=True)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(address(viewer, KINDS["leases"]))
    middles = cells(page)
    for x, y in middles[:: len(middles) // 5]:
        before = page.url
        page.touchscreen.tap(x, y)
        opened(page, before)
        expect(page.locator(".trace-list").first.locator("ul.traces a").first).to_be_visible()
    context.close()
