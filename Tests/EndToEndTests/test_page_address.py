"""The page's address says what it shows: an interval, a kind of request, an operation, a cell of the heat map."""

import re
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import expect

from harness import project
from harness.chromium import PATIENCE
from harness.viewer import Viewer

expect.set_options(timeout=PATIENCE)
OPERATION = "etcdserverpb.KV/Txn"


@pytest.fixture(scope="module")
def viewer():
    with Viewer("--quiet", project.EXAMPLE) as viewer:
        yield viewer


def asked(page):
    return parse_qs(urlsplit(page.url).query)


@pytest.mark.parametrize("to", ["&to=now", ""])
def test_times_may_be_relative_to_the_end_of_what_was_recorded(viewer, page, to):
    page.goto(f"{viewer.url}/?from=-30s{to}")
    expect(page.locator(".verdict")).to_contain_text("compared with")
    answer = viewer.ask("/api/v1/culprit?from=-30s&to=now")
    expect(page.locator(".verdict")).to_contain_text(f"{answer['from'][11:19]} – {answer['to'][11:19]} UTC, 30 s")
    expect(page.locator(".problem")).to_be_hidden()
    # A link from there is about the same interval.
    page.locator("#panel tbody a").first.click()
    assert asked(page)["from"] == ["-30s"]


@pytest.mark.parametrize(
    "start, end",
    [
        ("1795408440", "1795408480"),
        ("1795408440.5", "1795408480"),
        ("2026-11-23T04:34:00Z", "1795408480"),
        ("2026-11-23t05:34:00.250+01:00", "2026-11-23 04:34:40z"),
    ],
)
def test_times_are_those_of_the_api(viewer, page, start, end):
    # A plus may be left unescaped, and is a space then.
    page.goto(f"{viewer.url}/?from={start}&to={quote(end)}")
    expect(page.locator(".verdict")).to_contain_text("04:34:00 – 04:34:40 UTC")


@pytest.mark.parametrize("query, wrong", [
    ("from=yesterday", "from=yesterday"), ("from=-5", "from=-5"), ("from=-5m&to=2026-11-24", "to=2026-11-24"), ("from=2026-13-01T00:00:00Z", "from=2026-13-01T00:00:00Z"),
])
def test_what_is_no_time_is_said_with_what_would_be_one(viewer, page, query, wrong):
    page.goto(f"{viewer.url}/?{query}")
    expect(page.locator(".problem")).to_contain_text(f"{wrong} in the address is not a time: one in RFC 3339")
    expect(page.locator(".problem")).to_contain_text("-5m")


def test_an_operation_is_found_by_its_name(viewer, page):
    page.goto(f"{viewer.url}/?operation={OPERATION}")
    expect(page.locator(".kind-title h1")).to_contain_text(OPERATION)
    expect(page.locator(".plot.heat rect.cell").first).to_be_visible()
    most = max((row for row in viewer.ask("/api/v1/operations") if row["operation"] == OPERATION), key=lambda row: row["count"])
    page.wait_for_url(re.compile("operation=.*" + most["kind"]))
    expect(page.locator(".kind-title h1")).to_contain_text(f"{most['service']} · {most['kind'].lower()}")


@pytest.mark.parametrize("query, none", [
    ("request=UNKNOWN", "No such request"), ("request=list//widgets//namespace", "No such request"), ("operation=unknown", "No such operation"),
    (f"operation=nobody/{quote(OPERATION, safe='')}/SERVER", "No such operation"), (f"operation={OPERATION}&from=-5d&to=-4d", "No such operation"),
])
def test_what_there_is_none_of_is_said(viewer, page, query, none):
    page.goto(f"{viewer.url}/?{query}")
    expect(page.locator(".kind-title h1")).to_have_text(f"{none} in this interval")
    expect(page.locator(".plot.heat")).to_be_hidden()
    expect(page.locator(".problem")).to_be_hidden()
    page.locator(".kind-title .note a").click()
    expect(page.locator("#panel")).to_be_visible()
    assert "request" not in asked(page) and "operation" not in asked(page)


@pytest.fixture
def heat(viewer, page):
    """The heat map of one kind of request."""
    page.goto(f"{viewer.url}/?request=update/coordination.k8s.io/leases//resource")
    expect(page.locator(".plot.heat rect.cell").first).to_be_visible()
    return page.locator(".plot.heat")


def frame(page):
    return page.locator(".cell-cursor").evaluate("(frame) => [frame.getAttribute('x'), frame.getAttribute('y'), frame.getAttribute('width')].map(Number)")


def test_a_cell_in_the_address_is_escaped_once_and_marked_again(page, heat):
    heat.focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("cell="))
    assert "%25" not in page.url
    start, end, least, most = asked(page)["cell"][0].split("/")
    assert start < end and int(least.removesuffix("ns")) < int(most.removesuffix("ns"))
    expect(page.locator(".trace-list").first).to_contain_text(f"At {start[11:19]}")
    marked = frame(page)
    page.reload()
    expect(page.locator(".trace-list").first).to_contain_text(f"At {start[11:19]}")
    expect(page.locator(".readout").first).to_contain_text(f"{start[11:19]}: ")
    assert frame(page) == marked


def test_home_and_end_are_the_first_and_the_last_step_of_the_heat_map(page, heat):
    heat.focus()
    cells = heat.locator("rect.cell").evaluate_all("(cells) => cells.map((cell) => Number(cell.getAttribute('x')))")
    for key, edge in ("Home", min(cells)), ("End", max(cells)), ("Home", min(cells)):
        page.keyboard.press(key)
        left, _, width = frame(page)
        assert width > 0 and left < edge < left + width
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("cell="))


@pytest.mark.parametrize("tab", ["incidents", "alerts"])
def test_show_on_the_chart_puts_the_focus_there_and_the_chart_in_sight(viewer, page, tab):
    page.set_viewport_size({"width": 1280, "height": 500})
    page.goto(f"{viewer.url}/?tab={tab}")
    link = page.locator("#panel").get_by_role("link", name="Show on the chart").last
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("from="))
    chart = page.locator(".chart .plot").first
    expect(chart).to_be_focused()
    expect(page.locator(".chart .plot .selection")).to_have_count(1)
    expect(page.locator(".verdict").first).to_contain_text("compared with")
    expect(chart).to_be_in_viewport()
    # The keyboard goes on from there.
    page.keyboard.press("Escape")
    page.wait_for_url(lambda url: "from=" not in url)
    expect(chart).to_be_focused()
