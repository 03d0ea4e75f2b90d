"""Faults that make some steps take longer."""

from collections import namedtuple

from harness.spans import MILLISECOND
from simulation.engine import Fault
from simulation.processes import Disk, Process
from simulation.spans import (
    ETCD, ETCD_CALL, FROM_ETCD, MUTATING, OF_API_SERVER, PROXY, TO_ETCD, VALIDATING,
)

# What a fault does: so many times as long, for this share of what it touches, from begin to end.
Dose = namedtuple("Dose", "strength share begin end chance typical")

# What a process needs its CPU for when an answer arrives.
_RECEIVE = MILLISECOND // 50
# A longer stretch of a span's own time is a wait of another kind.
_WORK_AT_MOST = 2 * MILLISECOND


class Slower(Fault):
    """A share of the steps of some kinds takes longer, by a delay that `delay(chance)` says for the whole span."""

    def __init__(self, dose, kinds, delay):
        self._share = dose.share
        self._kinds = kinds
        self._delay = delay

    def work(self, engine, use, node, index, kind, work, time, done):
        if kind in self._kinds:
            work += round(self._kinds[kind] * self._of(use, node))
        engine.at(time + work, done)

    def _of(self, use, node):
        """The delay of a span, the same for all of its steps."""
        if node not in use.memory:
            use.memory[node] = self._delay(use.chance) if use.chance.random() < self._share else 0
        return use.memory[node]


def network(dose, spread):
    """Every call is delayed, half of it each way, by a constant or by between nothing and twice as much."""
    delay = (dose.strength - 1) * dose.typical.etcd_call

    return Slower(
        dose, {TO_ETCD: 0.5, FROM_ETCD: 0.5, ETCD_CALL: 1},
        (lambda chance: chance.uniform(0, 2) * delay) if spread else (lambda chance: delay),
    )


def outside(dose, kind, typical):
    """Something that the API server asks takes longer."""
    return Slower(dose, {kind: 1}, lambda chance: (dose.strength - 1) * typical * chance.uniform(0.8, 1.2))


class ShortOfCPU(Fault):
    """A process runs only a part of the time. Its work waits while it stands still and then queues for its cores."""

    # Clients wait for answers before they ask again.
    _IN_FLIGHT = 100

    def __init__(self, pauses, is_etcd):
        self._process = Process(pauses)
        self._own = {ETCD} if is_etcd else OF_API_SERVER
        self._received = {TO_ETCD} if is_etcd else {FROM_ETCD, ETCD_CALL, PROXY, MUTATING, VALIDATING}
        self._is_etcd = is_etcd
        self._in_flight = 0

    def arrive(self, engine, use, time):
        if self._in_flight >= self._IN_FLIGHT:
            return
        self._in_flight += 1
        if not self._is_etcd:
            time = self._process.run(time, _RECEIVE)
        engine.at(time, lambda now: engine.begin(use, use.unit.top, now, self._leave))

    def _leave(self, _):
        self._in_flight -= 1

    def work(self, engine, use, node, index, kind, work, time, done):
        if kind in self._own:
            work, waiting = min(work, _WORK_AT_MOST), max(0, work - _WORK_AT_MOST)
        elif kind in self._received:
            work, waiting = _RECEIVE, work
        else:
            return engine.at(time + work, done)
        if waiting:
            engine.at(time + waiting, lambda now: engine.at(self._process.run(now, work), done))
        else:
            engine.at(self._process.run(time, work), done)


class SlowDisk(Fault):
    """Writes of etcd wait for a disk that commits one group after another; half of the reads wait for the group at work."""

    def __init__(self, dose):
        self._disk = Disk()
        self._duration = (dose.strength - 1) * dose.typical.etcd_write
        self._share = dose.share

    def work(self, engine, use, node, index, kind, work, time, done):
        if kind == ETCD and node.name.endswith(("/Txn", "/LeaseGrant")):
            is_slow = use.chance.random() < self._share
            time = self._disk.commit(time, round(self._duration) if is_slow else 0)
        elif kind == ETCD and use.chance.random() < 0.5:
            time = self._disk.idle(time)
        engine.at(time + work, done)
