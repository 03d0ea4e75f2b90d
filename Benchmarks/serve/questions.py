"""What questions over a full window cost, the first time and again."""

import statistics
import time

import clients
from load import fill
from servers import faultline

ROUNDS = 5
SETTINGS = "window: {max_bytes: 1GiB}\nlimits: {memory: 4GiB}\n"
# Longer than an answer is kept.
PAUSE = 6
SETTLING = 30
# What the page asks for when it is refreshed: what is wrong, whose time it was over the last hour, and the table of requests.
PAGE = [
    "/api/v1/status", "/api/v1/sources", "/api/v1/incidents?limit=200", "/api/v1/alerts",
    "/api/v1/components?from=-1h&step=15s", "/api/v1/requests?from=-1h",
]
# What a look at an interval and at one kind of request asks for.
LOOKS = ["/api/v1/culprit?from=-30s", "/api/v1/latency?from=-1h&step=15s&verb=list", "/api/v1/requests?from=-1m"]


def cpu(server, path):
    before = server.run_seconds()
    status, _ = clients.get(server.ports["scrape"], path)
    if status != 200:
        raise SystemExit(f"{path}: {status}")
    return (server.run_seconds() - before) * 1e3


def is_full(server):
    _, text = clients.get(server.ports["scrape"], "/metrics")
    values = dict(line.rsplit(" ", 1) for line in text.decode().splitlines() if line.startswith("faultline_memory_"))
    limit, taken = (
        float(values[f'faultline_memory_{name}bytes{{part="window"}}']) for name in ("part_limit_", ""))
    return taken > 0.95 * limit


def fill_up(arguments, server):
    while not is_full(server):
        fill(arguments, server)
    # Until slots settle, spans are attributed in the background.
    time.sleep(SETTLING)


def measure(arguments):
    with faultline(arguments.faultline, has_rules=True, settings=SETTINGS) as server:
        fill_up(arguments, server)
        for path in ["/api/v1/requests", "/api/v1/operations"]:
            first, again = [], []
            for _ in range(ROUNDS):
                time.sleep(PAUSE)
                first.append(cpu(server, path))
                again += [cpu(server, path) for _ in range(3)]
            print(f"  {path}: first {', '.join(f'{value:.0f}' for value in first)} ms of CPU")
            yield f"{path}, full window, CPU", 150, 50, statistics.median(first), "ms"
            yield "… again within its slot", 5, 1, statistics.mean(again), "ms"
        refreshes, answers = [], []
        for _ in range(ROUNDS):
            time.sleep(PAUSE)
            begin = time.monotonic()
            refreshes.append({path: cpu(server, path) for path in PAGE})
            answers.append((time.monotonic() - begin) * 1e3)
        for path in PAGE:
            print(f"  {path}: {statistics.median(refresh[path] for refresh in refreshes):.1f} ms of CPU")
        yield "a refresh of the page, CPU", 100, 50, statistics.median(sum(refresh.values()) for refresh in refreshes), "ms"
        yield "… until all answers are there, one by one", 500, 250, statistics.median(answers), "ms"
        for path in LOOKS:
            costs = []
            for _ in range(ROUNDS):
                time.sleep(PAUSE)
                costs.append(cpu(server, path))
            yield f"{path}, CPU", 400, 100, statistics.median(costs), "ms"
