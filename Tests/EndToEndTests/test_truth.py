"""Replays of captures against what was computed from them independently, to the nanosecond."""

import json
from datetime import datetime, timezone

import pytest

from harness import archives, grpc_client, project
from harness.command import faultline
from harness.daemon import Faultline
from harness.project import EXAMPLE
from harness.truth import truth_of

_replays = {}


def replay(name):
    if name not in _replays:
        done = faultline("replay", "--format", "json", project.capture(name))
        assert (done.code, done.errors) == (0, "")
        _replays[name] = done.json
    return _replays[name]


def read(name, what):
    return json.loads(project.capture(name, f"{what}.json").read_text())


def nanoseconds(seconds):
    return round(seconds * 1e9)


def unix_nanoseconds(time):
    """Nanoseconds of an RFC 3339 time, which may have more digits than `datetime` keeps."""
    whole, _, fraction = time.rstrip("Z").partition(".")
    seconds = datetime.fromisoformat(whole).replace(tzinfo=timezone.utc).timestamp()
    return int(seconds) * 1_000_000_000 + int(fraction.ljust(9, "0") or 0)


@pytest.mark.parametrize("name", project.CAPTURES)
def test_the_truth_file_of_a_recording_matches_its_bytes(name):
    records = archives.records(archives.decompress(project.capture(name)))
    computed, written = truth_of(records), read(name, "truth")
    operations = {(row.pop("service"), row.pop("name")): row for row in written.pop("operations")}
    assert operations == computed.pop("operations")
    assert {field: written[field] for field in computed} == computed
    arrivals = [line.split() for line in project.capture(name, "arrivals.txt").read_text().splitlines()]
    assert [int(length) for _, length in arrivals] == [len(record) for record in records]


@pytest.mark.parametrize("name", project.CAPTURES)
def test_every_operation_agrees_with_the_truth(name):
    report, truth = replay(name), read(name, "truth")
    assert report["spans"] == {
        "received": truth["spans"],
        "accepted": truth["spans"],
        "duplicates": 0,
        "late": report["spans"]["late"],
        "rejected": {},
    }
    assert unix_nanoseconds(report["first"]) == truth["start_time_min_ns"]
    assert unix_nanoseconds(report["last"]) == truth["end_time_max_ns"]

    expected = {}
    for row in truth["operations"]:
        ((kind, _),) = row["kinds"].items()
        expected[row["service"], row["name"], kind] = [
            row[key] for key in ("count", "errors", "p50_ns", "p90_ns", "p99_ns", "max_ns")
        ]
    found = {}
    for row in report["operations"]:
        assert "exact" not in row
        percentiles = [nanoseconds(row[f"{key}_seconds"]) for key in ("p50", "p90", "p99", "max")]
        found[row["service"], row["operation"], row["kind"]] = [row["count"], row["errors"], *percentiles]
    assert found == expected
    means = {(row["service"], row["name"]): row["sum_ns"] / row["count"] for row in truth["operations"]}
    for row in report["operations"]:
        assert row["mean_seconds"] * 1e9 == pytest.approx(means[row["service"], row["operation"]], rel=1e-12)


@pytest.mark.parametrize("name", project.CAPTURES)
def test_alerts_fire_during_faults_and_at_no_other_time(name):
    facts = read(name, "facts")
    alerts = [
        (
            unix_nanoseconds(alert["fired_at"]),
            unix_nanoseconds(alert["resolved_at"]) if alert["resolved_at"] else facts["capture_end_ns"],
        )
        for alert in replay(name)["alerts"]
    ]
    for fault in facts["faults"]:
        assert any(fired < fault["end_ns"] and ended > fault["start_ns"] for fired, ended in alerts)
    # Alerts are about faults: none fires before one has begun.
    begin = min((fault["start_ns"] for fault in facts["faults"]), default=None)
    assert all(begin is not None and fired > begin for fired, _ in alerts)


def test_the_daemon_counts_an_archive_as_a_replay_does():
    report = faultline("replay", "--format", "json", EXAMPLE).json
    with Faultline() as daemon:
        with grpc_client.channel(daemon.grpc) as channel:
            for record in archives.records(archives.example()):
                assert grpc_client.call(channel, record).body == b""
        metrics = daemon.metrics()
    assert metrics.accepted == report["spans"]["accepted"]
    for rows, name, labels in (
        (report["operations"], "operation", ("service", "operation", "kind")),
        (report["requests"], "request", ("verb", "group", "resource", "subresource", "scope")),
    ):
        for suffix, field in (("duration_seconds_count", "count"), ("errors_total", "errors")):
            scraped = {
                tuple(sample.labels[label] for label in labels): sample.value
                for sample in metrics.all(f"faultline_{name}_{suffix}")
            }
            assert scraped == {tuple(row[label] for label in labels): row[field] for row in rows}
