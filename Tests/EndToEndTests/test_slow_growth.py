"""What takes longer over an hour, in steps too small to see: found against the day before, and told with its numbers."""

import re
from datetime import datetime
from functools import cache

import pytest

from harness import project
from harness.command import faultline
from harness.spans import SECOND
from simulation import growth, scenario
from simulation.recording import Recording
from simulation.spans import ETCD, MUTATING

MINUTE = 60
BEGIN = (scenario.BEGIN + growth.BEFORE) / SECOND
END = BEGIN + (growth.GROWS + growth.STAYS) / SECOND
# So little that the day before is in the history.
SMALL_WINDOW = "window: {max_bytes: 4MiB}\n"


@pytest.fixture(scope="module")
def grown(tmp_path_factory):
    """Archives in which some kind of step takes so many times as long after an hour."""
    folder = tmp_path_factory.mktemp("grown")
    steady = Recording(project.capture("steady"))
    usual = {ETCD: scenario.typical(steady).etcd_write, MUTATING: scenario.typical(steady).mutating}

    @cache
    def archive(kind, strength, is_daily=False):
        path = folder / f"{kind} {strength} {is_daily}.otlp"
        growth.write(path, steady, growth.Growing(kind, usual[kind], strength, is_daily))
        return path

    return archive


@pytest.fixture(scope="module")
def rules(tmp_path_factory):
    """The built-in rules that compare with the day before."""
    text = faultline("builtin-rules").output
    path = tmp_path_factory.mktemp("rules") / "rules.yaml"
    path.write_text("groups:\n" + text[text.index("  - name: control-plane-slow-growth") :])
    return path


def replay(rules, archive, *options):
    done = faultline("replay", "--quiet", "--format", "json", "--rules", rules, *options, archive)
    assert done.code == 0, done.errors
    return done.json


def seconds(time):
    return datetime.fromisoformat(time).timestamp()


@pytest.mark.parametrize("kind, strength, component", [(ETCD, 3, "etcd"), (MUTATING, 5, "mutating-webhook")])
def test_what_grows_for_an_hour_is_named_with_then_and_now(grown, rules, kind, strength, component):
    [incident] = replay(rules, grown(kind, strength))["incidents"]
    culprit = incident["culprit"]
    assert culprit["component"] == component and culprit["certainty"] in ("clear", "likely"), culprit
    assert re.search(r"took .* instead of .* at p\d+", culprit["why"]) and "the day before" in culprit["why"], culprit
    assert BEGIN <= seconds(incident["started_at"]) < seconds(incident["opened_at"]) <= BEGIN + growth.GROWS / SECOND
    # Half of the ten minutes that the rule looks at, then three for what wavers.
    assert END <= seconds(incident["closed_at"]) <= END + 10 * MINUTE


def test_the_history_tells_as_much_as_the_window(grown, rules, tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text(SMALL_WINDOW)
    whole, small = replay(rules, grown(ETCD, 3)), replay(rules, grown(ETCD, 3), "--config", config)
    assert [alert["alert"] for alert in small["alerts"]] == [alert["alert"] for alert in whole["alerts"]]
    [one], [other] = whole["incidents"], small["incidents"]
    assert {**one["culprit"], "why": ""} == {**other["culprit"], "why": ""}
    assert "the day before" in other["culprit"]["why"]
    assert one["opened_at"] == other["opened_at"]


@pytest.mark.parametrize("kind, strength", [(ETCD, 1), (MUTATING, 1.5)])
def test_nothing_is_said_of_what_takes_as_long_or_little_longer(grown, rules, kind, strength):
    report = replay(rules, grown(kind, strength))
    assert (report["alerts"], report["incidents"]) == ([], [])


def test_nothing_is_said_of_what_happens_every_day(grown, rules):
    report = replay(rules, grown(ETCD, 5, is_daily=True))
    assert (report["alerts"], report["incidents"]) == ([], [])


def test_nothing_is_said_without_a_day_to_compare_with(grown, rules):
    begin = datetime.fromtimestamp(BEGIN - 20 * 60 * MINUTE).astimezone().isoformat()
    report = replay(rules, grown(ETCD, 3), "--from", begin)
    assert (report["alerts"], report["incidents"]) == ([], [])
