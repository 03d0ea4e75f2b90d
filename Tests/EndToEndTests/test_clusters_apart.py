"""Alerts and incidents of a cluster are the same to the last byte, whatever another cluster sends to the same Faultline."""

import functools
import json

import pytest

from harness import archives, clusters, project, thinning
from harness.command import faultline
from harness.spans import SECOND

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


def ends(messages):
    return [
        span.end_time_unix_nano
        for message in messages for part in message.resource_spans for scope in part.scope_spans for span in scope.spans
    ]


def moved(messages, by, before):
    """What ends by a time, once all of it is moved: a replay to a later end would resolve other alerts."""
    found = []
    for message in messages:
        copy = ExportTraceServiceRequest.FromString(message.SerializeToString())
        for part in copy.resource_spans:
            for scope in part.scope_spans:
                for span in scope.spans:
                    span.start_time_unix_nano += by
                    span.end_time_unix_nano += by
                kept = [span.SerializeToString() for span in scope.spans if span.end_time_unix_nano <= before]
                del scope.spans[:]
                for span in kept:
                    scope.spans.add().ParseFromString(span)
        found.append(copy.SerializeToString())
    return found


def told(*messages):
    """What is said about west."""
    done = faultline("replay", "--quiet", "--format", "json", "-", input=archives.framed([one for some in messages for one in some]))
    assert (done.code, done.errors) == (0, "")
    alerts = [alert for alert in done.json["alerts"] if alert["labels"]["cluster"] == "west"]
    incidents = [incident for incident in done.json["incidents"] if incident["cluster"] == "west"]
    return json.dumps([alerts, incidents], indent=1)


@functools.cache
def west(name):
    return clusters.named(archives.decompress(project.capture(name)), "west")


@functools.cache
def alone(name):
    return told(west(name))


# East's spans begin so many seconds after west's, and may be sampled.
@pytest.mark.parametrize(
    "name, other, seconds, per_million",
    [
        ("slow-etcd", "errors", 0, None), ("slow-etcd", "slow-etcd", -40, None), ("slow-etcd", "steady", 20, 100_000),
        ("errors", "slow-etcd", -15, None), ("errors", "steady", 5, None), ("errors", "errors", 10, 100_000),
        ("steady", "slow-etcd", 30, None), ("steady", "errors", -20, 100_000),
    ])
def test_another_cluster_changes_nothing(name, other, seconds, per_million):
    own = ends(thinning.messages(name))
    messages = list(thinning.thinned(other, per_million) if per_million else thinning.messages(other))
    beside = moved(messages, min(own) - min(ends(messages)) + seconds * SECOND, max(own))
    assert told(west(name), clusters.named(archives.framed(beside), "east")) == alone(name)
