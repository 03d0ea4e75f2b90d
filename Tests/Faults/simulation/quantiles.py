"""What the spans of an archive look like during a fault, beside those before: quantiles of each duration divided by the earlier
median of its series."""

from collections import defaultdict
from statistics import mean, median

from simulation.spans import ANSWERS, TO_ETCD

WHAT = ("API server's own part", "etcd's handlers", "calls beyond etcd", "webhooks")


class Observer:
    """Takes spans as the archive does, and keeps the durations that say whose time it was."""

    def __init__(self, begin, end):
        self._begin, self._end = begin, end
        self._durations = {what: (defaultdict(list), defaultdict(list)) for what in WHAT}
        self._away = defaultdict(list)
        self._handlers = {}

    def add(self, node, use, start, end, failure=None):
        duration = end - start
        if node.source.service == "etcd":
            self._handlers[use, node.parent] = duration
            return self._take("etcd's handlers", node.name, start, duration)
        if node.is_etcd_call:
            handler = self._handlers.pop((use, node), None)
            if handler is not None:
                self._take("calls beyond etcd", node.name, start, duration - handler)
        if node.name.startswith("Call "):
            self._take("webhooks", node.name, start, duration)
        if node.steps[0][1] in ANSWERS | {TO_ETCD}:
            self._away[use].append((start, end))
        if node.is_request and not use.unit.is_long:
            self._take("API server's own part", node.name, start, duration - _covered(self._away.pop(use, [])))

    def _take(self, what, series, start, duration):
        period = 0 if start < self._begin else 1 if start < self._end else None
        if period is not None:
            self._durations[what][period][series].append(max(1, duration))

    def rows(self):
        """For each: its name, how many, the quantiles 5, 10, 50, 90 and 99 %, and the ratio of means."""
        for what, (before, now) in self._durations.items():
            ratios, expected, found = [], [], []
            for series, durations in now.items():
                if len(before.get(series, ())) >= 8:
                    usual = max(20_000, median(before[series]))
                    ratios += [max(20_000, duration) / usual for duration in durations]
                    expected += [mean(before[series])] * len(durations)
                    found += durations
            if ratios:
                ratios.sort()
                quantiles = [ratios[min(len(ratios) - 1, int(len(ratios) * q))] for q in (0.05, 0.1, 0.5, 0.9, 0.99)]
                yield what, len(ratios), quantiles, sum(found) / sum(expected)


def _covered(intervals):
    """The time that intervals cover together."""
    total = last = 0
    for start, end in sorted(intervals):
        total += max(0, end - max(start, last))
        last = max(last, end)
    return total
