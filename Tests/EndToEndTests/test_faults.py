"""The culprits of many kinds of faults, injected into a healthy recording as each would have changed it."""

import re
from datetime import datetime

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from harness import faults, project
from harness.command import faultline
from harness.faults import END, START
from harness.spans import MILLISECOND, SECOND

# The fault, and the expected side and component
FAULTS = {
    "etcd's disk is slow": (faults.slow(faults.is_etcd, 40 * MILLISECOND, at_start=False), "etcd", "etcd"),
    "etcd stalls for half a minute": (faults.stopped("etcd", 30 * SECOND, 60 * SECOND), "etcd", "etcd"),
    "etcd stalls repeatedly": (faults.stopped("etcd", 4 * SECOND, 10 * SECOND), "etcd", "etcd"),
    "etcd is given little of its CPU": (
        faults.stopped("etcd", 400 * MILLISECOND, 100 * MILLISECOND), "etcd", "etcd",
    ),
    "the way to etcd is slow": (faults.slow(faults.is_etcd_call, 60 * MILLISECOND), "connection", "etcd-client"),
    "a webhook is slow": (faults.slow(faults.is_webhook_call, 500 * MILLISECOND), "webhook", "mutating-webhook"),
    "mutating webhooks are slow, validating ones as fast as ever": (
        faults.slow(faults.is_mutating_webhook_call, 800 * MILLISECOND), "webhook", "mutating-webhook",
    ),
    "etcd is out of space": (faults.failing_etcd(0.9), "etcd", "etcd"),
    "mutating webhooks fail": (
        faults.failing_webhook("Call mutating webhook", 0.9), "webhook", "mutating-webhook",
    ),
    "validating webhooks fail": (
        faults.failing_webhook("Call validating webhook", 0.9), "webhook", "validating-webhook",
    ),
    "requests queue": (
        faults.slow(faults.is_filter("priorityandfairness"), 100 * MILLISECOND), "apiserver", "priority-and-fairness",
    ),
    "authorization is slow, and requests queue behind it": (
        faults.both(
            faults.slow(faults.is_filter("authorization"), 100 * MILLISECOND),
            faults.slow(faults.is_filter("priorityandfairness"), 800 * MILLISECOND),
        ),
        "apiserver", "authorization",
    ),
    "authorization is slow": (
        faults.slow(faults.is_filter("authorization"), 100 * MILLISECOND), "apiserver", "authorization",
    ),
    "answers are slow to write": (
        faults.slow(faults.is_filter("SerializeObject"), 150 * MILLISECOND), "apiserver", "serialize",
    ),
}


@pytest.fixture(scope="module")
def healthy():
    return faults.Recording("steady")


@pytest.mark.parametrize("happened", FAULTS)
def test_a_fault_has_alerts_that_name_its_culprit_and_no_other(healthy, tmp_path, happened):
    fault, side, component = FAULTS[happened]
    archive = tmp_path / "faulty.otlp"
    archive.write_bytes(healthy.with_fault(fault))
    alerts = faultline("replay", "--quiet", "--format", "json", archive).json["alerts"]
    culprits = [alert["evidence"]["culprit"] for alert in alerts]
    assert (side, component) in {(culprit["side"], culprit["component"]) for culprit in culprits}
    assert {culprit["side"] for culprit in culprits} <= {side, None}
    begins = [datetime.fromisoformat(alert["active_at"]).timestamp() - healthy.begin / SECOND for alert in alerts]
    assert all(START <= begin <= END + 30 for begin in begins)
    # While it lasts, or as soon as the waiting calls continue
    assert min(begins) < END




def shrunk(why):
    """Whether a verdict says that something got slower although it got faster."""
    units = {"ns": 1, "µs": 1e3, "ms": 1e6, "s": 1e9}
    for now, unit, before, unit_before in re.findall(r"([\d.]+) (\w+) instead of ([\d.]+) (\w+)", why):
        if float(now) * units[unit] < float(before) * units[unit_before]:
            return True
    return False


