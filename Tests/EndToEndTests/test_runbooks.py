"""Every built-in alert has a runbook, which the daemon shows, whose links resolve and whose commands exist."""

import html.parser
import json
import re
import urllib.request

import pytest
import yaml

from harness.project import ROOT
from harness.rules import SLOW_PAYMENTS
from harness.waiting import DEADLINE

DOCS = ROOT / "docs"
RUNBOOKS = DOCS / "runbooks"
PAGES = sorted(RUNBOOKS.glob("*.md"))
NOT_AN_ALERT_OF_OURS = {"README", "KubeAPIErrorBudgetBurn"}

LINK = re.compile(r"\]\(([^)\s]+)\)")
BLOCK = re.compile(r"^[ ]*```\w*\n(.*?)^[ ]*```", re.M | re.S)
COMMAND = re.compile(r"\bfaultline ([a-z][a-z-]*)")


def severities() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    groups = yaml.safe_load((ROOT / "Sources/Rules/Builtin/control-plane.yaml").read_text())["groups"]
    for rule in (rule for group in groups for rule in group["rules"]):
        found.setdefault(rule["alert"], set()).add(rule["labels"]["severity"])
    return found


def anchors(page) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S)
    headings = (match.lower() for match in re.findall(r"^#+ (.+)$", text, re.M))
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in headings}


def test_every_alert_has_a_page_and_every_page_is_an_alerts():
    assert {page.stem for page in PAGES} - NOT_AN_ALERT_OF_OURS == severities().keys()


def test_the_index_has_each_page_once_with_the_severities_of_its_rules():
    rows = re.findall(r"^\| \[(\w+)\]\((\w+)\.md\) \| .+ \| ([a-z, ]+) \|$", (RUNBOOKS / "README.md").read_text(), re.M)
    assert all(name == target for name, target, _ in rows)
    assert len({name for name, _, _ in rows}) == len(rows)
    listed = {name: set(severity.split(", ")) for name, _, severity in rows if name not in NOT_AN_ALERT_OF_OURS}
    assert listed == severities()
    assert {name for name, _, _ in rows} == {page.stem for page in PAGES} - {"README"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_links_of_a_page_resolve(page):
    for link in LINK.findall(page.read_text()):
        if re.match(r"\w+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.is_file(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_commands_of_a_page_exist(page):
    known = set(COMMAND.findall((DOCS / "command-line.md").read_text()))
    used = {command for block in BLOCK.findall(page.read_text()) for command in COMMAND.findall(block)}
    assert used <= known
    assert used or page.stem == "README", "no command shows how to confirm it"


def test_the_daemon_shows_the_page_of_each_alert(daemon):
    rules = rules_of(daemon)
    assert {rule["runbook"] for rule in rules} == {f"/runbooks/{alert}" for alert in severities()}
    for path in {rule["runbook"] for rule in rules} | {"/runbooks/KubeAPIErrorBudgetBurn"}:
        shown = Shown(daemon, path)
        source = (RUNBOOKS / f"{path.rpartition('/')[2]}.md").read_text()
        assert shown.text == words(source)
        for tag, count in blocks(source).items():
            assert shown.tags.count(tag) == count, (path, tag)
    assert daemon.get("/runbooks/README")[0] == 404


def test_the_links_of_the_pages_that_a_daemon_shows_lead_somewhere(daemon):
    shown = {alert: Shown(daemon, f"/runbooks/{alert}") for alert in [*severities(), "KubeAPIErrorBudgetBurn"]}
    followed = set()
    for alert, page in shown.items():
        for link in page.links:
            name, _, anchor = link.partition("#")
            if name == "../":
                continue
            assert not anchor or anchor in shown[name or alert].anchors, (alert, link)
            followed.add(name)
    assert len(followed) > 20 and followed <= shown.keys() | {""}


def test_a_page_runs_nothing_and_loads_only_what_the_daemon_has(daemon):
    with urllib.request.urlopen(f"http://{daemon.query}/runbooks/EtcdSlow", timeout=DEADLINE) as answer:
        policy = answer.headers["Content-Security-Policy"].split("; ")
        assert {"default-src 'none'", "style-src 'self'", "frame-ancestors 'none'"} <= set(policy)
        assert not any(rule.startswith("script-src") or "unsafe" in rule for rule in policy)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    shown = Shown(daemon, "/runbooks/EtcdSlow")
    assert not {"script", "style"} & set(shown.tags) and shown.files
    for file in shown.files:
        assert daemon.get(file.removeprefix(".."))[0] == 200


class Shown(html.parser.HTMLParser):
    """A page as a browser has it: every tag that isn't void is closed in order."""

    VOID = {"meta", "link"}

    def __init__(self, daemon, path):
        super().__init__()
        self.tags, self.links, self.files, self.anchors = [], [], [], set()
        self._open, self._text = [], []
        status, type, shown = daemon.get(path)
        assert (status, type) == (200, "text/html; charset=utf-8")
        self.feed(shown.decode())
        self.close()
        assert self._open == []

    @property
    def text(self):
        """The words below the link to the page."""
        return "".join(self._text).split()[1:]

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.append(tag)
        if tag not in self.VOID:
            self._open.append(tag)
        if tag == "a":
            self.links.append(attributes["href"])
        if tag == "link":
            self.files.append(attributes["href"])
        if "id" in attributes:
            self.anchors.add(attributes["id"])

    def handle_endtag(self, tag):
        assert self._open.pop() == tag
        # Cells stand apart.
        self._text.append(" " if tag in {"th", "td"} else "")

    def handle_data(self, data):
        if "main" in self._open:
            self._text.append(data)


def pieces(source):
    """Blocks of code, and what is between them."""
    for number, piece in enumerate(re.split(r"^[ ]*```\w*\n(.*?)^[ ]*```$", source, flags=re.M | re.S)):
        yield number % 2 == 1, piece


def words(source):
    """The words of Markdown without its marks."""
    found = []
    for is_code, piece in pieces(source):
        if not is_code:
            piece = re.sub(r"^\|.*$", lambda row: row[0].strip("|-").replace("|", " "), piece, flags=re.M)
            piece = re.sub(r"^ *(#+|-|\d+\.) ", " ", piece, flags=re.M)
            # What is within backticks has no marks.
            piece = "".join(part if number % 2 else unmarked(part) for number, part in enumerate(piece.split("`")))
        found += piece.split()
    return found


def unmarked(text):
    text = re.sub(r"\]\([^)]*\)", "", text)
    return re.sub(r"(?<![^\s(])\[|\*\*|(?<![\w*])\*(?=\w)|(?<=\w)\*", "", text)


def blocks(source):
    """How many headings, blocks of code, items and rows of tables there are."""
    text = "\n".join(piece for is_code, piece in pieces(source) if not is_code)
    count = lambda pattern: len(re.findall(pattern, text, re.M))  # noqa: E731
    return {
        "h1": count(r"^# "), "h2": count(r"^## "), "pre": sum(is_code for is_code, _ in pieces(source)),
        "li": count(r"^\s*(-|\d+\.) "), "tr": count(r"^\|(?!-)"), "table": count(r"^\|-"),
    }


def test_a_rule_of_ones_own_has_no_page(serve):
    assert [rule["runbook"] for rule in rules_of(serve(SLOW_PAYMENTS))] == [None]


def rules_of(daemon):
    return [rule for group in json.loads(daemon.get("/api/v1/rules")[2]) for rule in group["rules"]]
