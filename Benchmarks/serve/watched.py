"""Exports while people look: eight refresh the page and two search for traces, in turn with nobody looking."""

import json
import multiprocessing
import statistics
import time

import clients
from load import sending
from questions import PAGE
from servers import faultline

TURNS = 5
PAGES, SEARCHERS = 8, 2
# Seconds from one look to the next.
PERIOD = 1
SEARCHES = [
    "/api/v1/traces?from=-5m&verb=list&order=duration&limit=20", "/api/v1/traces?from=-1m&component=etcd&order=part&limit=20",
    "/api/v1/traces?from=-1m&status=error&limit=20", "/api/v1/traces?from=-1m&verb=update&min_duration=10ms&order=recent&limit=20",
]
BUILT_IN = "limits: {memory: 2GiB}\n"


def _look(port, number, questions, end, results):
    """Asks some questions once a second, each over a connection of its own; whoever is slow skips seconds."""
    statuses, slowest = {}, 0.0
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
        slowest = max(slowest, time.monotonic() - begun)
        due = max(due + PERIOD, time.monotonic())
    results.put((statuses, slowest))


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
        """How many answers had each status, and the seconds of the slowest look."""
        statuses, slowest = {}, 0.0
        for _ in self._processes:
            found, seconds = self._results.get()
            slowest = max(slowest, seconds)
            for status, count in found.items():
                statuses[status] = statuses.get(status, 0) + count
        for process in self._processes:
            process.join()
        return statuses, slowest


def turn(arguments, server, is_watched):
    """The report of the load, and what those who looked were answered."""
    process = sending(
        arguments, server, arguments.seconds, "--rate", str(arguments.rate), "--open-loop", "--json")
    answers = Lookers(server.ports["scrape"], arguments.seconds, arguments.client_nice).finish() if is_watched else ({}, 0)
    text, _ = process.communicate()
    report = json.loads(text)
    unsent = sum(count["requests"] for count in [*report["refused"].values(), report["lost"], report["missed"]])
    return report["latencyMilliseconds"]["p99"], unsent, answers


def measure(arguments):
    with faultline(arguments.faultline, has_rules=True, settings=BUILT_IN) as server:
        # Until slots settle, spans are attributed in the background.
        turn(arguments, server, False)
        alone, watched, refused = [], [], 0
        for _ in range(TURNS):
            p99, unsent, _ = turn(arguments, server, False)
            alone.append(p99)
            refused += unsent
            p99, unsent, (statuses, slowest) = turn(arguments, server, True)
            watched.append(p99)
            refused += unsent + sum(count for status, count in statuses.items() if status != 200)
            print(
                f"  Export p99 {alone[-1]:.2f} ms, watched {p99:.2f} ms; answers {statuses}, the slowest look {slowest:.2f} s",
                flush=True)
        yield "Export p99 while ten look, of that with nobody", 3, 2, statistics.median(watched) / statistics.median(alone), "×"
        yield "Export p99 while ten look", 40, 20, statistics.median(watched), "ms"
        yield "refused exports and questions", 0, 0, refused, ""