@pytest.mark.parametrize(
    "name, kind, component",
    [
        ("HTTP GET", Span.SPAN_KIND_CLIENT, "proxy"),
        ("TransformFromStorage with envelopeTransformer", Span.SPAN_KIND_INTERNAL, "transform"),
    ],
)
def test_what_one_kind_of_request_waits_for_is_named(tmp_path, name, kind, component):
    archive = tmp_path / "one-kind.otlp"
    archive.write_bytes(faults.with_one_slow_kind(name, kind))
    alerts = faultline("replay", "--quiet", "--format", "json", archive).json["alerts"]
    assert "RequestsWaitOutsideNow" in {alert["alert"] for alert in alerts}
    assert {alert["labels"].get("group", "metrics.k8s.io") for alert in alerts} == {"metrics.k8s.io"}
    for culprit in [alert["evidence"]["culprit"] for alert in alerts]:
        assert (culprit["side"], culprit["component"], culprit["certainty"]) == ("apiserver", component, "clear")


MISSING = "etcd's clock may be off, or not all of its spans arrive"


def culprits(tmp_path, archive):
    path = tmp_path / "changed.otlp"
    path.write_bytes(archive)
    alerts = faultline("replay", "--quiet", "--format", "json", path).json["alerts"]
    assert alerts
    return [alert["evidence"]["culprit"] for alert in alerts]


@pytest.mark.parametrize("minutes", [-600, -10, -1, 1, 10])
def test_no_side_is_cleared_by_handlers_that_a_wrong_clock_hides(tmp_path, minutes):
    # A clock that fits its calls is corrected; this one wanders.
    found = culprits(
        tmp_path, faults.with_clock_off(project.EXAMPLE, "etcd", minutes * 60 * SECOND, wander=20 * SECOND))
    assert "connection" not in {culprit["side"] for culprit in found}
    # Spans of a clock that is behind fall before the interval, or only spans of a clock that is ahead are in it.
    assert any(
        part in culprit["why"]
        for part in (MISSING, "there are no spans of", "no span of the API server ended", "the two clocks may differ")
        for culprit in found
    )
    for culprit in found:
        assert culprit["certainty"] != "clear"
        assert "etcd's own handlers are unaffected" not in culprit["why"]
        assert not shrunk(culprit["why"])


@pytest.mark.parametrize("minutes", [-600, 600])
def test_a_wrong_clock_that_fits_its_calls_hides_nothing(tmp_path, minutes):
    found = culprits(tmp_path, faults.with_clock_off(project.EXAMPLE, "etcd", minutes * 60 * SECOND))
    assert {(culprit["side"], culprit["certainty"]) for culprit in found} == {("etcd", "clear")}


def test_the_api_server_is_not_unaffected_if_its_spans_stop_arriving(tmp_path):
    ends = sorted(span.end_time_unix_nano for _, span in faults.spans(project.EXAMPLE))
    middle = ends[len(ends) // 2]
    lost = faults.without(
        project.EXAMPLE, lambda service, span: service == "apiserver" and span.end_time_unix_nano > middle
    )
    found = [culprit["why"] for culprit in culprits(tmp_path, lost)]
    assert any("no span of the API server ended" in why for why in found)
    assert not any("the API server's own work is unaffected" in why for why in found)


def test_no_side_is_cleared_by_handlers_whose_spans_stop_arriving(tmp_path):
    ends = sorted(span.end_time_unix_nano for _, span in faults.spans(project.EXAMPLE))
    middle = ends[len(ends) // 2]
    lost = faults.without(
        project.EXAMPLE, lambda service, span: service == "etcd" and span.end_time_unix_nano > middle
    )
    after = [culprit for culprit in culprits(tmp_path, lost) if MISSING in culprit["why"]]
    assert after and {culprit["certainty"] for culprit in after} == {"not clear"}


def test_a_verdict_says_that_etcd_sends_no_spans(tmp_path):
    found = culprits(tmp_path, faults.without(project.EXAMPLE, lambda service, _: service == "etcd"))
    assert {culprit["certainty"] for culprit in found} == {"not clear"}
    assert any("etcd sends no spans" in culprit["why"] for culprit in found)
