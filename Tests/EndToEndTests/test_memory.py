"""One limit for the memory of the whole process, under more load than it can keep."""

import http.client
import struct
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness import http_client, spans
from harness.command import faultline
from harness.spans import SECOND
from harness.waiting import eventually

LIMIT = 256 << 20
# Reserved for the pages of the program and its libraries; a debug build has more of them.
PROGRAM = 40 << 20
# At the smallest limit the peak may be so many times as large.
FLOOR = 1.15

SPANS = 5_000
OPERATIONS = 200
# Twice what the window has room for
BATCHES = 600
SLOT = 5 * SECOND

# Placeholders in a body for what differs each time it is sent.
TRACE = b"\xa7" * 8
START, END = 0x7A7A_7A7A_7A7A_7A7A, 0x7B7B_7B7B_7B7B_7B7B


def template(service):
    """A body with one trace for every four spans; times and trace ids are filled in when it is sent."""
    batch = [
        spans.span(
            f"operation {number % OPERATIONS}", trace_id=TRACE + (number // 4 + 1).to_bytes(8, "big"),
            span_id=(number + 1).to_bytes(8, "big"),
            parent_span_id=number.to_bytes(8, "big") if number % 4 else b"",
            start_time_unix_nano=START, end_time_unix_nano=END,
            attributes=[
                spans.text("http.request.method", "GET"), spans.text("http.target", f"/api/v1/namespaces/n{number}/pods")
            ] if number % 4 == 0 else [],
        )
        for number in range(SPANS)
    ]
    return spans.body(*batch, service=service)


def body(template, number, end):
    start = end - (number % 1_000 + 1) * 100_000
    return (
        template.replace(TRACE, struct.pack(">Q", number + 1))
        .replace(struct.pack("<Q", START), struct.pack("<Q", start))
        .replace(struct.pack("<Q", END), struct.pack("<Q", end))
    )


def flood(daemon, batches, end_of):
    """Sends bodies from four threads as fast as they are accepted, and retries when asked to."""
    templates = {service: template(service) for service in ("apiserver", "etcd", "checkout")}
    services = list(templates)

    def send(number):
        content = body(templates[services[number % 3]], number, end_of(number))
        eventually(lambda: is_taken(daemon, content), "the body is taken")

    with ThreadPoolExecutor(4) as pool:
        for _ in pool.map(send, range(batches)):
            pass


def is_taken(daemon, content):
    try:
        status = http_client.send(daemon.http, content).status
    except (http.client.HTTPException, OSError):
        # On a busy machine a connection may have been too slow.
        assert daemon.is_running
        return False
    assert status in (200, 503)
    return status == 200


class Asking:
    """Queries the API continuously, as people and dashboards do."""

    PATHS = ("/api/v1/operations", "/api/v1/requests", "/metrics", "/api/v1/status")

    def __init__(self, daemon):
        self.daemon = daemon
        self.answers = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def _ask(self):
        while not self._stop.is_set():
            for path in self.PATHS:
                assert self.daemon.get(path)[0] == 200
            self.answers += 1

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()


@pytest.fixture
def small(serve):
    return serve(configuration=f"limits: {{memory: {LIMIT >> 20}MiB}}\nwindow: {{max_operations: 1000}}\n")


def over_a_minute(number):
    """Slot by slot, so that many of them are filled in turn."""
    return time.time_ns() - SLOT * (12 - number * 12 // BATCHES)


def in_one_slot():
    now = time.time_ns()
    return lambda number: now


@pytest.mark.parametrize("shape", ["over a minute", "in one slot"])
def test_under_more_load_than_it_can_keep_the_process_stays_within_its_memory(small, shape):
    base = small.peak_memory()
    with Asking(small) as asking:
        flood(small, BATCHES, over_a_minute if shape == "over a minute" else in_one_slot())
    peak = small.peak_memory()
    assert small.is_running
    metrics = small.metrics()
    assert metrics.received >= BATCHES * SPANS
    metrics.check_accounts()
    window = metrics.value("faultline_memory_part_limit_bytes", part="window")
    # Otherwise the test would prove nothing.
    assert metrics.value("faultline_window_spans") < BATCHES * SPANS
    assert peak - base > window * 0.3
    assert asking.answers > 0
    assert metrics.value("faultline_memory_limit_bytes") == LIMIT
    if shape == "in one slot":
        small.log.wait_for("spans are counted but not attributed", "spans=")
        assert metrics.value("faultline_spans_unattributed_total", reason="slot_full") > 0
    print(f"peak {peak >> 20} MiB, {base >> 20} at the start")
    assert peak <= LIMIT + max(base - PROGRAM, 0), f"{peak >> 20} MiB, {base >> 20} at the start"


def test_with_the_smallest_memory_limit_the_window_gives_way(serve):
    limit = 128 << 20
    daemon = serve(configuration=f"limits: {{memory: {limit >> 20}MiB}}\nwindow: {{max_operations: 1000}}\n")
    base = daemon.peak_memory()
    with Asking(daemon):
        flood(daemon, BATCHES // 2, over_a_minute)
    assert daemon.is_running
    metrics = daemon.metrics()
    metrics.check_accounts()
    assert metrics.value("faultline_window_spans") < metrics.accepted
    peak = daemon.peak_memory()
    # What evaluations and queries hold of evicted slots isn't the window's, and weighs most where everything else is small.
    assert peak <= FLOOR * limit + max(base - PROGRAM, 0), f"{peak >> 20} MiB, {base >> 20} at the start"


def test_the_parts_are_logged_at_start_and_add_up_to_the_limit(small):
    (line,) = small.log.matching("memory", "limit=")
    for part in ("256 MiB", "window", "history", "attribution", "rules", "ingest", "archive", "sinks", "reserve"):
        assert part in line
    metrics = small.metrics()
    assert LIMIT - 16 < metrics.sum("faultline_memory_part_limit_bytes") <= LIMIT
    assert {sample.labels["part"] for sample in metrics.all("faultline_memory_bytes")} >= {"window", "history", "ingest"}


def test_parts_that_contradict_the_limit_are_refused_with_the_arithmetic(tmp_path):
    file = tmp_path / "faultline.yaml"
    file.write_text("limits: {memory: 512MiB, max_bytes_in_flight: 256MiB}\nwindow: {max_bytes: 1GiB}\n")
    run = faultline("check", file)
    assert run.code == 1
    assert "window.max_bytes 1 GiB + limits.max_bytes_in_flight 256 MiB = 1.3 GiB" in run.output + run.errors
    assert "512 MiB" in run.output + run.errors
