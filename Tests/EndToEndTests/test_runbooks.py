"""Every built-in alert has a runbook, which the daemon shows, whose links resolve and whose commands exist."""

import json
import re

import pytest
import yaml

from harness.project import ROOT
from harness.rules import SLOW_PAYMENTS

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
        status, type, shown = daemon.get(path)
        assert (status, type) == (200, "text/plain; charset=utf-8")
        assert shown == (RUNBOOKS / f"{path.rpartition('/')[2]}.md").read_bytes()
    assert daemon.get("/runbooks/README")[0] == 404


def test_a_rule_of_ones_own_has_no_page(serve):
    assert [rule["runbook"] for rule in rules_of(serve(SLOW_PAYMENTS))] == [None]


def rules_of(daemon):
    return [rule for group in json.loads(daemon.get("/api/v1/rules")[2]) for rule in group["rules"]]
