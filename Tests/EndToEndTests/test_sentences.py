"""What verdicts say, and that it is so: each sentence has the comparison that decided."""

import json
import re
import time

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from harness import archives, faults, http_client, spans
from harness.command import faultline
from harness.faults import END, START
from harness.spans import MILLISECOND, SECOND
from harness.waiting import eventually
from harness.webhook import WebhookReceiver

VALIDATING = "validating webhook validate.widgets.example.com (configuration widget-validate)"
MUTATING = "mutating webhook mutate.widgets.example.com (configuration widget-mutate)"


@pytest.fixture(scope="module")
def healthy():
    return faults.Recording("steady")


def replayed(tmp_path, archive):
    """The incident of an archive, and what each of its alerts says."""
    path = tmp_path / "faulty.otlp"
    path.write_bytes(archive)
    report = faultline("replay", "--quiet", "--format", "json", path).json
    (incident,) = report["incidents"]
    return incident["culprit"], [alert["evidence"]["culprit"] for alert in report["alerts"]]


# MARK: Webhooks


def is_call_of(webhook):
    def is_call(_, span):
        return any(attribute.value.string_value == webhook for attribute in span.attributes if attribute.key == "webhook")

    return is_call


def test_a_slow_webhook_is_named(healthy, tmp_path):
    fault = faults.slow(faults.is_mutating_webhook_call, 800 * MILLISECOND)
    culprit, alerts = replayed(tmp_path, healthy.with_fault(fault))
    assert re.match(rf"webhook: {re.escape(MUTATING)} took \d\S* m?s instead of \d\S* m?s at p\d+; it accounts for", culprit["why"])
    assert all(MUTATING in alert["why"] for alert in alerts)
    text = " ".join(faultline("replay", "--quiet", tmp_path / "faulty.otlp").output.split())
    assert f"webhook (clear): {MUTATING} took" in text


def test_of_several_webhooks_the_one_that_is_slow_is_named(tmp_path):
    recording = faults.Recording("steady")
    for _, span in recording.spans:
        if span.name == "Call validating webhook" and span.trace_id[-1] % 2:
            for attribute in span.attributes:
                if attribute.key == "webhook":
                    attribute.value.string_value = "policy\x1b.example.com"
    is_slow = is_call_of("policy\x1b.example.com")
    culprit, _ = replayed(tmp_path, recording.with_fault(faults.slow(is_slow, 800 * MILLISECOND)))
    assert culprit["side"] == "webhook"
    name = "policy\ufffd.example.com (configuration widget-validate)"
    assert culprit["why"].startswith(f"webhook: validating webhook {name} took ")
    assert "; validating webhooks account for" in culprit["why"]
    assert "validate.widgets" not in culprit["why"]


def request(number, end, webhook, duration):
    """A request and its call of a webhook."""
    trace = (1 << 64 | number).to_bytes(16, "big")
    begin = end - duration - 2 * MILLISECOND
    server = spans.span(
        "POST /api/v1/namespaces/{:namespace}/pods", trace_id=trace, start_time_unix_nano=begin, end_time_unix_nano=end,
        attributes=[spans.text("http.request.method", "POST"), spans.text("http.target", "/api/v1/namespaces/a/pods")],
    )
    call = spans.span(
        "Call validating webhook", kind=Span.SPAN_KIND_INTERNAL, trace_id=trace, parent_span_id=server.span_id,
        start_time_unix_nano=begin + MILLISECOND, end_time_unix_nano=end - MILLISECOND,
        attributes=[spans.text("configuration", "demo"), spans.text("webhook", webhook)],
    )
    return server, call


def webhooks_traffic(end):
    """Export requests of 90 seconds with two webhooks, one of which is slow in the last fifteen."""
    found = []
    for number in range(900):
        webhook = "ab"[number % 2] + ".example.com"
        is_slow = number >= 750 and webhook[0] == "b"
        made = request(
            number, end - (900 - number) * 100 * MILLISECOND, webhook, duration=(300 if is_slow else 3) * MILLISECOND)
        found.append(spans.body(*made, service="apiserver"))
    return found


RULES = """
groups:
  - name: quick
    interval: 1s
    rules:
      - {alert: WebhookSlow, select: {operation: Call validating webhook}, when: p90 > 100ms, over: 30s}
"""


def test_a_daemon_names_the_webhook_as_a_replay_does(serve, tmp_path):
    # Histograms round.
    name = "webhook: validating webhook b.example.com (configuration demo) took 299 ms instead of 3 ms at p"
    (tmp_path / "rules.yaml").write_text(RULES)
    (tmp_path / "slow.otlp").write_bytes(archives.framed(webhooks_traffic(1_795_300_000 * SECOND)))
    command = ("replay", "--quiet", "--format", "json", "--rules", tmp_path / "rules.yaml", tmp_path / "slow.otlp")
    (alert,) = faultline(*command).json["alerts"]
    assert alert["evidence"]["culprit"]["why"].startswith(name)
    with WebhookReceiver() as receiver:
        daemon = serve(
            RULES + f'sinks:\n  - webhook: {{url: "{receiver.url}"}}\n',
            "evaluation_delay: 0s\nattribution: {settle: 1s}\n",
        )
        assert http_client.send(daemon.http, b"".join(webhooks_traffic(time.time_ns()))).status == 200
        (alert,) = receiver.next()["alerts"]
        assert alert["evidence"]["culprit"]["why"].startswith(name)
        (incident,) = eventually(lambda: json.loads(daemon.get("/api/v1/incidents")[2]), "an incident")
        assert incident["culprit"]["why"].startswith(name)


