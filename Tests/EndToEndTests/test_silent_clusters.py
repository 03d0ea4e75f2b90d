"""A cluster of two falls silent, as a whole or but for its API server."""

import json
from datetime import datetime

import pytest

from harness import archives, clusters, project
from harness.command import faultline
from harness.spans import SECOND

QUIET_AFTER = 100


def replay(silent):
    """The report on two healthy clusters, in one of which some services fall silent, and when they do."""
    capture = archives.decompress(project.capture("steady"))
    time = json.loads(project.capture("steady", "facts.json").read_text())["capture_start_ns"] + QUIET_AFTER * SECOND
    # As they would arrive: in turns.
    east = clusters.silent_from(clusters.named(capture, "east"), time, silent)
    pairs = zip(clusters.named(capture, "west"), east, strict=True)
    messages = [message for pair in pairs for message in pair]
    done = faultline("replay", "--quiet", "--format", "json", "-", input=archives.framed(messages))
    assert (done.code, done.errors) == (0, "")
    return done.json, time


@pytest.fixture(scope="module")
def all_silent():
    return replay({"apiserver", "etcd"})


@pytest.fixture(scope="module")
def etcd_silent():
    return replay({"etcd"})


def test_the_incident_is_the_silence_of_the_cluster(all_silent):
    report, time = all_silent
    (incident,) = report["incidents"]
    assert (incident["kind"], incident["cluster"], incident["state"]) == ("silence", "east", "open")
    started = datetime.fromisoformat(incident["started_at"]).timestamp()
    # Spans are counted by second.
    assert abs(started - time / SECOND) <= 1
    assert incident["culprit"]["side"] is None and incident["culprit"]["why"].startswith("nothing from the control plane")


def test_what_to_do_about_it_does_not_take_spans(all_silent):
    (incident,) = all_silent[0]["incidents"]
    assert incident["next"].startswith("Ask the API server itself") and "traces" not in incident["next"]
    assert incident["traces"] == []


def test_no_alert_says_that_others_of_the_cluster_still_send(all_silent):
    assert [alert["alert"] for alert in all_silent[0]["alerts"]] == []


def test_a_silent_etcd_is_told_from_a_silent_cluster(etcd_silent):
    report, _ = etcd_silent
    alerts = [alert for alert in report["alerts"] if alert["alert"].startswith("ComponentSilent")]
    assert {alert["alert"] for alert in alerts} == {"ComponentSilent", "ComponentSilentNow"}
    assert {(alert["labels"]["cluster"], alert["labels"]["service"]) for alert in alerts} == {("east", "etcd")}
    assert all("while other services still send them" in alert["annotations"]["summary"] for alert in alerts)
    assert {incident["cluster"] for incident in report["incidents"]} == {"east"}
