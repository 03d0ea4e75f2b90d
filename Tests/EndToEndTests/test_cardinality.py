"""More operations than the limit: those known before are still counted separately, the others together."""

import json
import time

from harness import http_client, spans
from harness.spans import MILLISECOND
from harness.waiting import eventually

LIMIT = 100
CONFIGURATION = f"window: {{max_operations: {LIMIT}}}\n"

KNOWN = {"service": "checkout", "operation": "pay", "kind": "SERVER"}


def send(daemon, batch, service="checkout"):
    assert http_client.send(daemon.http, spans.body(*batch, service=service)).status == 200


def pay(daemon):
    send(daemon, [spans.span("pay", duration=number * MILLISECOND) for number in range(1, 101)])


def test_operations_beyond_the_limit_are_counted_in_one_row(serve):
    daemon = serve(configuration=CONFIGURATION)
    pay(daemon)
    before = daemon.metrics()
    flood = 20_000
    for first in range(0, flood, 5_000):
        send(daemon, [spans.span(f"operation {number}") for number in range(first, first + 5_000)], f"service {first}")
    metrics = daemon.metrics()

    counts = metrics.all("faultline_operation_duration_seconds_count")
    assert len(counts) <= LIMIT + 1
    assert metrics.accepted == 100 + flood == sum(sample.value for sample in counts)
    overflowed = metrics.value("faultline_operations_overflowed_spans_total")
    assert overflowed == metrics.sum("faultline_operation_duration_seconds_count", operation="_other")
    assert overflowed >= flood - LIMIT
    for quantile in ("0.5", "0.9", "0.99"):
        name = "faultline_window_latency_seconds"
        assert metrics.value(name, quantile=quantile, **KNOWN) == before.value(name, quantile=quantile, **KNOWN)

    # Known ones are still counted separately.
    pay(daemon)
    assert daemon.metrics().value("faultline_operation_duration_seconds_count", **KNOWN) == 200


def test_the_number_of_services_is_capped_too(serve):
    daemon = serve(configuration=CONFIGURATION)
    for _ in range(3):
        requests = [spans.request(spans.span(), service=f"service {number}") for number in range(1_000)]
        send_together(daemon, requests)
    metrics = daemon.metrics()
    assert metrics.accepted == 3_000
    assert len(metrics.all("faultline_operation_duration_seconds_count")) <= LIMIT + 1


def send_together(daemon, requests):
    """Concatenated requests are one request."""
    body = b"".join(request.SerializeToString() for request in requests)
    assert http_client.send(daemon.http, body).status == 200


# With the default limits, once junk has taken every place that it can get.
JUNK = 10_000
CONTROL_PLANE = """\
groups:
  - name: control-plane
    interval: 1s
    rules:
      - {alert: EtcdSlow, select: {service: etcd, operation: "=~ etcdserverpb[.]KV/.+"}, by: [operation],
         when: "p50 > 150ms and count >= 5", over: 1m}
      - {alert: ListSlow, select: {verb: list, resource: pods}, when: "p50 > 1s and count >= 5", over: 1m}
"""


def junk_request(number):
    return spans.span(
        "GET", duration=MILLISECOND,
        attributes=[
            spans.text("http.request.method", "GET"), spans.text("http.target", f"/apis/junk{number}.io/v1/things")
        ],
    )


def list_pods():
    return spans.span(
        "GET", duration=2_000 * MILLISECOND,
        attributes=[spans.text("http.request.method", "GET"), spans.text("http.target", "/api/v1/pods")],
    )


def test_a_trace_that_is_whole_has_its_own_names(serve):
    daemon = serve(configuration=CONFIGURATION)
    send(daemon, [spans.span(f"operation {number}") for number in range(2 * LIMIT)], "service")
    beyond = spans.span("operation beyond")
    send(daemon, [beyond], "other service")
    status, _, body = daemon.get(f"/api/v1/traces/{beyond.trace_id.hex()}")
    (found,) = json.loads(body)["spans"]
    assert (status, found["service"], found["operation"], found["kind"]) == (200, "other service", "operation beyond", "SERVER")


def test_after_endless_junk_names_the_alerts_of_the_control_plane_still_fire(serve):
    daemon = serve(rules=CONTROL_PLANE, configuration="evaluation_delay: 1s\nattribution: {settle: 1s}\n")
    begin = time.monotonic()
    for first in range(0, 2 * JUNK, 1_000):
        send(daemon, [spans.span(f"junk {number}") for number in range(first, first + 1_000)], f"junk {first}")
    for first in range(0, 2 * JUNK, 5_000):
        send(daemon, [junk_request(number) for number in range(first, first + 5_000)], "apiserver")
    metrics = daemon.metrics()
    assert metrics.value("faultline_operations_overflowed_spans_total") > 0
    assert metrics.value("faultline_requests_overflowed_total") > 0

    # Never seen before.
    send(daemon, [spans.span("etcdserverpb.KV/Range", duration=200 * MILLISECOND) for _ in range(20)], "etcd")
    send(daemon, [list_pods() for _ in range(20)], "apiserver")
    daemon.output.wait_for("EtcdSlow", "etcdserverpb.KV/Range")
    daemon.output.wait_for("ListSlow")
    metrics = daemon.metrics()
    assert metrics.value(
        "faultline_operation_duration_seconds_count", service="etcd", operation="etcdserverpb.KV/Range") == 20
    # Requests are observed once they have settled.
    labels = {"verb": "list", "resource": "pods"}
    eventually(
        lambda: daemon.metrics().sum("faultline_request_duration_seconds_count", **labels) == 20, "twenty requests")
    # One line in ten seconds, however many names there are.
    lines = daemon.log.wait_for("operations beyond the limit of names", "reason=limit")
    assert "window.max_operations" in lines[0] and len(lines) <= 1 + (time.monotonic() - begin) / 10
    daemon.log.wait_for("requests beyond the limit of names")


def test_forgotten_names_leave_the_scrape_and_make_room(serve):
    daemon = serve(configuration=CONFIGURATION)
    # Days old: neither the window nor the history keeps any of them.
    long_ago = time.time_ns() - 10 * 24 * spans.HOUR
    for first in (0, 5_000):
        batch = [
            spans.span(f"junk {number}", start_time_unix_nano=long_ago, end_time_unix_nano=long_ago + MILLISECOND)
            for number in range(first, first + 5_000)
        ]
        send(daemon, batch, "junk")
    overflowed = daemon.metrics().value("faultline_operations_overflowed_spans_total")
    assert overflowed >= 10_000 - 2 * LIMIT

    def is_forgotten():
        send(daemon, [spans.span("pay")])
        return daemon.metrics().all("faultline_operation_duration_seconds_count", service="junk") == []

    eventually(is_forgotten, "junk that is long gone is forgotten")
    metrics = daemon.metrics()
    assert metrics.value("faultline_names_forgotten_total", of="operations") > 0

    fresh = [f"fresh {number}" for number in range(LIMIT // 4)]
    send(daemon, [spans.span(name) for name in fresh], "another")
    metrics = daemon.metrics()
    for name in fresh:
        assert metrics.value("faultline_operation_duration_seconds_count", operation=name) == 1
    # One that comes back starts at zero.
    send(daemon, [spans.span("junk 7")], "junk")
    assert daemon.metrics().value("faultline_operation_duration_seconds_count", operation="junk 7") == 1
    daemon.metrics().check_accounts()