def slow_authentication(trace, period, chance):
    """One in ten authentications begins a second earlier than it did."""
    for service, span in trace:
        if span.name == "authentication" and not span.parent_span_id and chance.random() < 0.1:
            if period[0] <= span.start_time_unix_nano < period[1]:
                span.start_time_unix_nano -= SECOND


def test_a_webhook_that_gets_slow_during_another_fault_is_an_incident_of_its_own(healthy, tmp_path):
    def webhook(trace, period, chance):
        slow = faults.slow(faults.is_mutating_webhook_call, 3 * SECOND)
        slow(trace, (period[0] + 25 * SECOND, period[1]), chance)

    (tmp_path / "faulty.otlp").write_bytes(healthy.with_fault(faults.both(slow_authentication, webhook)))
    report = faultline("replay", "--quiet", "--format", "json", tmp_path / "faulty.otlp").json
    found = {incident["culprit"]["component"]: incident["alerts"] for incident in report["incidents"]}
    assert set(found) == {"authentication", "mutating-webhook"}
    of_webhooks = {
        alert["alert"] for alert in report["alerts"] if alert["labels"].get("operation") == "Call mutating webhook"}
    assert of_webhooks <= {alert["alert"] for alert in found["mutating-webhook"]}


# MARK: Failures

REFUSED = "dial tcp 10.0.0.1:443: connect: connection refused"


@pytest.mark.parametrize("is_ignored", [True, False])
@pytest.mark.parametrize(
    "name, component, webhook",
    [("Call mutating webhook", "mutating-webhook", MUTATING), ("Call validating webhook", "validating-webhook", VALIDATING)],
)
def test_a_webhook_that_fails_is_named_whatever_its_failure_policy(
    healthy, tmp_path, is_ignored, name, component, webhook
):
    fault = faults.failing_webhook(name, 0.9, REFUSED, is_ignored)
    culprit, alerts = replayed(tmp_path, healthy.with_fault(fault))
    assert (culprit["side"], culprit["component"], culprit["certainty"]) == ("webhook", component, "clear")
    # A few logs fail in health, too.
    hidden = r", but (no request failed|1 request failed \(.*\)|only \d requests failed, .*), as with the failurePolicy Ignore"
    end = hidden if is_ignored else r", and \d+ requests failed, .*"
    sentence = rf'webhook: \d+ calls of {re.escape(webhook)} failed \("{re.escape(REFUSED)}"\){end}'
    assert re.fullmatch(sentence, culprit["why"])
    assert not any("got" in alert["why"] for alert in alerts)


def test_requests_that_fail_by_themselves_are_the_api_servers(healthy, tmp_path):
    fault = faults.refused_requests("GET /api/v1/namespaces/{:namespace}/configmaps", 0.9, 'quota "x" exceeded')
    culprit, alerts = replayed(tmp_path, healthy.with_fault(fault))
    assert (culprit["side"], culprit["component"], culprit["certainty"]) == ("apiserver", "apiserver", "likely")
    assert re.fullmatch(
        r"apiserver: \d+ requests failed, all of them list configmaps \(\"quota 'x' exceeded\"\), "
        r"besides \d+ of kinds that fail as often in health, .* it failed by itself",
        culprit["why"])
    assert not any("got" in alert["why"] for alert in alerts)


# MARK: Queues


def waiting(healthy, fault=faults.none):
    """Requests that queue, and what else happens."""
    queue = faults.slow(faults.is_filter("priorityandfairness"), 300 * MILLISECOND)
    return healthy.faulty(faults.both(fault, queue))


def test_whose_requests_fill_a_queue_is_said(healthy, tmp_path):
    period = (healthy.begin + START * SECOND, healthy.begin + END * SECOND)
    more = faults.copies(waiting(healthy), period, "GET /api/v1/nodes", 20)
    culprit, _ = replayed(tmp_path, faults.exported(waiting(healthy) + more))
    assert culprit["component"] == "priority-and-fairness"
    found = re.search(r"; list nodes came (\S+) times a second instead of (\S+) times;", culprit["why"])
    assert float(found.group(1)) > 8 * float(found.group(2))


def test_a_queue_that_nothing_fills_is_not_said_to_have_more_requests(healthy, tmp_path):
    culprit, _ = replayed(tmp_path, faults.exported(waiting(healthy)))
    assert culprit["component"] == "priority-and-fairness"
    assert "more" not in culprit["why"] and "times a second" not in culprit["why"]


def test_requests_that_queue_behind_a_slow_etcd_are_not_unaffected(healthy, tmp_path):
    slow = faults.slow(faults.is_etcd, 100 * MILLISECOND, at_start=False)
    culprit, _ = replayed(tmp_path, faults.exported(waiting(healthy, slow)))
    assert culprit["side"] == "etcd"
    assert "requests that never reach etcd are unaffected" not in culprit["why"]
    assert re.search(r"; requests queue behind it in priority-and-fairness \(\d+ ms\)", culprit["why"])
