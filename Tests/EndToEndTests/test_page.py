"""The page at `/`, in a real browser."""

import json
import re
import urllib.request

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, TracesData
from playwright.sync_api import expect

from harness import http_client, now, spans
from harness.chromium import chromium
from harness.daemon import Faultline
from harness.waiting import eventually

# Markup, and a character that reverses what follows
HOSTILE = '<img src=x onerror="document.title=1">\u202e'
SHOWN = HOSTILE.replace("\u202e", "\\u{202E}")
# Milliseconds: far more than anything here takes, so only a failure waits this long.
PATIENCE = 60_000
expect.set_options(timeout=PATIENCE)


def hostile_message(last):
    message = TracesData()
    resource = message.resource_spans.add()
    resource.resource.attributes.add(key="service.name").value.string_value = HOSTILE
    resource.scope_spans.add().spans.add(
        trace_id=b"h" * 16, span_id=b"h" * 8, name=HOSTILE, kind=Span.SPAN_KIND_SERVER,
        start_time_unix_nano=last - now.SECOND, end_time_unix_nano=last,
    ).attributes.add(key=HOSTILE).value.string_value = HOSTILE
    return message


@pytest.fixture(scope="module")
def daemon():
    with Faultline() as running:
        messages = now.messages()
        last = max(span.end_time_unix_nano for message in messages for span in now.spans(message))
        now.send(running, [now.joined(messages), hostile_message(last)])
        eventually(lambda: json.loads(running.get("/api/v1/incidents")[2]), "an incident")
        yield running


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(daemon, browser):
    """A page of 1280 pixels; at its end nothing was said on the console and nothing left the origin."""
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    said, asked = [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"http://{daemon.query}/")
    yield page
    context.close()
    assert said == []
    assert all(url.startswith(f"http://{daemon.query}/") for url in asked), asked


def test_the_first_sentence_names_the_culprit(page):
    expect(page.locator(".verdict h1")).to_contain_text("etcd")
    expect(page.locator(".verdict")).to_contain_text("etcd: its own handlers took")


def test_a_drag_over_the_chart_asks_about_that_interval(page):
    plot = page.locator(".chart .plot").first
    expect(page.locator(".chart .legend").first).to_contain_text("etcd")
    box = plot.bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.55, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.75, y, steps=5)
    page.mouse.up()
    page.wait_for_url(re.compile("from=.*to=|to=.*from="))
    expect(page.locator(".verdict")).to_contain_text("compared with")
    page.get_by_role("link", name="Back to now").click()
    page.wait_for_url(lambda url: "from=" not in url)


def test_an_interval_is_selected_with_the_keyboard_where_the_focus_stays(page):
    expect(page.locator(".chart .legend").first).to_contain_text("etcd")
    plot = page.locator(".chart .plot").first
    plot.focus()
    for key in ["ArrowLeft"] * 4 + ["Shift+ArrowLeft"] * 8 + ["Enter"]:
        page.keyboard.press(key)
    page.wait_for_url(re.compile("from="))
    expect(page.locator(".verdict")).to_contain_text("compared with")
    expect(plot).to_be_focused()
    page.keyboard.press("Escape")
    page.wait_for_url(lambda url: "from=" not in url)


# Fills of what is shown that no pattern on display paints
UNPAINTED = """() => [...document.querySelectorAll('[fill^="url("]')].filter((shape) => shape.closest('svg').getClientRects().length)
    .map((shape) => document.querySelector(shape.getAttribute('fill').slice(4, -1)))
    .filter((pattern) => !pattern?.closest('svg').getClientRects().length).map(String)"""


def test_from_the_table_to_the_trace_and_whose_time_it_was(page):
    table = page.locator("#panel table")
    expect(table.locator("tbody a").first).to_be_visible()
    page.get_by_role("searchbox", name="Filter the rows").fill("nothing-of-this-name")
    expect(page.locator("#panel")).to_contain_text("Nothing matches the filter.")
    page.get_by_role("searchbox", name="Filter the rows").fill("leases")
    expect(table.locator("tbody a").first).to_contain_text("leases")
    assert "q=leases" in page.url
    table.locator("tbody a").first.click()
    heat = page.locator(".plot.heat")
    expect(heat.locator("rect.cell").first).to_be_visible()
    assert page.evaluate(UNPAINTED) == []
    heat.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.locator("main a[href*='trace=']:visible").first.click()
    lane = page.locator(".lane").first
    expect(lane).to_contain_text("Whose time")
    expect(lane.locator(".sums")).to_contain_text(re.compile(r"etcd\s+[\d.]+\s(µs|ms|s)"))
    page.locator(".waterfall .span-row", has_text="/leases").first.click()
    expect(page.locator("body")).to_contain_text("http.request.method")


