"""A resource takes only parameters that change its answer: none is accepted and ignored."""

import json
import urllib.error
from urllib.parse import urlencode

import pytest

from harness import openapi, project
from harness.viewer import Viewer

# The recording has a fault from 04:33:05 to its end at 04:34:22.
MIDDLE, LATE = "2026-11-23T04:33:30Z", "2026-11-23T04:34:30Z"
VALUES = {
    "from": MIDDLE, "to": MIDDLE, "cluster": "nowhere", "limit": "1", "step": "10s", "verb": "create", "group": "apps",
    "resource": "leases", "subresource": "status", "scope": "cluster", "service": "etcd", "operation": "audit",
    "kind": "CLIENT", "streams": "apart", "min_duration": "1h", "max_duration": "1us", "status": "error",
    "component": "watch-cache", "min_part": "1h", "order": "recent", "format": "otlp",
    "baseline_from": "2026-11-23T04:32:30Z", "baseline_to": "2026-11-23T04:32:50Z",
}
# Before any alert is active.
INSTEAD = {("rules", "to"): "2026-11-23T04:32:18Z"}
# What is asked without the parameter: something whose answer it can change.
BESIDES = {
    "alerts": {"to": LATE},
    "culprit": {"from": "2026-11-23T04:33:00Z", "to": LATE},
    ("traces", "min_part"): {"component": "etcd"},
}
# What only goes together.
TOGETHER = {"baseline_from": "baseline_to", "baseline_to": "baseline_from"}
# Of resources without an answer to compare, or about what memory doesn't hold (test_recorded_traces.py). The recording has one
# incident, and alerts that began before the middle and last to its end.
ELSEWHERE = {
    "/api/v1/alerts": {"to"}, "/api/v1/incidents": {"from", "to", "limit"}, "/api/v1/rules": {"from"},
    "/api/v1/events": {"cluster"}, "/api/v1/traces/{id}": {"from", "to", "id"}, "/api/v1/traces": {"recording"},
}


def declared():
    for path, methods in openapi.DESCRIPTION["paths"].items():
        for parameter in methods["get"].get("parameters", []):
            name = parameter["$ref"].rpartition("/")[2]
            if name not in ELSEWHERE.get(path, ()):
                yield path, name


@pytest.fixture(scope="module")
def viewer(tmp_path_factory):
    # Several rules that fire, in several groups, one of them no longer at the end.
    rules = tmp_path_factory.mktemp("rules") / "rules.yaml"
    rules.write_text(
        "groups:\n" + "".join(
            f"  - name: {group}\n    interval: 5s\n    rules:\n"
            f"      - {{alert: {group}, select: {{service: etcd}}, when: {condition}, over: 30s, incident: {incident}}}\n"
            for group, condition, incident in (
                ("many", "count >= 1", "false"), ("slow", "p90 > 20ms and count >= 10", "true"),
                ("quick", "p50 < 1ms and count >= 10", "true"))))
    with Viewer("--rules", rules, project.EXAMPLE) as running:
        yield running


@pytest.mark.parametrize("path, name", list(declared()), ids=lambda value: value.removeprefix("/api/v1/"))
def test_a_parameter_changes_the_answer(viewer, path, name):
    resource = path.removeprefix("/api/v1/")
    besides = BESIDES.get((resource, name), BESIDES.get(resource, {}))
    trace = viewer.ask("/api/v1/traces?limit=1")["traces"][0]["trace_id"]

    def answer(parameters):
        try:
            return json.loads(viewer.get(f"{path.replace('{id}', trace)}?{urlencode(parameters)}"))
        except urllib.error.HTTPError as error:
            assert error.code == 404, error.read()
            return 404

    given = {other: INSTEAD.get((resource, other), VALUES[other]) for other in (name, TOGETHER.get(name)) if other}
    if name == "cluster" and "{id}" in path:
        assert answer(given) == 404, "a trace of no such cluster"
    assert answer(besides | given) != answer(besides), f"{name} is accepted and ignored"


def test_every_parameter_is_read():
    """Those whose effect is shown elsewhere are few."""
    assert set(ELSEWHERE) <= set(openapi.DESCRIPTION["paths"])
    assert {name for _, name in declared()} <= set(VALUES)
