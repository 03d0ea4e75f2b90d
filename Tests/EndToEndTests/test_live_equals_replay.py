"""A replay of what a daemon recorded gives the alerts that the daemon gave, with the same times and values."""

import json
import random
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GRPCExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HTTPExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import StatusCode

from harness import http_client, project, recordings, spans
from harness.command import LIMIT, faultline
from harness.rules import CONFIGURATION, SLOW_PAYMENTS
from harness.spans import MILLISECOND, SECOND
from harness.waiting import eventually

JSON_LINES = "sinks:\n  - stdout: {format: json}\n"
RULES = SLOW_PAYMENTS + """\
      - alert: AnyErrors
        select: {service: checkout}
        when: errors > 3
        over: 3s
        for: 1s
"""


CLIENTS = {
    "grpc": lambda daemon: GRPCExporter(f"http://{daemon.grpc}", insecure=True),
    "http": lambda daemon: HTTPExporter(f"http://{daemon.http}/v1/traces"),
}


def lives(alerts):
    """The last line about each time that an alert was active, as it was written."""
    last = {}
    for alert in alerts:
        last[(alert["active_at"], alert["alert"], json.dumps(alert["labels"], sort_keys=True))] = json.dumps(alert)
    return [last[key] for key in sorted(last)]


def export(exporter, seed, end):
    """Has OpenTelemetry's client send payments until the end, many of them slow, some failed, some long over."""
    chance = random.Random(seed)
    provider = TracerProvider(resource=Resource.create({"service.name": "checkout"}))
    provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=50))
    tracer = provider.get_tracer("end to end")
    while time.monotonic() < end:
        now = time.time_ns() - chance.choice([0, 0, 1, 2]) * SECOND
        span = tracer.start_span("pay", start_time=now - chance.choice([2, 400]) * MILLISECOND)
        if chance.random() < 0.3:
            span.set_status(StatusCode.ERROR)
        span.end(now)
        if chance.random() < 0.01:
            provider.force_flush()
    provider.shutdown()


def send_by_hand(daemon, seed, end):
    """The same, each request answered before the next is sent."""
    chance = random.Random(seed)
    while time.monotonic() < end:
        made = [
            spans.span(
                "pay",
                duration=chance.choice([2, 400]) * MILLISECOND,
                is_error=chance.random() < 0.3,
                end_time_unix_nano=time.time_ns() - chance.choice([0, 0, 1, 2]) * SECOND,
                start_time_unix_nano=time.time_ns() - 5 * SECOND,
            )
            for _ in range(chance.randrange(1, 5))
        ]
        assert http_client.send(daemon.http, spans.body(*made)).status == 200


# Most of its range has left the window, whose last seconds are bucketed by whichever thread gets to it first.
OFFSET = """\
      - alert: More
        select: {service: checkout}
        when: count > 1.01 * count offset 1s
        over: 1m
      - alert: SlowerThanBefore
        select: {service: checkout, operation: refund}
        when: p50 >= p50 offset 1m
        over: 1m
"""


def send_late(daemon, seed, end):
    """Now and then sends spans of a rare operation that ended a minute or two ago."""
    chance = random.Random(seed)
    while time.monotonic() < end:
        made = [
            spans.span(
                chance.choice(["pay", "pay", "pay", "refund"]),
                duration=chance.choice([2, 400]) * MILLISECOND,
                end_time_unix_nano=time.time_ns() - chance.randrange(3, 150) * SECOND,
                start_time_unix_nano=time.time_ns() - 200 * SECOND,
            )
            for _ in range(chance.randrange(1, 5))
        ]
        assert http_client.send(daemon.http, spans.body(*made, service="checkout")).status == 200


@pytest.mark.parametrize("rotate", ["1h", "1s"])
@pytest.mark.parametrize("window", ["1h", "5s"])
def test_a_recording_repeats_the_alerts(serve, tmp_path, rotate, window):
    directory = tmp_path / "archive"
    settings = CONFIGURATION + f"window: {{duration: {window}}}\n"
    configuration = settings + f"archive: {{directory: {directory}, rotate_after: {rotate}}}\n"
    daemon = serve(RULES + OFFSET + JSON_LINES, configuration)
    end = time.monotonic() + 6
    with ThreadPoolExecutor() as pool:
        sending = [pool.submit(export, CLIENTS[name](daemon), name, end) for name in CLIENTS for _ in range(2)]
        sending += [pool.submit(send_by_hand, daemon, seed, end) for seed in range(2)]
        sending.append(pool.submit(send_late, daemon, 2, end))
        for client in sending:
            client.result()
    eventually(lambda: len(daemon.output.all) >= 2, "alerts")
    late = daemon.metrics().value("faultline_spans_late_total")
    assert daemon.stop() == 0
    daemon.output.finish()
    live = lives(map(json.loads, daemon.output.all))
    assert live
    (tmp_path / "faultline.yaml").write_text(settings)
    replay = faultline(
        "replay", "--format", "json", "--quiet", "--config", tmp_path / "faultline.yaml",
        "--rules", tmp_path / "rules.yaml", directory,
    )
    assert (replay.code, replay.errors) == (0, "")
    assert lives(replay.json["alerts"]) == live
    assert replay.json["spans"]["late"] == late > 0
    assert replay.json["spans"]["accepted"] == len(recordings.span_ids(*recordings.files(directory)))