def test_hostile_names_are_text(page, daemon):
    page.goto(f"http://{daemon.query}/?tab=operations&q=onerror")
    expect(page.locator("#panel")).to_contain_text(SHOWN)
    page.goto(f"http://{daemon.query}/?trace={(b'h' * 16).hex()}")
    expect(page.locator(".waterfall")).to_contain_text(SHOWN)
    assert page.locator("img").count() == 0 and page.title() != "1"


def test_everything_is_reachable_by_keyboard_and_has_a_name(page):
    expect(page.locator("#panel tbody a").first).to_be_visible()
    nameless = page.evaluate(
        """() => [...document.querySelectorAll('a,button,input,select,[tabindex="0"]')]
            .filter((element) => element.offsetParent && !(element.getAttribute('aria-label') ||
                element.textContent.trim() || element.labels?.length || element.title || element.id === 'main'))
            .map((element) => element.outerHTML.slice(0, 120))"""
    )
    assert nameless == []
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the verdict"


# The relative luminance and contrast of WCAG 2.2, of every text against the background behind it
CONTRAST = """() => {
  const channel = (value) => { value /= 255; return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4 };
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([red, green, blue]) => 0.2126 * channel(red) + 0.7152 * channel(green) + 0.0722 * channel(blue);
  const behind = (element) => {
    for (; element; element = element.parentElement) {
      const style = getComputedStyle(element);
      if (style.backgroundImage !== 'none') return null;
      const [red, green, blue, alpha = 1] = parse(style.backgroundColor);
      if (alpha > 0.99) return [red, green, blue];
      if (alpha > 0) return null;
    }
    return null;
  };
  const bad = [];
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.offsetParent || element.closest('[aria-hidden=true],svg')) continue;
    const back = behind(element);
    if (!back) continue;
    const style = getComputedStyle(element);
    const [a, b] = [light(parse(style.color)), light(back)].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize);
    const least = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < least) bad.push(`${element.className || element.tagName} ${ratio.toFixed(2)} ${element.textContent.slice(0, 40)}`);
  }
  return bad;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390, 375])
def test_contrast_and_no_sideways_scrolling(daemon, browser, scheme, width):
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"http://{daemon.query}/")
    expect(page.locator("#panel tbody a").first).to_be_visible()
    assert page.evaluate(CONTRAST) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()


@pytest.mark.parametrize("tab", ["requests", "operations", "streams", "sources", "alerts", "incidents"])
def test_the_smallest_phone_scrolls_in_one_direction_whatever_clusters_are_called(daemon, browser, tab):
    context = browser.new_context(viewport={"width": 320, "height": 600})
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    name = "production-eu-central-1-control-plane-with-a-name-as-long-as-they-get"

    def renamed(route):
        answer = route.fetch()
        rows = answer.json()
        for index, row in enumerate(rows):
            row["cluster"] = f"{name}-{index % 2}"
        route.fulfill(response=answer, json=rows)

    page.route("**/api/v1/sources*", renamed)
    page.goto(f"http://{daemon.query}/?tab={tab}")
    expect(page.locator(".verdict .evidence").first).to_be_visible()
    expect(page.locator("#cluster option", has_text=name)).to_have_count(2)
    expect(page.locator("#panel td, #panel article").first).to_be_visible()
    wide = "[...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > innerWidth && one.checkVisibility()).map((one) => one.outerHTML.slice(0, 80))"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.evaluate(wide)
    # The page asks again all the time.
    page.unroute_all(behavior="wait")
    context.close()


def test_the_policy_allows_nothing_from_elsewhere_or_inline(daemon):
    with urllib.request.urlopen(f"http://{daemon.query}/") as answer:
        policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy


CUT = """[...document.querySelectorAll("td.number, th.number, .bar-name")].filter((cell) => cell.clientWidth && cell.scrollWidth > cell.clientWidth)
  .map((cell) => cell.textContent)"""


@pytest.mark.parametrize("width", [1280, 390, 375])
@pytest.mark.parametrize("tab", ["requests", "operations", "streams", "sources"])
def test_no_number_is_cut_off(daemon, browser, width, tab):
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    page.set_default_timeout(PATIENCE)

    def enlarged(route):
        answer = route.fetch()
        route.fulfill(response=answer, json=[row | {"late": 123_456_789, "lateness_seconds": 86_399} for row in answer.json()])

    page.route("**/api/v1/sources*", enlarged)
    page.goto(f"http://{daemon.query}/?tab={tab}")
    expect(page.locator("#panel tbody td").first).to_be_visible()
    assert page.evaluate(CUT) == []
    page.unroute_all(behavior="wait")
    context.close()


def test_the_chosen_tab_is_in_sight_on_a_phone(daemon, browser):
    context = browser.new_context(viewport={"width": 390, "height": 900})
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"http://{daemon.query}/?tab=alerts")
    expect(page.locator("article.alert").first).to_be_visible()
    tab, bar = page.get_by_role("tab", name="Alerts").bounding_box(), page.get_by_role("tablist").bounding_box()
    assert bar["x"] <= tab["x"] and tab["x"] + tab["width"] <= bar["x"] + bar["width"] + 1
    context.close()


def test_thousands_of_operations_are_as_many_rows_as_are_in_sight(browser):
    names = [f"operation {number:04}" for number in range(2_000)]
    with Faultline() as daemon:
        body = spans.body(*(spans.span(name, duration=(number + 1) * 1000) for number, name in enumerate(names)))
        assert http_client.send(daemon.http, body).status == 200
        context = browser.new_context(viewport={"width": 1280, "height": 1000})
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(f"http://{daemon.query}/?tab=operations&sort=p99")
        rows = page.locator("#panel tbody tr:not(.spacer)")
        expect(rows.first).to_contain_text(names[0])
        assert rows.count() < 60
        page.locator(".scroller").evaluate("(scroller) => { scroller.scrollTop = scroller.scrollHeight }")
        expect(rows.last).to_contain_text(names[-1])
        assert rows.count() < 60
        page.get_by_label("Filter the rows").fill("operation 0777")
        expect(rows).to_have_count(1)
        context.close()


def test_a_page_left_open_follows_the_next_daemon_at_its_address(browser):
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    chart = page.locator(".chart").first
    with Faultline() as daemon:
        now.send(daemon, [now.joined(now.messages())])
        address = daemon.query
        page.goto(f"http://{address}/")
        expect(page.locator("#live")).to_contain_text("live")
        expect(chart.locator(".plot svg")).to_have_count(1)
        expect(chart.locator(".legend")).to_contain_text("etcd")
    expect(page.locator("#live")).to_contain_text("not connected")
    with Faultline("--listen", address) as daemon:
        # The former daemon's spans are no longer shown.
        expect(page.locator(".verdict h1")).to_contain_text("No spans yet.")
        expect(chart.locator(".plot svg")).to_have_count(0)
        expect(chart.locator(".mark")).to_have_count(0)
        expect(chart.locator(".legend")).to_be_empty()
        now.send(daemon, [now.joined(now.messages())])
        expect(page.locator("#live")).to_contain_text("live")
        expect(page.locator(".verdict h1")).to_contain_text("etcd")
        expect(page.locator(".problem")).to_be_hidden()
        page.close()
    context.close()


def test_a_source_whose_spans_come_late_says_how_late(browser):
    with Faultline() as daemon:
        # Spans are late once the time of their end has been evaluated.
        eventually(lambda: any(group["evaluated_at"] for group in json.loads(daemon.get("/api/v1/rules")[2])), "an evaluation")
        now.send(daemon, [now.joined(now.messages())])
        late = {row["service"]: row["late"] for row in json.loads(daemon.get("/api/v1/sources")[2])}
        assert min(late.values()) > 0
        page = browser.new_page()
        page.goto(f"http://{daemon.query}/?tab=sources")
        for service, number in late.items():
            row = page.locator("#panel tbody tr", has_text=service).first
            expect(row.locator("td.late")).to_have_text(f"{number:,}")
            expect(row.locator("td.lateness")).to_have_text(re.compile(r"^\d+\s"))
        page.close()


def test_events_that_were_refused_are_asked_for_again(daemon, browser):
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.clock.install()
    page.route("**/api/v1/events", lambda route: route.fulfill(status=429, body="too many"))
    page.goto(f"http://{daemon.query}/")
    expect(page.locator("#live")).to_contain_text("asking every few seconds")
    page.unroute("**/api/v1/events")
    page.clock.fast_forward(60_000)
    page.clock.run_for(60_000)
    expect(page.locator("#live")).to_contain_text("live")
    context.close()
