"""A fault that grows for an hour after a healthy day, as an archive: of each minute, or ten of them, there are five seconds."""

import random
from itertools import count

from harness.spans import SECOND
from simulation.archive import Archive, Use
from simulation.engine import Engine, Fault
from simulation.recording import BLOCK
from simulation.scenario import BEGIN

MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
# When it begins, how long it grows, how long it stays as it is then, and what comes after it.
BEFORE, GROWS, STAYS, AFTER = 27 * HOUR, HOUR, 10 * MINUTE, 20 * MINUTE
# How often there are five seconds of life: in general, and when rules look at it: from two hours before the fault on, and a day
# before.
SPARSE, DENSE = 10 * MINUTE, MINUTE
# Of the requests without webhooks.
SHARE = 0.3


class Growing(Fault):
    """A kind of step takes longer and longer, up to so many times what is typical; with `is_daily` the day before too."""

    def __init__(self, kind, typical, strength, is_daily=False):
        super().__init__()
        self._kind = kind
        self._more = (strength - 1) * typical
        self._is_daily = is_daily

    def work(self, engine, use, node, index, kind, work, time, done):
        if kind == self._kind and node not in use.memory:
            use.memory[node] = True
            work += round(self._more * self._grown(time) * use.chance.uniform(0.8, 1.2))
        engine.at(time + work, done)

    def _grown(self, time):
        """How much of its final strength the fault has, from 0 to 1."""
        since = time - BEFORE
        if self._is_daily and since < -DAY / 2:
            since += DAY
        return min(since / GROWS, 1) if 0 <= since < GROWS + STAYS else 0


def write(path, recording, fault, seed=0):
    """Writes an archive with a fault that begins after BEFORE."""
    archive = Archive(BEGIN)
    engine = Engine(fault, archive.add)
    chance = random.Random(f"{recording.name} {seed}")
    numbers = count()
    for begin in _stretches():
        block = chance.randrange(len(recording.blocks))
        shift = begin - recording.begin - block * BLOCK
        for unit in recording.blocks[block]:
            if not unit.is_long and (_has_webhooks(unit) or chance.random() < SHARE):
                engine.play(Use(unit, seed, next(numbers)), unit.start + shift)
    engine.run()
    archive.write(path)


def _has_webhooks(unit):
    return any(node.name.endswith(" webhook") for node in unit.nodes)


def _stretches():
    """When there are a few seconds of life."""
    time, end = 0, BEFORE + GROWS + STAYS + AFTER
    while time < end:
        yield time
        is_dense = time >= BEFORE - 2 * HOUR - SPARSE or BEFORE - DAY - SPARSE <= time < end - DAY
        time += DENSE if is_dense else SPARSE
