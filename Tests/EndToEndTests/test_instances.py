"""Several instances of the API server and of etcd: the verdict names the one that is at fault, and two clusters never mix."""

import time

import pytest

from harness import faults, instances
from harness.command import faultline
from harness.faults import END, START
from harness.instances import NODES
from harness.spans import MILLISECOND, SECOND
from harness.viewer import Viewer

SICK = "node-b"
SLOW_DISK = faults.slow(faults.is_etcd, 40 * MILLISECOND, at_start=False)

# What happens on one node; the side, the component and the instance that are at fault
FAULTS = {
    "etcd's disk is slow": (SLOW_DISK, "etcd", "etcd", "etcd-node-b"),
    "answers are slow to write": (
        faults.slow(faults.is_filter("SerializeObject"), 150 * MILLISECOND), "apiserver", "serialize", "apiserver-node-b",
    ),
    "the way to etcd is slow": (
        faults.slow(faults.is_etcd_call, 60 * MILLISECOND), "connection", "etcd-client", "apiserver-node-b",
    ),
}


@pytest.fixture(scope="module")
def healthy():
    return instances.Nodes("steady")


def replay(archive):
    done = faultline("replay", "--quiet", "--format", "json", "-", input=archive)
    assert (done.code, done.errors) == (0, "")
    return done.json


def counts(report, part, cluster=None):
    """The counts of rows, by what they are about."""
    keys = {"operations": ["service", "operation", "kind"], "requests": ["verb", "group", "resource", "subresource", "scope"]}
    return {
        tuple(row[key] for key in keys[part]): (row["count"], row["errors"])
        for row in report[part] if row.get("cluster") == cluster
    }


def sent_by_instance(spans):
    """How many different spans each instance has sent."""
    sent = {}
    for sender, span in spans:
        sent.setdefault((sender.cluster or "", str(sender), f"{sender}-{sender.node}"), set()).add((span.trace_id, span.span_id))
    return {source: len(ids) for source, ids in sent.items()}


def told_by_instance(report):
    return {(row["cluster"], row["service"], row["instance"]): row["spans"] for row in report["sources"]}


@pytest.mark.parametrize("happened", FAULTS)
def test_the_one_slow_instance_is_named(healthy, happened):
    fault, side, component, instance = FAULTS[happened]
    report = replay(healthy.with_fault(instances.on([SICK], fault)))
    (incident,) = report["incidents"]
    culprit = incident["culprit"]
    assert (culprit["side"], culprit["component"], culprit["instance"]) == (side, component, instance)
    assert f"of 3 {'members' if side == 'etcd' else 'API servers'} only {instance}" in culprit["why"]
    assert {alert["evidence"]["culprit"]["side"] for alert in report["alerts"]} <= {side, None}
    assert report["spans"]["accepted"] == sum(sent_by_instance(healthy.spans).values())
    assert told_by_instance(report) == sent_by_instance(healthy.spans)


def test_an_instance_that_is_new_is_compared_with_those_before_it(healthy):
    """After its restart under another name it is far slower than another one, whose clients were its own."""
    is_authorization = faults.is_filter("authorization")
    fault = faults.both(
        instances.on([SICK], faults.slow(is_authorization, 600 * MILLISECOND)),
        instances.on(["node-a"], faults.slow(is_authorization, 20 * MILLISECOND)),
    )
    spans = instances.renamed(healthy.faulty(fault), SICK, healthy.begin + START * SECOND)
    incidents = [incident for incident in replay(faults.exported(spans))["incidents"] if incident["alerts"]]
    for culprit in [incident["culprit"] for incident in incidents]:
        assert (culprit["component"], culprit["instance"]) == ("authorization", "apiserver-node-b-again")
    assert incidents


def test_none_is_named_where_all_are_slow(healthy):
    (incident,) = replay(healthy.with_fault(SLOW_DISK))["incidents"]
    assert (incident["culprit"]["side"], incident["culprit"]["instance"]) == ("etcd", None)
    assert "in all 3 members" in incident["culprit"]["why"]


def test_two_are_not_one(healthy):
    (incident,) = replay(healthy.with_fault(instances.on([SICK, "node-c"], SLOW_DISK)))["incidents"]
    assert (incident["culprit"]["side"], incident["culprit"]["instance"]) == ("etcd", None)
    assert "in 2 of 3 members" in incident["culprit"]["why"]


def test_instances_are_one_control_plane(healthy):
    apart = replay(healthy.with_fault(faults.none))
    together = replay(faults.Recording("steady").with_fault(faults.none))
    assert apart["incidents"] == apart["alerts"] == []
    assert len(apart["sources"]) == 2 * len(NODES)
    for part in ("operations", "requests"):
        assert counts(apart, part) == counts(together, part)


def test_the_incident_of_one_cluster_leaves_the_other_alone(healthy, tmp_path):
    west = healthy.of_cluster("west", instances.on([SICK], SLOW_DISK))
    east = healthy.of_cluster("east")
    both, alone = tmp_path / "both.otlp", tmp_path / "east.otlp"
    both.write_bytes(faults.exported(west + east))
    alone.write_bytes(faults.exported(east))
    report = replay(both.read_bytes())
    (incident,) = report["incidents"]
    assert (incident["cluster"], incident["culprit"]["side"], incident["culprit"]["instance"]) == ("west", "etcd", "etcd-node-b")
    assert {alert["labels"]["cluster"] for alert in report["alerts"]} == {"west"}
    assert told_by_instance(report) == sent_by_instance(west + east)
    for part in ("operations", "requests"):
        assert counts(report, part, "east") == counts(report, part, "west")
    # The second half of the fault, compared with the time before it
    at = [time_text(healthy.begin + second * SECOND) for second in (START + 30, END, 10, START)]
    query = "from={}&to={}&baseline_from={}&baseline_to={}".format(*at)
    with Viewer(both) as viewer:
        sick, well = (viewer.ask(f"/api/v1/culprit?cluster={name}&{query}") for name in ("west", "east"))
    assert (sick["culprit"]["side"], sick["culprit"]["instance"]) == ("etcd", "etcd-node-b")
    with Viewer(alone) as viewer:
        assert well == viewer.ask(f"/api/v1/culprit?cluster=east&{query}")


def time_text(nanoseconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(nanoseconds // SECOND))
