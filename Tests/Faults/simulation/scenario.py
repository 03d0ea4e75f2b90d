"""A fault put into healthy life, as an archive."""

import random
from collections import namedtuple
from functools import lru_cache
from itertools import count
from statistics import mean, median

from harness.spans import SECOND
from simulation.archive import Archive, Use
from simulation.engine import Engine
from simulation.kinds import Dose
from simulation.spans import MUTATING, PROXY, VALIDATING

# Seconds
BEFORE, LASTS, AFTER = 240, 55, 45
# 2026-01-01T00:00:00Z
BEGIN = 1_767_225_600 * SECOND

Typical = namedtuple(
    "Typical", "etcd_call mean_etcd_call etcd_write mutating validating proxy request mean_request requests_a_second")


@lru_cache
def typical(recording):
    """Medians and means of what takes longer in faults, in nanoseconds."""
    nodes = [node for unit in recording.units for node in unit.nodes]
    calls = [node.duration for node in nodes if node.is_etcd_call]
    requests = [unit.request.duration for unit in recording.units if unit.request and not unit.is_long]

    def answers(kind):
        return median([node.duration for node in nodes if node.name.startswith("HTTP ") and node.steps[0][1] == kind])

    return Typical(
        median(calls), mean(calls),
        median(node.duration for node in nodes if node.source.service == "etcd" and node.name.endswith("/Txn")),
        answers(MUTATING), answers(VALIDATING), answers(PROXY),
        median(requests), mean(requests), len(requests) / recording.seconds,
    )


def write(path, recording, kind, strength, share, seed):
    """Writes an archive in which a fault of this kind lasts from BEFORE for LASTS seconds."""
    archive = Archive(BEGIN)
    simulate(archive.add, recording, kind, strength, share, seed)
    archive.write(path)


def simulate(record, recording, kind, strength, share, seed):
    """Calls `record(node, use, start, end, failure)` for each span."""
    begin, end = BEFORE * SECOND, (BEFORE + LASTS) * SECOND
    chance = random.Random(f"{strength} {share} {seed}")
    dose = Dose(strength, share, begin, end, chance, typical(recording))
    fault = kind.make(dose)
    engine = Engine(fault, record)
    numbers = count()

    def new_use(unit, is_added=True):
        return Use(unit, seed, next(numbers), is_added)

    meanwhile = []
    for time, unit in recording.healthy(BEFORE + LASTS + AFTER, seed):
        if begin <= time < end and not unit.is_long:
            meanwhile.append((time, unit))
        else:
            use = new_use(unit, is_added=False)
            for node in reversed(unit.nodes):
                record(node, use, time + node.start - unit.start, time + node.end - unit.start)
    meanwhile.sort(key=lambda pair: pair[0])
    for time, unit in kind.life(chance, meanwhile) if kind.life else meanwhile:
        engine.play(new_use(unit, is_added=False), time)
    fault.traffic(engine, recording, dose, new_use)
    engine.run()
