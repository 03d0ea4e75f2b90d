"""Clients of the scrape and API address, each a process of its own, so that one never waits for another."""

import contextlib
import http.client
import multiprocessing
import os
import socket
import time

PATHS = [
    "/api/v1/requests", "/api/v1/operations", "/metrics", "/api/v1/alerts", "/api/v1/rules", "/api/v1/status",
    "/api/v1/sources", "/api/v1/traces/00000000000000000000000000000001",
]

def get(port, path, headers=(), timeout=60):
    """Status and body, over a connection of its own, as the kubelet does it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", path, headers=dict(headers))
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def niced(niceness, work, *arguments):
    """Works in a process that may yield to the daemon."""
    os.nice(niceness)
    work(*arguments)


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


def _probe(ports, end, results):
    """Fifty probes of each port a second by schedule, whatever the last one took."""
    times = {port: [] for port in ports}
    scheduled = time.monotonic()
    while scheduled < end:
        for port in ports:
            time.sleep(max(0, scheduled - time.monotonic()))
            begun = time.monotonic()
            with contextlib.suppress(OSError, http.client.HTTPException):
                get(port, "/-/healthy")
            times[port].append(time.monotonic() - begun)
            scheduled = max(scheduled + 0.02 / len(ports), time.monotonic())
    results.put([sorted(times[port]) for port in ports])


def _idle(listening):
    """Answers probes and does nothing else: how long it takes is up to the machine."""
    while True:
        connection, _ = listening.accept()
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\nConnection: close\r\n\r\nhealthy\n")
        connection.close()


class Polling:
    """Clients that ask for everything, one question after the other, while another probes health, and for comparison a process
    that has nothing else to do."""

    def __init__(self, port, seconds, niceness, clients=8):
        context = multiprocessing.get_context("fork")
        end = time.monotonic() + seconds
        self._answers, self._times = context.Queue(), context.Queue()
        self._processes = [
            context.Process(target=niced, args=(niceness, _poll, port, number, end, self._answers), daemon=True)
            for number in range(clients)
        ]
        listening = socket.create_server(("127.0.0.1", 0))
        self._idle = context.Process(target=_idle, args=(listening,), daemon=True)
        ports = [port, listening.getsockname()[1]]
        self._probes = context.Process(target=_probe, args=(ports, end, self._times), daemon=True)
        for process in [*self._processes, self._idle, self._probes]:
            process.start()

    def finish(self):
        """Answers by path and status, and the sorted seconds of probes: the daemon's, the idle process's."""
        answers = {}
        for _ in self._processes:
            for key, count in self._answers.get().items():
                answers[key] = answers.get(key, 0) + count
        times, others = self._times.get()
        self._idle.kill()
        for process in [*self._processes, self._idle, self._probes]:
            process.join()
        return answers, times, others


def quantile(times, share):
    return times[min(int(len(times) * share), len(times) - 1)]


def describe(answers, times, others):
    for (path, status), count in sorted(answers.items(), key=str):
        print(f"  {count:7} × {status} {path}")
    for name, found in [("/-/healthy", times), ("an idle process", others)]:
        print(
            f"  {name}: {len(found)} probes, p50 {quantile(found, 0.5) * 1e3:.1f} ms, p99 {quantile(found, 0.99) * 1e3:.1f}, at most"
            f" {found[-1] * 1e3:.1f}", flush=True)