# About requests, whose time is known once their slot has been attributed, over ranges as long as the window.
OVERFLOWING = """\
groups:
  - name: g
    interval: 700ms
    rules:
      - {alert: Etcd, select: {verb: "=~ .+"}, when: share(etcd) > 60% and count >= 10, over: 11s, by: [verb]}
      - {alert: Slow, select: {verb: "=~ .+"}, when: time(etcd-client) > 3ms or time(apiserver) > 10ms, over: 13s, by: [resource]}
      - {alert: Tail, select: {verb: "=~ .+"}, when: p90 > p90 offset 700ms, over: 17s, by: [verb]}
      - {alert: Self, select: {role: etcd}, when: self_p95 > 20ms or self_mean > 12ms, over: 9s, by: [operation]}
  - name: h
    interval: 5s
    rules:
      - {alert: Grown, select: {role: etcd}, when: growth(p50) > 1.5 or growth(mean) > 2, over: 12500ms, by: [operation]}
      - {alert: Part, select: {verb: "=~ .+"}, when: "part_growth(p80, etcd) > 1.5", over: 20s, by: [verb]}
sinks:
  - stdout: {format: json}
"""


def test_a_recording_repeats_the_alerts_of_a_window_that_overflows(serve, tmp_path):
    directory = tmp_path / "archive"
    settings = "window: {max_bytes: 4MiB}\nevaluation_delay: 3s\nattribution: {settle: 5s}\n"
    daemon = serve(OVERFLOWING, settings + f"archive: {{directory: {directory}}}\n")
    sender = subprocess.Popen(
        [project.LOAD_GENERATOR, project.EXAMPLE, "--json", "--to", daemon.grpc]
        + ["--rate", "3000", "--duration", "35"],
        stdout=subprocess.PIPE,
    )
    try:
        # Queries hold what is evicted meanwhile.
        while sender.poll() is None:
            assert daemon.get("/api/v1/requests")[0] == 200
        report = json.loads(sender.communicate(timeout=LIMIT)[0])
    finally:
        sender.kill()
    metrics = daemon.metrics()
    accepted = report["accepted"]["spans"]
    assert metrics.value("faultline_window_spans") < accepted * 0.75
    assert daemon.stop() == 0
    daemon.output.finish()
    live = lives(map(json.loads, daemon.output.all))
    assert len(live) > 10
    (tmp_path / "faultline.yaml").write_text(settings)
    replay = faultline(
        "replay", "--format", "json", "--quiet", "--config", tmp_path / "faultline.yaml",
        "--rules", tmp_path / "rules.yaml", directory,
    )
    assert (replay.code, replay.errors) == (0, "")
    assert replay.json["spans"]["accepted"] == accepted
    assert lives(replay.json["alerts"]) == live


def test_the_api_shows_the_value_that_was_notified_and_the_current_one(serve, tmp_path):
    daemon = serve(SLOW_PAYMENTS + JSON_LINES, CONFIGURATION + f"archive: {{directory: {tmp_path / 'archive'}}}\n")

    def pay(milliseconds, count):
        made = [spans.span("pay", duration=milliseconds * MILLISECOND) for _ in range(count)]
        assert http_client.send(daemon.http, spans.body(*made, service="checkout")).status == 200

    def shown():
        (alert,) = json.loads(daemon.get("/api/v1/alerts")[2])
        ((rule,),) = (group["rules"] for group in json.loads(daemon.get("/api/v1/rules")[2]))
        assert [other["value"] for other in rule["alerts"]] == [alert["value"]]
        return alert

    pay(400, 5)
    notified = json.loads(daemon.output.wait_for("firing")[0])
    assert (notified["value"], "current_value" in notified) == (0.4, False)
    pay(800, 50)
    eventually(lambda: shown()["current_value"] == 0.8, "the next evaluation")
    assert shown()["value"] == 0.4
    assert daemon.stop() == 0
    replay = faultline(
        "replay", "--format", "json", "--quiet", "--config", tmp_path / "faultline.yaml", "--rules",
        tmp_path / "rules.yaml", tmp_path / "archive").json
    assert [alert["value"] for alert in replay["alerts"]] == [0.4]
