"""Exports while people look: eight refresh the page and two search for traces, in turn with nobody looking."""

import json
import multiprocessing
import statistics
import time

import clients
from load import sending
from questions import PAGE, SETTINGS, fill_up
from servers import faultline

TURNS = 5
PAGES, SEARCHERS = 8, 2
# Seconds from one look to the next.
PERIOD = 1
SEARCHES = [
    "/api/v1/traces?from=-5m&verb=list&order=duration&limit=20", "/api/v1/traces?from=-1m&component=etcd&order=part&limit=20",
    "/api/v1/traces?from=-1m&status=error&limit=20", "/api/v1/traces?from=-1m&verb=update&min_duration=10ms&order=recent&limit=20",
]


def _look(port, number, questions, end, results):
    """Asks some questions once a second, each over a connection of its own; whoever is slow skips seconds."""
    statuses, times = {}, []
    # Not all at once.
    due = time.monotonic() + number * PERIOD / (PAGES + SEARCHERS)
    while due < end:
        time.sleep(max(0, due - time.monotonic()))
        begun = time.monotonic()
        for path in questions:
            try:
                status, _ = clients.get(port, path)
            except OSError as error:
                status = type(error).__name__
            statuses[status] = statuses.get(status, 0) + 1
        times.append(time.monotonic() - begun)
        due = max(due + PERIOD, time.monotonic())
    results.put((statuses, times if questions is PAGE else []))


class Lookers:
    """The people who look, each a process of its own."""

    def __init__(self, port, seconds, niceness):
        context = multiprocessing.get_context("fork")
        end = time.monotonic() + seconds
        self._results = context.Queue()
        questions = [PAGE] * PAGES + [SEARCHES] * SEARCHERS
        self._processes = [
            context.Process(target=clients.niced, args=(niceness, _look, port, number, asked, end, self._results), daemon=True)
            for number, asked in enumerate(questions)
        ]
        for process in self._processes:
            process.start()

    def finish(self):
        """How many answers had each status, and the seconds that each refresh of the page took."""
        statuses, times = {}, []
        for _ in self._processes:
            found, seconds = self._results.get()
            times += seconds
            for status, count in found.items():
                statuses[status] = statuses.get(status, 0) + count
        for process in self._processes:
            process.join()
        return statuses, times


def turn(arguments, server, is_watched):
    """The 99th percentile of exports in milliseconds, how many exports and questions were refused, how many exports could
    not be sent within a second of their time, and the seconds of those who refreshed the page."""
    process = sending(
        arguments, server, arguments.seconds, "--rate", str(arguments.rate), "--open-loop", "--json")
    lookers = Lookers(server.ports["scrape"], arguments.seconds, arguments.client_nice) if is_watched else None
    statuses, times = lookers.finish() if lookers else ({}, [])
    report = json.loads(process.communicate()[0])
    refused = sum(count["requests"] for count in [*report["refused"].values(), report["lost"]])
    refused += sum(count for status, count in statuses.items() if status != 200)
    return report["latencyMilliseconds"]["p99"], refused, report["missed"]["requests"], times


def measure(arguments):
    with faultline(arguments.faultline, has_rules=True, settings=SETTINGS) as server:
        fill_up(arguments, server)
        alone, watched, refused, missed, looks = [], [], 0, 0, []
        for _ in range(TURNS):
            for is_watched, found in [(False, alone), (True, watched)]:
                p99, *counts, times = turn(arguments, server, is_watched)
                found.append(p99)
                refused, missed = refused + counts[0], missed + counts[1]
                looks += times
            print(f"  Export p99 {alone[-1]:.1f} ms, watched {watched[-1]:.1f} ms", flush=True)
        rate = f"{arguments.rate:,} spans/s"
        yield f"Export p99 at {rate} while ten look, of that with nobody", 3, 2, statistics.median(watched) / statistics.median(alone), "×"
        yield f"Export p99 at {rate} while ten look", 40, 20, statistics.median(watched), "ms"
        yield "refused exports and questions", 0, 0, refused, ""
        yield "exports that could not be sent within a second", 0, 0, missed, ""
        yield f"a refresh of the page at {rate}, median of {len(looks)}", 500, 250, statistics.median(looks) * 1e3, "ms"
