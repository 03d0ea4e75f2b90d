"""From a phone to a wide window, names of rows stay readable and numbers whole."""

import pytest
from playwright.sync_api import expect

from harness import clusters, project
from harness.chromium import PATIENCE
from harness.viewer import Viewer

expect.set_options(timeout=PATIENCE)
WIDTHS = [375, 640, 761, 768, 800, 861, 900, 960, 1024, 1041, 1100, 1240, 1280]
# Enough for "create pods/binding".
NAME = 160

CUT = """() => [...document.querySelectorAll('#panel td.number, #panel th.number')].filter((cell) => cell.clientWidth)
    .filter((cell) => cell.scrollWidth > cell.clientWidth || [...cell.querySelectorAll('*')].some((part) => part.getBoundingClientRect().right > cell.getBoundingClientRect().right))
    .map((cell) => `${cell.className}: ${cell.textContent}`)"""
OVERLAPS = """() => [...document.querySelectorAll('#panel .bar-cell')].filter((cell) => cell.clientWidth)
    .filter((cell) => cell.children[0].getBoundingClientRect().right > cell.children[1].getBoundingClientRect().left).length"""


@pytest.fixture(scope="module")
def viewer():
    with Viewer("--quiet", project.EXAMPLE) as viewer:
        yield viewer


@pytest.mark.parametrize("tab", ["requests", "operations", "streams", "sources"])
def test_names_and_numbers_have_room(viewer, page, tab):
    if tab != "sources":
        resource, parameters = ("requests", "") if tab == "requests" else ("operations", "?streams=apart")
        # Each row fails completely, the widest that the column of errors gets.
        failing = [row | {"errors": row["count"], "error_ratio": 1} for row in viewer.ask(f"/api/v1/{resource}{parameters}")]
        page.route(f"**/api/v1/{resource}?*", lambda route: route.fulfill(json=failing))
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"{viewer.url}/?tab={tab}")
        name = page.locator("#panel tbody td b").first
        expect(name).to_be_visible()
        assert page.locator("#panel th").first.evaluate("(head) => head.clientWidth") >= NAME, width
        assert (page.evaluate(CUT), page.evaluate(OVERLAPS)) == ([], 0), width
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width


@pytest.mark.parametrize("width", [375, 768, 900, 1280])
def test_the_verdict_has_room(viewer, page, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(viewer.url)
    expect(page.locator(".verdict dd").first).to_be_visible()
    assert page.locator(".verdict dd").first.evaluate("(one) => one.clientWidth") >= 250


def test_a_phone_shows_errors_only_where_there_are_some(viewer, page):
    page.set_viewport_size({"width": 375, "height": 900})
    page.goto(f"{viewer.url}/?tab=requests")
    expect(page.locator("#panel th.errors")).to_be_visible()
    calm = [row | {"errors": 0} for row in viewer.ask("/api/v1/requests")]
    page.route("**/api/v1/requests?*", lambda route: route.fulfill(json=calm))
    page.reload()
    expect(page.locator("#panel th.p50")).to_be_visible()
    expect(page.locator("#panel th.errors")).to_be_hidden()


def test_all_open_incidents_are_in_the_headline_and_on_the_chart(page, tmp_path):
    with Viewer(*clusters.with_incidents(tmp_path)) as viewer:
        page.goto(viewer.url)
        verdict = page.locator(".verdict").first
        expect(verdict).to_contain_text("cluster west")
        expect(verdict.locator("a", has_text="and 1 more: ")).to_contain_text("in the cluster east")
        marks = page.locator(".mark")
        expect(marks).to_have_count(2)
        boxes = [marks.nth(index).bounding_box() for index in range(2)]
        assert boxes[0]["y"] + boxes[0]["height"] <= boxes[1]["y"]
        assert {"west", "east"} == {name for name in ("west", "east") if any(name in text for text in marks.all_text_contents())}
        verdict.locator("a", has_text="and 1 more: ").click()
        expect(page.locator("article.incident")).to_have_count(2)
