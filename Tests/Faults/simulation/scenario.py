"""A fault put into healthy life, as an archive."""

import random
from collections import namedtuple
from statistics import median

from harness.spans import MILLISECOND, SECOND
from simulation.archive import Archive, Use
from simulation.engine import Engine
from simulation.slow import Dose
from simulation.spans import MUTATING, PROXY, VALIDATING

# Seconds
BEFORE, LASTS, AFTER = 240, 55, 45
# 2026-01-01T00:00:00Z
BEGIN = 1_767_225_600 * SECOND

Typical = namedtuple("Typical", "etcd_call etcd_write mutating validating proxy request")


def typical(recording):
    """Medians of what takes longer in faults, in nanoseconds."""
    nodes = [node for unit in recording.units for node in unit.nodes]

    def of(durations):
        return median(durations or [MILLISECOND])

    def spans_of(kind):
        return [node.duration for node in nodes if node.name.startswith("HTTP ") and node.steps[0][1] == kind]

    return Typical(
        of([node.duration for node in nodes if node.is_etcd_call]),
        of([node.duration for node in nodes if node.source.service == "etcd" and node.name.endswith("/Txn")]),
        of(spans_of(MUTATING)), of(spans_of(VALIDATING)), of(spans_of(PROXY)),
        of([unit.request.duration for unit in recording.units if unit.request and not unit.is_long]),
    )


def write(path, recording, make, strength, share, seed):
    """Writes an archive in which the fault that `make` gives lasts from BEFORE for LASTS seconds."""
    begin, end = BEFORE * SECOND, (BEFORE + LASTS) * SECOND
    chance = random.Random(f"{strength} {share} {seed}")
    fault = make(Dose(strength, share, begin, end, chance, typical(recording)))
    archive = Archive(BEGIN)
    engine = Engine(fault, archive.add)
    for number, (time, unit) in enumerate(recording.healthy(BEFORE + LASTS + AFTER, seed)):
        use = Use(unit, seed, number)
        if begin <= time < end and not unit.is_long:
            engine.play(use, time)
        else:
            for node in unit.nodes:
                archive.add(node, use, time + node.start - unit.start, time + node.end - unit.start)
    engine.run()
    archive.write(path)
