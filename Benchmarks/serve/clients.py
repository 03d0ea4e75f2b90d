"""Clients of the scrape and API address, each a process of its own, so that one never waits for another."""

import contextlib
import http.client
import multiprocessing
import statistics
import time

PATHS = [
    "/api/v1/requests", "/api/v1/operations", "/metrics", "/api/v1/alerts", "/api/v1/rules", "/api/v1/status",
    "/api/v1/traces/00000000000000000000000000000001",
]
# A probe that gets no answer in this time has failed; the kubelet's default.
PATIENCE = 1


def get(port, path, headers=(), timeout=60):
    """Status and body, over a connection of its own, as the kubelet does it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", path, headers=dict(headers))
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def _poll(port, first, end, results):
    answers = {}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    number = first
    while time.monotonic() < end:
        path = PATHS[number % len(PATHS)]
        number += 1
        try:
            connection.request("GET", path, headers={"Accept-Encoding": "gzip"} if path == "/metrics" else {})
            response = connection.getresponse()
            response.read()
            answers[path, response.status] = answers.get((path, response.status), 0) + 1
        except (OSError, http.client.HTTPException):
            connection.close()
            answers[path, "failed"] = answers.get((path, "failed"), 0) + 1
    results.put(answers)


def _probe(port, end, results):
    """Fifty probes a second by schedule, whatever the last one took."""
    times = []
    scheduled = time.monotonic()
    while scheduled < end:
        time.sleep(max(0, scheduled - time.monotonic()))
        begun = time.monotonic()
        with contextlib.suppress(OSError, http.client.HTTPException):
            get(port, "/-/healthy", timeout=60)
        times.append(time.monotonic() - begun)
        scheduled = max(scheduled + 0.02, time.monotonic())
    results.put(times)


class Polling:
    """Clients that ask for everything, one question after the other, while another probes health."""

    def __init__(self, port, seconds, clients=8):
        context = multiprocessing.get_context("fork")
        end = time.monotonic() + seconds
        self._answers, self._times = context.Queue(), context.Queue()
        self._processes = [
            context.Process(target=_poll, args=(port, number, end, self._answers), daemon=True) for number in range(clients)
        ] + [context.Process(target=_probe, args=(port, end, self._times), daemon=True)]
        for process in self._processes:
            process.start()

    def finish(self):
        """Answers by path and status, and the seconds of each probe in order."""
        answers = {}
        for _ in self._processes[:-1]:
            for key, count in self._answers.get().items():
                answers[key] = answers.get(key, 0) + count
        times = sorted(self._times.get())
        for process in self._processes:
            process.join()
        return answers, times


def quantile(times, share):
    return times[min(int(len(times) * share), len(times) - 1)]


def describe(answers, times):
    for (path, status), count in sorted(answers.items(), key=str):
        print(f"  {count:7} × {status} {path}")
    print(
        f"  /-/healthy: {len(times)} probes, p50 {statistics.median(times) * 1e3:.1f} ms, p99 {quantile(times, 0.99) * 1e3:.1f},"
        f" at most {times[-1] * 1e3:.1f}", flush=True)
