"""All names that users rely on exist, as outside.yaml lists them."""

import json
from pathlib import Path

import pytest
import yaml

from harness import http_client, project, spans
from harness.command import faultline
from harness.waiting import eventually

OUTSIDE = yaml.safe_load(Path(__file__).with_name("outside.yaml").read_text())
FILES = {
    "RULES": project.fixture("Examples", "rules.yaml"),
    "TESTS": project.fixture("Examples", "rule-tests.yaml"),
    "FAULTY": project.files("Tests", "RulesTests", "Faulty", pattern="*.yaml")[0],
    "ARCHIVE": project.EXAMPLE,
    "MISSING": project.ROOT / "there-is-no-such-file",
}


def missing(wanted, found, place=""):
    """The listed fields that a reply lacks. Every element of a list must have them, and there must be at least one."""
    if isinstance(wanted, list):
        if not found:
            return [f"{place}: no rows"]
        return [name for row in found for name in missing(wanted[0], row, place)]
    if wanted is None:
        return []
    return [
        name
        for field, within in wanted.items()
        for name in ([f"{place}.{field}"] if field not in found else missing(within, found[field], f"{place}.{field}"))
    ]


@pytest.mark.parametrize("command", OUTSIDE["commands"])
def test_a_command_has_its_options(command):
    done = faultline("help", *command.split())
    assert done.code == 0 and f"USAGE: faultline {command}" in done.output
    words = done.output.split()
    assert [option for option in OUTSIDE["commands"][command] if option not in words] == []


@pytest.mark.parametrize("ends", OUTSIDE["exits"], ids=lambda ends: " ".join(ends["line"]))
def test_a_command_line_ends_with_its_code(ends):
    done = faultline(*(FILES.get(word, word) for word in ends["line"]))
    assert done.code == ends["code"], done.errors
    assert (done.errors != "") == (ends["code"] == 2)


def test_a_report_has_its_fields():
    report = faultline("replay", "--quiet", "--format", "json", project.EXAMPLE).json
    assert sorted(set(missing(OUTSIDE["report"], report))) == []


RULES = """
groups:
  - name: quick
    interval: 1s
    rules:
      - alert: Slow
        select: {verb: create}
        when: p99 > 100ms
        over: 1m
        annotations: {summary: slow}
"""


@pytest.fixture
def busy(serve):
    """A daemon with an operation, a kind of request and an alert, all evaluated."""
    daemon = serve(RULES, "evaluation_delay: 0s\nattribution: {settle: 1s}\n")
    request = spans.span(
        "POST /api/v1/namespaces/{:namespace}/pods", 200 * spans.MILLISECOND,
        attributes=[
            spans.text("http.request.method", "POST"), spans.text("url.path", "/api/v1/namespaces/default/pods"),
        ],
    )
    assert http_client.send(daemon.http, spans.body(request, service="apiserver")).status == 200
    assert http_client.send(daemon.http, b"no spans").status == 400
    assert http_client.send(daemon.http, spans.body(spans.span(trace_id=b""))).status == 200
    for path in ("alerts", "requests"):
        eventually(lambda: json.loads(daemon.get(f"/api/v1/{path}")[2]), f"rows of {path}")
    eventually(lambda: daemon.metrics().all("faultline_request_component_seconds_total"), "a request whose time is divided")
    return daemon


def test_the_scrape_has_its_families_with_their_labels(busy):
    metrics = busy.metrics()
    for name, wanted in OUTSIDE["metrics"].items():
        family = metrics.families.get(name)
        assert family, f"{name} is gone"
        if "type" in wanted:
            assert family.type == wanted["type"], name
        if "labels" in wanted:
            assert family.samples, f"{name} has no samples"
            for sample in family.samples:
                assert set(wanted["labels"]) <= set(sample.labels), sample


def test_the_api_answers_with_the_rows_of_a_report(busy):
    for path, rows in OUTSIDE["api"].items():
        status, type, body = busy.get(path)
        assert status == 200, path
        if path.startswith("/api/"):
            assert type == "application/json", path
            found = json.loads(body)
        if rows:
            assert missing(OUTSIDE["report"][rows], found, path) == []
