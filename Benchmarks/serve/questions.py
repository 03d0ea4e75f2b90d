"""What questions over a full window cost, the first time and again."""

import statistics
import time

import clients
from load import fill
from servers import faultline

ROUNDS = 5
# Longer than an answer is kept.
PAUSE = 6


def cpu(server, path):
    before = server.run_seconds()
    status, _ = clients.get(server.ports["scrape"], path)
    if status != 200:
        raise SystemExit(f"{path}: {status}")
    return (server.run_seconds() - before) * 1e3


def measure(arguments):
    with faultline(arguments.faultline, has_rules=True, settings="{}\n") as server:
        fill(arguments, server)
        for path in ["/api/v1/requests", "/api/v1/operations"]:
            first, again = [], []
            for _ in range(ROUNDS):
                time.sleep(PAUSE)
                first.append(cpu(server, path))
                again += [cpu(server, path) for _ in range(3)]
            print(f"  {path}: first {', '.join(f'{value:.0f}' for value in first)} ms of CPU")
            yield f"{path}, full window, CPU", 150, 50, statistics.median(first), "ms"
            yield "… again within its slot", 5, 1, statistics.mean(again), "ms"
