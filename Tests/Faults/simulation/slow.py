"""Faults that make single steps take longer."""

from harness.spans import MILLISECOND
from simulation.engine import Fault
from simulation.processes import Disk, Seats
from simulation.spans import AUTHENTICATION, AUTHORIZATION, ETCD, ETCD_CALL, FROM_ETCD, QUEUE, TO_ETCD

# How long TCP waits at least before it sends a lost segment again
_RETRANSMISSION = 200 * MILLISECOND


class Slower(Fault):
    """A share of the spans that have a step of some kind takes longer, by a delay that `delay(chance)` gives for the whole span."""

    def __init__(self, share, kinds, delay, applies=lambda use, node: True):
        """`kinds`: the part of the delay that falls to each kind of step."""
        super().__init__()
        self._share = share
        self._kinds = kinds
        self._delay = delay
        self._applies = applies

    def work(self, engine, use, node, index, kind, work, time, done):
        if kind in self._kinds:
            work += round(self._kinds[kind] * self._of(use, node))
        engine.at(time + work, done)

    def _of(self, use, node):
        """The delay of a span, the same for all of its steps."""
        if node not in use.memory:
            is_slow = self._applies(use, node) and use.chance.random() < self._share
            use.memory[node] = self._delay(use.chance) if is_slow else 0
        return use.memory[node]


def network(dose, spread):
    """Every call is delayed, half of it each way, by a constant or by between nothing and twice as much."""
    delay = (dose.strength - 1) * dose.typical.etcd_call
    return Slower(
        dose.share, {TO_ETCD: 0.5, FROM_ETCD: 0.5, ETCD_CALL: 1},
        (lambda chance: chance.uniform(0, 2) * delay) if spread else (lambda chance: delay),
    )


def lossy_network(dose):
    """Segments are lost and sent again, after twice as long each time, so often that the mean call takes so many times as long."""
    lost = min(0.5, (dose.strength - 1) * dose.typical.mean_etcd_call / _RETRANSMISSION)

    def delay(chance):
        wait = total = _RETRANSMISSION
        while chance.random() < lost and wait < 8 * _RETRANSMISSION:
            wait *= 2
            total += wait
        return total

    return Slower(lost, {TO_ETCD: 1, ETCD_CALL: 1}, delay)


def outside(dose, kind, typical, applies=lambda use, node: True):
    """Something that the API server asks takes longer."""
    return Slower(dose.share, {kind: 1}, lambda chance: (dose.strength - 1) * typical * chance.uniform(0.8, 1.2), applies)


def token_webhook(dose):
    """Authentication of those whose `authentication` is a trace of its own: others don't come with a token."""
    return outside(dose, AUTHENTICATION, dose.typical.request,
                   lambda use, node: any(child.span.parent_span_id != node.span.span_id for child in node.children))


def authorization(dose):
    """The authorization webhook, for a share of the requests."""
    return outside(dose, AUTHORIZATION, dose.typical.request)


def kms_without_spans(dose):
    """A KMS plugin of the first version: writes of secrets wait in storage, in no span of their own."""
    return _Encryption(dose.share, {}, lambda chance: (dose.strength - 1) * dose.typical.request * chance.uniform(0.8, 1.2))


class _Encryption(Slower):
    """What `… etcd3` does for secrets before its last call takes longer."""

    def work(self, engine, use, node, index, kind, work, time, done):
        is_last_call = index == len(node.steps) - 2 and node.name.endswith(("Create etcd3", "GuaranteedUpdate etcd3"))
        if is_last_call and "/secrets" in use.unit.path:
            work += round(self._of(use, node))
        engine.at(time + work, done)


class AuthorizationHoldsSeats(Slower):
    """Authorization is slow, and requests keep their seats while it lasts: more come than there are seats for."""

    def __init__(self, dose):
        mean = (dose.strength - 1) * dose.typical.request
        super().__init__(dose.share, {AUTHORIZATION: 1}, lambda chance: mean * chance.uniform(0.8, 1.2))
        busy = dose.typical.requests_a_second * (dose.typical.mean_request + dose.share * mean) / 1e9
        self._seats = Seats(max(1, round(0.9 * busy)))

    def work(self, engine, use, node, index, kind, work, time, done):
        if kind == QUEUE:
            self._seats.take(time, lambda now: engine.at(now + work, done))
        else:
            super().work(engine, use, node, index, kind, work, time, done)

    def ended(self, engine, use, node, time):
        if node.steps[0][1] == QUEUE:
            self._seats.leave(time)


class SlowDisk(Fault):
    """Writes of etcd wait for a disk that commits one group after another; half of the reads wait for the group at work."""

    def __init__(self, dose):
        super().__init__()
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
