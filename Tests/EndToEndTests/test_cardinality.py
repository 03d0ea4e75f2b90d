"""More operations than there may be: those known before are counted as ever, the others together."""

from harness import http_client, spans
from harness.spans import MILLISECOND

LIMIT = 100
CONFIGURATION = f"window: {{max_operations: {LIMIT}}}\n"

KNOWN = {"service": "checkout", "operation": "pay", "kind": "SERVER"}


def send(daemon, batch, service="checkout"):
    assert http_client.send(daemon.http, spans.body(*batch, service=service)).status == 200


def pay(daemon):
    send(daemon, [spans.span("pay", duration=number * MILLISECOND) for number in range(1, 101)])


def test_beyond_the_limit_operations_are_counted_in_one_row(serve):
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

    # What is known goes on being counted by itself.
    pay(daemon)
    assert daemon.metrics().value("faultline_operation_duration_seconds_count", **KNOWN) == 200


def test_services_without_end_are_capped_too(serve):
    daemon = serve(configuration=CONFIGURATION)
    for _ in range(3):
        requests = [spans.request(spans.span(), service=f"service {number}") for number in range(1_000)]
        send_together(daemon, requests)
    metrics = daemon.metrics()
    assert metrics.accepted == 3_000
    assert len(metrics.all("faultline_operation_duration_seconds_count")) <= LIMIT + 1


def send_together(daemon, requests):
    """Requests one behind the other are one request."""
    body = b"".join(request.SerializeToString() for request in requests)
    assert http_client.send(daemon.http, body).status == 200
