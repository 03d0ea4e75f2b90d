"""Burn rates and rules over single spans of a recorded control plane, compared with a count of every span."""

from collections import defaultdict
from datetime import datetime, timezone

import pytest
import yaml
from opentelemetry.proto.trace.v1.trace_pb2 import Status, TracesData

from harness import archives
from harness.command import faultline
from harness.project import EXAMPLE
from harness.spans import MILLISECOND, SECOND

INTERVAL = 15 * SECOND
# Inside a latency bucket, not on its boundary.
THRESHOLD = 123 * MILLISECOND
SLOW = 290 * MILLISECOND

RULES = {
    "groups": [
        {
            "name": "g",
            "interval": "15s",
            "rules": [
                {
                    "alert": "Burning", "select": {"service": "etcd"}, "by": ["operation"],
                    "when": "burn_rate(99.5%, 123ms, 2m) > 4 and burn_rate(99.5%, 123ms, 30s) > 4",
                },
                {
                    "alert": "Slow", "match": {"service": "=~ .+", "operation": "!~ GET.*|authentication|audit"},
                    "by": ["service", "operation"], "when": "duration > 290ms and duration < 1h",
                },
                {
                    "alert": "SlowOfLate", "match": {"service": "etcd"}, "when": "duration > 290ms", "over": "1m",
                },
            ],
        }
    ]
}  # fmt: skip


@pytest.fixture(scope="module")
def spans():
    """Service, operation, end, duration and whether it failed, of every span of the archive."""
    found = []
    for record in archives.records(archives.example()):
        for resource in TracesData.FromString(record).resource_spans:
            service = next(a.value.string_value for a in resource.resource.attributes if a.key == "service.name")
            for scope in resource.scope_spans:
                for span in scope.spans:
                    end = span.end_time_unix_nano
                    failed = span.status.code == Status.STATUS_CODE_ERROR
                    found.append((service, span.name, end, end - span.start_time_unix_nano, failed))
    return found


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    path = tmp_path_factory.mktemp("rules") / "rules.yaml"
    path.write_text(yaml.safe_dump(RULES))
    report = faultline("replay", "--rules", path, "--format", "json", EXAMPLE).json
    # A late span had not arrived when its time was evaluated.
    assert report["spans"]["late"] == 0
    return report


def nanoseconds(text):
    whole, _, fraction = text.rstrip("Z").partition(".")
    seconds = int(datetime.strptime(whole, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc).timestamp())
    return seconds * SECOND + int(fraction.ljust(9, "0") or 0)


def lives(report, alert):
    """When alerts fired and resolved, by labels."""
    found = defaultdict(list)
    for row in report["alerts"]:
        if row["alert"] == alert:
            resolved = row["resolved_at"] and nanoseconds(row["resolved_at"])
            found[tuple(sorted(row["labels"].items()))].append((nanoseconds(row["fired_at"]), resolved))
    return dict(found)


def evaluations(spans):
    first, last = min(end for _, _, end, _, _ in spans), max(end for _, _, end, _, _ in spans)
    return range(first - first % INTERVAL + INTERVAL, last + 1, INTERVAL)


def expected(holds, times):
    """When an alert that fires at once is active, given its condition at each time (None is no data)."""
    found, fired = [], None
    for time in times:
        state = holds(time)
        if state and fired is None:
            fired = time
        elif state is False and fired is not None:
            found.append((fired, time))
            fired = None
    return found + ([(fired, None)] if fired is not None else [])


def test_burn_rates_are_those_of_a_count(report, spans):
    operations = {operation for service, operation, *_ in spans if service == "etcd"}
    ends = {
        operation: [(end, failed or duration > THRESHOLD) for s, o, end, duration, failed in spans if (s, o) == ("etcd", operation)]
        for operation in operations
    }  # fmt: skip

    def rate(operation, time, over):
        inside = [bad for end, bad in ends[operation] if time - over <= end < time]
        return sum(inside) / len(inside) / 0.005 if inside else None

    def holds(operation):
        def at(time):
            rates = [rate(operation, time, over) for over in (120 * SECOND, 30 * SECOND)]
            if any(value is not None and value <= 4 for value in rates):
                return False
            return None if None in rates else True

        return at

    times = evaluations(spans)
    counted = {(("operation", o),): expected(holds(o), times) for o in operations}
    assert lives(report, "Burning") == {labels: found for labels, found in counted.items() if found}
    assert lives(report, "Burning")
    for row in report["alerts"]:
        if row["alert"] == "Burning" and row["resolved_at"] is None:
            value = rate(row["labels"]["operation"], nanoseconds(row["fired_at"]), 120 * SECOND)
            assert row["value"] == pytest.approx(value, rel=1e-12)


def test_rules_over_single_spans_find_each_that_matches(report, spans):
    matches, of_etcd = defaultdict(set), set()
    for service, operation, end, duration, _ in spans:
        evaluation = end - end % INTERVAL + INTERVAL
        if SLOW < duration and service == "etcd":
            of_etcd.add(evaluation)
        named = operation.startswith("GET") or operation in ("authentication", "audit")
        if SLOW < duration < 3_600 * SECOND and not named:
            matches[("operation", operation), ("service", service)].add(evaluation)
    heard = {end - end % INTERVAL + INTERVAL for _, _, end, _, _ in spans}
    times = evaluations(spans)

    def holds(found, lasting):
        def at(time):
            if any(time - lasting < other <= time for other in found):
                return True
            return False if time in heard else None

        return at

    counted = {labels: expected(holds(found, INTERVAL), times) for labels, found in matches.items()}
    assert lives(report, "Slow") == {labels: found for labels, found in counted.items() if found}
    assert len(counted) > 5
    assert of_etcd
    assert lives(report, "SlowOfLate") == {
        (("service", "etcd"),): expected(holds(of_etcd, 60 * SECOND), times)
    }
