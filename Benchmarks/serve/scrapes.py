"""The scrape of a daemon that has seen 9,000 operations."""

import http.client
import json
import random
import statistics
import time

import clients
from servers import faultline

OPERATIONS = 9_000
SERVICES = 9
SPANS_EACH = 20
ROUNDS = 7


def body(number):
    """A span of every operation, with durations from 0.1 ms to 1 s."""
    chance = random.Random(number)
    end = time.time_ns()
    services = []
    for service in range(SERVICES):
        spans = []
        for operation in range(service, OPERATIONS, SERVICES):
            duration = int(10 ** chance.uniform(5, 9))
            spans.append({
                "traceId": f"{chance.getrandbits(128):032x}", "spanId": f"{chance.getrandbits(64):016x}", "kind": 2,
                "name": f"registry.example.v1.Inventory{operation % 40}/Method{operation}",
                "startTimeUnixNano": str(end - duration), "endTimeUnixNano": str(end),
            })
        name = {"key": "service.name", "value": {"stringValue": f"backend-{service}"}}
        services.append({"resource": {"attributes": [name]}, "scopeSpans": [{"spans": spans}]})
    return json.dumps({"resourceSpans": services})


def send(port, content):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", "/v1/traces", content, {"Content-Type": "application/json"})
    response = connection.getresponse()
    response.read()
    connection.close()
    if response.status != 200:
        raise SystemExit(f"spans were not accepted: {response.status}")


def scrape(server, headers):
    """Median CPU seconds of the daemon, and bytes."""
    spent = []
    for _ in range(ROUNDS):
        before = server.run_seconds()
        status, content = clients.get(server.ports["scrape"], "/metrics", headers)
        spent.append(server.run_seconds() - before)
        if status != 200:
            raise SystemExit(f"no scrape: {status}")
    return statistics.median(spent), content


def measure(arguments):
    with faultline(arguments.faultline, has_rules=False, settings="window: {max_operations: 20000}\n") as server:
        for number in range(SPANS_EACH):
            send(server.ports["http"], body(number))
        plain, text = scrape(server, {})
        found = text.count(b"faultline_operation_duration_seconds_count{")
        if found < OPERATIONS:
            raise SystemExit(f"{found} operations instead of {OPERATIONS}")
        compressed, content = scrape(server, {"Accept-Encoding": "gzip"})
    print(f"  plain {plain * 1e3:.0f} ms, {len(text) / 1e6:.1f} MB; gzip {compressed * 1e3:.0f} ms, {len(content) / 1e6:.2f} MB")
    yield "scrape, 9,000 operations, gzip: CPU", 150, 50, compressed * 1e3, "ms"
    yield "… bytes", 2, 1, len(content) / 1e6, "MB"
