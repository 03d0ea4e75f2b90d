"""Verdicts on failures quote what the failing spans say, live and in a replay."""

import json
import re
import time

import pytest

from harness import archives, faults, http_client, project, spans
from harness.command import faultline
from harness.spans import MILLISECOND, SECOND
from harness.waiting import eventually
from harness.webhook import WebhookReceiver

NO_SPACE = "mvcc: database space exceeded"
RULES = """
groups:
  - name: quick
    interval: 1s
    rules:
      - alert: CreateFails
        select: {verb: create}
        when: errors >= 5
        over: 30s
"""
QUICK = "evaluation_delay: 0s\nattribution: {settle: 1s}\n"


def create(number, end, says=None):
    """A request of 20 ms to create a pod, its call to etcd, which fails with a message or succeeds, and etcd's span."""
    trace = (1 << 64 | number).to_bytes(16, "big")

    def made(name, kind, before, **fields):
        return spans.span(
            name, kind=kind, trace_id=trace, start_time_unix_nano=end - (20 - before) * MILLISECOND,
            end_time_unix_nano=end - before * MILLISECOND, **fields,
        )

    request = made(
        "POST /api/v1/namespaces/{:namespace}/pods", spans.Span.SPAN_KIND_SERVER, 0, is_error=bool(says),
        attributes=[spans.text("http.request.method", "POST"), spans.text("http.target", "/api/v1/namespaces/a/pods")],
    )
    call = made(
        "etcdserverpb.KV/Txn", spans.Span.SPAN_KIND_CLIENT, 2, is_error=bool(says), parent_span_id=request.span_id)
    call.status.message = says or ""
    handler = made("etcdserverpb.KV/Txn", spans.Span.SPAN_KIND_SERVER, 4, parent_span_id=call.span_id)
    return request, call, handler


def traffic(end, says):
    """Export requests of 90 seconds, in the last ten of which all requests fail."""
    found = []
    for number in range(360):
        time = end - (360 - number) * 250 * MILLISECOND
        request, call, handler = create(number, time, says if number >= 320 else None)
        found.append(spans.body(request, call, service="apiserver"))
        found.append(spans.body(handler, service="etcd"))
    return found


def replayed(tmp_path, messages, *options):
    (tmp_path / "rules.yaml").write_text(RULES)
    (tmp_path / "failing.otlp").write_bytes(archives.framed(messages))
    return faultline("replay", "--quiet", *options, "--rules", tmp_path / "rules.yaml", tmp_path / "failing.otlp")


def quoted(culprit):
    """What a verdict quotes: how many spans it counts depends on when the alert fired."""
    assert (culprit["side"], culprit["component"], culprit["certainty"]) == ("etcd", "etcd", "clear")
    sentence = r"etcd: it answered \d+ calls with an error \((.*)\), and \d+ requests failed, all of them create pods"
    return re.fullmatch(sentence, culprit["why"]).group(1)


def test_a_replay_quotes_what_etcd_answered(tmp_path):
    messages = traffic(1_795_300_000 * SECOND, NO_SPACE)
    (alert,) = replayed(tmp_path, messages, "--format", "json").json["alerts"]
    assert quoted(alert["evidence"]["culprit"]) == f'"{NO_SPACE}"'
    # Whatever the order of the spans
    (other,) = replayed(tmp_path, messages[::-1], "--format", "json").json["alerts"]
    assert other == alert
    assert f'"{NO_SPACE}"' in " ".join(replayed(tmp_path, messages).output.split())


def test_a_daemon_quotes_what_etcd_answered(serve):
    with WebhookReceiver() as receiver:
        daemon = serve(RULES + f'sinks:\n  - webhook: {{url: "{receiver.url}"}}\n', QUICK)
        body = b"".join(traffic(time.time_ns(), NO_SPACE))
        assert http_client.send(daemon.http, body).status == 200
        (alert,) = receiver.next()["alerts"]
        assert quoted(alert["evidence"]["culprit"]) == f'"{NO_SPACE}"'
        why = alert["evidence"]["culprit"]["why"]
        assert alert["annotations"]["culprit"] == "etcd (clear): " + why.removeprefix("etcd: ")
        (known,) = json.loads(daemon.get("/api/v1/alerts")[2])
        assert known["evidence"]["culprit"]["why"] == why
        (incident,) = eventually(lambda: json.loads(daemon.get("/api/v1/incidents")[2]), "an incident")
        assert incident["culprit"]["why"] == why
        asked = json.loads(daemon.get("/api/v1/culprit?from=-15s&to=-1s")[2])
        assert f'"{NO_SPACE}"' in asked["culprit"]["why"]


def test_a_recording_of_a_killed_etcd_quotes_its_clients():
    (incident,) = faultline("replay", "--format", "json", project.capture("errors")).json["incidents"]
    assert re.search(r" 6 calls to etcd failed \(4 of them \".* connect: connection refused'\"\)$", incident["culprit"]["why"])


def test_each_webhook_is_quoted(tmp_path):
    healthy = faults.Recording("steady")
    fault = faults.failing_webhook("Call validating webhook", 0.9, says="dial tcp 10.0.0.1:443: connect: connection refused")
    (tmp_path / "faulty.otlp").write_bytes(healthy.with_fault(fault))
    (incident,) = faultline("replay", "--quiet", "--format", "json", tmp_path / "faulty.otlp").json["incidents"]
    assert incident["culprit"]["component"] == "validating-webhook"
    assert re.search(
        r'calls of validating webhooks? .*failed.* \("dial tcp 10\.0\.0\.1:443: connect: connection refused"\), and',
        incident["culprit"]["why"])


@pytest.mark.parametrize(
    "says, shown",
    [
        # Not escaped: outputs escape the whole sentence.
        ("\x1b[2J\r\n\u202e\"quoted\"", "\"\ufffd[2J  \ufffd'quoted'\""),
        ("no space " * 1000, '"' + ("no space " * 18)[:160] + '…"'),
        ("ü" * 1000, '"' + "ü" * 160 + '…"'),
    ],
)
def test_a_message_is_quoted_safely(tmp_path, says, shown):
    (alert,) = replayed(tmp_path, traffic(1_795_300_000 * SECOND, says), "--format", "json").json["alerts"]
    assert quoted(alert["evidence"]["culprit"]) == shown
